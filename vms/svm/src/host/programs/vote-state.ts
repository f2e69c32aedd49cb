import type { Bytes } from '@ninefold/base';
import { InstructionFailure } from '../failure.ts';
import { createReader, type Reader } from './reader.ts';

// Vote accounts in the versions 1.14.11 (1), 3 (2) and 4 (3, SIMD-0185). Work is done on one shape;
// what a version does not store is left out when it is written.

/** Bytes of an account in versions 3 and 4. */
export const VOTE_STATE_BYTES = 3762;

const BLS_KEY_BYTES = 48;
/** Voters that version 3 remembers, in a ring. */
const PRIOR_VOTERS = 32;

const TAG = { v1: 1, v3: 2, v4: 3 } as const;

/** A vote and how deep it is; latency is the number of slots it took to land, 0 when unknown. */
export type LandedVote = { readonly slot: bigint; confirmations: number; latency: number };

/** Credits of an epoch: all so far, and all before it. */
export type EpochCredits = { epoch: bigint; credits: bigint; readonly previous: bigint };

/** A voter of the past, and the epochs it voted in. */
export type PriorVoter = { readonly key: Bytes; readonly from: bigint; readonly until: bigint };

/** What a vote account says. */
export type VoteState = {
  node: Bytes;
  withdrawer: Bytes;
  inflationCollector: Bytes;
  blockCollector: Bytes;
  /** Hundredths of a percent. */
  inflationCommission: number;
  blockCommission: number;
  pendingRewards: bigint;
  blsKey: Bytes | undefined;
  votes: LandedVote[];
  root: bigint | undefined;
  /** By the epoch from which on; ascending. */
  voters: Map<bigint, Bytes>;
  priorVoters: { readonly slots: (PriorVoter | undefined)[]; index: number; isEmpty: boolean };
  credits: EpochCredits[];
  timestamp: { readonly slot: bigint; readonly time: bigint };
};

/** What a fresh account begins with. */
export type VoteInit = {
  readonly node: Bytes;
  readonly voter: Bytes;
  readonly withdrawer: Bytes;
  /** Percent. */
  readonly commission: number;
};

const NO_KEY: Bytes = new Uint8Array(32);

const emptyPriorVoters = (): VoteState['priorVoters'] => ({
  slots: Array.from({ length: PRIOR_VOTERS }, () => undefined),
  index: PRIOR_VOTERS - 1,
  isEmpty: true,
});

/** The state of a new vote account at `address`. */
export function newVoteState(address: Bytes, init: VoteInit, epoch: bigint): VoteState {
  return {
    node: init.node,
    withdrawer: init.withdrawer,
    inflationCollector: address,
    blockCollector: init.node,
    inflationCommission: init.commission * 100,
    blockCommission: 10_000,
    pendingRewards: 0n,
    blsKey: undefined,
    votes: [],
    root: undefined,
    voters: new Map([[epoch, init.voter]]),
    priorVoters: emptyPriorVoters(),
    credits: [],
    timestamp: { slot: 0n, time: 0n },
  };
}

/** Whether nothing is in an account yet. */
export function isUninitialized(data: Bytes): boolean {
  const tag = createReader(data, data.length, 'InvalidAccountData').u32();
  return tag === 0 || (tag !== TAG.v4 && decodeVoteState(data, NO_KEY).voters.size === 0);
}

function readList<Item>(reader: Reader, itemBytes: number, read: () => Item): Item[] {
  return Array.from({ length: reader.count(itemBytes) }, read);
}

/**
 * The state in an account's data.
 *
 * @param address of the account, which versions before 4 take for the collector of rewards
 * @throws `InstructionFailure` `InvalidAccountData`
 */
