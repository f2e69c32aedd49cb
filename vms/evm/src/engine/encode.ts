import type { Hex } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';
import type {
  AccessListEntry,
  Authorization,
  BlockEnvironment,
  TransactOptions,
  Transaction,
} from '../types.ts';
import {
  AUTH_ADDRESS,
  AUTH_CHAIN_ID,
  AUTH_NONCE,
  AUTH_PARITY,
  AUTH_R,
  AUTH_S,
  AUTHORIZATION_BYTES,
  B_BASE_FEE,
  B_BLOB_BASE_FEE,
  B_CHAIN_ID,
  B_COINBASE,
  B_GAS_LIMIT,
  B_NUMBER,
  B_RANDAO,
  B_SLOT_NUMBER,
  B_TIMESTAMP,
  MOVE_BYTES,
  MOVE_NUMBER,
  T_ACCESS_COUNT,
  T_ACCESS_LIST,
  T_AUTHORIZATION_COUNT,
  T_AUTHORIZATIONS,
  T_BLOB_COUNT,
  T_BLOB_GAS_USED,
  T_BLOBS,
  T_BLOCK_GAS_USED,
  T_CHAIN_ID,
  T_DATA,
  T_DATA_LENGTH,
  T_FLAGS,
  T_FROM,
  T_GAS_LIMIT,
  T_MAX_BLOB_FEE,
  T_MAX_FEE,
  T_MOVE_COUNT,
  T_MOVES,
  T_NONCE,
  T_PRIORITY_FEE,
  T_TO,
  T_TYPE,
  T_VALUE,
  TX_CREATES,
  TX_DISCARD_CHANGES,
  TX_HAS_CHAIN_ID,
  TX_NONCE_OVERFLOWS,
  TX_RECORD_ACCESS,
  TX_SKIP_FEES,
  TX_SKIP_GAS_CAP,
  TX_SKIP_NONCE,
  TX_SKIP_SENDER_CODE,
} from './layout.ts';
import type { KernelMemory } from './memory.ts';

const fail = defineErrors({
  EVM_INVALID_FIELD: (context: { readonly field: string; readonly expected: string }) =>
    `Field '${context.field}' must be ${context.expected}`,
});

const MAX_U64 = 0xffff_ffff_ffff_ffffn;
const MAX_U256 = (1n << 256n) - 1n;

const HASH_BYTES = 32;
const ADDRESS_BYTES = 20;
/** Address and key count. */
const ACCESS_ENTRY_BYTES = 24;

function checkHex(field: string, value: string, length: number): string {
  if (value.length !== 2 + 2 * length) {
    throw fail('EVM_INVALID_FIELD', { field, expected: `0x hex of ${length} bytes` });
  }
  return value;
}

function checkWord(field: string, value: bigint): bigint {
  if (value < 0n || value > MAX_U256) throw fail('EVM_INVALID_FIELD', { field, expected: 'below 2^256' });
  return value;
}

/** What is above 64 bits is above every limit it is compared with. */
function saturate(value: bigint): bigint {
  return value > MAX_U64 ? MAX_U64 : value;
}

/** Writes the block record at `at`; `randao` is what instruction 0x44 pushes. */
export function encodeBlock(
  memory: KernelMemory,
  at: number,
  block: BlockEnvironment,
  randao: boolean,
): void {
  memory.setWord(at + B_CHAIN_ID, checkWord('chainId', block.chainId));
  memory.setU64(at + B_NUMBER, saturate(block.number));
  memory.setU64(at + B_TIMESTAMP, saturate(block.timestamp));
  memory.setU64(at + B_GAS_LIMIT, saturate(block.gasLimit));
  memory.setU64(at + B_SLOT_NUMBER, saturate(block.slotNumber));
  memory.setHex(at + B_COINBASE, checkHex('coinbase', block.coinbase, ADDRESS_BYTES), ADDRESS_BYTES);
  const random = randao ? BigInt(checkHex('prevRandao', block.prevRandao, HASH_BYTES)) : block.difficulty;
  memory.setWord(at + B_RANDAO, checkWord('difficulty', random));
  memory.setWord(at + B_BASE_FEE, checkWord('baseFee', block.baseFee));
  memory.setWord(at + B_BLOB_BASE_FEE, checkWord('blobBaseFee', block.blobBaseFee));
}

