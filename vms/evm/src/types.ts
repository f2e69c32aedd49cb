import type { Bytes, Hex } from '@ninefold/base';

// Addresses, slots, storage values and hashes travel as lower-case `0x` hex of full width: they are
// map keys everywhere outside the kernel, and JSON-RPC speaks them as they are.

/** An account as the state trie sees it, without its storage root. */
export type Account = {
  readonly nonce: bigint;
  readonly balance: bigint;
  /** keccak-256 of the code; keccak-256 of nothing when there is none. */
  readonly codeHash: Hex;
};

/**
 * What a transaction may read, answered synchronously from one fixed state. A view that has to
 * fetch (a fork of a remote chain) throws its own suspension; the transaction is then executed
 * again from its start once the value is there: nothing has been written.
 */
export type StateView = {
  /** `undefined` when the account does not exist. */
  readonly account: (address: Hex) => Account | undefined;
  /** The slot's 32 bytes; `undefined` for zero. */
  readonly storage: (address: Hex, slot: Hex) => Hex | undefined;
  /**
   * Whether any slot may be set. A contract cannot be created over storage (EIP-7610), and of an
   * account without any no slot is asked for.
   */
  readonly hasStorage: (address: Hex) => boolean;
  readonly code: (codeHash: Hex) => Bytes;
  /** Hash of block `number`; asked only for the 256 blocks before the current one. */
  readonly blockHash: (number: bigint) => Hex | undefined;
};

/** The block around a transaction. Fields of later forks are ignored by earlier ones. */
export type BlockEnvironment = {
  readonly chainId: bigint;
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly gasLimit: bigint;
  readonly coinbase: Hex;
  /** Before Paris. */
  readonly difficulty: bigint;
  /** From Paris: 32 bytes. */
  readonly prevRandao: Hex;
  /** From London. */
  readonly baseFee: bigint;
  /** From Cancun: price of a unit of blob gas in this block. */
  readonly blobBaseFee: bigint;
  /** From Amsterdam (EIP-7843). */
  readonly slotNumber: bigint;
};

export type AccessListEntry = { readonly address: Hex; readonly storageKeys: readonly Hex[] };

/** EIP-7702. */
export type Authorization = {
  readonly chainId: bigint;
  readonly address: Hex;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
};

