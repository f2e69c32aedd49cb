import { type Bytes, concatBytes, equalBytes, utf8ToBytes } from '@ninefold/base';
import { SYSVAR } from '../../spec/addresses.ts';
import type { BorrowedAccount } from '../accounts.ts';
import { InstructionFailure } from '../failure.ts';
import type { Builtin, InstructionContext } from '../invoke.ts';
import { createReader, type Reader } from './reader.ts';
import { withSeed } from './seed.ts';
import { type Clock, minimumBalance, readClock, requireSysvar, sysvarView } from './sysvars.ts';
import { applyTower, applyVote, refuseVote, type SlotHash, type Tower, type Vote } from './tower.ts';
import { verifyProofOfPossession } from './vote-keys.ts';
import {
  decodeVoteState,
  encodeVoteState,
  isUninitialized,
  newVoteState,
  setVoter,
  VOTE_STATE_BYTES,
  type VoteInit,
  type VoteState,
  voterOf,
} from './vote-state.ts';

// The vote program: validators' accounts, who may vote and withdraw for them, and their votes.

const U64_MAX = 2n ** 64n - 1n;

const has = (context: InstructionContext, feature: string): boolean =>
  context.invoker.setup.transaction.environment.features.has(feature);

const isV4 = (context: InstructionContext): boolean => has(context, 'vote_state_v4');

function requireAccounts(context: InstructionContext, count: number): void {
  if (context.instruction.accounts.length < count) throw new InstructionFailure('MissingAccount');
}

type Signers = { readonly has: (key: Bytes) => boolean };

function signersOf(context: InstructionContext): Signers {
  const keys = context.instruction.accounts.flatMap(({ isSigner }, position) =>
    isSigner ? [context.account(position).state.key] : [],
  );
  return { has: (key) => keys.some((candidate) => equalBytes(candidate, key)) };
}

function requireSigner(signers: Signers, key: Bytes): void {
  if (!signers.has(key)) throw new InstructionFailure('MissingRequiredSignature');
}

function load(context: InstructionContext, account: BorrowedAccount, forVotes = false): VoteState {
  const { data, key } = account.state;
  const state = decodeVoteState(data, key);
  const isNewest = data[0] === 3;
  if (isNewest && !isV4(context)) throw new InstructionFailure('InvalidAccountData');
  // Version 4 has always begun; before it, votes alone asked for that.
  const mustHaveBegun = isV4(context) ? !isNewest : forVotes;
  if (mustHaveBegun && state.voters.size === 0) throw new InstructionFailure('UninitializedAccount');
  return state;
}

/** Writes a state in the newest version that there is room and rent for. */
function save(context: InstructionContext, account: BorrowedAccount, state: VoteState): void {
  const version = isV4(context) ? 'v4' : 'v3';
  const { data, lamports } = account.state;
  if (data.length < VOTE_STATE_BYTES) {
    const mayGrow =
      lamports >= minimumBalance(context, VOTE_STATE_BYTES) &&
      account.dataProblem(VOTE_STATE_BYTES) === undefined;
    if (mayGrow) account.resize(VOTE_STATE_BYTES);
    else if (version === 'v4') throw new InstructionFailure('AccountNotRentExempt');
    else return write(account, encodeVoteState(state, 'v1'));
  }
  write(account, encodeVoteState(state, version));
}

function write(account: BorrowedAccount, bytes: Bytes): void {
  const problem = account.writeProblem();
  if (problem !== undefined) throw new InstructionFailure(problem);
  if (bytes.length > account.state.data.length) throw new InstructionFailure('AccountDataTooSmall');
  const data = account.state.data.slice();
  data.set(bytes);
  account.setData(data);
}

function readInit(reader: Reader): VoteInit {
  return { node: reader.key(), voter: reader.key(), withdrawer: reader.key(), commission: reader.u8() };
}

