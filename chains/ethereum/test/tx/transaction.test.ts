import { bytesToHex, concatBytes, hexToBytes, isNinefoldError } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import { encodeRlp } from '@ninefold/codec';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecLaws } from '../../../../packages/codec/test/laws.ts';
import { decodeTransaction, encodeTransaction, transactionHash } from '../../src/tx/transaction.ts';
import { transactions } from './arbitraries.ts';

const DECODING_ERRORS = [
  'TX_EMPTY',
  'TX_TYPE_UNKNOWN',
  'ETH_MALFORMED_RLP',
  'ETH_FIELD_COUNT',
  'ETH_INVALID_FIELD',
];

/** What decoding refuses with: code and context. */
function refusal(bytes: Uint8Array): unknown {
  try {
    decodeTransaction(bytes);
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return { code: error.code, ...(error.context as object) };
  }
  return undefined;
}

const empty = new Uint8Array(0);
const word = new Uint8Array(32).fill(7);
const to = new Uint8Array(20).fill(1);
const legacyFields = (): Uint8Array[] => [
  empty,
  Uint8Array.of(1),
  Uint8Array.of(0x52, 0x08),
  to,
  empty,
  empty,
  Uint8Array.of(27),
  word,
  word,
];
const legacyWith = (index: number, value: Uint8Array | Uint8Array[]): Uint8Array =>
  encodeRlp(legacyFields().map((field, i) => (i === index ? value : field)));

codecLaws({
  name: 'transactions',
  encode: encodeTransaction,
  decode: decodeTransaction,
  values: transactions,
  errors: DECODING_ERRORS,
});

describe('decodeTransaction', () => {
  // The first transaction ever mined, in block 46147.
  const first: Hex =
    '0xf86780862d79883d2000825208945df9b87991262f6ba471f09758cde1c0fc1de734827a69801ca088ff6cf0fefd94db46111149ae4bfc179e9b94721fffd821d38d16464b3f71d0a045e0aff800961cfce805daef7016b9b675c137a6a41a548f7b60a3484c06a33a';

  it('reads the first transaction of the chain', () => {
    const transaction = decodeTransaction(hexToBytes(first));
    expect(transaction).toMatchObject({
      type: 0,
      chainId: undefined,
      nonce: 0n,
      gasPrice: 50_000_000_000_000n,
      gasLimit: 21_000n,
      to: '0x5df9b87991262f6ba471f09758cde1c0fc1de734',
      value: 31_337n,
      v: 28n,
    });
    expect(transactionHash(transaction)).toBe(
      '0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060',
    );
  });

  it('gives the chain id of an EIP-155 signature', () => {
    expect(decodeTransaction(legacyWith(6, Uint8Array.of(37)))).toMatchObject({ chainId: 1n });
    expect(decodeTransaction(legacyWith(6, Uint8Array.of(38)))).toMatchObject({ chainId: 1n });
    expect(decodeTransaction(legacyWith(6, Uint8Array.of(35)))).toMatchObject({ chainId: 0n });
  });

  it('does not change when the input is overwritten afterwards', () => {
    const input = hexToBytes(first);
    const transaction = decodeTransaction(input);
    input.fill(0);
    expect(bytesToHex(encodeTransaction(transaction))).toBe(first);
  });

  it('encodes and hashes once', () => {
    const transaction = decodeTransaction(hexToBytes(first));
    expect(encodeTransaction(transaction)).toBe(encodeTransaction(transaction));
    const copy = { ...transaction };
    expect(encodeTransaction(copy)).toEqual(encodeTransaction(transaction));
    expect(transactionHash(copy)).toBe(transactionHash(transaction));
  });

  it('names the field and what is wrong with it', () => {
    const invalid = { code: 'ETH_INVALID_FIELD', structure: 'transaction' };
    const long = new Uint8Array(33).fill(1);
    for (const [index, value, reason] of [
      [0, Uint8Array.of(0, 1), { field: 'nonce', problem: 'leading-zeros' }],
      [0, long.subarray(0, 9), { field: 'nonce', problem: 'overflow' }],
      [1, long, { field: 'gasPrice', problem: 'overflow' }],
      [2, [word], { field: 'gasLimit', problem: 'is-list' }],
      [3, to.subarray(1), { field: 'to', problem: 'length', actual: 19 }],
      [4, long, { field: 'value', problem: 'overflow' }],
      [6, Uint8Array.of(0, 27), { field: 'v', problem: 'leading-zeros' }],
      [7, long, { field: 'r', problem: 'overflow' }],
      [8, long, { field: 's', problem: 'overflow' }],
    ] as const) {
      expect(refusal(legacyWith(index, value as Uint8Array))).toMatchObject({ ...invalid, ...reason });
    }
  });

  it('takes integers of full width', () => {
    const max = new Uint8Array(32).fill(255);
    expect(decodeTransaction(legacyWith(4, max))).toMatchObject({ value: 2n ** 256n - 1n });
    expect(decodeTransaction(legacyWith(0, max.subarray(0, 8)))).toMatchObject({ nonce: 2n ** 64n - 1n });
  });

  it('refuses wrong numbers of fields', () => {
    const fields = legacyFields();
    const count = { code: 'ETH_FIELD_COUNT', minimum: 9, maximum: 9 };
    expect(refusal(encodeRlp(fields.slice(1)))).toMatchObject({ ...count, actual: 8 });
    expect(refusal(encodeRlp([...fields, empty]))).toMatchObject({ ...count, actual: 10 });
  });

  it('refuses what is no transaction', () => {
    expect(refusal(empty)).toMatchObject({ code: 'TX_EMPTY' });
    for (const type of [0x00, 0x05, 0x7f, 0x80, 0xbf]) {
      expect(refusal(concatBytes(Uint8Array.of(type), encodeRlp(legacyFields())))).toEqual({
        code: 'TX_TYPE_UNKNOWN',
        type,
      });
    }
    expect(refusal(Uint8Array.of(0x02, 0x80))).toMatchObject({ code: 'ETH_INVALID_FIELD' });
    expect(refusal(Uint8Array.of(0xc2, 0x01))).toMatchObject({ code: 'ETH_MALFORMED_RLP' });
  });

  it('refuses blob and set-code transactions that create', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        fc.pre(transaction.type >= 3);
        const creating = { ...transaction, to: undefined } as never;
        expect(refusal(encodeTransaction(creating))).toMatchObject({
          field: 'to',
          problem: 'length',
          actual: 0,
        });
      }),
    );
  });
});
