import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_BYTES, binaryText, knownAddress } from '../src/host/known-address.ts';
import { toBase58 } from '../src/host/base58.ts';

const address = fc.uint8Array({ minLength: ADDRESS_BYTES, maxLength: ADDRESS_BYTES });

/** Addresses that fall into the same set: what tells them apart is not what is hashed. */
const alike = (tag: number): Uint8Array => {
  const bytes = new Uint8Array(ADDRESS_BYTES).fill(9);
  bytes[20] = tag;
  return bytes;
};

describe('known addresses', () => {
  it('have one character a byte', () => {
    fc.assert(
      fc.property(address, (bytes) => {
        const { key } = knownAddress(bytes);
        expect(key).toBe(binaryText(bytes));
        expect(Uint8Array.from(key, (character) => character.charCodeAt(0))).toEqual(bytes);
      }),
    );
  });

  it('are the same object while they are remembered', () => {
    const first = alike(1);
    const known = knownAddress(first);
    expect(knownAddress(first.slice())).toBe(known);
    knownAddress(alike(2));
    expect(knownAddress(first)).toBe(known);
  });

  it('are told apart where they share a place, and found again after they gave way', () => {
    const tags = Array.from({ length: 40 }, (_, tag) => tag);
    for (let round = 0; round < 3; round++) {
      for (const tag of tags) {
        expect(knownAddress(alike(tag)).key.charCodeAt(20)).toBe(tag);
        expect(toBase58(alike(tag))).toBe(toBase58(Uint8Array.from(alike(tag))));
      }
    }
  });

  it('do not change with the bytes that were asked with', () => {
    const bytes = alike(77);
    const text = toBase58(bytes);
    bytes.fill(0);
    expect(toBase58(alike(77))).toBe(text);
    expect(toBase58(bytes)).toBe('1'.repeat(ADDRESS_BYTES));
  });
});
