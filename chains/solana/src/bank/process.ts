import { type Bytes, equalBytes } from '@ninefold/base';
import {
  type AccountState,
  addressBytes,
  createSvm,
  type Environment,
  type Instruction,
  type InstructionAccount,
  type MessageOutcome,
  type ProcessedInstruction,
  SYSVAR,
} from '@ninefold/vm-svm';
import { INCINERATOR, NATIVE_LOADER, SYSTEM_PROGRAM, SYSVAR_OWNER } from '../spec/addresses.ts';
import { LOADED_ACCOUNT_BASE_BYTES, LOADED_TABLE_BYTES } from '../spec/budget.ts';
import { MAX_ACCOUNT_LOCKS } from '../spec/limits.ts';
import { type AccountList, listAccounts } from '../tx/account-list.ts';
import { addressKey, type AddressKey } from '../tx/address-key.ts';
import { type ComputeBudget, computeBudgetOf } from '../tx/compute-budget.ts';
import { instructionError, type PlainTransactionError, type TransactionError } from '../tx/errors.ts';
import { countSignatures, type Fee, type SignatureCounts, signatureFee } from '../tx/fee.ts';
import { encodeInstructions } from '../tx/instructions-sysvar.ts';
import { resolveLookups } from '../tx/lookup-table.ts';
import type { Message } from '../tx/message.ts';
import { isSane } from '../tx/sanitize.ts';
import { hasValidSignatures, type SignatureVerifier } from '../tx/signatures.ts';
import type { Transaction } from '../tx/transaction.ts';
import { type Account, fromState, NO_ACCOUNT, RENT_EXEMPT_EPOCH, toState } from './account.ts';
import { isSimpleVote } from './cost.ts';
import { isNonceAccount, type UsedNonce, usedNonce } from './nonce.ts';
import { isLoader, programDataKey, programFileOf } from './programs.ts';
import { isRentTransitionAllowed, minimumBalance, type Rent } from './rent.ts';

/** What a transaction meets: the slot, its accounts, and what was processed before. */
export type Scene = {
  readonly slot: number;
  readonly environment: Environment;
  readonly rent: Rent;
  /** The newest blockhash. */
  readonly blockhash: Bytes;
  readonly account: (key: AddressKey) => Account | undefined;
  /** Whether transactions may still name the blockhash. */
  readonly isRecent: (blockhash: Bytes) => boolean;
  readonly isProcessed: (transaction: Transaction) => boolean;
  /** Why a transaction does not fit into the block any more. */
  readonly costProblem?: ((prepared: Prepared) => PlainTransactionError | undefined) | undefined;
  /** Checks signatures; without it nobody does. */
  readonly verify?: SignatureVerifier | undefined;
};

/** A transaction of which it is known what it asks for. */
export type Prepared = {
  readonly transaction: Transaction;
  readonly list: AccountList;
  readonly budget: ComputeBudget;
  readonly signatures: SignatureCounts;
  readonly fee: Fee;
  /** Whether it is a vote, and votes all cost the same. */
  readonly isCountedAsVote: boolean;
};

/** What became of a transaction. */
export type TransactionResult = {
  readonly transaction: Transaction;
  /** `undefined` on success. */
  readonly error: TransactionError | undefined;
  /**
   * `refused`: not part of a block, nothing changes. `charged`: could not be loaded, the fee is
   * taken all the same. `executed`: its instructions ran, to their end or an error.
   */
  readonly stage: 'refused' | 'charged' | 'executed';
  /** What it asked for; none when it was refused before that was known. */
  readonly prepared: Prepared | undefined;
  readonly units: number;
  readonly logs: readonly string[];
  readonly returnData: MessageOutcome['returnData'] | undefined;
  /** Every instruction that ran, called ones included, in the order of their begin. */
  readonly trace: readonly ProcessedInstruction[];
  readonly loadedBytes: number;
  /** The accounts of the transaction before and after it; none are {@link NO_ACCOUNT}. */
  readonly before: readonly Account[];
  readonly after: readonly Account[];
};

/** Executes transactions in a scene, without changing it. */
export type Processor = { readonly process: (transaction: Transaction) => TransactionResult };

