import { type Bytes, concatBytes, equalBytes, invariant } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { addressBytes, type Environment, type FeatureSet, SYSVAR } from '@ninefold/vm-svm';
import { INCINERATOR, SYSTEM_PROGRAM } from '../spec/addresses.ts';
import { BURN_PERCENT, LAMPORTS_PER_SIGNATURE } from '../spec/fees.ts';
import type { BlockLimits } from '../spec/slots.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { hashMessage } from '../tx/message-hash.ts';
import type { SignatureVerifier } from '../tx/signatures.ts';
import type { Transaction } from '../tx/transaction.ts';
import { type Account, NO_ACCOUNT } from './account.ts';
import { Accounts, type AccountsSnapshot } from './accounts.ts';
import type { BlockhashQueue } from './blockhash-queue.ts';
import { costOf, type CostTracker, createCostTracker } from './cost.ts';
import { epochOf, type EpochSchedule, leaderScheduleEpochOf } from './epoch-schedule.ts';
import { encodeLattice, type Lattice, latticeOf, replaceInLattice } from './lattice.ts';
import {
  createProcessor,
  type Prepared,
  type Processor,
  type Scene,
  type TransactionResult,
} from './process.ts';
import { decodeRent, isRentTransitionAllowed, type Rent } from './rent.ts';
import { beginSlot, type BlockReward, type Stakes, type StakeUpdate } from '../stake/epoch.ts';
import type { StatusCache } from './status-cache.ts';
import {
  type BankClock,
  decodeClock,
  decodeSlotHashes,
  emptySlotHistory,
  encodeClock,
  encodeRecentBlockhashes,
  encodeSlotHashes,
  READABLE_SYSVARS,
  requireReadable,
  sysvarAccount,
  withSlotHash,
  withSlotInHistory,
} from './sysvars.ts';

/** What all slots of a chain have in common. */
export type BankRules = {
  readonly features: FeatureSet;
  readonly epochSchedule: EpochSchedule;
  readonly limits: BlockLimits;
  /** The identity that leads a slot and gets its fees. */
  readonly leader: (slot: number) => Bytes;
  /** Checks signatures; without it nobody does. */
  readonly verify?: SignatureVerifier | undefined;
  /** Active stake of the epoch, of one vote account or in all, where the bank does not know it. */
  readonly epochStake?: ((vote?: Bytes) => bigint) | undefined;
  /** Slots at which the chain was restarted, with how often. */
  readonly hardForks?: readonly HardFork[] | undefined;
};

export type HardFork = { readonly slot: number; readonly count: number };

/** A slot that has ended: what the next one starts from. */
export type FrozenBank = {
  readonly slot: number;
  readonly parentSlot: number;
  readonly blockHeight: number;
  readonly hash: Bytes;
  /** The last hash of the slot's proof of history: its blockhash. */
  readonly blockhash: Bytes;
  readonly accounts: AccountsSnapshot;
  readonly lattice: Lattice;
  readonly capitalization: bigint;
  readonly blockhashes: BlockhashQueue;
  readonly statuses: StatusCache;
  readonly transactionCount: number;
  readonly signatureCount: number;
  readonly clock: BankClock;
  /** Without it nobody's stake is counted: epochs change by their number alone. */
  readonly stakes?: Stakes | undefined;
};

/** Fees that a slot has taken in. */
export type SlotFees = { readonly signatures: bigint; readonly priority: bigint };

/** What became of a slot's fees. */
export type FeeDistribution = { readonly total: bigint; readonly burned: bigint; readonly toLeader: bigint };

