import type { ExecutedTransaction, Transaction } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import { GAS_PER_BLOB } from '../spec/fees.ts';
import { serverError } from './errors.ts';
import type { Deadline, Execution, PreparedCall } from './execution.ts';
import { callOutput, prepareCall, runCall } from './execution.ts';
import type { TransactionRequest } from './requests.ts';

const TRANSFER_GAS = 21_000n;

/** Gas a call with value hands to the callee on top of what the caller pays for. */
const CALL_STIPEND = 2_300n;

/** EIP-7825: 2^24, the most gas one transaction may ask for from Osaka on. */
export const TRANSACTION_GAS_CAP = 16_777_216n;

/**
 * The least gas limit under which a transaction succeeds. A call keeps a 64th of its gas back
 * (EIP-150), so that the limit needed can be above the gas used: what was used is tried first, then
 * the interval up to a limit that is known to do is halved until nothing is left of it.
 *
 * @throws `RpcError` 3 when it reverts, -32000 when it fails for another reason or no affordable
 * limit is enough
 */
export function estimateGas(
  request: TransactionRequest,
  execution: Execution,
  gasCap: bigint,
  deadline: Deadline,
): bigint {
  const upper = highestLimit(request, execution, gasCap);
  const call = prepareCall({ ...request, gas: upper }, execution, gasCap);
  if (isPlainTransfer(call) && succeeds(call, TRANSFER_GAS)) return TRANSFER_GAS;

  const first = isBelowIntrinsic(call) ? undefined : runCall(call);
  if (first === undefined || first.halt === 'OUT_OF_GAS') {
    throw serverError(`gas required exceeds allowance (${upper})`);
  }
  callOutput(call, first);
  // Where the floor of calldata is charged (EIP-7623), nothing of the refund came on top of it.
  const { floor } = execution.evm.intrinsicGas(call.transaction);
  const used = first.gasUsed === floor ? floor : first.gasUsed + first.gasRefunded;
  if (used < upper && succeeds(call, used)) return used;

  let low = used < upper ? used : first.gasUsed - 1n;
  let high = upper;
  const optimistic = ((used + CALL_STIPEND) * 64n) / 63n;
  if (optimistic < high) {
    if (succeeds(call, optimistic)) high = optimistic;
    else low = optimistic;
  }
  while (low + 1n < high) {
    deadline.check();
    const half = (high + low) / 2n;
    // Most limits are close to the gas used: do not jump far above it.
    const middle = half > low * 2n ? low * 2n : half;
    if (succeeds(call, middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The lowest of: what was asked for or the block has, what the sender can pay, what a call may use. */
function highestLimit(request: TransactionRequest, { evm, block, view }: Execution, gasCap: bigint): bigint {
  let limit = request.gas !== undefined && request.gas >= TRANSFER_GAS ? request.gas : block.gasLimit;
  if (isAtLeast(evm.rules.fork, 'osaka') && limit > TRANSACTION_GAS_CAP) limit = TRANSACTION_GAS_CAP;
  const price = request.gasPrice ?? request.maxFeePerGas ?? 0n;
  if (price > 0n && request.from !== undefined) {
    const balance = view.account(request.from)?.balance ?? 0n;
    const value = request.value ?? 0n;
    if (value >= balance && value > 0n) throw serverError('insufficient funds for transfer');
    const blobs = GAS_PER_BLOB * BigInt(request.blobVersionedHashes?.length ?? 0);
    const forBlobs = blobs * (request.maxFeePerBlobGas ?? 0n);
    if (forBlobs > 0n && value + forBlobs >= balance)
      throw serverError('insufficient funds for gas * price + value');
    const affordable = (balance - value - forBlobs) / price;
    if (affordable < limit) limit = affordable;
  }
  return limit < gasCap ? limit : gasCap;
}

function isPlainTransfer({ transaction, execution }: PreparedCall): boolean {
  const { to, data, accessList, authorizations } = transaction;
  if (to === undefined || data.length > 0 || accessList !== undefined || authorizations !== undefined)
    return false;
  const account = execution.view.account(to);
  return account === undefined || execution.view.code(account.codeHash).length === 0;
}

function isBelowIntrinsic({ transaction, execution }: PreparedCall): boolean {
  const { intrinsic, floor } = execution.evm.intrinsicGas(transaction);
  return transaction.gasLimit < intrinsic || transaction.gasLimit < floor;
}

function succeeds({ transaction, execution }: PreparedCall, gasLimit: bigint): boolean {
  const outcome = tryRun({ ...transaction, gasLimit }, execution);
  return outcome?.status === 'success';
}

/** `undefined` when the gas is below the intrinsic cost. */
function tryRun(
  transaction: Transaction,
  { evm, block, view, precompiles }: Execution,
): ExecutedTransaction | undefined {
  const outcome = evm.transact(transaction, block, view, {
    skipNonce: true,
    skipSenderCode: true,
    skipGasCap: true,
    precompiles,
    discardChanges: true,
  });
  return outcome.valid ? outcome : undefined;
}