const INSTRUCTIONS: AddressKey = addressKey(addressBytes(SYSVAR.instructions));
const SLOT_HASHES: AddressKey = addressKey(addressBytes(SYSVAR.slotHashes));
const INCINERATOR_KEY: AddressKey = addressKey(addressBytes(INCINERATOR));
const SYSVAR_OWNER_ADDRESS: Bytes = addressBytes(SYSVAR_OWNER);

/** Executes transactions against `scene`. */
export function createProcessor(scene: Scene): Processor {
  const { features } = scene.environment;
  const svm = createSvm({
    environment: scene.environment,
    programFile: (account) => programFileOf(account, scene.slot, scene.account),
  });

  const isRelaxed = features.has('relax_post_exec_min_balance_check');

  const execute = (
    { transaction, list, budget }: Prepared,
    states: readonly AccountState[],
  ): MessageOutcome =>
    svm.run({
      accounts: states,
      instructions: instructionsOf(transaction.message, list),
      budget: budget.unitLimit,
      heapBytes: budget.heapBytes,
    });

  return {
    process(transaction) {
      const prepared = prepare(scene, transaction);
      if (!isPrepared(prepared)) return refusal(transaction, prepared);
      const { list, fee } = prepared;

      const before: Account[] = [];
      for (const key of list.keys) before.push(scene.account(key) ?? NO_ACCOUNT);
      const age = checkAge(scene, prepared, before);
      if (typeof age === 'string') return refusal(transaction, age, prepared);
      const charged = charge(before, fee.signatures + fee.priority, scene.rent, isRelaxed);
      if (!Array.isArray(charged)) return refusal(transaction, charged, prepared);
      const failed = age === null ? charged : withNonce(charged, age);

      const load = checkLoad(prepared, charged, scene.account);
      if (load.error !== undefined) return unloaded(prepared, load, before, failed);
      const loaded = withInstructions(transaction.message, list, charged);
      const states: AccountState[] = [];
      for (let i = 0; i < loaded.length; i++)
        states.push(toState(list.addresses[i] as Bytes, loaded[i] as Account));
      const { error: failure, units, logs, returnData, trace } = execute(prepared, states);
      let error: TransactionError | undefined;
      let after: readonly Account[] = failed;
      if (failure !== undefined) error = instructionError(...failure);
      else {
        const left = statesAfter(list, loaded, states, scene.rent);
        error = checkAfter(list, loaded, left, scene.rent, isRelaxed);
        if (error === undefined) after = restoreInstructions(list, charged, left);
      }
      // PERF: written out; spreading a base into it took a third of the time of a transfer.
      return {
        transaction,
        error,
        stage: 'executed',
        prepared,
        units,
        logs,
        returnData,
        trace,
        loadedBytes: load.bytes,
        before,
        after,
      };
    },
  };
}

/** The nonce that a message uses, null when its blockhash is recent, or why it is neither. */
function checkAge(
  scene: Scene,
  prepared: Prepared,
  accounts: readonly Account[],
): UsedNonce | null | PlainTransactionError {
  const { transaction, list } = prepared;
  const { message } = transaction;
  const isRecent = scene.isRecent(message.blockhash);
  const nonce = isRecent ? undefined : usedNonce(message, list, scene.blockhash, (index) => accounts[index]);
  if (!isRecent && nonce === undefined) return 'BlockhashNotFound';
  if (scene.isProcessed(transaction)) return 'AlreadyProcessed';
  return scene.costProblem?.(prepared) ?? nonce ?? null;
}

/** The accounts once the first one has paid `fee`, or why it cannot. */
function charge(
  accounts: readonly Account[],
  fee: bigint,
  rent: Rent,
  isRelaxed: boolean,
): Account[] | TransactionError {
  const payer = accounts[0] as Account;
  const { data, owner, isExecutable } = payer;
  if (payer.lamports === 0n) return 'AccountNotFound';
  const isPlain = data.length === 0 && equalBytes(owner, SYSTEM_PROGRAM);
  if (!isPlain && !isNonceAccount(payer)) return 'InvalidAccountForFee';
  const kept = isPlain ? 0n : minimumBalance(rent, data.length);
  const lamports = payer.lamports - fee;
  if (lamports < kept) return 'InsufficientFundsForFee';
  const after: Account = { lamports, data, owner, isExecutable, rentEpoch: RENT_EXEMPT_EPOCH };
  if (!isRentTransitionAllowed(rent, payer, after, isRelaxed))
    return { InsufficientFundsForRent: { account_index: 0 } };
  const charged = accounts.slice();
  charged[0] = after;
  return charged;
}