/** A transaction whose sender is known. */
export type Transaction = {
  /** EIP-2718 type: 0 legacy … 4 set-code. */
  readonly type: 0 | 1 | 2 | 3 | 4;
  readonly from: Hex;
  /** `undefined` creates a contract. */
  readonly to: Hex | undefined;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  /** `gasPrice` of types 0 and 1. */
  readonly maxFeePerGas: bigint;
  /** Equal to `maxFeePerGas` for types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint;
  readonly value: bigint;
  readonly data: Bytes;
  readonly chainId?: bigint | undefined;
  readonly accessList?: readonly AccessListEntry[] | undefined;
  readonly maxFeePerBlobGas?: bigint | undefined;
  readonly blobHashes?: readonly Hex[] | undefined;
  readonly authorizations?: readonly Authorization[] | undefined;
};

/** Checks to leave out: `eth_call` and its like run as a transaction that need not be payable. */
export type TransactOptions = {
  /** Nonce of the sender is not compared (it is still incremented). */
  readonly skipNonce?: boolean | undefined;
  /** Fees are neither required nor charged, nor paid to the coinbase. */
  readonly skipFees?: boolean | undefined;
  /** A sender with code is accepted (EIP-3607 off). */
  readonly skipSenderCode?: boolean | undefined;
  /** The transaction's gas limit may pass the block's and the fork's cap. */
  readonly skipGasCap?: boolean | undefined;
  /** Gas already used by earlier transactions of the block, for the block limit check. */
  readonly blockGasUsed?: bigint | undefined;
  readonly blobGasUsed?: bigint | undefined;
  /** Leave changes and logs out of the outcome: for calls whose effects nobody wants. */
  readonly discardChanges?: boolean | undefined;
  /** Report every account and slot that was met, also by frames that failed. */
  readonly recordAccess?: boolean | undefined;
  /**
   * Precompiles in other places than their own: the address, and whose precompile a call of it runs,
   * `undefined` for none. For simulations.
   */
  readonly precompiles?: ReadonlyMap<Hex, Hex | undefined> | undefined;
  /** Receives every step; runs the tracing build of the interpreter. */
  readonly tracer?: Tracer | undefined;
};

/** Why a transaction may not be part of a block. */
export type InvalidReason =
  | 'TYPE_NOT_SUPPORTED'
  | 'CHAIN_ID_MISMATCH'
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_HIGH'
  | 'NONCE_IS_MAX'
  | 'SENDER_NOT_EOA'
  | 'INSUFFICIENT_FUNDS'
  | 'INTRINSIC_GAS_TOO_LOW'
  | 'GAS_BELOW_FLOOR'
  | 'GAS_LIMIT_EXCEEDS_CAP'
  | 'BLOCK_GAS_EXCEEDED'
  | 'INITCODE_TOO_LARGE'
  | 'FEE_CAP_BELOW_BASE_FEE'
  | 'PRIORITY_FEE_ABOVE_FEE_CAP'
  | 'BLOB_FEE_CAP_TOO_LOW'
  | 'BLOB_COUNT_EXCEEDED'
  | 'BLOB_LIST_EMPTY'
  | 'BLOB_VERSION_INVALID'
  | 'BLOB_CREATES_CONTRACT'
  | 'BLOB_BLOCK_GAS_EXCEEDED'
  | 'AUTHORIZATION_LIST_EMPTY'
  | 'SET_CODE_CREATES_CONTRACT';

/** Why a frame lost all its gas. */
export type HaltReason =
  | 'OUT_OF_GAS'
  | 'STACK_UNDERFLOW'
  | 'STACK_OVERFLOW'
  | 'INVALID_JUMP'
  | 'INVALID_OPCODE'
  | 'STATIC_VIOLATION'
  | 'RETURN_DATA_OUT_OF_BOUNDS'
  | 'INVALID_CODE_PREFIX'
  | 'CODE_SIZE_EXCEEDED'
  | 'INITCODE_SIZE_EXCEEDED'
  | 'ADDRESS_COLLISION'
  | 'NONCE_OVERFLOW'
  | 'PRECOMPILE_FAILURE'
  | 'CALL_DEPTH_EXCEEDED'
  | 'INSUFFICIENT_BALANCE';

export type Log = { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Bytes };

/** What a transaction changed of one account. */
export type AccountChange = {
  /** The account afterwards; `undefined` when it no longer exists. */
  readonly account: Account | undefined;
  /** All earlier storage is gone (destroyed or created anew); `storage` is then all there is. */
  readonly storageCleared: boolean;
  /** Slots whose value differs from before the transaction; zero means deleted. */
  readonly storage: ReadonlyMap<Hex, Hex>;
};

export type StateChanges = {
  readonly accounts: ReadonlyMap<Hex, AccountChange>;
  /** New code by its hash. */
  readonly codes: ReadonlyMap<Hex, Bytes>;
};

/** Accounts and slots a transaction met, in no particular order. */
export type Accesses = {
  readonly addresses: readonly Hex[];
  readonly slots: ReadonlyMap<Hex, readonly Hex[]>;
};

export type ExecutedTransaction = {
  readonly status: 'success' | 'revert' | 'halt';
  readonly halt?: HaltReason | undefined;
  /** Charged to the sender, after refunds and the calldata floor: what a receipt counts. */
  readonly gasUsed: bigint;
  /** Refund that was granted. */
  readonly gasRefunded: bigint;
  /** What the block's gas limit counts; differs from `gasUsed` from Amsterdam on. */
  readonly blockGasUsed: bigint;
  /** From Amsterdam (EIP-8037): state gas; a block's gas used is the larger of the two sums. 0 before. */
  readonly blockStateGasUsed?: bigint | undefined;
  /** Wei per gas the sender paid. */
  readonly effectiveGasPrice: bigint;
  /** Return or revert data; the deployed code is in `changes`. */
  readonly output: Bytes;
  readonly createdAddress?: Hex | undefined;
  readonly logs: readonly Log[];
  readonly changes: StateChanges;
  /** With `recordAccess`. */
  readonly accessed?: Accesses | undefined;
};

export type TransactionOutcome =
  | ({ readonly valid: true } & ExecutedTransaction)
  | { readonly valid: false; readonly reason: InvalidReason };

/**
 * One step, before it executes. The object is reused from step to step: copy what is kept. Stack
 * and memory are read on demand, out of the kernel.
 */
export type Step = {
  readonly pc: number;
  readonly opcode: number;
  /** 1 for the transaction's own frame, as in all hooks. */
  readonly depth: number;
  readonly gas: bigint;
  /** Cost of this step, dynamic part included; the callee's gas included for calls. */
  readonly cost: bigint;
  readonly refund: bigint;
  readonly stackHeight: number;
  readonly memorySize: number;
  /** Address whose storage this frame uses. */
  readonly address: () => Hex;
  /** Address whose code runs: another one in DELEGATECALL and CALLCODE. */
  readonly codeAddress: () => Hex;
  /** Stack item, 0 = top. */
  readonly stack: (index: number) => bigint;
  /** Copy of memory bytes; zeros beyond its size. */
  readonly memory: (offset: number, length: number) => Bytes;
  readonly returnData: () => Bytes;
};

export type FrameStart = {
  readonly kind: 'CALL' | 'CALLCODE' | 'DELEGATECALL' | 'STATICCALL' | 'CREATE' | 'CREATE2' | 'SELFDESTRUCT';
  readonly depth: number;
  readonly from: Hex;
  /** Account that is called; for creations the new address. */
  readonly to: Hex;
  readonly value: bigint;
  readonly gas: bigint;
  readonly input: Bytes;
};

/** An instruction that was refused, and how many items were on the stack. */
export type HaltedAt = { readonly opcode: number; readonly stackHeight: number };

export type FrameEnd = {
  readonly depth: number;
  readonly status: 'success' | 'revert' | 'halt';
  readonly halt?: HaltReason | undefined;
  /** What could not be executed, where the halt is about the instruction: it is none, or the stack does not fit. */
  readonly instruction?: HaltedAt | undefined;
  readonly gasUsed: bigint;
  readonly output: Bytes;
};

/** Hooks of the tracing interpreter; results are the same with and without it. */
export type Tracer = {
  readonly step?: ((step: Step) => void) | undefined;
  readonly enter?: ((frame: FrameStart) => void) | undefined;
  readonly exit?: ((frame: FrameEnd) => void) | undefined;
  readonly log?: ((log: Log, depth: number) => void) | undefined;
  /** First read of an account or slot in this transaction with its value before it. */
  readonly readAccount?: ((address: Hex) => void) | undefined;
  readonly readStorage?: ((address: Hex, slot: Hex) => void) | undefined;
};

/** A system contract's call (EIP-4788, 2935, 7002, 7251): 30 M gas, no fee, nothing counted. */
export type SystemCallOutcome = {
  readonly status: 'success' | 'revert' | 'halt' | 'missing-code';
  readonly output: Bytes;
  readonly logs: readonly Log[];
  readonly changes: StateChanges;
};

/** One virtual machine with the rules of one fork; independent instances share nothing. */
export type Evm = {
  readonly rules: Rules;
  /** Executes one transaction against `view`; nothing is written but the outcome. */
  readonly transact: (
    transaction: Transaction,
    block: BlockEnvironment,
    view: StateView,
    options?: TransactOptions,
  ) => TransactionOutcome;
  readonly systemCall: (
    to: Hex,
    data: Bytes,
    block: BlockEnvironment,
    view: StateView,
    options?: Pick<TransactOptions, 'tracer'>,
  ) => SystemCallOutcome;
  /** Gas a transaction costs before its first instruction, and the calldata floor (EIP-7623). */
  readonly intrinsicGas: (transaction: Transaction) => { readonly intrinsic: bigint; readonly floor: bigint };
};

export type ForkName =
  | 'frontier'
  | 'homestead'
  | 'tangerineWhistle'
  | 'spuriousDragon'
  | 'byzantium'
  | 'constantinople'
  | 'petersburg'
  | 'istanbul'
  | 'berlin'
  | 'london'
  | 'paris'
  | 'shanghai'
  | 'cancun'
  | 'prague'
  | 'osaka'
  | 'bpo1'
  | 'bpo2'
  | 'bpo3'
  | 'bpo4'
  | 'amsterdam';

/** EIP-7840: blobs aimed at and allowed in a block, and how fast their price moves. */
export type BlobSchedule = { readonly target: number; readonly max: number; readonly updateFraction: bigint };

/** What a machine executes by: a fork, and the blob schedule where it is not the fork's own. */
export type Rules = { readonly fork: ForkName; readonly blobSchedule: BlobSchedule | undefined };
