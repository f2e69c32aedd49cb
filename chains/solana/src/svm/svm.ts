import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  addressBytes,
  type Environment,
  fromBase58,
  type FeatureSet,
  mainnetFeatures,
  SYSVAR,
  toBase58,
  verifyEd25519,
} from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import { Accounts } from '../bank/accounts.ts';
import { storeChanges } from '../bank/bank.ts';
import { epochScheduleOf, leaderScheduleEpochOf } from '../bank/epoch-schedule.ts';
import {
  builtinAccounts,
  type InitialProgram,
  programAccounts,
  sysvarAccounts,
  walletAccount,
} from '../bank/genesis.ts';
import { createProcessor, type TransactionResult } from '../bank/process.ts';
import { decodeRent, minimumBalance, type Rent, rentOf } from '../bank/rent.ts';
import { StatusCache } from '../bank/status-cache.ts';
import {
  type BankClock,
  decodeClock,
  encodeClock,
  encodeRecentBlockhashes,
  encodeRent,
  encodeSlotHashes,
  READABLE_SYSVARS,
  requireReadable,
  type SlotHash,
  sysvarAccount,
} from '../bank/sysvars.ts';
import { LAMPORTS_PER_SIGNATURE } from '../spec/fees.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import type { TransactionError } from '../tx/errors.ts';
import { type InnerInstructions, innerInstructionsOf } from '../tx/inner-instructions.ts';
import { hashMessage } from '../tx/message-hash.ts';
import type { SignatureVerifier } from '../tx/signatures.ts';
import type { Transaction } from '../tx/transaction.ts';
import { toTransaction, type TransactionLike } from './transaction-like.ts';

/** An address: base58, or its 32 bytes. */
export type AddressLike = string | Bytes;

/** What came of a transaction. */
export type SvmResult = {
  /** The transaction's first signature, base58. */
  readonly signature: string;
  /** `undefined` on success. */
  readonly error: TransactionError | undefined;
  readonly logs: readonly string[];
  readonly units: number;
  readonly fee: bigint;
  readonly returnData: { readonly program: Bytes; readonly data: Bytes } | undefined;
  readonly innerInstructions: readonly InnerInstructions[];
};

/** What would come of a transaction, and the accounts that it would leave. */
export type SvmSimulation = SvmResult & {
  readonly accounts: readonly (readonly [address: string, account: Account])[];
};

export type SvmSettings = {
  /** What is active; mainnet's features unless it says otherwise. */
  readonly features?: FeatureSet | undefined;
  readonly rent?: Rent | undefined;
  readonly programs?: readonly InitialProgram[] | undefined;
  /** Checks signatures; `null` leaves them unchecked. Strict ed25519 unless it says otherwise. */
  readonly verify?: SignatureVerifier | null | undefined;
  /** Whether a transaction has to name the latest blockhash; it does unless this is `false`. */
  readonly checksBlockhash?: boolean | undefined;
  /** Whether a transaction can be sent once only; it can unless this is `false`. */
  readonly checksDuplicates?: boolean | undefined;
  /** The slot at the begin. */
  readonly slot?: number | undefined;
};

/**
 * Accounts and programs without a chain: transactions are executed one after the other by the rules
 * of a bank, and time goes on when it is told to.
 */
export type SolanaSvm = {
  readonly getAccount: (address: AddressLike) => Account | undefined;
  /**
   * Puts an account in place, whatever the rules say; `undefined` removes it.
   *
   * @throws `SOLANA_SYSVAR_NEEDED`
   */
  readonly setAccount: (address: AddressLike, account: Account | undefined) => void;
  /** Lamports; 0 for no account. */
  readonly getBalance: (address: AddressLike) => bigint;
  readonly getProgramAccounts: (
    owner: AddressLike,
  ) => readonly (readonly [address: string, account: Account])[];
  readonly minimumBalanceForRentExemption: (bytes: number) => bigint;
  /** Gives lamports out of nothing. */
  readonly airdrop: (address: AddressLike, lamports: bigint) => void;
  /** Deploys an ELF file, by the upgradeable loader unless another is given. */
  readonly addProgram: (address: AddressLike, file: Bytes, loader?: string) => void;
  /**
   * Executes a transaction.
   *
   * @throws what `toTransaction` throws
   */
  readonly sendTransaction: (transaction: TransactionLike) => SvmResult;
  /** Executes a transaction and keeps nothing of it. */
  readonly simulateTransaction: (transaction: TransactionLike) => SvmSimulation;
  /** The result of a transaction by its signature, base58. */
  readonly getTransaction: (signature: string) => SvmResult | undefined;
  readonly latestBlockhash: () => string;
  /** Takes another blockhash for the latest one; transactions that name an older one are refused. */
  readonly expireBlockhash: (next?: string) => void;
  readonly getClock: () => BankClock;
  readonly setClock: (clock: Partial<BankClock>) => void;
  readonly warpToSlot: (slot: number) => void;
  readonly setRent: (rent: Rent) => void;
  readonly setSlotHashes: (hashes: readonly SlotHash[]) => void;
  /** The same accounts and time once more, to go another way. */
  readonly fork: () => SolanaSvm;
};

