import type { Bytes } from '@ninefold/base';
import { type Fields, type Json, type JsonObject, readFields, Unparsable } from './fields.ts';

const KINDS = ['uninitialized', 'initialized', 'delegated', 'rewardsPool'] as const;

const meta = (f: Fields): JsonObject => ({
  rentExemptReserve: f.u64().toString(),
  authorized: { staker: f.key(), withdrawer: f.key() },
  lockup: { unixTimestamp: f.i64(), epoch: f.u64(), custodian: f.key() },
});

const stake = (f: Fields): JsonObject => ({
  delegation: {
    voter: f.key(),
    stake: f.u64().toString(),
    activationEpoch: f.u64().toString(),
    deactivationEpoch: f.u64().toString(),
    warmupCooldownRate: f.f64(),
  },
  creditsObserved: f.u64(),
});

/** A stake account: who may do what, and to whom it is delegated. */
export function parseStake(data: Bytes): Json {
  const f = readFields(data);
  const type = KINDS[f.u32()];
  if (type === undefined) throw new Unparsable('unknown kind');
  if (type === 'uninitialized' || type === 'rewardsPool') return { type };
  return { type, info: { meta: meta(f), stake: type === 'delegated' ? stake(f) : null } };
}
