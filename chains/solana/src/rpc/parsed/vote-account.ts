import type { Bytes } from '@ninefold/base';
import { toBase58 } from '@ninefold/vm-svm';
import { type Fields, type Json, type JsonObject, readFields, Unparsable } from './fields.ts';

const TAG = { v1: 1, v3: 2, v4: 3 } as const;
const PRIOR_VOTERS = 32;
const BLS_KEY_BYTES = 48;

const epochs = (f: Fields): readonly JsonObject[] =>
  f.list(() => ({
    epoch: f.u64(),
    credits: f.u64().toString(),
    previousCredits: f.u64().toString(),
  }));

/** Voters that version 3 remembers, oldest first: they are in a ring. */
function priorVoters(f: Fields): readonly JsonObject[] {
  const ring = Array.from({ length: PRIOR_VOTERS }, () => ({
    authorizedPubkey: f.key(),
    epochOfLastAuthorizedSwitch: f.u64(),
    targetEpoch: f.u64(),
  }));
  const newest = Number(f.u64());
  if (f.flag()) return [];
  const ordered = [...ring.slice(newest + 1), ...ring.slice(0, newest + 1)];
  return ordered.filter(({ targetEpoch }) => targetEpoch !== 0n);
}

/** A vote account, in the newest version's terms whatever version it is. */
export function parseVote(data: Bytes, address: string): Json {
  const f = readFields(data);
  const tag = f.u32();
  if (tag < TAG.v1 || tag > TAG.v4) throw new Unparsable('unknown version');
  const nodePubkey = f.key();
  const authorizedWithdrawer = f.key();
  const money =
    tag === TAG.v4
      ? {
          inflationRewardsCollector: f.key(),
          blockRevenueCollector: f.key(),
          inflationRewardsCommissionBps: f.u16(),
          blockRevenueCommissionBps: f.u16(),
          pendingDelegatorRewards: f.u64().toString(),
          blsPubkeyCompressed: f.option(() => toBase58(f.take(BLS_KEY_BYTES))),
        }
      : {
          inflationRewardsCollector: address,
          blockRevenueCollector: nodePubkey,
          inflationRewardsCommissionBps: f.u8() * 100,
          blockRevenueCommissionBps: 10_000,
          pendingDelegatorRewards: '0',
          blsPubkeyCompressed: null,
        };
  const votes = f.list(() => {
    const latency = tag === TAG.v1 ? 0 : f.u8();
    return { latency, slot: f.u64(), confirmationCount: f.u32() };
  });
  const rootSlot = f.option(f.u64);
  const authorizedVoters = f.list(() => ({ epoch: f.u64(), authorizedVoter: f.key() }));
  const prior = tag === TAG.v4 ? [] : priorVoters(f);
  const info = {
    nodePubkey,
    authorizedWithdrawer,
    commission: Math.min(Math.floor(money.inflationRewardsCommissionBps / 100), 255),
    votes,
    rootSlot,
    authorizedVoters,
    priorVoters: prior,
    epochCredits: epochs(f),
    lastTimestamp: { slot: f.u64(), timestamp: f.i64() },
    ...money,
  };
  return { type: 'vote', info };
}