const INITIAL_SLOT = 1;
const FIRST_BLOCKHASH: Bytes = sha256(utf8ToBytes('ninefold'));

const CLOCK: AddressKey = addressKey(addressBytes(SYSVAR.clock));
const RENT: AddressKey = addressKey(addressBytes(SYSVAR.rent));

const toAddress = (like: AddressLike): Bytes => (typeof like === 'string' ? addressBytes(like) : like);
const toKey = (like: AddressLike): AddressKey => addressKey(toAddress(like));

/** What a machine consists of; a fork starts with a copy. */
type State = {
  readonly accounts: Accounts;
  blockhash: Bytes;
  statuses: StatusCache;
  /** Results by the bytes of the first signature. */
  readonly history: Map<string, TransactionResult>;
};

/**
 * Makes a machine with builtin programs and sysvars in place.
 *
 * @example
 * const svm = createSvm();
 * svm.airdrop(address, 1_000_000_000n);
 * svm.sendTransaction(transaction).error; // undefined
 */
export function createSvm(settings: SvmSettings = {}): SolanaSvm {
  const features = settings.features ?? mainnetFeatures();
  const rent = settings.rent ?? rentOf(features);
  const schedule = epochScheduleOf();
  const slot = settings.slot ?? INITIAL_SLOT;
  const clock: BankClock = {
    slot: BigInt(slot),
    epochStartTimestamp: 0n,
    epoch: 0n,
    leaderScheduleEpoch: BigInt(leaderScheduleEpochOf(schedule, slot)),
    unixTimestamp: 0n,
  };
  const accounts = Accounts.on();
  const placed = [
    ...builtinAccounts(),
    ...sysvarAccounts(clock, schedule, rent, FIRST_BLOCKHASH),
    ...(settings.programs ?? []).flatMap((program) => programAccounts(program, rent)),
  ];
  for (const [address, account] of placed) accounts.set(addressKey(address), account);
  const state = { accounts, blockhash: FIRST_BLOCKHASH, statuses: StatusCache.empty(), history: new Map() };
  return createSvmOf(settings, features, state);
}