/** A slot while it goes on. */
export type Bank = {
  readonly slot: number;
  readonly parent: FrozenBank;
  readonly blockHeight: number;
  readonly rules: BankRules;
  readonly clock: () => BankClock;
  readonly rent: () => Rent;
  readonly epoch: () => { readonly epoch: number; readonly index: number; readonly slots: number };
  /** The newest blockhash, the parent's. */
  readonly blockhash: Bytes;
  readonly blockhashes: BlockhashQueue;
  readonly account: (address: Bytes) => Account | undefined;
  /** All accounts as they are now. */
  readonly accounts: () => AccountsSnapshot;
  /**
   * Puts an account in place, whatever the rules say; a sysvar takes effect at once.
   *
   * @throws `SOLANA_SYSVAR_NEEDED`
   */
  readonly setAccount: (address: Bytes, account: Account | undefined) => void;
  /** Executes a transaction and keeps what it did, unless it is refused. */
  readonly process: (transaction: Transaction) => TransactionResult;
  /** Executes a transaction and keeps nothing. */
  readonly simulate: (transaction: Transaction, options?: SimulateOptions) => TransactionResult;
  readonly transactionCount: () => number;
  readonly fees: () => SlotFees;
  readonly costs: CostTracker;
  /** Who may vote, and what is yet to be paid. */
  readonly stakes: Stakes | undefined;
  /** The same slot once more, to go another way. */
  readonly fork: () => Bank;
  /** Ends the slot with the last hash of its proof of history. The bank cannot be used any more. */
  readonly freeze: (lastHash: Bytes) => EndedBank;
};

/** A slot that has ended, with what it gave to whom. */
export type EndedBank = FrozenBank & {
  readonly distribution: FeeDistribution;
  /** Accounts that are not as they were before the slot. */
  readonly changed: readonly AddressKey[];
  /** Of stake and votes, and the fees last. */
  readonly rewards: readonly BlockReward[];
  /** Blocks over which an epoch's rewards are paid, when the slot is the first of the epoch. */
  readonly rewardPartitions: number | undefined;
};

export type SimulateOptions = {
  /** Whether signatures are checked; they are not unless this is said. */
  readonly checksSignatures?: boolean | undefined;
  /** Takes the newest blockhash for the transaction's own, which then need not be recent. */
  readonly replacesBlockhash?: boolean | undefined;
};

const keyOf = (address: string): AddressKey => addressKey(addressBytes(address));

const CLOCK = keyOf(SYSVAR.clock);
const RENT = keyOf(SYSVAR.rent);
const SLOT_HASHES = keyOf(SYSVAR.slotHashes);
const RECENT_BLOCKHASHES = keyOf(SYSVAR.recentBlockhashes);
const SLOT_HISTORY = keyOf(SYSVAR.slotHistory);
const INCINERATOR_KEY = keyOf(INCINERATOR);
const READABLE: ReadonlyMap<AddressKey, string> = new Map(
  READABLE_SYSVARS.map((address) => [keyOf(address), address]),
);

/** What a bank consists of while it goes on; a fork starts with a copy. */
type BankState = {
  readonly accounts: Accounts;
  statuses: StatusCache;
  transactions: number;
  signatures: number;
  signatureFees: bigint;
  priorityFees: bigint;
};

/**
 * Begins `slot` on top of `parent`: time goes on, and the parent's hash is known from now on.
 *
 * @param unixTimestamp seconds since 1970; time stands still without it, and never goes back
 */
export function openBank(
  parent: FrozenBank,
  rules: BankRules,
  slot: number,
  unixTimestamp?: number | undefined,
): Bank {
  invariant(slot > parent.slot, 'slots come in order');
  const accounts = Accounts.on(parent.accounts);
  const rent = decodeRent((accounts.get(RENT) as Account).data);
  const update = updateStakes(parent, rules, slot, accounts, rent);
  const setSysvar = (key: AddressKey, data: Bytes): void =>
    accounts.set(key, sysvarAccount(data, rent, accounts.get(key)));
  setSysvar(CLOCK, encodeClock(nextClock(parent, rules.epochSchedule, slot, unixTimestamp)));
  const known = accounts.get(SLOT_HASHES);
  const hashes = known === undefined ? [] : decodeSlotHashes(known.data);
  const added = { slot: BigInt(parent.slot), hash: parent.hash };
  setSysvar(SLOT_HASHES, encodeSlotHashes(withSlotHash(hashes, added)));
  return createBank(parent, rules, slot, update, {
    accounts,
    statuses: parent.statuses,
    transactions: 0,
    signatures: 0,
    signatureFees: 0n,
    priorityFees: 0n,
  });
}