/** What is left of a transaction that fails: the fee is gone, and its nonce is used up as well. */
function withNonce(charged: readonly Account[], { index, advanced }: UsedNonce): readonly Account[] {
  const failed = charged.slice();
  failed[index] = { ...advanced, lamports: (charged[index] as Account).lamports };
  return failed;
}

const NOTHING = { units: 0, logs: [], returnData: undefined, trace: [] } as const;

/** A transaction whose accounts cannot be loaded pays all the same. */
function unloaded(
  prepared: Prepared,
  load: Load,
  before: readonly Account[],
  after: readonly Account[],
): TransactionResult {
  const { transaction, budget } = prepared;
  const loadedBytes = Math.min(load.bytes, budget.loadedDataLimit);
  return {
    transaction,
    prepared,
    stage: 'charged',
    error: load.error,
    ...NOTHING,
    loadedBytes,
    before,
    after,
  };
}

function refusal(transaction: Transaction, error: TransactionError, prepared?: Prepared): TransactionResult {
  return {
    transaction,
    error,
    stage: 'refused',
    prepared,
    ...NOTHING,
    loadedBytes: 0,
    before: [],
    after: [],
  };
}

const isPrepared = (prepared: Prepared | TransactionError): prepared is Prepared =>
  typeof prepared === 'object' && 'transaction' in prepared;

/** Everything that can be said of a transaction before its accounts are looked at. */
export function prepare(scene: Scene, transaction: Transaction): Prepared | TransactionError {
  const { message } = transaction;
  const { features } = scene.environment;
  if (message.version === 1 && !features.has('enable_tx_v1')) return 'UnsupportedVersion';
  if (!isSane(transaction)) return 'SanitizeFailure';
  if (scene.verify !== undefined && !hasValidSignatures(transaction, scene.verify)) return 'SignatureFailure';
  const list = resolve(scene, message);
  if (typeof list === 'string') return list;
  if (list.keys.length > MAX_ACCOUNT_LOCKS) return 'TooManyAccountLocks';
  if (hasTwice(list.keys)) return 'AccountLoadedTwice';
  const computed = computeBudgetOf(message, list.keys, features);
  if ('error' in computed) return computed.error;
  const { budget } = computed;
  const signatures = countSignatures(message, list.keys);
  const fee = { signatures: signatureFee(signatures), priority: budget.priorityFee };
  const isCountedAsVote =
    !features.has('remove_simple_vote_from_cost_model') && isSimpleVote(message, list.keys);
  return { transaction, list, budget, signatures, fee, isCountedAsVote };
}

/** Up to so many keys are compared with each other; a set costs more. */
const FEW_KEYS = 8;

function hasTwice(keys: readonly AddressKey[]): boolean {
  if (keys.length > FEW_KEYS) return new Set(keys).size !== keys.length;
  for (let i = 1; i < keys.length; i++) {
    for (let j = 0; j < i; j++) if (keys[i] === keys[j]) return true;
  }
  return false;
}

function resolve(scene: Scene, message: Message): AccountList | (TransactionError & string) {
  if (message.version !== 0 || message.lookups.length === 0) return listAccounts(message);
  const lookedUp = resolveLookups(message.lookups, {
    slot: scene.slot,
    slotHashes: scene.account(SLOT_HASHES)?.data,
    account: (address) => scene.account(addressKey(address)),
  });
  return typeof lookedUp === 'string' ? lookedUp : listAccounts(message, lookedUp);
}

type Load = { readonly bytes: number; readonly error: TransactionError | undefined };