function createSvmOf(settings: SvmSettings, features: FeatureSet, state: State): SolanaSvm {
  const { accounts, history } = state;
  const checksDuplicates = settings.checksDuplicates ?? true;
  const checksBlockhash = settings.checksBlockhash ?? true;
  const sysvars = new Map<string, Bytes>();
  const readable = new Map(READABLE_SYSVARS.map((address) => [toKey(address), address]));
  let slot = 0;
  let rent: Rent;

  const store = (key: AddressKey, account: Account | undefined): void => {
    requireReadable(key, account);
    accounts.set(key, account);
    const sysvar = readable.get(key);
    if (sysvar !== undefined && account !== undefined) noteSysvar(sysvar, account.data);
  };
  const noteSysvar = (address: string, data: Bytes): void => {
    sysvars.set(address, data);
    if (address === SYSVAR.clock) slot = Number(decodeClock(data).slot);
    if (address === SYSVAR.rent) rent = decodeRent(data);
  };
  for (const [key, address] of readable) {
    const account = accounts.get(key);
    if (account !== undefined) noteSysvar(address, account.data);
  }
  rent = decodeRent((accounts.get(RENT) as Account).data);
  const setSysvar = (address: string, data: Bytes): void => {
    const key = toKey(address);
    store(key, sysvarAccount(data, rent, accounts.get(key)));
  };

  const environment: Environment = {
    features,
    sysvars,
    epochStake: () => 0n,
    lamportsPerSignature: LAMPORTS_PER_SIGNATURE,
    get blockhash() {
      return state.blockhash;
    },
  };
  const processor = createProcessor({
    environment,
    verify: settings.verify === null ? undefined : (settings.verify ?? verifyEd25519),
    get slot() {
      return slot;
    },
    get rent() {
      return rent;
    },
    get blockhash() {
      return state.blockhash;
    },
    account: (key) => accounts.get(key),
    isRecent: (hash) => !checksBlockhash || addressKey(hash) === addressKey(state.blockhash),
    isProcessed: ({ message, messageBytes }) =>
      checksDuplicates && state.statuses.has(message.blockhash, hashMessage(messageBytes)),
  });

  const commit = (transaction: Transaction, result: TransactionResult): void => {
    storeChanges(accounts, result);
    if (!checksDuplicates) return;
    const { message, messageBytes } = transaction;
    state.statuses = state.statuses.with(message.blockhash, hashMessage(messageBytes));
    history.set(addressKey(transaction.signatures[0] as Bytes), result);
  };
  const getClock = (): BankClock => decodeClock((accounts.get(CLOCK) as Account).data);
  const setClock = (clock: Partial<BankClock>): void =>
    setSysvar(SYSVAR.clock, encodeClock({ ...getClock(), ...clock }));

  return {
    getAccount: (address) => accounts.get(toKey(address)),
    setAccount: (address, account) => store(toKey(address), account),
    getBalance: (address) => accounts.get(toKey(address))?.lamports ?? 0n,
    getProgramAccounts(owner) {
      const key = toKey(owner);
      return Array.from(accounts.snapshot())
        .filter(([, account]) => addressKey(account.owner) === key)
        .map(([at, account]) => [toBase58(keyAddress(at)), account]);
    },
    minimumBalanceForRentExemption: (bytes) => minimumBalance(rent, bytes),
    airdrop(address, lamports) {
      const key = toKey(address);
      const account = accounts.get(key) ?? walletAccount(0n);
      store(key, { ...account, lamports: account.lamports + lamports });
    },
    addProgram(address, file, loader) {
      const program = { address: toBase58(toAddress(address)), loader, file };
      for (const [at, account] of programAccounts(program, rent)) store(addressKey(at), account);
    },
    sendTransaction(like) {
      const transaction = toTransaction(like);
      const result = processor.process(transaction);
      if (result.stage !== 'refused') commit(transaction, result);
      return new Summary(result);
    },
    simulateTransaction: (like) => new Summary(processor.process(toTransaction(like))),
    getTransaction(signature) {
      const result = history.get(addressKey(fromBase58(signature)));
      return result && new Summary(result);
    },
    latestBlockhash: () => toBase58(state.blockhash),
    expireBlockhash(next) {
      state.blockhash = next === undefined ? sha256(state.blockhash) : addressBytes(next);
      setSysvar(SYSVAR.recentBlockhashes, encodeRecentBlockhashes([state.blockhash]));
    },
    getClock,
    setClock,
    warpToSlot: (to) => setClock({ slot: BigInt(to) }),
    setRent: (next) => setSysvar(SYSVAR.rent, encodeRent(next)),
    setSlotHashes: (hashes) => setSysvar(SYSVAR.slotHashes, encodeSlotHashes(hashes)),
    fork: () =>
      createSvmOf(settings, features, {
        ...state,
        accounts: accounts.fork(),
        history: new Map(history),
      }),
  };
}

// PERF: few ask for the signature's text and the calls, and both take their time.
class Summary implements SvmSimulation {
  readonly #result: TransactionResult;

  constructor(result: TransactionResult) {
    this.#result = result;
  }

  get signature(): string {
    const [signature] = this.#result.transaction.signatures;
    return signature === undefined ? '' : toBase58(signature);
  }

  get error(): TransactionError | undefined {
    return this.#result.error;
  }

  get logs(): readonly string[] {
    return this.#result.logs;
  }

  get units(): number {
    return this.#result.units;
  }

  get fee(): bigint {
    const { prepared, stage } = this.#result;
    if (stage === 'refused' || prepared === undefined) return 0n;
    return prepared.fee.signatures + prepared.fee.priority;
  }

  get returnData(): SvmResult['returnData'] {
    const { returnData } = this.#result;
    return returnData === undefined || returnData.data.length === 0 ? undefined : returnData;
  }

  get innerInstructions(): readonly InnerInstructions[] {
    const { prepared, trace } = this.#result;
    return prepared === undefined ? [] : innerInstructionsOf(trace, prepared.list.keys);
  }

  get accounts(): SvmSimulation['accounts'] {
    const { prepared, after } = this.#result;
    const addresses = prepared?.list.addresses ?? [];
    return after.map((account, index) => [toBase58(addresses[index] as Bytes), account]);
  }
}