function updateStakes(
  parent: FrozenBank,
  { features, epochSchedule }: BankRules,
  slot: number,
  accounts: Accounts,
  rent: Rent,
): StakeUpdate | undefined {
  if (parent.stakes === undefined) return undefined;
  const scene = {
    accounts,
    features,
    schedule: epochSchedule,
    rent,
    blockHeight: parent.blockHeight + 1,
    parentBlockhash: parent.blockhashes.latest,
    parentEpoch: epochOf(epochSchedule, parent.slot).epoch,
    epoch: epochOf(epochSchedule, slot).epoch,
    capitalization: parent.capitalization,
  };
  return beginSlot(scene, parent.stakes);
}

/** Stake that votes in an epoch, of one vote account or in all: as it was an epoch before. */
function epochStakeOf(stakes: Stakes | undefined, epoch: number): (vote?: Bytes) => bigint {
  const known = stakes?.epochs.get(epoch - 1) ?? stakes?.epochs.get(epoch);
  return (vote) => (vote === undefined ? known?.total : known?.voters.get(addressKey(vote))?.stake) ?? 0n;
}

function nextClock(
  parent: FrozenBank,
  schedule: EpochSchedule,
  slot: number,
  timestamp: number | undefined,
): BankClock {
  const before = parent.clock.unixTimestamp;
  const asked = timestamp === undefined ? before : BigInt(timestamp);
  const unixTimestamp = asked > before ? asked : before;
  const { epoch } = epochOf(schedule, slot);
  const isNewEpoch = epochOf(schedule, parent.slot).epoch !== epoch;
  return {
    slot: BigInt(slot),
    epochStartTimestamp: isNewEpoch ? unixTimestamp : parent.clock.epochStartTimestamp,
    epoch: BigInt(epoch),
    leaderScheduleEpoch: BigInt(leaderScheduleEpochOf(schedule, slot)),
    unixTimestamp,
  };
}