/** Requires an account that is empty, of the right size, and paid for. */
function requireNew(context: InstructionContext, account: BorrowedAccount): Clock {
  requireSysvar(context, 1, SYSVAR.rent);
  if (account.state.lamports < minimumBalance(context, account.state.data.length))
    throw new InstructionFailure('InsufficientFunds');
  requireSysvar(context, 2, SYSVAR.clock);
  const clock = readClock(context);
  if (account.state.data.length !== VOTE_STATE_BYTES) throw new InstructionFailure('InvalidAccountData');
  if (!isUninitialized(account.state.data)) throw new InstructionFailure('AccountAlreadyInitialized');
  return clock;
}

function initialize(context: InstructionContext, init: VoteInit): void {
  const account = context.account(0);
  const { epoch } = requireNew(context, account);
  requireSigner(signersOf(context), init.node);
  save(context, account, newVoteState(account.state.key, init, epoch));
}

/** What an authority is changed for; a voter may come with a BLS key and the proof that it has it. */
type Role =
  | { readonly kind: 'voter' | 'withdrawer' }
  | { readonly kind: 'blsVoter'; readonly key: Bytes; readonly proof: Bytes };

function readRole(reader: Reader): Role {
  switch (reader.u32()) {
    case 0:
      return { kind: 'voter' };
    case 1:
      return { kind: 'withdrawer' };
    case 2:
      return { kind: 'blsVoter', key: reader.bytes(48), proof: reader.bytes(96) };
    default:
      return reader.refuse();
  }
}

const managesBls = (context: InstructionContext): boolean =>
  isV4(context) && has(context, 'bls_pubkey_management_in_vote_account');

function authorize(context: InstructionContext, next: Bytes, role: Role, signers: Signers): void {
  const account = context.account(0);
  const clock = readClock(context);
  const state = load(context, account);
  if (role.kind === 'withdrawer') {
    requireSigner(signers, state.withdrawer);
    state.withdrawer = next;
    return save(context, account, state);
  }
  if (role.kind === 'blsVoter' && !managesBls(context))
    throw new InstructionFailure('InvalidInstructionData');
  // Whoever has a BLS key has to name the next one as well.
  if (role.kind === 'voter' && managesBls(context) && state.blsKey !== undefined)
    throw new InstructionFailure('InvalidInstructionData');
  if (role.kind === 'blsVoter') requireProof(account, role);
  if (clock.leaderScheduleEpoch === U64_MAX) throw new InstructionFailure('InvalidAccountData');
  const target = clock.leaderScheduleEpoch + 1n;
  const current = currentVoter(context, state, clock.epoch);
  if (!signers.has(state.withdrawer)) requireSigner(signers, current);
  if (state.voters.has(target)) refuseVote('TooSoonToReauthorize');
  if (!isV4(context)) remember(state, next, target);
  setVoter(state, target, next);
  if (role.kind === 'blsVoter') state.blsKey = role.key;
  save(context, account, state);
}

function requireProof(account: BorrowedAccount, role: Extract<Role, { kind: 'blsVoter' }>): void {
  const message = concatBytes(utf8ToBytes('ALPENGLOW'), account.state.key, role.key);
  if (!verifyProofOfPossession(role.key, role.proof, message))
    throw new InstructionFailure('InvalidArgument');
}

/** Version 4 keeps the voter of the epoch before as well. */
function currentVoter(context: InstructionContext, state: VoteState, epoch: bigint): Bytes {
  const keepsFrom = isV4(context) && epoch > 0n ? epoch - 1n : epoch;
  return voterOf(state, epoch, keepsFrom);
}

/** Version 3 remembers voters that were replaced. */
function remember(state: VoteState, next: Bytes, target: bigint): void {
  const latest = [...state.voters].at(-1);
  if (latest === undefined || target <= latest[0]) throw new InstructionFailure('InvalidAccountData');
  if (equalBytes(latest[1], next)) return;
  const { priorVoters } = state;
  const from = priorVoters.isEmpty ? 0n : (priorVoters.slots[priorVoters.index]?.until ?? 0n);
  priorVoters.index = (priorVoters.index + 1) % priorVoters.slots.length;
  priorVoters.slots[priorVoters.index] = { key: latest[1], from, until: target };
  priorVoters.isEmpty = false;
}

type Derived = { readonly role: Role; readonly owner: Bytes; readonly seed: Bytes };

