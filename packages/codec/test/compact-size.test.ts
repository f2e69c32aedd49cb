import { bytesToHex, hexToBytes, isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compactSizeLength,
  decodeCompactSize,
  encodeCompactSize,
  writeCompactSize,
} from '../src/compact-size.ts';

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
};

describe('CompactSize', () => {
  it.each([
    [0, '0x00'],
    [252, '0xfc'],
    [253, '0xfdfd00'],
    [0xffff, '0xfdffff'],
    [0x10000, '0xfe00000100'],
    [0xffffffff, '0xfeffffffff'],
    [0x100000000, '0xff0000000001000000'],
    [Number.MAX_SAFE_INTEGER, '0xffffffffffffff1f00'],
  ])('%d is %s', (count, text) => {
    expect(bytesToHex(encodeCompactSize(count))).toBe(text);
    expect(compactSizeLength(count)).toBe(text.length / 2 - 1);
    expect(decodeCompactSize(hexToBytes(text), 0)).toEqual({ value: count, next: text.length / 2 - 1 });
  });

  it('round trip inside a larger buffer', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 20 }), (count, at) => {
        const buffer = new Uint8Array(32);
        const end = writeCompactSize(buffer, at, count);
        expect(decodeCompactSize(buffer, at)).toEqual({ value: count, next: end });
        expect(buffer.subarray(end).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it('refuses longer forms than needed', () => {
    for (const text of ['0xfdfc00', '0xfeffff0000', '0xffffffffff00000000', '0xfd0000']) {
      expect(codeOf(() => decodeCompactSize(hexToBytes(text), 0))).toBe('COMPACT_SIZE_NOT_CANONICAL');
    }
  });

  it('refuses what is cut off', () => {
    for (const text of ['0x', '0xfd', '0xfd01', '0xfe010203', '0xff01020304050607']) {
      expect(codeOf(() => decodeCompactSize(hexToBytes(text), 0))).toBe('COMPACT_SIZE_TRUNCATED');
    }
  });

  it('refuses what a number cannot hold', () => {
    expect(codeOf(() => decodeCompactSize(hexToBytes('0xffffffffffffffffff'), 0))).toBe('COMPACT_SIZE_RANGE');
    for (const count of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(codeOf(() => encodeCompactSize(count))).toBe('COMPACT_SIZE_RANGE');
    }
  });
});