function accessListBytes(list: readonly AccessListEntry[]): number {
  let bytes = 0;
  for (const { storageKeys } of list) bytes += ACCESS_ENTRY_BYTES + HASH_BYTES * storageKeys.length;
  return bytes;
}

/** Bytes beside the record of `transaction`: data, access list, authorizations, blob hashes, moves, each aligned. */
export function inputBytes(transaction: Transaction, options: TransactOptions | undefined): number {
  return (
    align(transaction.data.length) +
    accessListBytes(transaction.accessList ?? []) +
    AUTHORIZATION_BYTES * (transaction.authorizations ?? []).length +
    HASH_BYTES * (transaction.blobHashes ?? []).length +
    MOVE_BYTES * (options?.precompiles?.size ?? 0)
  );
}

const align = (bytes: number): number => (bytes + 7) & ~7;

function flagsOf(transaction: Transaction, options: TransactOptions | undefined): number {
  let flags = transaction.to === undefined ? TX_CREATES : 0;
  if (transaction.chainId !== undefined) flags |= TX_HAS_CHAIN_ID;
  if (transaction.nonce > MAX_U64) flags |= TX_NONCE_OVERFLOWS;
  if (options === undefined) return flags;
  if (options.skipNonce) flags |= TX_SKIP_NONCE;
  if (options.skipFees) flags |= TX_SKIP_FEES;
  if (options.skipSenderCode) flags |= TX_SKIP_SENDER_CODE;
  if (options.skipGasCap) flags |= TX_SKIP_GAS_CAP;
  if (options.discardChanges) flags |= TX_DISCARD_CHANGES;
  if (options.recordAccess) flags |= TX_RECORD_ACCESS;
  return flags;
}

/** Writes the transaction record at `at` and, at `data`, the {@link inputBytes} beside it. */
export function encodeTransaction(
  memory: KernelMemory,
  at: number,
  data: number,
  transaction: Transaction,
  options: TransactOptions | undefined,
): void {
  memory.setU32(at + T_TYPE, transaction.type);
  memory.setU32(at + T_FLAGS, flagsOf(transaction, options));
  memory.setU64(at + T_NONCE, saturate(transaction.nonce));
  memory.setU64(at + T_GAS_LIMIT, saturate(transaction.gasLimit));
  memory.setU64(at + T_BLOCK_GAS_USED, saturate(options?.blockGasUsed ?? 0n));
  memory.setU64(at + T_BLOB_GAS_USED, saturate(options?.blobGasUsed ?? 0n));
  memory.setHex(at + T_FROM, checkHex('from', transaction.from, ADDRESS_BYTES), ADDRESS_BYTES);
  if (transaction.to !== undefined) {
    memory.setHex(at + T_TO, checkHex('to', transaction.to, ADDRESS_BYTES), ADDRESS_BYTES);
  }
  memory.setWord(at + T_CHAIN_ID, checkWord('chainId', transaction.chainId ?? 0n));
  memory.setWord(at + T_MAX_FEE, checkWord('maxFeePerGas', transaction.maxFeePerGas));
  memory.setWord(at + T_PRIORITY_FEE, checkWord('maxPriorityFeePerGas', transaction.maxPriorityFeePerGas));
  memory.setWord(at + T_VALUE, checkWord('value', transaction.value));
  memory.setWord(at + T_MAX_BLOB_FEE, checkWord('maxFeePerBlobGas', transaction.maxFeePerBlobGas ?? 0n));

  let next = data;
  memory.setU32(at + T_DATA, next);
  memory.setU32(at + T_DATA_LENGTH, transaction.data.length);
  memory.setBytes(next, transaction.data);
  next += align(transaction.data.length);
  const accessList = transaction.accessList ?? [];
  memory.setU32(at + T_ACCESS_LIST, next);
  memory.setU32(at + T_ACCESS_COUNT, accessList.length);
  next = encodeAccessList(memory, next, accessList);
  const authorizations = transaction.authorizations ?? [];
  memory.setU32(at + T_AUTHORIZATIONS, next);
  memory.setU32(at + T_AUTHORIZATION_COUNT, authorizations.length);
  for (const authorization of authorizations) {
    encodeAuthorization(memory, next, authorization);
    next += AUTHORIZATION_BYTES;
  }
  const blobHashes = transaction.blobHashes ?? [];
  memory.setU32(at + T_BLOBS, next);
  memory.setU32(at + T_BLOB_COUNT, blobHashes.length);
  for (const hash of blobHashes) {
    memory.setHex(next, checkHex('blobHashes', hash, HASH_BYTES), HASH_BYTES);
    next += HASH_BYTES;
  }
  const { precompiles = NO_MOVES } = options ?? {};
  memory.setU32(at + T_MOVES, next);
  memory.setU32(at + T_MOVE_COUNT, precompiles.size);
  for (const [address, target] of precompiles) {
    memory.setHex(next, checkHex('precompiles', address, ADDRESS_BYTES), ADDRESS_BYTES);
    memory.setU32(next + MOVE_NUMBER, target === undefined ? 0 : precompileNumber(target));
    next += MOVE_BYTES;
  }
}

