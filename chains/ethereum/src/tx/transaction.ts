import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, copyBytes, defineErrors, EMPTY_BYTES } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import type { AccessListEntry, Authorization } from '@ninefold/vm-evm';
import type { Field } from './encode-fields.ts';
import { encodeFields, hashFields } from './encode-fields.ts';
import { decodeStructure, FieldReader } from './fields.ts';
import { memoOf } from './memo.ts';
import type {
  Signature,
  SignedTransaction,
  UnsignedBlobTransaction,
  UnsignedFeeMarketTransaction,
  UnsignedSetCodeTransaction,
  UnsignedTransaction,
} from './types.ts';

export const LEGACY_TYPE = 0;
export const ACCESS_LIST_TYPE = 1;
export const FEE_MARKET_TYPE = 2;
export const BLOB_TYPE = 3;
export const SET_CODE_TYPE = 4;

// Widths in bytes: nonce and gas are 64-bit (EIP-2681, EIP-1985), amounts and chain ids 256-bit.
const U64 = 8;
const U256 = 32;
const ADDRESS = 20;
const WORD = 32;

// EIP-2718: a first byte from here on is a list, and so a legacy transaction.
const FIRST_LIST_BYTE = 0xc0;

const fail = defineErrors({
  TX_EMPTY: () => 'A transaction has at least one byte',
  TX_TYPE_UNKNOWN: (c: { readonly type: number }) =>
    `Transaction type 0x${c.type.toString(16).padStart(2, '0')} does not exist: 0 to 4 do`,
});

/**
 * Decodes a transaction in the form that is hashed and put into blocks: RLP for a legacy one, else
 * the type byte and RLP (EIP-2718). Only the canonical form is accepted. Whether the transaction is
 * allowed in a fork is another question: {@link checkTransaction}.
 *
 * @throws `TX_EMPTY`, `TX_TYPE_UNKNOWN`, `ETH_MALFORMED_RLP`, `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD`
 * @example decodeTransaction(hexToBytes('0x02f8…')).type // 2
 */
export function decodeTransaction(bytes: Bytes): SignedTransaction {
  return decodeOwnedTransaction(copyBytes(bytes));
}

/**
 * As {@link decodeTransaction}, for bytes that will not change: fields are views of them, and they are
 * given out again as the encoding.
 */
export function decodeOwnedTransaction(encoded: Bytes): SignedTransaction {
  const transaction = decodePayload(encoded);
  memoOf(transaction).encoded = encoded;
  return transaction;
}

function decodePayload(encoded: Bytes): SignedTransaction {
  const first = encoded[0];
  if (first === undefined) throw fail('TX_EMPTY', {});
  if (first >= FIRST_LIST_BYTE) return transactionFromRlp(decodeStructure(encoded, 'transaction'));
  const decode = first === LEGACY_TYPE ? undefined : DECODERS[first];
  if (decode === undefined) throw fail('TX_TYPE_UNKNOWN', { type: first });
  return decode(decodeStructure(encoded.subarray(1), 'transaction'));
}

/**
 * The transaction that is this item of a block's list: a list is a legacy one, bytes a typed one.
 *
 * @throws as {@link decodeTransaction}
 */
export function transactionFromRlp(item: RlpValue): SignedTransaction {
  return item instanceof Uint8Array ? decodeTypedItem(item) : decodeLegacy(item);
}

function decodeTypedItem(item: Bytes): SignedTransaction {
  // As a byte string inside a list, a legacy transaction has no meaning.
  const first = item[0];
  if (first !== undefined && first >= FIRST_LIST_BYTE) throw fail('TX_TYPE_UNKNOWN', { type: first });
  return decodeTransaction(item);
}

/** What stands for a transaction in a block's list, the inverse of {@link transactionFromRlp}. */
export function transactionFields(transaction: SignedTransaction): Field {
  if (transaction.type !== LEGACY_TYPE) return encodeTransaction(transaction);
  const { v, r, s } = transaction;
  return [...unsignedFields(transaction), v, r, s];
}

/** The inverse of {@link decodeTransaction}; computed once per transaction. */
export function encodeTransaction(transaction: SignedTransaction): Bytes {
  const memo = memoOf(transaction);
  if (memo.encoded === undefined) {
    memo.encoded =
      transaction.type === LEGACY_TYPE
        ? encodeFields(transactionFields(transaction))
        : encodeFields([...unsignedFields(transaction), ...signatureFields(transaction)], transaction.type);
  }
  return memo.encoded;
}

