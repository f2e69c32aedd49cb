import { bytesToHex, hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Nibbles } from '../src/nibbles.ts';
import {
  decodeHexPrefix,
  hexPrefix,
  hexPrefixLength,
  joinNibbles,
  keyNibbles,
  nibbleAt,
  nibbleCount,
  nibbles,
  sharedNibbles,
  writeHexPrefix,
} from '../src/nibbles.ts';
import { thrownCode } from './thrown.ts';

/** One nibble a number. */
function spread({ bytes, from, to }: Nibbles): number[] {
  return Array.from({ length: to - from }, (_, i) => nibbleAt(bytes, from + i));
}

const paths = fc.tuple(fc.uint8Array({ maxLength: 6 }), fc.nat(12), fc.nat(12)).map(([bytes, a, b]) => {
  const [from, to] = [a % (2 * bytes.length + 1), b % (2 * bytes.length + 1)].sort((x, y) => x - y);
  return nibbles(bytes, from as number, to as number);
});

describe('nibbles', () => {
  it('reads the high one first', () => {
    expect(spread(keyNibbles(Uint8Array.of(0x12, 0xab)))).toEqual([1, 2, 10, 11]);
    expect(nibbleCount(keyNibbles(new Uint8Array(3)))).toBe(6);
  });

  it('joins any parts', () => {
    fc.assert(
      fc.property(fc.array(paths, { maxLength: 4 }), (parts) => {
        expect(spread(joinNibbles(...parts))).toEqual(parts.flatMap(spread));
      }),
    );
  });

  it('counts what a path shares with a key, in step or out of step', () => {
    const keys = fc.uint8Array({ maxLength: 6 });
    const check = (path: Nibbles, key: Uint8Array, depth: number): void => {
      const a = spread(path);
      const b = spread(nibbles(key, depth, 2 * key.length));
      let expected = 0;
      while (expected < Math.min(a.length, b.length) && a[expected] === b[expected]) expected++;
      expect(sharedNibbles(path, key, depth)).toBe(expected);
    };
    fc.assert(
      fc.property(paths, keys, fc.nat(12), (path, key, depth) => {
        check(path, key, depth % (2 * key.length + 1));
        // The same bytes elsewhere, so that much is shared.
        check(path, path.bytes, path.from);
        check(path, Uint8Array.of(7, ...path.bytes), path.from + 2);
        const moved = joinNibbles(
          nibbles(Uint8Array.of(0), 0, 1),
          keyNibbles(path.bytes),
          nibbles(key, 0, 0),
        );
        if (moved.to % 2 === 0) check(path, moved.bytes, path.from + 1);
      }),
    );
  });
});

describe('hex prefix', () => {
  it.each([
    ['an even extension', '0x1234', 0, 4, false, '0x001234'],
    ['an odd extension', '0x0234', 1, 4, false, '0x1234'],
    ['an even leaf', '0x1234', 0, 4, true, '0x201234'],
    ['an odd leaf', '0x1234', 1, 4, true, '0x3234'],
    ['an empty leaf', '0x12', 2, 2, true, '0x20'],
    ['an even path out of step', '0x0123', 1, 3, false, '0x0012'],
    ['an odd path from an even place', '0x1234', 0, 3, false, '0x1123'],
  ] as const)('encodes %s', (_, bytes, from, to, isLeaf, encoded) => {
    expect(bytesToHex(hexPrefix(nibbles(hexToBytes(bytes), from, to), isLeaf))).toBe(encoded);
  });

  it('gives path and kind back', () => {
    fc.assert(
      fc.property(paths, fc.boolean(), (path, isLeaf) => {
        const encoded = hexPrefix(path, isLeaf);
        expect(encoded.length).toBe(hexPrefixLength(path));
        const decoded = decodeHexPrefix(encoded);
        expect(decoded.isLeaf).toBe(isLeaf);
        expect(spread(decoded.path)).toEqual(spread(path));
      }),
    );
  });

  it('writes where it is told to', () => {
    const out = new Uint8Array(5).fill(0xee);
    expect(writeHexPrefix(nibbles(hexToBytes('0x0abc'), 1, 4), true, out, 2)).toBe(4);
    expect(bytesToHex(out)).toBe('0xeeee3abcee');
  });

  it('has one encoding of each path', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), (bytes) => {
        let decoded;
        try {
          decoded = decodeHexPrefix(bytes);
        } catch (error) {
          expect((error as { code: string }).code).toBe('STATE_INVALID_HEX_PREFIX');
          return;
        }
        expect(hexPrefix(decoded.path, decoded.isLeaf)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['nothing', '0x'],
    ['unknown flags', '0x40'],
    ['padding that is not zero', '0x0112'],
  ])('refuses %s', (_, hex) => {
    expect(thrownCode(() => decodeHexPrefix(hexToBytes(hex)))).toBe('STATE_INVALID_HEX_PREFIX');
  });
});