function createBank(
  parent: FrozenBank,
  rules: BankRules,
  slot: number,
  update: StakeUpdate | undefined,
  state: BankState,
): Bank {
  const { accounts } = state;
  const { blockhashes } = parent;
  const blockhash = blockhashes.latest;
  const costs = createCostTracker(rules.limits);
  const sysvars = new Map<string, Bytes>();
  for (const [key, address] of READABLE) {
    const account = accounts.get(key);
    if (account !== undefined) sysvars.set(address, account.data);
  }
  const environment: Environment = {
    features: rules.features,
    sysvars,
    epochStake: rules.epochStake ?? epochStakeOf(update?.stakes, epochOf(rules.epochSchedule, slot).epoch),
    blockhash,
    lamportsPerSignature: LAMPORTS_PER_SIGNATURE,
  };
  const clock = (): BankClock => decodeClock((accounts.get(CLOCK) as Account).data);
  let rent = decodeRent((accounts.get(RENT) as Account).data);
  const messageHashes = new WeakMap<Transaction, Bytes>();
  const messageHash = (transaction: Transaction): Bytes => {
    let hash = messageHashes.get(transaction);
    if (hash === undefined) {
      hash = hashMessage(transaction.messageBytes);
      messageHashes.set(transaction, hash);
    }
    return hash;
  };
  const scene = (verify: SignatureVerifier | undefined): Scene => ({
    slot,
    environment,
    blockhash,
    verify,
    get rent() {
      return rent;
    },
    account: (key) => accounts.get(key),
    isRecent: (hash) => blockhashes.isRecent(hash),
    isProcessed: (transaction) => state.statuses.has(transaction.message.blockhash, messageHash(transaction)),
    costProblem: (prepared) => {
      const { unitLimit, loadedDataLimit } = prepared.budget;
      return costs.problem(costOf(prepared, unitLimit, loadedDataLimit), writableOf(prepared));
    },
  });
  const processors = new Map<SignatureVerifier | undefined, Processor>();
  const processorWith = (verify: SignatureVerifier | undefined): Processor => {
    let processor = processors.get(verify);
    if (processor === undefined) {
      processor = createProcessor(scene(verify));
      processors.set(verify, processor);
    }
    return processor;
  };
  let isFrozen = false;

  const commit = (result: TransactionResult): void => {
    const prepared = result.prepared as Prepared;
    const { transaction } = result;
    storeChanges(accounts, result);
    state.statuses = state.statuses.with(transaction.message.blockhash, messageHash(transaction));
    state.transactions += 1;
    state.signatures += prepared.signatures.own;
    state.signatureFees += prepared.fee.signatures;
    state.priorityFees += prepared.fee.priority;
    costs.add(costOf(prepared, result.units, result.loadedBytes), writableOf(prepared));
  };

  return {
    slot,
    parent,
    blockHeight: parent.blockHeight + 1,
    rules,
    clock,
    rent: () => rent,
    epoch: () => epochOf(rules.epochSchedule, slot),
    blockhash,
    blockhashes,
    account: (address) => accounts.get(addressKey(address)),
    accounts: () => accounts.snapshot(),
    setAccount(address, account) {
      const key = addressKey(address);
      requireReadable(key, account);
      accounts.set(key, account);
      const sysvar = READABLE.get(key);
      if (sysvar !== undefined && account !== undefined) sysvars.set(sysvar, account.data);
      if (key === RENT && account !== undefined) rent = decodeRent(account.data);
    },
    process(transaction) {
      invariant(!isFrozen, 'a frozen bank takes no transactions');
      const result = processorWith(rules.verify).process(transaction);
      if (result.stage !== 'refused') commit(result);
      return result;
    },
    simulate(transaction, options = {}) {
      const replaced = { ...transaction, message: { ...transaction.message, blockhash } };
      const verify = options.checksSignatures === true ? rules.verify : undefined;
      return processorWith(verify).process(options.replacesBlockhash === true ? replaced : transaction);
    },
    transactionCount: () => parent.transactionCount + state.transactions,
    fees: () => ({ signatures: state.signatureFees, priority: state.priorityFees }),
    costs,
    stakes: update?.stakes,
    fork: () => createBank(parent, rules, slot, update, { ...state, accounts: accounts.fork() }),
    freeze(lastHash) {
      invariant(!isFrozen, 'a bank is frozen once');
      isFrozen = true;
      const frozen = freezeBank(parent, rules, slot, state, lastHash, clock());
      const rewards = [...(update?.rewards ?? []), ...feeReward(frozen, rules.leader(slot))];
      return { ...frozen, stakes: update?.stakes, rewards, rewardPartitions: update?.partitions };
    },
  };
}

const writableOf = ({ list }: Prepared): readonly AddressKey[] =>
  list.keys.filter((_, index) => list.isWritable[index] === true);

/** Keeps what a transaction changed. */
export function storeChanges(accounts: Accounts, { prepared, before, after }: TransactionResult): void {
  const { keys } = (prepared as Prepared).list;
  for (let i = 0; i < keys.length; i++) {
    if (after[i] !== before[i]) accounts.set(keys[i] as AddressKey, after[i]);
  }
}

