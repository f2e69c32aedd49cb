import type { Bytes, Hex } from '@ninefold/base';
import { bigintToBytes, bytesToHex, toQuantity } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { array, boolean, object, optional, query, RpcError, withDefault } from '@ninefold/rpc';
import type {
  ExecutedTransaction,
  FrameEnd,
  HaltedAt,
  InvalidReason,
  Log,
  Tracer,
  Transaction,
} from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { BlockBuilder, Chain, ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { memoOf } from '../tx/memo.ts';
import { senderOf, withSignature } from '../tx/signature.ts';
import { transactionHash } from '../tx/transaction.ts';
import type { SignedTransaction, UnsignedTransaction } from '../tx/types.ts';
import { toVmTransaction } from '../tx/vm-transaction.ts';
import { invalidParams } from './errors.ts';
import type { Deadline } from './execution.ts';
import { invalidMessage } from './execution.ts';
import { haltText } from './halt.ts';
import type { Json } from './format.ts';
import { blockJson, logJson } from './format.ts';
import type { BlockOverrides, StateOverrides } from './overrides.ts';
import {
  blockOverrides,
  checkOverrides,
  overrideChanges,
  precompileMoves,
  stateOverrides,
} from './overrides.ts';
import { isPrecompileOf } from './precompiles.ts';
import type { TransactionRequest } from './requests.ts';
import { transactionRequest } from './requests.ts';
import { revertMessage } from './revert.ts';
import { latestByDefault } from './values.ts';

/** Blocks one request may simulate, gaps included. */
export const MAX_SIMULATED_BLOCKS = 256;

/** Seconds between simulated blocks that do not say their time. */
const BLOCK_TIME = 12n;

/** Where ether transfers are logged with `traceTransfers`, and as what (ERC-20 and ERC-7528). */
const ETHER_ADDRESS: Hex = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee';
const TRANSFER_TOPIC: Hex = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

const VM_ERROR = -32015;
const BLOCK_GAS_EXCEEDED = -38015;
const BLOCK_NUMBER_ORDER = -38020;
const BLOCK_TIME_ORDER = -38021;
const LIMIT_EXCEEDED = -38026;

/** Codes for transactions that cannot be part of their block; -32603 for all others. */
const INVALID_CODES: Readonly<Partial<Record<InvalidReason, number>>> = {
  NONCE_TOO_LOW: -38010,
  NONCE_TOO_HIGH: -38011,
  FEE_CAP_BELOW_BASE_FEE: -38012,
  INTRINSIC_GAS_TOO_LOW: -38013,
  INSUFFICIENT_FUNDS: -38014,
  BLOCK_GAS_EXCEEDED,
  SENDER_NOT_EOA: -38024,
  INITCODE_TOO_LARGE: -38025,
  PRIORITY_FEE_ABOVE_FEE_CAP: -32602,
};

type SimulatedBlock = {
  readonly overrides: BlockOverrides;
  readonly state: StateOverrides;
  readonly calls: readonly TransactionRequest[];
};

const NO_OVERRIDES: BlockOverrides = blockOverrides({});

const simulatedBlock: Validator<SimulatedBlock> = (value) => {
  const shape = blockStateCall(value);
  return {
    overrides: shape.blockOverrides ?? NO_OVERRIDES,
    state: shape.stateOverrides ?? new Map(),
    calls: shape.calls ?? [],
  };
};

const blockStateCall = object(
  {
    blockOverrides: optional(blockOverrides),
    stateOverrides: optional(stateOverrides),
    calls: optional(array(transactionRequest, 10_000)),
  },
  { unknownKeys: 'ignore' },
);

const payload = object(
  {
    blockStateCalls: array(simulatedBlock, 10_000),
    traceTransfers: withDefault(boolean, false),
    validation: withDefault(boolean, false),
    returnFullTransactions: withDefault(boolean, false),
  },
  { unknownKeys: 'ignore' },
);

type Options = Pick<ReturnType<typeof payload>, 'traceTransfers' | 'validation' | 'returnFullTransactions'>;

/** `eth_simulateV1`: blocks that never were, on a child of the chain. */
export function simulateMethods(node: EthereumNode): MethodTable {
  return {
    eth_simulateV1: query(
      [payload, latestByDefault],
      ([{ blockStateCalls, ...options }, ref], { cancelled }) => {
        if (blockStateCalls.length === 0) throw invalidParams('empty input');
        if (blockStateCalls.length > MAX_SIMULATED_BLOCKS)
          throw new RpcError(LIMIT_EXCEEDED, 'too many blocks');
        const base = node.require(ref);
        const blocks = orderBlocks(blockStateCalls, base);
        const chain = node.chain.fork();
        try {
          chain.setHead(base.hash);
          const simulation = new Simulation(chain, options, node.limits.gasCap, node.deadline(cancelled));
          return blocks.map((block) => simulation.run(block));
        } finally {
          // A child of a durable chain holds a reader of the store.
          void chain.close();
        }
      },
    ),
  };
}

type PlacedBlock = SimulatedBlock & { readonly number: bigint; readonly timestamp: bigint };

/** Gives every block number and time, and fills the gaps between numbers with empty blocks. */
function orderBlocks(blocks: readonly SimulatedBlock[], base: ExecutedBlock): readonly PlacedBlock[] {
  const placed: PlacedBlock[] = [];
  let { number, timestamp } = base.block.header;
  const first = number;
  for (const block of blocks) {
    const wanted = block.overrides.number ?? number + 1n;
    if (wanted <= number) {
      throw new RpcError(BLOCK_NUMBER_ORDER, `block numbers must be in order: ${wanted} <= ${number}`);
    }
    if (wanted - first > MAX_SIMULATED_BLOCKS) throw new RpcError(LIMIT_EXCEEDED, 'too many blocks');
    while (number + 1n < wanted) {
      number++;
      timestamp += BLOCK_TIME;
      placed.push({ number, timestamp, overrides: NO_OVERRIDES, state: new Map(), calls: [] });
    }
    const time = block.overrides.time ?? timestamp + BLOCK_TIME;
    if (time <= timestamp) {
      throw new RpcError(BLOCK_TIME_ORDER, `block timestamps must be in order: ${time} <= ${timestamp}`);
    }
    number = wanted;
    timestamp = time;
    placed.push({ ...block, number, timestamp });
  }
  return placed;
}

/** A log with its number in the block. */
type NumberedLog = { readonly log: Log; readonly index: number };

type CallResult = {
  readonly transaction: SignedTransaction;
  readonly outcome: ExecutedTransaction;
  readonly logs: readonly NumberedLog[];
  /** Gas before refunds. */
  readonly peakGas: bigint;
  readonly instruction: HaltedAt | undefined;
};

class Simulation {
  readonly #chain: Chain;
  readonly #options: Options;
  readonly #deadline: Deadline;
  /** Gas left for all calls together. */
  #gasLeft: bigint;
  /** Carried from block to block until it is overridden again. */
  #coinbase: Hex;

  constructor(chain: Chain, options: Options, gasCap: bigint, deadline: Deadline) {
    this.#chain = chain;
    this.#options = options;
    this.#gasLeft = gasCap;
    this.#deadline = deadline;
    this.#coinbase = chain.head().block.header.beneficiary;
  }

  run(block: PlacedBlock): Json {
    const chain = this.#chain;
    const { overrides, state } = block;
    const parent = chain.head();
    const isPrecompile = isPrecompileOf(chain.rulesAfter(parent, block.timestamp).fork);
    checkOverrides(state, isPrecompile);
    chain.amendHead(overrideChanges(chain.viewAt(parent.hash), state));
    this.#coinbase = overrides.feeRecipient ?? this.#coinbase;
    const builder = chain.createBuilder({
      timestamp: block.timestamp,
      beneficiary: this.#coinbase,
      gasLimit: overrides.gasLimit ?? parent.block.header.gasLimit,
      prevRandao: overrides.prevRandao,
      // Without validation gas is free unless a price is asked for.
      baseFeePerGas: overrides.baseFeePerGas ?? (this.#options.validation ? undefined : 0n),
      blobBaseFee: overrides.blobBaseFee,
      withdrawals: overrides.withdrawals,
      parentBeaconBlockRoot: overrides.beaconRoot,
    });
    const precompiles = precompileMoves(state, isPrecompile);
    const recorder = createLogRecorder(this.#options.traceTransfers);
    const results = block.calls.map((call) => this.#call(builder, call, precompiles, recorder));
    const executed = chain.append(builder.seal());
    return this.#json(executed, results);
  }

  #call(
    builder: BlockBuilder,
    request: TransactionRequest,
    precompiles: ReadonlyMap<Hex, Hex | undefined> | undefined,
    recorder: LogRecorder,
  ): CallResult {
    this.#deadline.check();
    const { validation } = this.#options;
    const from = request.from ?? ZERO_ADDRESS;
    const transaction = unsigned(this.#complete(builder, request, from), from);
    const vmTransaction = toVmTransaction(transaction, from);
    const isFree = vmTransaction.maxFeePerGas === 0n && vmTransaction.maxPriorityFeePerGas === 0n;
    const { state } = builder;
    const nonceProblem = validation
      ? nonceReason(transaction.nonce, state.account(from)?.nonce ?? 0n)
      : undefined;
    if (nonceProblem !== undefined) throw refusal(nonceProblem, vmTransaction, builder);
    const outcome = builder.add(transaction, {
      skipNonce: !validation,
      skipFees: !validation && isFree,
      skipSenderCode: true,
      skipGasCap: true,
      precompiles,
      tracer: recorder.hooks,
    });
    if (!outcome.valid) throw refusal(outcome.reason, vmTransaction, builder);
    this.#gasLeft -= outcome.gasUsed;
    const { intrinsic, floor } = builder.evm.intrinsicGas(vmTransaction);
    const { logs, gasUsed, instruction } = recorder.take();
    // The floor of calldata hides how much of the refund counted (EIP-7623).
    const peakGas =
      outcome.gasUsed === floor ? max(floor, intrinsic + gasUsed) : outcome.gasUsed + outcome.gasRefunded;
    return { transaction, outcome, logs, peakGas, instruction };
  }

  /** The request with everything a transaction has. */
  #complete(builder: BlockBuilder, request: TransactionRequest, from: Hex): UnsignedTransaction {
    const { environment } = builder;
    const blockGasLeft = environment.gasLimit - builder.gasUsed();
    const wanted = request.gas ?? blockGasLeft;
    if (wanted > blockGasLeft) {
      throw new RpcError(
        BLOCK_GAS_EXCEEDED,
        `block gas limit reached: ${builder.gasUsed()} >= ${environment.gasLimit}`,
      );
    }
    const common = {
      nonce: request.nonce ?? builder.state.account(from)?.nonce ?? 0n,
      gasLimit: wanted < this.#gasLeft ? wanted : this.#gasLeft,
      value: request.value ?? 0n,
      data: request.data,
    };
    const { to, gasPrice, authorizationList, blobVersionedHashes } = request;
    if (gasPrice !== undefined || !isAtLeast(builder.evm.rules.fork, 'london'))
      return { type: 0, chainId: undefined, ...common, to, gasPrice: gasPrice ?? 0n };
    const market = {
      ...common,
      chainId: environment.chainId,
      maxFeePerGas: request.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: request.maxPriorityFeePerGas ?? 0n,
      accessList: request.accessList ?? [],
    };
    if (authorizationList !== undefined)
      return { type: 4, ...market, to: to ?? ZERO_ADDRESS, authorizationList };
    if (blobVersionedHashes === undefined) return { type: 2, ...market, to };
    const maxFeePerBlobGas = request.maxFeePerBlobGas ?? 0n;
    return { type: 3, ...market, to: to ?? ZERO_ADDRESS, maxFeePerBlobGas, blobVersionedHashes };
  }

  #json(executed: ExecutedBlock, results: readonly CallResult[]): Json {
    const { block } = executed;
    const { header } = block;
    const senders = this.#options.returnFullTransactions
      ? block.transactions.map((each) => senderOf(each, true))
      : undefined;
    const calls = results.map(({ transaction, outcome, logs, peakGas, instruction }, index) => {
      const placed = { header, index, hash: transactionHash(transaction) };
      return callJson(
        outcome,
        peakGas,
        logs.map(({ log, index: logIndex }) => logJson(log, placed, logIndex)),
        instruction,
      );
    });
    return { ...blockJson(block, senders), calls };
  }
}

const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`;
const NONCE_MAX = (1n << 64n) - 1n;

/** Which of several faults is told matters to callers: geth looks at the nonce first. */
function nonceReason(nonce: bigint, expected: bigint): InvalidReason | undefined {
  if (nonce < expected) return 'NONCE_TOO_LOW';
  if (nonce > expected) return 'NONCE_TOO_HIGH';
  return nonce === NONCE_MAX ? 'NONCE_IS_MAX' : undefined;
}

function refusal(reason: InvalidReason, transaction: Transaction, builder: BlockBuilder): RpcError {
  const { evm, environment, state } = builder;
  const message = invalidMessage(reason, transaction, { evm, block: environment, view: state });
  return new RpcError(
    INVALID_CODES[reason] ?? -32603,
    `err: ${message} (supplied gas ${transaction.gasLimit})`,
  );
}

/** A transaction nobody signed, with its sender noted beside it. */
function unsigned(transaction: UnsignedTransaction, from: Hex): SignedTransaction {
  const { type } = transaction;
  const signed: SignedTransaction =
    type === 0
      ? { ...transaction, v: 0n, r: 0n, s: 0n }
      : withSignature(transaction, { yParity: 0, r: 0n, s: 0n });
  memoOf(signed).sender = from;
  return signed;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function callJson(
  outcome: ExecutedTransaction,
  peakGas: bigint,
  logs: readonly Json[],
  instruction: HaltedAt | undefined,
): Json {
  const { status, halt, output, gasUsed } = outcome;
  const gas = { gasUsed: toQuantity(gasUsed), maxUsedGas: toQuantity(peakGas) };
  if (status === 'success') return { returnData: bytesToHex(output), logs, ...gas, status: '0x1' };
  const error =
    status === 'revert'
      ? { message: revertMessage(output), code: 3, data: bytesToHex(output) }
      : { message: haltText(halt ?? 'OUT_OF_GAS', instruction), code: VM_ERROR };
  return { returnData: '0x', logs: [], ...gas, status: '0x0', error };
}

type LogRecorder = {
  readonly hooks: Tracer;
  /** The logs of the last transaction, and what is told of the end of its outermost frame. */
  readonly take: () => Pick<FrameEnd, 'gasUsed' | 'instruction'> & { readonly logs: readonly NumberedLog[] };
};

/**
 * Records the logs of a block's transactions in the order they happen, with `traceTransfers` those
 * that stand for transfers of ether too. As in geth, logs of failed frames are gone, but their
 * numbers are used up.
 */
function createLogRecorder(traceTransfers: boolean): LogRecorder {
  /** Logs of each open frame, outermost first. */
  let frames: NumberedLog[][] = [[]];
  let next = 0;
  let end: Pick<FrameEnd, 'gasUsed' | 'instruction'> = { gasUsed: 0n };
  const top = (): NumberedLog[] => frames[frames.length - 1] as NumberedLog[];
  const record = (log: Log): void => void top().push({ log, index: next++ });
  return {
    hooks: {
      enter: ({ kind, from, to, value }) => {
        frames.push([]);
        if (!traceTransfers || kind === 'DELEGATECALL' || kind === 'STATICCALL' || value === 0n) return;
        const data: Bytes = bigintToBytes(value, 32);
        record({ address: ETHER_ADDRESS, topics: [TRANSFER_TOPIC, topicOf(from), topicOf(to)], data });
      },
      exit: ({ status, gasUsed, instruction }) => {
        end = { gasUsed, instruction };
        const logs = frames.pop() as NumberedLog[];
        if (status === 'success') top().push(...logs);
      },
      log: record,
    },
    take: () => {
      const logs = top();
      frames = [[]];
      return { logs, ...end };
    },
  };
}

function topicOf(address: Hex): Hex {
  return `0x${address.slice(2).padStart(64, '0')}`;
}
