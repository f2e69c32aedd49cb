import { type Bytes, equalBytes } from '@ninefold/base';
import { customFailure } from '../failure.ts';
import type { LandedVote, VoteState } from './vote-state.ts';

// Tower BFT: votes stack up, each locks out other forks twice as long for every vote on top of it.

/** Votes that are remembered; the one that falls out is the root. */
export const MAX_LOCKOUT_HISTORY = 31;
const MAX_EPOCH_CREDITS = 64;
/** A vote that lands within this many slots earns all its credits; each slot later costs one. */
const GRACE_SLOTS = 2;
const MAX_CREDITS = 16;
const MAX_LATENCY = 255;

/** Numbers of the vote program's errors. */
export const VOTE_ERROR = {
  VoteTooOld: 0,
  SlotsMismatch: 1,
  SlotHashMismatch: 2,
  EmptySlots: 3,
  TimestampTooOld: 4,
  TooSoonToReauthorize: 5,
  LockoutConflict: 6,
  NewVoteStateLockoutMismatch: 7,
  SlotsNotOrdered: 8,
  ConfirmationsNotOrdered: 9,
  ZeroConfirmations: 10,
  ConfirmationTooLarge: 11,
  RootRollBack: 12,
  ConfirmationRollBack: 13,
  SlotSmallerThanRoot: 14,
  TooManyVotes: 15,
  VotesTooOldAllFiltered: 16,
  RootOnDifferentFork: 17,
  ActiveVoteAccountClose: 18,
  CommissionUpdateTooLate: 19,
  AssertionFailed: 20,
} as const;

/** Ends the instruction with one of the vote program's errors. */
export function refuseVote(name: keyof typeof VOTE_ERROR): never {
  throw customFailure(VOTE_ERROR[name]);
}

/** A slot and its bank's hash. */
export type SlotHash = { readonly slot: bigint; readonly hash: Bytes };

/** A vote as it comes: slots one by one, with the hash of the last. */
export type Vote = {
  readonly slots: readonly bigint[];
  readonly hash: Bytes;
  readonly timestamp: bigint | undefined;
};

/** A whole tower as it comes. */
export type Tower = {
  readonly lockouts: readonly { readonly slot: bigint; readonly confirmations: number }[];
  readonly root: bigint | undefined;
  readonly hash: Bytes;
  readonly timestamp: bigint | undefined;
};

type Now = { readonly slot: bigint; readonly epoch: bigint };

const latencyOf = (voted: bigint, { slot }: Now): number =>
  slot <= voted ? 0 : Number(slot - voted > BigInt(MAX_LATENCY) ? BigInt(MAX_LATENCY) : slot - voted);

const lockedUntil = ({ slot, confirmations }: Pick<LandedVote, 'slot' | 'confirmations'>): bigint =>
  slot + 2n ** BigInt(Math.min(confirmations, MAX_LOCKOUT_HISTORY));

function creditsOf(vote: LandedVote | undefined): bigint {
  // Votes of software that did not count slots.
  if (vote === undefined || vote.latency === 0) return 1n;
  const late = Math.max(vote.latency - GRACE_SLOTS, 0);
  return BigInt(Math.max(MAX_CREDITS - late, 1));
}

function earn(state: VoteState, epoch: bigint, credits: bigint): void {
  const last = state.credits.at(-1);
  if (last === undefined) state.credits.push({ epoch, credits: 0n, previous: 0n });
  else if (last.epoch !== epoch) {
    if (last.credits === last.previous) last.epoch = epoch;
    else state.credits.push({ epoch, credits: last.credits, previous: last.credits });
    if (state.credits.length > MAX_EPOCH_CREDITS) state.credits.shift();
  }
  const current = state.credits.at(-1);
  if (current !== undefined) current.credits = BigInt.asUintN(64, current.credits + credits);
}

/** Notes when the validator says it was; time does not run backwards. */
export function noteTime(state: VoteState, slot: bigint, time: bigint): void {
  const last = state.timestamp;
  const isOther = slot === last.slot && time !== last.time && last.slot !== 0n;
  if (slot < last.slot || time < last.time || isOther) refuseVote('TimestampTooOld');
  state.timestamp = { slot, time };
}