const NO_MOVES: ReadonlyMap<Hex, Hex | undefined> = new Map();

/** A precompile's address is a small number. */
function precompileNumber(address: Hex): number {
  const number = BigInt(checkHex('precompiles', address, ADDRESS_BYTES));
  if (number > MAX_PRECOMPILE) {
    throw fail('EVM_INVALID_FIELD', { field: 'precompiles', expected: 'addresses of precompiles' });
  }
  return Number(number);
}

const MAX_PRECOMPILE = 0xffffn;

function encodeAccessList(memory: KernelMemory, at: number, list: readonly AccessListEntry[]): number {
  for (const { address, storageKeys } of list) {
    memory.setHex(at, checkHex('accessList', address, ADDRESS_BYTES), ADDRESS_BYTES);
    memory.setU32(at + ADDRESS_BYTES, storageKeys.length);
    at += ACCESS_ENTRY_BYTES;
    for (const key of storageKeys) {
      memory.setHex(at, checkHex('accessList', key, HASH_BYTES), HASH_BYTES);
      at += HASH_BYTES;
    }
  }
  return at;
}

function encodeAuthorization(memory: KernelMemory, at: number, authorization: Authorization): void {
  memory.setWord(at + AUTH_CHAIN_ID, checkWord('authorizations.chainId', authorization.chainId));
  memory.setHex(
    at + AUTH_ADDRESS,
    checkHex('authorizations.address', authorization.address, ADDRESS_BYTES),
    ADDRESS_BYTES,
  );
  memory.setU32(at + AUTH_PARITY, Math.min(authorization.yParity, 0xff));
  memory.setU64(at + AUTH_NONCE, saturate(authorization.nonce));
  setBigEndian(memory, at + AUTH_R, checkWord('authorizations.r', authorization.r));
  setBigEndian(memory, at + AUTH_S, checkWord('authorizations.s', authorization.s));
}

function setBigEndian(memory: KernelMemory, at: number, value: bigint): void {
  memory.setWord(at, value);
  memory
    .u8()
    .subarray(at, at + HASH_BYTES)
    .reverse();
}

/** A call of a system contract as a transaction record. */
export const SYSTEM_CALL: Omit<Transaction, 'to' | 'data'> = {
  type: 0,
  from: '0xfffffffffffffffffffffffffffffffffffffffe',
  nonce: 0n,
  gasLimit: 0n,
  maxFeePerGas: 0n,
  maxPriorityFeePerGas: 0n,
  value: 0n,
};