function readDerived(reader: Reader): Derived {
  return { role: readRole(reader), owner: reader.key(), seed: reader.text() };
}

/** The signature of the third account stands for the address it derives. */
function authorizeWithSeed(context: InstructionContext, { role, owner, seed }: Derived, next: Bytes): void {
  requireSysvar(context, 1, SYSVAR.clock);
  const base = context.account(2);
  const derived = base.isSigner ? withSeed(base.state.key, seed, owner) : undefined;
  authorize(context, next, role, { has: (key) => derived !== undefined && equalBytes(derived, key) });
}

function updateIdentity(context: InstructionContext): void {
  requireAccounts(context, 2);
  const account = context.account(0);
  const node = context.account(1).state.key;
  const state = load(context, account);
  const signers = signersOf(context);
  requireSigner(signers, state.withdrawer);
  requireSigner(signers, node);
  state.node = node;
  if (!has(context, 'custom_commission_collector')) state.blockCollector = node;
  save(context, account, state);
}

/** Commissions rise in the first half of an epoch only. */
function mayRaise(context: InstructionContext): boolean {
  const { slot } = readClock(context);
  const schedule = sysvarView(context, SYSVAR.epochSchedule);
  const [slotsPerEpoch, firstNormal] = [schedule.getBigUint64(0, true), schedule.getBigUint64(25, true)];
  if (slotsPerEpoch === 0n) return true;
  const since = slot > firstNormal ? slot - firstNormal : 0n;
  return (since % slotsPerEpoch) * 2n <= slotsPerEpoch;
}

function updateCommission(context: InstructionContext, percent: number): void {
  const account = context.account(0);
  if (!has(context, 'delay_commission_updates')) {
    const { commission } = currentCommission(context, account);
    if ((commission === undefined || percent > commission) && !mayRaise(context))
      refuseVote('CommissionUpdateTooLate');
  }
  const state = load(context, account);
  requireSigner(signersOf(context), state.withdrawer);
  state.inflationCommission = percent * 100;
  save(context, account, state);
}

/** Percent; none when the account cannot be read, which is told only after the rule was kept. */
function currentCommission(
  context: InstructionContext,
  account: BorrowedAccount,
): { readonly commission: number | undefined } {
  try {
    return { commission: Math.floor(load(context, account).inflationCommission / 100) };
  } catch (error) {
    if (error instanceof InstructionFailure) return { commission: undefined };
    throw error;
  }
}

/** Whose share of what: of inflation, or of the fees of blocks. */
type Revenue = 'inflation' | 'block';

function readRevenue(reader: Reader): Revenue {
  const kind = reader.u32();
  return kind > 1 ? reader.refuse() : kind === 0 ? 'inflation' : 'block';
}

function updateCommissionRate(context: InstructionContext, rate: number, of: Revenue): void {
  const isKnown =
    isV4(context) &&
    has(context, 'delay_commission_updates') &&
    has(context, 'commission_rate_in_basis_points');
  // Fees of blocks cannot be shared yet.
  if (!isKnown || of === 'block') throw new InstructionFailure('InvalidInstructionData');
  const account = context.account(0);
  const state = load(context, account);
  requireSigner(signersOf(context), state.withdrawer);
  state.inflationCommission = rate;
  save(context, account, state);
}

const SYSTEM: Bytes = new Uint8Array(32);

/** The vote account itself, or a wallet that is paid for; reserved accounts cannot be written to. */
function requireCollector(context: InstructionContext, collector: BorrowedAccount, at: Bytes): void {
  const { key, owner, lamports, data } = collector.state;
  if (equalBytes(key, at)) return;
  if (!equalBytes(owner, SYSTEM)) throw new InstructionFailure('InvalidAccountOwner');
  if (lamports < minimumBalance(context, data.length)) throw new InstructionFailure('InsufficientFunds');
  if (!collector.isWritable) throw new InstructionFailure('InvalidArgument');
}

