import type { Bytes, Hex } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';
import type { Evm, ForkName, GasSchedule, Rules } from '@ninefold/vm-evm';
import { gasSchedule, isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { blobBaseFee } from '../spec/fees.ts';
import { checkSignature, isImpersonated } from '../tx/signature.ts';
import { encodeTransaction } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { toVmTransaction } from '../tx/vm-transaction.ts';
import type { PooledTransaction } from './pool.ts';
import { maxFeePerGas, maxPriorityFeePerGas } from './price.ts';

// The messages are geth's: clients recognise mistakes by parsing them.
const fail = defineErrors({
  ETH_POOL_UNDERPRICED: (c: { readonly tip: bigint; readonly minimum: bigint }) =>
    `transaction underpriced: gas tip cap ${c.tip}, minimum needed ${c.minimum}`,
  ETH_POOL_NONCE_MAX: () => 'nonce has max value',
  ETH_POOL_GAS_ABOVE_BLOCK: () => 'exceeds block gas limit',
  ETH_POOL_GAS_ABOVE_CAP: (c: { readonly gasLimit: bigint; readonly cap: bigint }) =>
    `transaction gas limit too high (cap: ${c.cap}, tx: ${c.gasLimit})`,
  ETH_POOL_INTRINSIC_GAS: (c: { readonly gasLimit: bigint; readonly needed: bigint }) =>
    `intrinsic gas too low: gas ${c.gasLimit}, minimum needed ${c.needed}`,
  ETH_POOL_FLOOR_GAS: (c: { readonly gasLimit: bigint; readonly needed: bigint }) =>
    `insufficient gas for floor data gas cost: gas ${c.gasLimit}, minimum needed ${c.needed}`,
  ETH_POOL_TIP_ABOVE_FEE_CAP: (c: { readonly tip: bigint; readonly feeCap: bigint }) =>
    `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${c.tip}, maxFeePerGas: ${c.feeCap}`,
  ETH_POOL_FEE_CAP_BELOW_BASE_FEE: (c: { readonly feeCap: bigint; readonly baseFee: bigint }) =>
    `max fee per gas less than block base fee: maxFeePerGas: ${c.feeCap}, baseFee: ${c.baseFee}`,
  ETH_POOL_TYPE_NOT_SUPPORTED: (c: { readonly type: number; readonly fork: ForkName }) =>
    `transaction type not supported: type ${c.type} rejected, pool not yet in its fork`,
  ETH_POOL_OVERSIZED: (c: { readonly size: number; readonly limit: number }) =>
    `oversized data: transaction size ${c.size}, limit ${c.limit}`,
  ETH_POOL_INITCODE_TOO_LARGE: (c: { readonly size: number; readonly limit: number }) =>
    `max initcode size exceeded: code size ${c.size}, limit ${c.limit}`,
  ETH_POOL_INVALID_SENDER: () => 'invalid sender',
  ETH_POOL_SENDER_HAS_CODE: (c: { readonly sender: Hex }) => `sender not an eoa: address ${c.sender}`,
  ETH_POOL_BLOB_SIDECAR_MISSING: () => 'missing sidecar in blob transaction',
  ETH_POOL_BLOB_COUNT: (c: { readonly count: number; readonly limit: number }) =>
    c.count === 0
      ? 'blobless blob transaction'
      : `too many blobs in transaction: have ${c.count}, permitted ${c.limit}`,
  ETH_POOL_BLOB_FEE_TOO_LOW: (c: { readonly feeCap: bigint; readonly minimum: bigint }) =>
    `transaction underpriced: blob fee cap ${c.feeCap}, minimum needed ${c.minimum}`,
  ETH_POOL_AUTHORIZATIONS_EMPTY: () => 'set code tx must have at least one authorization tuple',
});

/** Bytes of a transaction without blobs (geth's limit: four slots of 32 KiB). */
export const MAX_TRANSACTION_SIZE = 131_072;

const NONCE_MAX = (1n << 64n) - 1n;

/** Fork that brought each transaction type. */
const TYPE_SINCE: readonly ForkName[] = ['frontier', 'berlin', 'london', 'cancun', 'prague'];

/** 0xef0100: an account that runs another's code (EIP-7702) may send like one without code. */
const DELEGATION_PREFIX = [0xef, 0x01, 0x00] as const;

/** What the next block will be like, as far as validity depends on it. */
export type PoolRules = {
  readonly config: ChainConfig;
  readonly rules: Rules;
  readonly evm: Evm;
  readonly gasLimit: bigint;
  /** Given when a transaction that cannot pay it would wait for nothing: with automine. */
  readonly baseFee: bigint | undefined;
  readonly minGasPrice: bigint;
  readonly codeOf: (address: Hex) => Bytes;
  /** Whether an account may send without a signature: then neither that nor its code matters. */
  readonly maySendUnsigned: (address: Hex) => boolean;
};

/**
 * Checks what about a transaction does not depend on others: what it may contain in this fork, its
 * gas, its fees, its signature.
 *
 * @throws `ETH_POOL_*`, `TX_INVALID_SIGNATURE`, `TX_CHAIN_ID_MISMATCH`
 */
export function validateForPool(pooled: PooledTransaction, pool: PoolRules): void {
  const { transaction } = pooled;
  const { fork } = pool.rules;
  if (!isAtLeast(fork, TYPE_SINCE[transaction.type] as ForkName)) {
    throw fail('ETH_POOL_TYPE_NOT_SUPPORTED', { type: transaction.type, fork });
  }
  checkSize(transaction, fork);
  checkFees(transaction, pool);
  if (isImpersonated(transaction)) {
    // The mark alone gives nobody the right: anybody can make it.
    if (!pool.maySendUnsigned(pooled.sender)) throw fail('ETH_POOL_INVALID_SENDER', undefined);
  } else {
    checkSignature(transaction, fork, pool.config.chainId);
    checkSenderCode(pooled, pool);
  }
  if (transaction.nonce === NONCE_MAX) throw fail('ETH_POOL_NONCE_MAX', { nonce: transaction.nonce });
  checkGas(pooled, pool);
  if (transaction.type === 3)
    checkBlobs(pooled, transaction.blobVersionedHashes.length, transaction.maxFeePerBlobGas, pool);
  if (transaction.type === 4 && transaction.authorizationList.length === 0) {
    throw fail('ETH_POOL_AUTHORIZATIONS_EMPTY', { hash: pooled.hash });
  }
}

const schedules = new Map<ForkName, GasSchedule>();

/** PERF: a schedule is put together from all forks up to its own; here it is asked for by every transaction. */
function scheduleOf(fork: ForkName): GasSchedule {
  let schedule = schedules.get(fork);
  if (schedule === undefined) {
    schedule = gasSchedule(fork);
    schedules.set(fork, schedule);
  }
  return schedule;
}

function checkSize(transaction: SignedTransaction, fork: ForkName): void {
  const size = encodeTransaction(transaction).length;
  if (size > MAX_TRANSACTION_SIZE) throw fail('ETH_POOL_OVERSIZED', { size, limit: MAX_TRANSACTION_SIZE });
  const limit = scheduleOf(fork).maxInitcodeSize;
  if (transaction.to === undefined && transaction.data.length > limit) {
    throw fail('ETH_POOL_INITCODE_TOO_LARGE', { size: transaction.data.length, limit });
  }
}

function checkFees(transaction: SignedTransaction, { baseFee, minGasPrice }: PoolRules): void {
  const feeCap = maxFeePerGas(transaction);
  const tip = maxPriorityFeePerGas(transaction);
  if (tip > feeCap) throw fail('ETH_POOL_TIP_ABOVE_FEE_CAP', { tip, feeCap });
  if (tip < minGasPrice) throw fail('ETH_POOL_UNDERPRICED', { tip, minimum: minGasPrice });
  if (baseFee !== undefined && feeCap < baseFee) {
    throw fail('ETH_POOL_FEE_CAP_BELOW_BASE_FEE', { feeCap, baseFee });
  }
}

function checkSenderCode({ sender }: PooledTransaction, { codeOf }: PoolRules): void {
  const code = codeOf(sender);
  if (code.length === 0) return;
  const isDelegation = code.length === 23 && DELEGATION_PREFIX.every((byte, i) => code[i] === byte);
  if (!isDelegation) throw fail('ETH_POOL_SENDER_HAS_CODE', { sender });
}

function checkGas(
  { transaction, sender }: PooledTransaction,
  { rules, evm, gasLimit: blockGasLimit }: PoolRules,
): void {
  const { gasLimit } = transaction;
  if (gasLimit > blockGasLimit) throw fail('ETH_POOL_GAS_ABOVE_BLOCK', { gasLimit, blockGasLimit });
  const cap = scheduleOf(rules.fork).txGasCap;
  if (gasLimit > BigInt(cap)) throw fail('ETH_POOL_GAS_ABOVE_CAP', { gasLimit, cap: BigInt(cap) });
  if (gasLimit >= enoughGas(transaction)) return;
  const { intrinsic, floor } = evm.intrinsicGas(toVmTransaction(transaction, sender));
  if (gasLimit < intrinsic) throw fail('ETH_POOL_INTRINSIC_GAS', { gasLimit, needed: intrinsic });
  if (gasLimit < floor) throw fail('ETH_POOL_FLOOR_GAS', { gasLimit, needed: floor });
}

// More than any fork asks for a transaction, a creation included, and for a byte of its data.
const ENOUGH_GAS = 60_000;
const ENOUGH_GAS_PER_BYTE = 100;

/** PERF: what certainly covers intrinsic and floor gas; the exact numbers take the machine some microseconds. */
function enoughGas(transaction: SignedTransaction): bigint {
  if ('authorizationList' in transaction) return NONCE_MAX;
  if ('accessList' in transaction && transaction.accessList.length > 0) return NONCE_MAX;
  return BigInt(ENOUGH_GAS + ENOUGH_GAS_PER_BYTE * transaction.data.length);
}

function checkBlobs(
  { hash, sidecar }: PooledTransaction,
  count: number,
  feeCap: bigint,
  pool: PoolRules,
): void {
  const { fork, blobSchedule } = pool.rules;
  const limit = Math.min(scheduleOf(fork).maxBlobsPerTransaction, blobSchedule?.max ?? 0);
  if (count === 0 || count > limit) throw fail('ETH_POOL_BLOB_COUNT', { count, limit });
  const minimum = blobSchedule === undefined ? 1n : blobBaseFee(0n, blobSchedule);
  if (feeCap < minimum) throw fail('ETH_POOL_BLOB_FEE_TOO_LOW', { feeCap, minimum });
  if (sidecar === undefined) throw fail('ETH_POOL_BLOB_SIDECAR_MISSING', { hash });
}