export function decodeVoteState(data: Bytes, address: Bytes): VoteState {
  const reader = createReader(data, data.length, 'InvalidAccountData');
  const tag = reader.u32();
  if (tag < TAG.v1 || tag > TAG.v4) reader.refuse();
  const [node, withdrawer] = [reader.key(), reader.key()];
  const state = newVoteState(address, { node, withdrawer, voter: NO_KEY, commission: 0 }, 0n);
  if (tag === TAG.v4) {
    state.inflationCollector = reader.key();
    state.blockCollector = reader.key();
    state.inflationCommission = reader.u16();
    state.blockCommission = reader.u16();
    state.pendingRewards = reader.u64();
    state.blsKey = reader.option(() => reader.bytes(BLS_KEY_BYTES));
  } else state.inflationCommission = reader.u8() * 100;
  const hasLatency = tag !== TAG.v1;
  state.votes = readList(reader, hasLatency ? 13 : 12, () => {
    const latency = hasLatency ? reader.u8() : 0;
    return { latency, slot: reader.u64(), confirmations: reader.u32() };
  });
  state.root = reader.option(() => reader.u64());
  const voters = readList(reader, 40, () => [reader.u64(), reader.key()] as const);
  state.voters = new Map(voters.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  if (tag !== TAG.v4) state.priorVoters = readPriorVoters(reader);
  state.credits = readList(reader, 24, () => ({
    epoch: reader.u64(),
    credits: reader.u64(),
    previous: reader.u64(),
  }));
  state.timestamp = { slot: reader.u64(), time: reader.i64() };
  return state;
}

function readPriorVoters(reader: Reader): VoteState['priorVoters'] {
  const slots = Array.from({ length: PRIOR_VOTERS }, () => ({
    key: reader.key(),
    from: reader.u64(),
    until: reader.u64(),
  }));
  const index = reader.u64();
  const flag = reader.u8();
  if (flag > 1 || index >= BigInt(PRIOR_VOTERS)) reader.refuse();
  return { slots, index: Number(index), isEmpty: flag === 1 };
}

type Writer = {
  readonly int: (value: bigint | number, bytes: number) => void;
  readonly bytes: (bytes: Bytes) => void;
  readonly option: (value: bigint | Bytes | undefined) => void;
  readonly done: () => Bytes;
};

function createWriter(): Writer {
  const out = new Uint8Array(VOTE_STATE_BYTES * 2);
  let at = 0;
  const writer: Writer = {
    int(value, bytes) {
      for (let rest = BigInt(value), i = 0; i < bytes; i++, rest >>= 8n) out[at++] = Number(rest & 255n);
    },
    bytes(bytes) {
      out.set(bytes, at);
      at += bytes.length;
    },
    option(value) {
      writer.int(value === undefined ? 0 : 1, 1);
      if (typeof value === 'bigint') writer.int(value, 8);
      else if (value !== undefined) writer.bytes(value);
    },
    done: () => out.slice(0, at),
  };
  return writer;
}

/** The bytes of a state in a version; what follows them in an account stays as it was. */
export function encodeVoteState(state: VoteState, version: keyof typeof TAG): Bytes {
  const writer = createWriter();
  const u64 = (value: bigint | number): void => writer.int(value, 8);
  writer.int(TAG[version], 4);
  writer.bytes(state.node);
  writer.bytes(state.withdrawer);
  if (version === 'v4') {
    writer.bytes(state.inflationCollector);
    writer.bytes(state.blockCollector);
    writer.int(state.inflationCommission, 2);
    writer.int(state.blockCommission, 2);
    u64(state.pendingRewards);
    writer.option(state.blsKey);
  } else writer.int(Math.floor(state.inflationCommission / 100), 1);
  u64(state.votes.length);
  for (const { latency, slot, confirmations } of state.votes) {
    if (version !== 'v1') writer.int(latency, 1);
    u64(slot);
    writer.int(confirmations, 4);
  }
  writer.option(state.root);
  u64(state.voters.size);
  for (const [epoch, key] of state.voters) {
    u64(epoch);
    writer.bytes(key);
  }
  if (version !== 'v4') {
    for (const voter of state.priorVoters.slots) {
      writer.bytes(voter?.key ?? NO_KEY);
      u64(voter?.from ?? 0);
      u64(voter?.until ?? 0);
    }
    u64(state.priorVoters.index);
    writer.int(state.priorVoters.isEmpty ? 1 : 0, 1);
  }
  u64(state.credits.length);
  for (const { epoch, credits, previous } of state.credits) {
    u64(epoch);
    u64(credits);
    u64(previous);
  }
  u64(state.timestamp.slot);
  u64(BigInt.asUintN(64, state.timestamp.time));
  return writer.done();
}

/** The voter of an epoch: the one named for it or for the last epoch before; kept for the epoch. */
export function voterOf(state: VoteState, epoch: bigint, keepsFrom: bigint): Bytes {
  const known = [...state.voters].findLast(([from]) => from <= epoch);
  if (known === undefined) throw new InstructionFailure('InvalidAccountData');
  setVoter(state, epoch, known[1]);
  for (const from of state.voters.keys()) if (from < keepsFrom) state.voters.delete(from);
  return known[1];
}

/** Names the voter from an epoch on. */
export function setVoter(state: VoteState, epoch: bigint, key: Bytes): void {
  state.voters.set(epoch, key);
  state.voters = new Map([...state.voters].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