function freezeBank(
  parent: FrozenBank,
  rules: BankRules,
  slot: number,
  state: BankState,
  lastHash: Bytes,
  clock: BankClock,
): FrozenBank & Pick<EndedBank, 'distribution' | 'changed'> {
  const { accounts } = state;
  const rent = decodeRent((accounts.get(RENT) as Account).data);
  const setSysvar = (key: AddressKey, data: Bytes): void =>
    accounts.set(key, sysvarAccount(data, rent, accounts.get(key)));
  const blockhashes = parent.blockhashes.with(lastHash);
  setSysvar(RECENT_BLOCKHASHES, encodeRecentBlockhashes(blockhashes.hashes));
  const history = accounts.get(SLOT_HISTORY)?.data ?? emptySlotHistory();
  setSysvar(SLOT_HISTORY, withSlotInHistory(history, slot));
  const distribution = distributeFees(accounts, rules, rent, slot, state);
  accounts.set(INCINERATOR_KEY, undefined);

  const lattice = parent.lattice.slice();
  let { capitalization } = parent;
  const changed: AddressKey[] = [];
  for (const { key, before, after } of accounts.changes()) {
    changed.push(key);
    const address = keyAddress(key);
    replaceInLattice(lattice, latticeOf(address, before), latticeOf(address, after));
    capitalization += (after?.lamports ?? 0n) - (before?.lamports ?? 0n);
  }
  return {
    slot,
    parentSlot: parent.slot,
    blockHeight: parent.blockHeight + 1,
    hash: withHardForks(
      bankHash(parent.hash, state.signatures, lastHash, lattice),
      rules.hardForks ?? [],
      parent.slot,
      slot,
    ),
    blockhash: lastHash,
    accounts: accounts.snapshot(),
    lattice,
    capitalization,
    blockhashes,
    statuses: state.statuses.pruned((key) => blockhashes.ageOf(keyAddress(key)) !== undefined),
    transactionCount: parent.transactionCount + state.transactions,
    signatureCount: state.signatures,
    clock,
    distribution,
    changed,
  };
}

/** The fees of a slot among its rewards. */
function feeReward(
  { accounts, distribution }: Pick<FrozenBank, 'accounts'> & { readonly distribution: FeeDistribution },
  leader: Bytes,
): readonly BlockReward[] {
  const lamports = distribution.toLeader;
  if (lamports === 0n) return [];
  const balance = accounts.get(addressKey(leader))?.lamports ?? 0n;
  return [{ address: leader, lamports, balance, kind: 'Fee', commission: undefined }];
}

/** Restarts between two slots make it another chain. */
function withHardForks(hash: Bytes, forks: readonly HardFork[], parent: number, slot: number): Bytes {
  const counted = forks.filter((fork) => fork.slot > parent && fork.slot <= slot);
  const sum = counted.reduce((total, { count }) => total + count, 0);
  if (sum === 0) return hash;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(sum), true);
  return sha256(concatBytes(hash, bytes));
}

/** What a bank is known by: its parent, what it has taken in, and all accounts. */
export function bankHash(parent: Bytes, signatures: number, lastHash: Bytes, lattice: Lattice): Bytes {
  const count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, BigInt(signatures), true);
  return sha256(concatBytes(sha256(concatBytes(parent, count, lastHash)), encodeLattice(lattice)));
}

/** Burns a share of the signature fees and gives the leader the rest, if it may have it. */
function distributeFees(
  accounts: Accounts,
  rules: BankRules,
  rent: Rent,
  slot: number,
  { signatureFees, priorityFees }: BankState,
): FeeDistribution {
  const total = signatureFees + priorityFees;
  const reward = total - (signatureFees * BURN_PERCENT) / 100n;
  const key = addressKey(rules.leader(slot));
  const leader = accounts.get(key) ?? NO_ACCOUNT;
  const paid = { ...leader, lamports: leader.lamports + reward };
  const isRelaxed = rules.features.has('relax_post_exec_min_balance_check');
  const mayHave =
    equalBytes(leader.owner, SYSTEM_PROGRAM) && isRentTransitionAllowed(rent, leader, paid, isRelaxed);
  if (reward === 0n || !mayHave) return { total, burned: total, toLeader: 0n };
  accounts.set(key, paid);
  return { total, burned: total - reward, toLeader: reward };
}
