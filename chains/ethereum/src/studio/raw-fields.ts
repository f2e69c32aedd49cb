import type { Bytes } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { RawField } from '@ninefold/studio-api';

const CALL = ['gasLimit', 'to', 'value', 'data'] as const;
const FEE_MARKET = [
  'chainId',
  'nonce',
  'maxPriorityFeePerGas',
  'maxFeePerGas',
  ...CALL,
  'accessList',
] as const;
const SIGNATURE = ['yParity', 'r', 's'] as const;

/** Names of a transaction's fields in the order of its encoding, by type. */
const FIELDS: readonly (readonly string[])[] = [
  ['nonce', 'gasPrice', ...CALL, 'v', 'r', 's'],
  ['chainId', 'nonce', 'gasPrice', ...CALL, 'accessList', ...SIGNATURE],
  [...FEE_MARKET, ...SIGNATURE],
  [...FEE_MARKET, 'maxFeePerBlobGas', 'blobVersionedHashes', ...SIGNATURE],
  [...FEE_MARKET, 'authorizationList', ...SIGNATURE],
];

/** Characters of a value that are shown; the bytes themselves are there in full. */
const SHOWN = 80;

/**
 * Which bytes of an encoded transaction are which field. The encoding is one the node made itself.
 *
 * @example rawFields(encodeTransaction(tx)).find(({ name }) => name === 'nonce')
 */
export function rawFields(encoded: Bytes): readonly RawField[] {
  const type = (encoded[0] ?? 0xff) <= 4 ? (encoded[0] as number) : 0;
  const isTyped = (encoded[0] ?? 0xff) <= 4;
  const fields: RawField[] = isTyped ? [{ name: 'type', offset: 0, length: 1, value: String(type) }] : [];
  const list = itemAt(encoded, isTyped ? 1 : 0);
  let at = list.payload;
  for (const name of FIELDS[type] ?? []) {
    if (at >= encoded.length) break;
    const item = itemAt(encoded, at);
    const text = bytesToHex(encoded.subarray(item.payload, item.end));
    const value = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    fields.push({ name, offset: at, length: item.end - at, value });
    at = item.end;
  }
  return fields;
}

/** Where the payload of an RLP item begins and the item ends. */
function itemAt(bytes: Bytes, at: number): { readonly payload: number; readonly end: number } {
  const first = bytes[at] ?? 0x80;
  if (first < 0x80) return { payload: at, end: at + 1 };
  const base = first < 0xc0 ? 0x80 : 0xc0;
  if (first - base < 56) return { payload: at + 1, end: at + 1 + first - base };
  const size = first - base - 55;
  let length = 0;
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[at + 1 + i] ?? 0);
  return { payload: at + 1 + size, end: at + 1 + size + length };
}
