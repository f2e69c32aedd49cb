import type { Clock, Hex } from '@ninefold/base';
import type {
  BlockEnvironment,
  Evm,
  ExecutedTransaction,
  ForkName,
  FrameEnd,
  HaltedAt,
  InvalidReason,
  StateView,
  Tracer,
  Transaction,
} from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { RpcError } from '@ninefold/rpc';
import { GAS_PER_BLOB } from '../spec/fees.ts';
import { checksumAddress } from './checksum.ts';
import { SERVER_ERROR, serverError } from './errors.ts';
import type { TransactionRequest } from './requests.ts';
import { haltText, NAMES_INSTRUCTION } from './halt.ts';
import { revertError } from './revert.ts';

/** Where a call runs: rules, block around it and state before it. */
export type Execution = {
  readonly evm: Evm;
  readonly block: BlockEnvironment;
  readonly view: StateView;
  /** Precompiled contracts that overrides moved or switched off, as `transact` takes them. */
  readonly precompiles?: ReadonlyMap<Hex, Hex | undefined> | undefined;
};

/** Gas that calls without a transaction may use at most (geth's `--rpc.gascap`). */
export const DEFAULT_CALL_GAS_CAP = 50_000_000n;

/** Time that one request may execute for, in milliseconds (geth's `--rpc.evmtimeout`). */
export const DEFAULT_CALL_TIMEOUT_MS = 5_000;

/**
 * The end of a request's time. The engine itself cannot be interrupted: the gas cap bounds one
 * execution, and this is asked between executions.
 */
export type Deadline = { readonly check: () => void };

/** @throws `RpcError` from `check` when the time is over or the caller has left */
export function createDeadline(
  clock: Clock,
  timeoutMs: number,
  cancelled: (() => boolean) | undefined,
): Deadline {
  const end = clock.now() + timeoutMs;
  return {
    check: () => {
      if (clock.now() > end) throw serverError(`execution aborted (timeout = ${timeoutMs / 1000}s)`);
      if (cancelled?.() === true) throw serverError('execution aborted (request cancelled)');
    },
  };
}

const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`;

/** What a call is executed as. */
export type PreparedCall = { readonly transaction: Transaction; readonly execution: Execution };

/**
 * Completes a request into a transaction that needs no signature: missing fields get the values
 * under which it costs nothing and fails least, as geth's `CallDefaults` does.
 *
 * @throws `RpcError` for fields that contradict each other
 */
export function prepareCall(request: TransactionRequest, execution: Execution, gasCap: bigint): PreparedCall {
  const { block, view } = execution;
  const from = request.from ?? ZERO_ADDRESS;
  if (request.chainId !== undefined && request.chainId !== block.chainId) {
    throw serverError(`chainId does not match node's (have=${request.chainId}, want=${block.chainId})`);
  }
  const fees = callFees(request, block);
  const gasLimit = request.gas === undefined || request.gas > gasCap ? gasCap : request.gas;
  const transaction: Transaction = {
    type: callType(request, execution.evm.rules.fork),
    from,
    to: request.to,
    nonce: request.nonce ?? view.account(from)?.nonce ?? 0n,
    gasLimit,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    value: request.value ?? 0n,
    data: request.data,
    chainId: block.chainId,
    accessList: request.accessList,
    maxFeePerBlobGas: request.maxFeePerBlobGas ?? 0n,
    blobHashes: request.blobVersionedHashes,
    authorizations: request.authorizationList,
  };
  // A call without a price runs as if gas were free, which contracts can see (BASEFEE, BLOBBASEFEE).
  const baseFee = fees.free ? 0n : block.baseFee;
  const blobBaseFee = (request.maxFeePerBlobGas ?? 0n) === 0n ? 0n : block.blobBaseFee;
  return { transaction, execution: { ...execution, block: { ...block, baseFee, blobBaseFee } } };
}

function callFees(
  request: TransactionRequest,
  block: BlockEnvironment,
): { readonly free: boolean; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = request;
  if (gasPrice !== undefined) {
    return { free: gasPrice === 0n, maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice };
  }
  const tip = maxPriorityFeePerGas ?? 0n;
  const cap = maxFeePerGas ?? (tip > 0n ? tip + block.baseFee : 0n);
  return { free: cap === 0n && tip === 0n, maxFeePerGas: cap, maxPriorityFeePerGas: tip };
}

/** The newest type that the fork has, unless the fields ask for one. */
function callType(request: TransactionRequest, fork: ForkName): Transaction['type'] {
  if (request.authorizationList !== undefined) return 4;
  if (request.blobVersionedHashes !== undefined) return 3;
  if (request.gasPrice === undefined && isAtLeast(fork, 'london')) return 2;
  return request.accessList === undefined ? 0 : 1;
}

/**
 * Runs a prepared call.
 *
 * @throws `RpcError` when it could not be executed at all: its sender cannot pay, gas below the
 * intrinsic cost …
 */
export function runCall({ transaction, execution }: PreparedCall, tracer?: Tracer): ExecutedTransaction {
  const { evm, block, view, precompiles } = execution;
  const outcome = evm.transact(transaction, block, view, {
    skipNonce: true,
    skipSenderCode: true,
    skipGasCap: true,
    precompiles,
    tracer,
    // Only tracers look at what a call would have changed.
    discardChanges: tracer === undefined,
  });
  if (outcome.valid) return outcome;
  const message = invalidMessage(outcome.reason, transaction, execution);
  throw new RpcError(SERVER_ERROR, `err: ${message} (supplied gas ${transaction.gasLimit})`);
}

