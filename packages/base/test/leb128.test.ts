import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concatBytes,
  decodeLeb128Signed,
  decodeLeb128Unsigned,
  encodeLeb128Signed,
  encodeLeb128Unsigned,
  isNinefoldError,
} from '@ninefold/base';

const invalid: object = expect.objectContaining({ code: 'BASE_INVALID_LEB128' });
const prefix = Uint8Array.of(0x80, 0x80);

describe('unsigned LEB128', () => {
  it.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [624485, [0xe5, 0x8e, 0x26]],
  ])('encodes %d', (value, bytes) => {
    expect(encodeLeb128Unsigned(value)).toEqual(Uint8Array.from(bytes));
  });

  it('round-trips at any place', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const bytes = concatBytes(prefix, encodeLeb128Unsigned(value));
        expect(decodeLeb128Unsigned(bytes, 2, 64)).toEqual({ value, next: bytes.length });
      }),
    );
  });

  it('accepts padding within the maximal length', () => {
    expect(decodeLeb128Unsigned(Uint8Array.of(0x83, 0x80, 0x00), 0, 32)).toEqual({ value: 3n, next: 3 });
    expect(() => decodeLeb128Unsigned(Uint8Array.of(0x83, 0x80, 0x80, 0x80, 0x80, 0x00), 0, 32)).toThrow(
      invalid,
    );
  });

  it('refuses bits beyond the width', () => {
    expect(decodeLeb128Unsigned(encodeLeb128Unsigned(2n ** 32n - 1n), 0, 32).value).toBe(2n ** 32n - 1n);
    expect(() => decodeLeb128Unsigned(encodeLeb128Unsigned(2n ** 32n), 0, 32)).toThrow(invalid);
  });

  it('refuses negative values instead of looping', () => {
    expect(() => encodeLeb128Unsigned(-1)).toThrow(expect.objectContaining({ code: 'BASE_NEGATIVE_LEB128' }));
  });
});

describe('signed LEB128', () => {
  it.each([
    [0, [0]],
    [-1, [0x7f]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]],
    [-64, [0x40]],
    [-123456, [0xc0, 0xbb, 0x78]],
  ])('encodes %d', (value, bytes) => {
    expect(encodeLeb128Signed(value)).toEqual(Uint8Array.from(bytes));
  });

  it.each([32, 33, 64])('round-trips %d bits', (bits) => {
    const edge = 2n ** BigInt(bits - 1);
    fc.assert(
      fc.property(fc.bigInt({ min: -edge, max: edge - 1n }), (value) => {
        const bytes = concatBytes(prefix, encodeLeb128Signed(value));
        expect(decodeLeb128Signed(bytes, 2, bits)).toEqual({ value, next: bytes.length });
      }),
    );
    for (const beyond of [edge, -edge - 1n]) {
      expect(() => decodeLeb128Signed(encodeLeb128Signed(beyond), 0, bits)).toThrow(invalid);
    }
  });
});

it('decodes any bytes to a value or the typed error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(7, 32, 33, 64), (bytes, bits) => {
      for (const decode of [decodeLeb128Unsigned, decodeLeb128Signed]) {
        try {
          expect(decode(bytes, 0, bits).next).toBeLessThanOrEqual(
            Math.min(bytes.length, Math.ceil(bits / 7)),
          );
        } catch (error) {
          expect(isNinefoldError(error, 'BASE_INVALID_LEB128')).toBe(true);
        }
      }
    }),
  );
});