function pushVote(state: VoteState, slot: bigint, now: Now): void {
  const newest = state.votes.at(-1);
  if (newest !== undefined && slot <= newest.slot) return;
  for (let top = state.votes.at(-1); top !== undefined && lockedUntil(top) < slot; top = state.votes.at(-1))
    state.votes.pop();
  if (state.votes.length === MAX_LOCKOUT_HISTORY) {
    const rooted = state.votes.shift();
    state.root = rooted?.slot;
    earn(state, now.epoch, creditsOf(rooted));
  }
  state.votes.push({ slot, confirmations: 1, latency: latencyOf(slot, now) });
  const depth = state.votes.length;
  for (const [i, vote] of state.votes.entries()) if (depth > i + vote.confirmations) vote.confirmations++;
}

/** Takes votes one by one (`Vote`), as before towers were sent as a whole. */
export function applyVote(state: VoteState, vote: Vote, hashes: readonly SlotHash[], now: Now): void {
  if (vote.slots.length === 0) refuseVote('EmptySlots');
  const earliest = hashes.at(-1)?.slot ?? 0n;
  const slots = vote.slots.filter((slot) => slot >= earliest);
  if (slots.length === 0) refuseVote('VotesTooOldAllFiltered');
  requireOnFork(state, slots, vote.hash, hashes);
  for (const slot of slots) pushVote(state, slot, now);
  if (vote.timestamp === undefined) return;
  const newest = vote.slots.reduce((a, b) => (a > b ? a : b));
  noteTime(state, newest, vote.timestamp);
}

function requireOnFork(
  state: VoteState,
  slots: readonly bigint[],
  hash: Bytes,
  hashes: readonly SlotHash[],
): void {
  const voted = state.votes.at(-1)?.slot;
  let i = 0;
  // Hashes are newest first, slots oldest first.
  let j = hashes.length;
  while (i < slots.length && j > 0) {
    const slot = slots[i] as bigint;
    if (voted !== undefined && slot <= voted) i++;
    else if (slot === hashes[j - 1]?.slot) {
      i++;
      j--;
    } else j--;
  }
  if (j === hashes.length) refuseVote('VoteTooOld');
  if (i !== slots.length) refuseVote('SlotsMismatch');
  if (!equalBytes((hashes[j] as SlotHash).hash, hash)) refuseVote('SlotHashMismatch');
}

/** Takes a whole tower, after what is too old to be checked has been left out. */
export function applyTower(state: VoteState, tower: Tower, hashes: readonly SlotHash[], now: Now): void {
  const { lockouts, root } = checkTower(state, tower, hashes);
  replaceVotes(state, lockouts, root, tower.timestamp, now);
}

function checkTower(
  state: VoteState,
  tower: Tower,
  hashes: readonly SlotHash[],
): { readonly lockouts: Tower['lockouts']; readonly root: bigint | undefined } {
  const { lockouts } = tower;
  const last = lockouts.at(-1);
  if (last === undefined) return refuseVote('EmptySlots');
  const newest = state.votes.at(-1);
  if (newest !== undefined && last.slot <= newest.slot) refuseVote('VoteTooOld');
  const earliest = hashes.at(-1)?.slot;
  if (earliest === undefined) return refuseVote('SlotsMismatch');
  if (last.slot < earliest) refuseVote('VoteTooOld');
  const root = rootInHistory(state, tower.root, earliest);

  const forgotten = new Set<number>();
  let unchecked = root;
  let i = 0;
  let j = hashes.length;
  while (i < lockouts.length && j > 0) {
    const slot = unchecked ?? (lockouts[i] as Tower['lockouts'][number]).slot;
    const before = lockouts[i - 1];
    if (unchecked === undefined && before !== undefined && slot <= before.slot) refuseVote('SlotsNotOrdered');
    const ancestor = (hashes[j - 1] as SlotHash).slot;
    if (slot > ancestor) j--;
    else if (slot < ancestor) {
      // Of another fork, unless it is older than all that is known.
      if (j !== hashes.length) refuseVote(unchecked === undefined ? 'SlotsMismatch' : 'RootOnDifferentFork');
      if (unchecked === undefined) {
        if (!state.votes.some((vote) => vote.slot === slot)) forgotten.add(i);
        i++;
      } else unchecked = undefined;
    } else if (unchecked === undefined) {
      i++;
      j--;
    } else unchecked = undefined;
  }
  if (i !== lockouts.length) refuseVote('SlotsMismatch');
  if (!equalBytes((hashes[j] as SlotHash).hash, tower.hash)) refuseVote('SlotHashMismatch');
  return { lockouts: lockouts.filter((_, position) => !forgotten.has(position)), root };
}