function updateCollector(context: InstructionContext, of: Revenue): void {
  if (!isV4(context) || !has(context, 'custom_commission_collector'))
    throw new InstructionFailure('InvalidInstructionData');
  requireAccounts(context, 3);
  const account = context.account(0);
  const collector = context.account(1);
  const state = load(context, account);
  requireSigner(signersOf(context), state.withdrawer);
  requireCollector(context, collector, account.state.key);
  if (of === 'inflation') state.inflationCollector = collector.state.key;
  else state.blockCollector = collector.state.key;
  save(context, account, state);
}

function withdraw(context: InstructionContext, lamports: bigint): void {
  requireAccounts(context, 2);
  const account = context.account(0);
  const { epoch } = readClock(context);
  const state = load(context, account);
  requireSigner(signersOf(context), state.withdrawer);
  const rest = account.state.lamports - lamports;
  if (rest < 0n) throw new InstructionFailure('InsufficientFunds');
  if (rest === 0n) {
    // What belongs to those who delegated cannot be taken.
    if (state.pendingRewards > 0n) throw new InstructionFailure('InsufficientFunds');
    const last = state.credits.at(-1)?.epoch;
    if (last !== undefined && epoch - last < 2n) refuseVote('ActiveVoteAccountClose');
    if (isV4(context)) write(account, new Uint8Array(account.state.data.length));
    else save(context, account, emptyState());
  } else if (rest < minimumBalance(context, account.state.data.length) + state.pendingRewards)
    throw new InstructionFailure('InsufficientFunds');
  account.setLamports(rest);
  const target = context.account(1);
  target.setLamports(target.state.lamports + lamports);
}

function emptyState(): VoteState {
  const none = new Uint8Array(32);
  const state = newVoteState(none, { node: none, voter: none, withdrawer: none, commission: 0 }, 0n);
  state.voters.clear();
  return state;
}

function slotHashes(context: InstructionContext): readonly SlotHash[] {
  const view = sysvarView(context, SYSVAR.slotHashes);
  return Array.from({ length: Number(view.getBigUint64(0, true)) }, (_, i) => {
    const at = 8 + 40 * i;
    const hash = new Uint8Array(view.buffer, view.byteOffset + at + 8, 32);
    return { slot: view.getBigUint64(at, true), hash };
  });
}

/** Votes are given by the voter of the epoch. */
function voting(context: InstructionContext, apply: (state: VoteState, clock: Clock) => void): void {
  const account = context.account(0);
  const clock = readClock(context);
  const state = load(context, account, true);
  requireSigner(signersOf(context), currentVoter(context, state, clock.epoch));
  apply(state, clock);
  save(context, account, state);
}

function readVote(reader: Reader): Vote {
  const slots = Array.from({ length: reader.count(8) }, () => reader.u64());
  return { slots, hash: reader.key(), timestamp: reader.option(() => reader.i64()) };
}

function vote(context: InstructionContext, given: Vote): void {
  if (has(context, 'deprecate_legacy_vote_ixs')) throw new InstructionFailure('InvalidInstructionData');
  requireSysvar(context, 1, SYSVAR.slotHashes);
  requireSysvar(context, 2, SYSVAR.clock);
  voting(context, (state, clock) => applyVote(state, given, slotHashes(context), clock));
}

function readTower(reader: Reader): Tower {
  const lockouts = Array.from({ length: reader.count(12) }, () => ({
    slot: reader.u64(),
    confirmations: reader.u32(),
  }));
  const root = reader.option(() => reader.u64());
  return { lockouts, root, hash: reader.key(), timestamp: reader.option(() => reader.i64()) };
}

/** LEB128 of at most 64 bits, in its shortest form. */
function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = BigInt(reader.u8());
    value |= (byte & 0x7fn) << shift;
    if (value > U64_MAX) return reader.refuse();
    if (byte >= 0x80n) continue;
    return byte === 0n && shift > 0n ? reader.refuse() : value;
  }
}

/** Three bytes at most, in the shortest form. */
function readShortCount(reader: Reader): number {
  const value = readVarint(reader);
  return value > 0xffffn ? reader.refuse() : Number(value);
}