/** keccak-256 of the encoding: what identifies the transaction; computed once. */
export function transactionHash(transaction: SignedTransaction): Hex {
  const memo = memoOf(transaction);
  memo.hash ??= bytesToHex(keccak256(encodeTransaction(transaction)));
  return memo.hash;
}

/** The 32 bytes that are signed. */
export function signingHash(transaction: UnsignedTransaction): Bytes {
  return hashFields(signedFields(transaction), prefixOf(transaction));
}

/** The bytes whose hash is signed: for typed transactions the type, then all but the signature. */
export function encodeUnsigned(transaction: UnsignedTransaction): Bytes {
  return encodeFields(signedFields(transaction), prefixOf(transaction));
}

function prefixOf({ type }: UnsignedTransaction): number | undefined {
  return type === LEGACY_TYPE ? undefined : type;
}

/** The fields that a signature covers. */
function signedFields(transaction: UnsignedTransaction): Field[] {
  const fields = unsignedFields(transaction);
  // EIP-155
  if (transaction.type === LEGACY_TYPE && transaction.chainId !== undefined) {
    fields.push(transaction.chainId, EMPTY_BYTES, EMPTY_BYTES);
  }
  return fields;
}

function unsignedFields(transaction: UnsignedTransaction): Field[] {
  const { nonce } = transaction;
  switch (transaction.type) {
    case LEGACY_TYPE:
      return [nonce, transaction.gasPrice, ...callFields(transaction)];
    case ACCESS_LIST_TYPE: {
      const { chainId, gasPrice, accessList } = transaction;
      const call = callFields(transaction);
      return [chainId, nonce, gasPrice, ...call, accessListFields(accessList)];
    }
    case FEE_MARKET_TYPE:
      return feeMarketFields(transaction);
    case BLOB_TYPE: {
      const { maxFeePerBlobGas, blobVersionedHashes } = transaction;
      return [...feeMarketFields(transaction), maxFeePerBlobGas, blobVersionedHashes];
    }
    case SET_CODE_TYPE:
      return [...feeMarketFields(transaction), transaction.authorizationList.map(authorizationFields)];
  }
}

function feeMarketFields(
  transaction: UnsignedFeeMarketTransaction | UnsignedBlobTransaction | UnsignedSetCodeTransaction,
): Field[] {
  return [
    transaction.chainId,
    transaction.nonce,
    transaction.maxPriorityFeePerGas,
    transaction.maxFeePerGas,
    ...callFields(transaction),
    accessListFields(transaction.accessList),
  ];
}

function callFields({ gasLimit, to, value, data }: UnsignedTransaction): Field[] {
  return [gasLimit, to ?? EMPTY_BYTES, value, data];
}

function signatureFields({ yParity, r, s }: Signature): Field[] {
  return [yParity, r, s];
}

function accessListFields(list: readonly AccessListEntry[]): Field {
  return list.map(({ address, storageKeys }) => [address, storageKeys]);
}

function authorizationFields(authorization: Authorization): Field {
  const { chainId, address, nonce, yParity, r, s } = authorization;
  return [chainId, address, nonce, yParity, r, s];
}

const DECODERS: readonly ((payload: RlpValue) => SignedTransaction)[] = [
  decodeLegacy,
  decodeAccessList,
  decodeFeeMarket,
  decodeBlob,
  decodeSetCode,
];

function decodeLegacy(payload: RlpValue): SignedTransaction {
  const fields = new FieldReader(payload, 'transaction', 9);
  const nonce = fields.uint('nonce', U64);
  const gasPrice = fields.uint('gasPrice', U256);
  const { gasLimit, to, value, data } = readCall(fields);
  const v = fields.uint('v', U256);
  const r = fields.uint('r', U256);
  const s = fields.uint('s', U256);
  const chainId = v >= 35n ? (v - 35n) >> 1n : undefined;
  return { type: LEGACY_TYPE, chainId, nonce, gasPrice, gasLimit, to, value, data, v, r, s };
}

function decodeAccessList(payload: RlpValue): SignedTransaction {
  const fields = new FieldReader(payload, 'transaction', 11);
  const chainId = fields.uint('chainId', U256);
  const nonce = fields.uint('nonce', U64);
  const gasPrice = fields.uint('gasPrice', U256);
  const { gasLimit, to, value, data } = readCall(fields);
  const accessList = readAccessList(fields);
  const signature = readSignature(fields);
  return {
    type: ACCESS_LIST_TYPE,
    chainId,
    nonce,
    gasPrice,
    gasLimit,
    to,
    value,
    data,
    accessList,
    ...signature,
  };
}