/** A root too old to be checked is replaced by the newest known slot up to it. */
function rootInHistory(state: VoteState, root: bigint | undefined, earliest: bigint): bigint | undefined {
  if (root === undefined || root >= earliest) return root;
  return state.votes.findLast(({ slot }) => slot <= root)?.slot ?? state.root;
}

function replaceVotes(
  state: VoteState,
  lockouts: Tower['lockouts'],
  root: bigint | undefined,
  timestamp: bigint | undefined,
  now: Now,
): void {
  if (lockouts.length > MAX_LOCKOUT_HISTORY) refuseVote('TooManyVotes');
  if (state.root !== undefined && (root === undefined || root < state.root)) refuseVote('RootRollBack');
  requireOrdered(lockouts, root);
  const next = lockouts.map((vote): LandedVote => ({ ...vote, latency: 0 }));
  const rooted = root === undefined ? [] : takeWhile(state.votes, ({ slot }) => slot <= root);
  const earned = rooted.reduce((sum, vote) => sum + creditsOf(vote), 0n);
  requireNoConflict(state.votes.slice(rooted.length), next);
  for (const vote of next) if (vote.latency === 0) vote.latency = latencyOf(vote.slot, now);
  if (state.root !== root) earn(state, now.epoch, earned);
  const newest = next.at(-1);
  if (timestamp !== undefined && newest !== undefined) noteTime(state, newest.slot, timestamp);
  state.root = root;
  state.votes = next;
}

function takeWhile<Item>(items: readonly Item[], holds: (item: Item) => boolean): readonly Item[] {
  const end = items.findIndex((item) => !holds(item));
  return end < 0 ? items : items.slice(0, end);
}

/** Slots rise, confirmations fall, and no vote is older than the lock of the one before. */
function requireOrdered(lockouts: Tower['lockouts'], root: bigint | undefined): void {
  for (const [i, vote] of lockouts.entries()) {
    if (vote.confirmations === 0) refuseVote('ZeroConfirmations');
    if (vote.confirmations > MAX_LOCKOUT_HISTORY) refuseVote('ConfirmationTooLarge');
    // Empty towers say 0 for the root they do not have.
    if (root !== undefined && root !== 0n && vote.slot <= root) refuseVote('SlotSmallerThanRoot');
    const before = lockouts[i - 1];
    if (before === undefined) continue;
    if (before.slot >= vote.slot) refuseVote('SlotsNotOrdered');
    if (before.confirmations <= vote.confirmations) refuseVote('ConfirmationsNotOrdered');
    if (vote.slot > lockedUntil(before)) refuseVote('NewVoteStateLockoutMismatch');
  }
}

/** Votes that are gone must have run out; those that stay keep their latency and do not lose depth. */
function requireNoConflict(current: readonly LandedVote[], next: readonly LandedVote[]): void {
  let i = 0;
  let j = 0;
  while (i < current.length && j < next.length) {
    const [old, vote] = [current[i] as LandedVote, next[j] as LandedVote];
    if (old.slot < vote.slot) {
      if (lockedUntil(old) >= vote.slot) refuseVote('LockoutConflict');
      i++;
    } else if (old.slot === vote.slot) {
      if (vote.confirmations < old.confirmations) refuseVote('ConfirmationRollBack');
      vote.latency = old.latency;
      i++;
      j++;
    } else j++;
  }
}