/** Counts what a transaction loads (SIMD-0186), and checks that what it calls can be called. */
function checkLoad(
  { list, budget, transaction }: Prepared,
  accounts: readonly Account[],
  find: Scene['account'],
): Load {
  const { message } = transaction;
  let bytes = message.version === 0 ? message.lookups.length * LOADED_TABLE_BYTES : 0;
  const counted: AddressKey[] = [];
  for (let index = 0; index < accounts.length; index++) {
    const account = accounts[index] as Account;
    // An account that does not exist weighs nothing; the payer exists even when the fee took all it had.
    if (list.keys[index] === INSTRUCTIONS || (account.lamports === 0n && index > 0)) continue;
    bytes += LOADED_ACCOUNT_BASE_BYTES + account.data.length;
    const programData = programDataKey(account);
    if (programData === undefined || counted.includes(programData) || list.keys.includes(programData))
      continue;
    const holder = find(programData);
    if (holder === undefined) continue;
    counted.push(programData);
    bytes += LOADED_ACCOUNT_BASE_BYTES + holder.data.length;
  }
  if (bytes > budget.loadedDataLimit) return { bytes, error: 'MaxLoadedAccountsDataSizeExceeded' };
  for (const { program } of message.instructions) {
    const account = accounts[program] as Account;
    if (account.lamports === 0n) return { bytes, error: 'ProgramAccountNotFound' };
    if (!equalBytes(account.owner, NATIVE_LOADER) && !isLoader(account.owner))
      return { bytes, error: 'InvalidProgramForExecution' };
  }
  return { bytes, error: undefined };
}

function instructionsOf({ instructions }: Message, list: AccountList): readonly Instruction[] {
  const metas = list.isWritable.map((isWritable, index): InstructionAccount => ({
    index,
    isSigner: index < list.signers,
    isWritable,
  }));
  return instructions.map(({ program, accounts: indices, data }) => {
    const accounts: InstructionAccount[] = [];
    for (const index of indices) accounts.push(metas[index] as InstructionAccount);
    return { program, accounts, data };
  });
}

/** The accounts with the instructions sysvar in place, which exists for this transaction only. */
function withInstructions(
  message: Message,
  list: AccountList,
  accounts: readonly Account[],
): readonly Account[] {
  const at = list.keys.indexOf(INSTRUCTIONS);
  if (at < 0) return accounts;
  const loaded = accounts.slice();
  loaded[at] = { ...NO_ACCOUNT, owner: SYSVAR_OWNER_ADDRESS, data: encodeInstructions(message, list) };
  return loaded;
}

function restoreInstructions(
  list: AccountList,
  charged: readonly Account[],
  after: readonly Account[],
): readonly Account[] {
  const at = list.keys.indexOf(INSTRUCTIONS);
  return at < 0 ? after : after.map((account, index) => (index === at ? (charged[at] as Account) : account));
}

/** What the machine left; an account that it did not touch is the very same as before. */
function statesAfter(
  list: AccountList,
  before: readonly Account[],
  states: readonly AccountState[],
  rent: Rent,
): readonly Account[] {
  return before.map((account, index) => {
    if (list.isWritable[index] !== true) return account;
    const state = states[index] as AccountState;
    const isSame =
      state.lamports === account.lamports &&
      state.data === account.data &&
      state.owner === account.owner &&
      state.isExecutable === account.isExecutable;
    const isExempt =
      account.rentEpoch === RENT_EXEMPT_EPOCH || account.lamports < minimumBalance(rent, account.data.length);
    if (isSame && isExempt) return account;
    const left = fromState(state);
    return isExempt ? left : { ...left, rentEpoch: RENT_EXEMPT_EPOCH };
  });
}

/** Why what a transaction left may not be left. */
function checkAfter(
  list: AccountList,
  before: readonly Account[],
  after: readonly Account[],
  rent: Rent,
  isRelaxed: boolean,
): TransactionError | undefined {
  let difference = 0n;
  for (let index = 0; index < after.length; index++) {
    const left = after[index] as Account;
    const was = before[index] as Account;
    if (left === was) continue;
    difference += left.lamports - was.lamports;
    const isExempt = list.keys[index] === INCINERATOR_KEY;
    if (!isExempt && !isRentTransitionAllowed(rent, was, left, isRelaxed))
      return { InsufficientFundsForRent: { account_index: index } };
  }
  return difference === 0n ? undefined : 'UnbalancedTransaction';
}