function decodeFeeMarket(payload: RlpValue): SignedTransaction {
  const fields = new FieldReader(payload, 'transaction', 12);
  const head = readFeeMarketHead(fields);
  const { gasLimit, to, value, data } = readCall(fields);
  const accessList = readAccessList(fields);
  const signature = readSignature(fields);
  return { type: FEE_MARKET_TYPE, ...head, gasLimit, to, value, data, accessList, ...signature };
}

function decodeBlob(payload: RlpValue): SignedTransaction {
  const fields = new FieldReader(payload, 'transaction', 14);
  const head = readFeeMarketHead(fields);
  const gasLimit = fields.uint('gasLimit', U64);
  const to = fields.hex('to', ADDRESS);
  const value = fields.uint('value', U256);
  const data = fields.bytes('data');
  const accessList = readAccessList(fields);
  const maxFeePerBlobGas = fields.uint('maxFeePerBlobGas', U256);
  const blobVersionedHashes = readWords(fields.list('blobVersionedHashes'), 'blobVersionedHashes');
  const signature = readSignature(fields);
  return {
    type: BLOB_TYPE,
    ...head,
    gasLimit,
    to,
    value,
    data,
    accessList,
    maxFeePerBlobGas,
    blobVersionedHashes,
    ...signature,
  };
}

function decodeSetCode(payload: RlpValue): SignedTransaction {
  const fields = new FieldReader(payload, 'transaction', 13);
  const head = readFeeMarketHead(fields);
  const gasLimit = fields.uint('gasLimit', U64);
  const to = fields.hex('to', ADDRESS);
  const value = fields.uint('value', U256);
  const data = fields.bytes('data');
  const accessList = readAccessList(fields);
  const authorizationList = fields.list('authorizationList').map(authorizationFromRlp);
  const signature = readSignature(fields);
  return {
    type: SET_CODE_TYPE,
    ...head,
    gasLimit,
    to,
    value,
    data,
    accessList,
    authorizationList,
    ...signature,
  };
}

function readFeeMarketHead(
  fields: FieldReader,
): Pick<UnsignedFeeMarketTransaction, 'chainId' | 'nonce' | 'maxPriorityFeePerGas' | 'maxFeePerGas'> {
  const chainId = fields.uint('chainId', U256);
  const nonce = fields.uint('nonce', U64);
  const maxPriorityFeePerGas = fields.uint('maxPriorityFeePerGas', U256);
  const maxFeePerGas = fields.uint('maxFeePerGas', U256);
  return { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas };
}

function readCall(
  fields: FieldReader,
): Pick<UnsignedFeeMarketTransaction, 'gasLimit' | 'to' | 'value' | 'data'> {
  const gasLimit = fields.uint('gasLimit', U64);
  const to = fields.receiver('to');
  const value = fields.uint('value', U256);
  const data = fields.bytes('data');
  return { gasLimit, to, value, data };
}

function readSignature(fields: FieldReader): Signature {
  const yParity = fields.bit('yParity');
  const r = fields.uint('r', U256);
  const s = fields.uint('s', U256);
  return { yParity, r, s };
}

function readAccessList(fields: FieldReader): readonly AccessListEntry[] {
  return fields.list('accessList').map((item) => {
    const entry = new FieldReader(item, 'access list entry', 2);
    const address = entry.hex('address', ADDRESS);
    const storageKeys = readWords(entry.list('storageKeys'), 'storageKey');
    return { address, storageKeys };
  });
}

function readWords(items: readonly RlpValue[], field: string): readonly Hex[] {
  if (items.length === 0) return [];
  const words = new FieldReader(items, 'transaction', items.length);
  return items.map(() => words.hex(field, WORD));
}

// The parity is any byte here: an authorization with a bad signature is skipped when it is executed,
// it does not make the transaction malformed (EIP-7702).
function authorizationFromRlp(item: RlpValue): Authorization {
  const fields = new FieldReader(item, 'authorization', 6);
  const chainId = fields.uint('chainId', U256);
  const address = fields.hex('address', ADDRESS);
  const nonce = fields.uint('nonce', U64);
  const yParity = Number(fields.uint('yParity', 1));
  const r = fields.uint('r', U256);
  const s = fields.uint('s', U256);
  return { chainId, address, nonce, yParity, r, s };
}
