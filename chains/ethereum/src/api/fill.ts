import type { Hex } from '@ninefold/base';
import { isAtLeast } from '@ninefold/vm-evm';
import type { EthereumNode } from '../node.ts';
import { impersonate } from '../tx/signature.ts';
import type { SignedTransaction, UnsignedTransaction } from '../tx/types.ts';
import { serverError } from './errors.ts';
import { estimateGas } from './estimate.ts';
import type { Deadline } from './execution.ts';
import { suggestedTip } from './fees.ts';
import type { TransactionRequest } from './requests.ts';

/**
 * Completes a request into a transaction that could be signed and mined next: nonce, fees and gas
 * limit come from the node where they are missing.
 *
 * @throws `RpcError` when the gas cannot be estimated because the call fails, or fields contradict
 */
export function fillRequest(
  node: EthereumNode,
  request: TransactionRequest,
  from: Hex,
  deadline: Deadline,
): UnsignedTransaction {
  const { chainId } = node;
  if (request.chainId !== undefined && request.chainId !== chainId) {
    throw serverError(`chainId does not match node's (have=${request.chainId}, want=${chainId})`);
  }
  const nonce = request.nonce ?? node.pool.nextNonce(from);
  const common = { chainId, nonce, value: request.value ?? 0n, data: request.data };
  const fees = fillFees(node, request);
  const priced = { ...request, from, ...fees, gas: undefined };
  const gasLimit =
    request.gas ?? estimateGas(priced, node.execution('pending'), node.limits.gasCap, deadline);
  const { to, accessList = [] } = request;

  if (request.authorizationList !== undefined) {
    if (to === undefined) throw serverError('EIP-7702 transaction cannot be used to create contract');
    const { authorizationList } = request;
    return { type: 4, ...common, ...feeMarket(fees), gasLimit, to, accessList, authorizationList };
  }
  if (request.blobVersionedHashes !== undefined) {
    if (to === undefined) throw serverError('missing "to" in blob transaction');
    const { blobVersionedHashes } = request;
    const maxFeePerBlobGas = request.maxFeePerBlobGas ?? 2n * node.execution('pending').block.blobBaseFee;
    return {
      type: 3,
      ...common,
      ...feeMarket(fees),
      gasLimit,
      to,
      accessList,
      maxFeePerBlobGas,
      blobVersionedHashes,
    };
  }
  if (fees.gasPrice === undefined)
    return { type: 2, ...common, ...feeMarket(fees), gasLimit, to, accessList };
  const { gasPrice } = fees;
  if (request.accessList !== undefined) return { type: 1, ...common, gasPrice, gasLimit, to, accessList };
  // A signature names its chain from Spurious Dragon on (EIP-155).
  const named = isAtLeast(node.rulesOf(node.chain.head()).fork, 'spuriousDragon') ? chainId : undefined;
  return { type: 0, ...common, chainId: named, gasPrice, gasLimit, to };
}

/**
 * Fills and signs.
 *
 * `unsigned` takes any sender, as if impersonated.
 *
 * @throws also `ETH_UNKNOWN_ACCOUNT` when nobody here can sign for the sender
 */
export function signRequest(
  node: EthereumNode,
  request: TransactionRequest,
  deadline: Deadline,
  unsigned = false,
): SignedTransaction {
  const from = request.from ?? node.accounts.addresses()[0];
  if (from === undefined) throw serverError("missing 'from' in transaction");
  const signs = !unsigned || node.accounts.canSend(from);
  // Before anything is estimated: who cannot sign need not be told about gas.
  if (signs) node.accounts.requireSender(from);
  const filled = fillRequest(node, request, from, deadline);
  return signs ? node.accounts.signTransaction(from, filled) : impersonate(filled, from);
}

type Fees = {
  readonly gasPrice: bigint | undefined;
  readonly maxFeePerGas: bigint | undefined;
  readonly maxPriorityFeePerGas: bigint | undefined;
};

function fillFees(node: EthereumNode, request: TransactionRequest): Fees {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = request;
  const isLondon = isAtLeast(node.rulesOf(node.chain.head()).fork, 'london');
  const wantsLegacy = request.type === 0n || request.type === 1n;
  if (gasPrice !== undefined || wantsLegacy || !isLondon) {
    const price = gasPrice ?? maxFeePerGas ?? node.miner.nextBaseFee() + suggestedTip(node);
    return { gasPrice: price, maxFeePerGas: undefined, maxPriorityFeePerGas: undefined };
  }
  const baseFee = node.miner.nextBaseFee();
  const tip = maxPriorityFeePerGas ?? min(suggestedTip(node), maxFeePerGas);
  // Twice the base fee: six full blocks in a row before the transaction waits.
  const cap = maxFeePerGas ?? 2n * baseFee + tip;
  if (cap < tip) {
    throw serverError(`maxFeePerGas (${cap}) < maxPriorityFeePerGas (${tip})`);
  }
  return { gasPrice: undefined, maxFeePerGas: cap, maxPriorityFeePerGas: tip };
}

function min(value: bigint, limit: bigint | undefined): bigint {
  return limit !== undefined && limit < value ? limit : value;
}

function feeMarket(fees: Fees): { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } {
  return {
    maxFeePerGas: fees.maxFeePerGas ?? fees.gasPrice ?? 0n,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? fees.gasPrice ?? 0n,
  };
}
