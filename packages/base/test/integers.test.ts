import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  bytesToNumber,
  fromQuantity,
  numberToBytes,
  padLeft,
  toQuantity,
  trimLeadingZeros,
} from '@ninefold/base';

const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const code = (value: string): object => expect.objectContaining({ code: value });

describe('big-endian integers', () => {
  it('has minimal bytes without a length and padded ones with it', () => {
    fc.assert(
      fc.property(uint(300), (value) => {
        const bytes = bigintToBytes(value);
        expect(bytesToBigint(bytes)).toBe(value);
        expect(bytes).toEqual(trimLeadingZeros(bytes));
        expect(bigintToBytes(value, 40)).toEqual(padLeft(bytes, 40));
        expect(bytesToBigint(bigintToBytes(value, 40))).toBe(value);
      }),
    );
    expect(bigintToBytes(0n)).toHaveLength(0);
    expect(bytesToBigint(new Uint8Array(0))).toBe(0n);
  });

  it('reads what the hex text says, at every length and offset', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (bytes) => {
        expect(bytesToBigint(bytes)).toBe(BigInt(bytesToHex(bytes)));
        const shifted = new Uint8Array(bytes.length + 3);
        shifted.set(bytes, 3);
        expect(bytesToBigint(shifted.subarray(3))).toBe(BigInt(bytesToHex(bytes)));
      }),
    );
  });

  it('fits exactly at the edge of a length', () => {
    expect(bigintToBytes(255n, 1)).toEqual(Uint8Array.of(255));
    expect(() => bigintToBytes(256n, 1)).toThrow(code('BASE_INTEGER_RANGE'));
    expect(bigintToBytes(0n, 0)).toHaveLength(0);
    expect(() => bigintToBytes(1n, 0)).toThrow(code('BASE_INTEGER_RANGE'));
    expect(() => bigintToBytes(-1n)).toThrow(code('BASE_INTEGER_RANGE'));
  });
});

describe('safe integers', () => {
  it('agrees with the bigint functions', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = numberToBytes(value);
        expect(bytes).toEqual(bigintToBytes(BigInt(value)));
        expect(bytesToNumber(bytes)).toBe(value);
        expect(bytesToNumber(padLeft(bytes, 32))).toBe(value);
      }),
    );
  });

  it('ends at 2^53 - 1', () => {
    expect(bytesToNumber(bigintToBytes(2n ** 53n - 1n))).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => bytesToNumber(bigintToBytes(2n ** 53n))).toThrow(code('BASE_INTEGER_RANGE'));
    expect(() => bytesToNumber(new Uint8Array(2000).fill(255))).toThrow(code('BASE_INTEGER_RANGE'));
  });

  it.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53])('refuses %d', (value) => {
    expect(() => numberToBytes(value)).toThrow(code('BASE_INTEGER_RANGE'));
    expect(() => toQuantity(value)).toThrow(code('BASE_INTEGER_RANGE'));
  });

  it('refuses what is longer than the length', () => {
    expect(() => numberToBytes(65536, 2)).toThrow(code('BASE_INTEGER_RANGE'));
    expect(numberToBytes(65535, 2)).toEqual(Uint8Array.of(255, 255));
  });
});

describe('quantities', () => {
  it('round-trips without leading zeros', () => {
    fc.assert(
      fc.property(uint(256), (value) => {
        const text = toQuantity(value);
        expect(text).toMatch(/^0x(0|[1-9a-f][\da-f]*)$/);
        expect(fromQuantity(text)).toBe(value);
      }),
    );
    expect(toQuantity(0)).toBe('0x0');
    expect(toQuantity(31337)).toBe('0x7a69');
  });

  it('tolerates leading zeros and capitals', () => {
    expect(fromQuantity('0x00FF')).toBe(255n);
  });

  it.each(['', '0x', '10', '0X10', '0x1g', ' 0x1', '0x1\n', '-0x1'])('refuses %j', (text) => {
    expect(() => fromQuantity(text)).toThrow(code('BASE_INVALID_QUANTITY'));
  });

  it('refuses negative bigints', () => {
    expect(() => toQuantity(-1n)).toThrow(code('BASE_INTEGER_RANGE'));
  });
});