/** Slots as distances from the root on. */
function readCompactTower(reader: Reader): Tower {
  const root = reader.u64();
  let slot = root === U64_MAX ? 0n : root;
  const lockouts = Array.from({ length: readShortCount(reader) }, () => {
    slot += readVarint(reader);
    if (slot > U64_MAX) reader.refuse();
    return { slot, confirmations: reader.u8() };
  });
  const hash = reader.key();
  return {
    lockouts,
    root: root === U64_MAX ? undefined : root,
    hash,
    timestamp: reader.option(() => reader.i64()),
  };
}

function readTowerSync(reader: Reader): Tower {
  const tower = readCompactTower(reader);
  // The block's id is for other protocols than this program.
  reader.key();
  return tower;
}

function tower(context: InstructionContext, given: Tower, isLegacy: boolean): void {
  if (isLegacy && has(context, 'deprecate_legacy_vote_ixs'))
    throw new InstructionFailure('InvalidInstructionData');
  voting(context, (state, clock) => applyTower(state, given, slotHashes(context), clock));
}

type Action = (context: InstructionContext) => void;

const votes =
  (isSwitch: boolean) =>
  (reader: Reader): Action => {
    const given = readVote(reader);
    if (isSwitch) reader.key();
    return (context) => vote(context, given);
  };

const towers =
  (read: (reader: Reader) => Tower, isSwitch: boolean, isLegacy: boolean) =>
  (reader: Reader): Action => {
    const given = read(reader);
    // The proof that the switch of forks is allowed is not looked at.
    if (isSwitch) reader.key();
    return (context) => tower(context, given, isLegacy);
  };

/** By tag. */
const INSTRUCTIONS: Readonly<Record<number, (reader: Reader) => Action>> = {
  0(reader) {
    const init = readInit(reader);
    return (context) => initialize(context, init);
  },
  1(reader) {
    const [key, role] = [reader.key(), readRole(reader)];
    return (context) => {
      requireSysvar(context, 1, SYSVAR.clock);
      authorize(context, key, role, signersOf(context));
    };
  },
  2: votes(false),
  3(reader) {
    const lamports = reader.u64();
    return (context) => withdraw(context, lamports);
  },
  4: () => updateIdentity,
  5(reader) {
    const percent = reader.u8();
    return (context) => updateCommission(context, percent);
  },
  6: votes(true),
  7(reader) {
    const role = readRole(reader);
    return (context) => {
      requireAccounts(context, 4);
      const next = context.account(3);
      if (!next.isSigner) throw new InstructionFailure('MissingRequiredSignature');
      requireSysvar(context, 1, SYSVAR.clock);
      authorize(context, next.state.key, role, signersOf(context));
    };
  },
  8: towers(readTower, false, true),
  9: towers(readTower, true, true),
  10(reader) {
    const derived = readDerived(reader);
    const next = reader.key();
    return (context) => {
      requireAccounts(context, 3);
      authorizeWithSeed(context, derived, next);
    };
  },
  11(reader) {
    const derived = readDerived(reader);
    return (context) => {
      requireAccounts(context, 4);
      const next = context.account(3);
      if (!next.isSigner) throw new InstructionFailure('MissingRequiredSignature');
      authorizeWithSeed(context, derived, next.state.key);
    };
  },
  12: towers(readCompactTower, false, true),
  13: towers(readCompactTower, true, true),
  14: towers(readTowerSync, false, false),
  15: towers(readTowerSync, true, false),
  17(reader) {
    const of = readRevenue(reader);
    return (context) => updateCollector(context, of);
  },
  18(reader) {
    const [rate, of] = [reader.u16(), readRevenue(reader)];
    return (context) => updateCommissionRate(context, rate, of);
  },
};

/** Vote accounts and votes. */
export const voteProgram: Builtin = {
  units: 2100,
  run(context) {
    const account = context.account(0);
    if (!account.isOwned()) throw new InstructionFailure('InvalidAccountOwner');
    const reader = createReader(context.instruction.data);
    const read = INSTRUCTIONS[reader.u32()];
    if (read === undefined) throw new InstructionFailure('InvalidInstructionData');
    read(reader)(context);
  },
};
