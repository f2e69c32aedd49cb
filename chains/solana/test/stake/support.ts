import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import type { Account } from '../../src/bank/account.ts';
import { walletAccount } from '../../src/bank/genesis.ts';
import { minimumBalance, type Rent } from '../../src/bank/rent.ts';
import { MIGRATED_PROGRAM } from '../../src/spec/addresses.ts';
import { type Delegation, NO_EPOCH } from '../../src/stake/stake-account.ts';
import type { EpochCredits } from '../../src/stake/points.ts';
import { createWriter } from '../../src/tx/writer.ts';
import { at } from '../support/world.ts';

export const STAKE_BYTES = 200;
export const VOTE_BYTES = 3762;

export const RENT: Rent = { lamportsPerByte: 5080n, threshold: 1, burnPercent: 50 };

export const delegation = (more: Partial<Delegation> = {}): Delegation => ({
  voter: at(1),
  stake: 1000n,
  activationEpoch: NO_EPOCH,
  deactivationEpoch: NO_EPOCH,
  ...more,
});

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const data = new Uint8Array(length);
  data.set(bytes);
  return data;
}

/** A stake account with exactly what it delegates beyond the rent, unless it says otherwise. */
export function stakeAccount(
  more: Partial<Delegation> & {
    readonly credits?: bigint;
    readonly lamports?: bigint;
    readonly staker?: Uint8Array;
    readonly lockupEpoch?: bigint;
  } = {},
): Account {
  const { voter, stake, activationEpoch, deactivationEpoch } = delegation(more);
  const writer = createWriter();
  const reserve = minimumBalance(RENT, STAKE_BYTES);
  writer.u32(2);
  writer.u64(reserve);
  writer.bytes(more.staker ?? at(7));
  writer.bytes(more.staker ?? at(7));
  writer.u64(0n);
  writer.u64(more.lockupEpoch ?? 0n);
  writer.bytes(new Uint8Array(32));
  writer.bytes(voter);
  writer.u64(stake);
  writer.u64(activationEpoch);
  writer.u64(deactivationEpoch);
  writer.bytes(new Uint8Array(new Float64Array([0.25]).buffer));
  writer.u64(more.credits ?? 0n);
  return {
    ...walletAccount(more.lamports ?? reserve + stake),
    owner: addressBytes(MIGRATED_PROGRAM.stake),
    data: padded(writer.finish(), STAKE_BYTES),
  };
}

/** A vote account of version 4. */
export function voteAccount(
  address: Uint8Array,
  more: {
    readonly node?: Uint8Array;
    readonly collector?: Uint8Array;
    /** Hundredths of a percent. */
    readonly commission?: number;
    readonly credits?: readonly EpochCredits[];
    readonly hasBls?: boolean;
    readonly lamports?: bigint;
  } = {},
): Account {
  const node = more.node ?? at(2);
  const writer = createWriter();
  writer.u32(3);
  for (const key of [node, node, more.collector ?? address, node]) writer.bytes(key);
  writer.u16(more.commission ?? 0);
  writer.u16(10_000);
  writer.u64(0n);
  if (more.hasBls === false) writer.u8(0);
  else {
    writer.u8(1);
    writer.bytes(new Uint8Array(48).fill(3));
  }
  writer.u64(0n);
  writer.u8(0);
  writer.u64(1n);
  writer.u64(0n);
  writer.bytes(node);
  writer.u64(BigInt(more.credits?.length ?? 0));
  for (const { epoch, credits, previous } of more.credits ?? [])
    for (const value of [epoch, credits, previous]) writer.u64(value);
  return {
    ...walletAccount(more.lamports ?? minimumBalance(RENT, VOTE_BYTES)),
    owner: addressBytes(PROGRAM.vote),
    data: padded(writer.finish(), VOTE_BYTES),
  };
}