/** The instruction that ended a call; an untraced run does not tell, so it is run once more. */
export function haltedAt(call: PreparedCall, { halt }: ExecutedTransaction): HaltedAt | undefined {
  if (halt === undefined || !NAMES_INSTRUCTION.has(halt)) return undefined;
  let last: FrameEnd | undefined;
  runCall(call, { exit: (end) => (last = end) });
  return last?.instruction;
}

/**
 * The output of a finished call.
 *
 * @throws `RpcError` with code 3 for a revert, -32000 for every other failure
 */
export function callOutput(call: PreparedCall, outcome: ExecutedTransaction): Uint8Array {
  if (outcome.status === 'revert') throw revertError(outcome.output);
  if (outcome.status === 'halt')
    throw serverError(haltText(outcome.halt ?? 'OUT_OF_GAS', haltedAt(call, outcome)));
  return outcome.output;
}

/** geth's sentence for a transaction that may not be executed. */
export function invalidMessage(
  reason: InvalidReason,
  transaction: Transaction,
  execution: Execution,
): string {
  const { evm, block, view } = execution;
  const { from, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  const who = (): string => `address ${checksumAddress(from)}`;
  const account = view.account(from);
  switch (reason) {
    case 'NONCE_TOO_LOW':
      return `nonce too low: ${who()}, tx: ${nonce} state: ${account?.nonce ?? 0n}`;
    case 'NONCE_TOO_HIGH':
      return `nonce too high: ${who()}, tx: ${nonce} state: ${account?.nonce ?? 0n}`;
    case 'NONCE_IS_MAX':
      return `nonce has max value: ${who()}, nonce: ${nonce}`;
    case 'SENDER_NOT_EOA':
      return `sender not an eoa: ${who()}, codehash: ${account?.codeHash}`;
    case 'INSUFFICIENT_FUNDS':
      return `insufficient funds for gas * price + value: ${who()} have ${account?.balance ?? 0n} want ${requiredBalance(transaction)}`;
    case 'INTRINSIC_GAS_TOO_LOW':
      return `intrinsic gas too low: have ${gasLimit}, want ${evm.intrinsicGas(transaction).intrinsic}`;
    case 'GAS_BELOW_FLOOR':
      return `insufficient gas for floor data gas cost: have ${gasLimit}, want ${evm.intrinsicGas(transaction).floor}`;
    case 'GAS_LIMIT_EXCEEDS_CAP':
      return `transaction gas limit too high (cap: 16777216, tx: ${gasLimit})`;
    case 'BLOCK_GAS_EXCEEDED':
      return 'gas limit reached';
    case 'INITCODE_TOO_LARGE':
      return `max initcode size exceeded: code size ${transaction.data.length} limit 49152`;
    case 'FEE_CAP_BELOW_BASE_FEE':
      return `max fee per gas less than block base fee: ${who()}, maxFeePerGas: ${maxFeePerGas}, baseFee: ${block.baseFee}`;
    case 'PRIORITY_FEE_ABOVE_FEE_CAP':
      return `max priority fee per gas higher than max fee per gas: ${who()}, maxPriorityFeePerGas: ${maxPriorityFeePerGas}, maxFeePerGas: ${maxFeePerGas}`;
    case 'BLOB_FEE_CAP_TOO_LOW':
      return `max fee per blob gas less than block blob gas fee: ${who()} blobGasFeeCap: ${transaction.maxFeePerBlobGas ?? 0n}, blobBaseFee: ${block.blobBaseFee}`;
    case 'BLOB_LIST_EMPTY':
      return 'blob transaction missing blob hashes';
    case 'BLOB_VERSION_INVALID':
      return `blob ${transaction.blobHashes?.findIndex((hash) => !hash.startsWith('0x01'))} has invalid hash version`;
    case 'BLOB_CREATES_CONTRACT':
      return 'blob transaction of type create';
    case 'BLOB_COUNT_EXCEEDED':
      return 'blob transaction has too many blobs';
    case 'BLOB_BLOCK_GAS_EXCEEDED':
      return 'blob gas limit reached';
    case 'AUTHORIZATION_LIST_EMPTY':
      return `EIP-7702 transaction with empty auth list (sender ${checksumAddress(from)})`;
    case 'SET_CODE_CREATES_CONTRACT':
      return `EIP-7702 transaction cannot be used to create contract (sender ${checksumAddress(from)})`;
    case 'TYPE_NOT_SUPPORTED':
      return 'transaction type not supported';
    case 'CHAIN_ID_MISMATCH':
      return 'invalid chain id for signer';
  }
}

function requiredBalance({
  gasLimit,
  maxFeePerGas,
  value,
  blobHashes,
  maxFeePerBlobGas,
}: Transaction): bigint {
  const blobs = GAS_PER_BLOB * BigInt(blobHashes?.length ?? 0) * (maxFeePerBlobGas ?? 0n);
  return gasLimit * maxFeePerGas + value + blobs;
}
