import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesToHex,
  bytesToUtf8,
  compareBytes,
  concatBytes,
  copyBytes,
  EMPTY_BYTES,
  equalBytes,
  hexToBytes,
  isHex,
  isNinefoldError,
  padLeft,
  padRight,
  pageCopier,
  trimLeadingZeros,
  utf8ToBytes,
} from '@ninefold/base';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('hex', () => {
  it('writes two lower-case digits a byte', () => {
    expect(bytesToHex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe('0x0001abff');
    expect(bytesToHex(EMPTY_BYTES)).toBe('0x');
  });

  it('reads back what it wrote, in either case', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const hex = bytesToHex(value);
        expect(hexToBytes(hex)).toEqual(value);
        expect(hexToBytes(`0x${hex.slice(2).toUpperCase()}`)).toEqual(value);
        expect(isHex(hex)).toBe(true);
        expect(isHex(hex, value.length)).toBe(true);
        expect(isHex(hex, value.length + 1)).toBe(false);
      }),
    );
  });

  it.each([
    ['', 0],
    ['ff', 0],
    ['0Xff', 0],
    ['0xf', 3],
    ['0xfg', 3],
    ['0xgf', 2],
    ['0x0\u0660', 3],
    ['0x  ', 2],
  ])('names the place of the first wrong character of %j', (value, position) => {
    const error = thrownBy(() => hexToBytes(value));
    expect(isNinefoldError(error, 'BASE_INVALID_HEX')).toBe(true);
    expect(error).toMatchObject({ context: { value, position } });
    expect(isHex(value)).toBe(false);
  });

  it('accepts a string exactly when isHex does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^0x[\da-fA-Fg]*$/)), (text) => {
        const accepted = thrownBy(() => hexToBytes(text)) === undefined;
        expect(isHex(text)).toBe(accepted);
      }),
    );
  });

  it.each([undefined, null, 1, {}, ['0x']])('does not take %j for hex', (value) => {
    expect(isHex(value)).toBe(false);
  });
});

describe('concatenation and copies', () => {
  it('joins all parts in order into fresh memory', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (parts) => {
        expect(Array.from(concatBytes(...parts))).toEqual(parts.flatMap((part) => Array.from(part)));
      }),
    );
    const only = Uint8Array.of(1);
    expect(concatBytes(only)).not.toBe(only);
  });

  it('copies own their memory', () => {
    const memory = Uint8Array.of(1, 2, 3, 4);
    const copy = copyBytes(memory.subarray(1, 3));
    memory.fill(9);
    expect(copy).toEqual(Uint8Array.of(2, 3));
    expect(copy.buffer.byteLength).toBe(2);
    expect(copyBytes(Buffer.from([1])).constructor).toBe(Uint8Array);
  });
});

describe('order', () => {
  it('is the order of the hex texts', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [left, right] = [bytesToHex(a), bytesToHex(b)];
        const expected = left < right ? -1 : left > right ? 1 : 0;
        expect(Math.sign(compareBytes(a, b))).toBe(expected);
        expect(Math.sign(compareBytes(b, a))).toBe(expected === 0 ? 0 : -expected);
        expect(equalBytes(a, b)).toBe(expected === 0);
        expect(equalBytes(a, copyBytes(a))).toBe(true);
      }),
    );
  });

  it('sees a difference at each place, whatever the length and where the bytes lie', () => {
    for (const length of [1, 7, 8, 9, 32, 33, 165, 255, 256, 300]) {
      for (const offset of [0, 1, 4]) {
        const memory = new Uint8Array(length + offset).fill(7);
        const a = memory.subarray(offset);
        const b = new Uint8Array(length).fill(7);
        expect(equalBytes(a, b)).toBe(true);
        for (let at = 0; at < length; at++) {
          a[at] = 8;
          expect(equalBytes(a, b)).toBe(false);
          a[at] = 7;
        }
      }
    }
  });

  it('puts a prefix before what it begins', () => {
    expect(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
    expect(compareBytes(EMPTY_BYTES, EMPTY_BYTES)).toBe(0);
  });
});

describe('copies in pages', () => {
  it('keep what they were made of, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 40 }), (all) => {
        const keep = pageCopier();
        const given = all.map(copyBytes);
        const kept = given.map(keep);
        for (const value of given) value.fill(0xee);
        expect(kept).toEqual(all);
        for (const copy of kept) expect(copy.byteOffset % 8).toBe(0);
      }),
    );
  });

  it('share memory while they are short', () => {
    const keep = pageCopier(64);
    const [a, b, long] = [new Uint8Array(8), new Uint8Array(3), new Uint8Array(9)].map(keep);
    expect(a?.buffer).toBe(b?.buffer);
    expect(long?.buffer.byteLength).toBe(9);
  });

  it('are no views of a Buffer', () => {
    const buffer = Buffer.alloc(5000, 1);
    const copy = pageCopier()(buffer);
    buffer.fill(2);
    expect(copy[0]).toBe(1);
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
  });
});

describe('padding', () => {
  it('keeps the bytes and the length asked for', () => {
    fc.assert(
      fc.property(bytes, fc.nat(20), (value, extra) => {
        const length = value.length + extra;
        const left = padLeft(value, length);
        const right = padRight(value, length);
        expect(left).toEqual(concatBytes(new Uint8Array(extra), value));
        expect(right).toEqual(concatBytes(value, new Uint8Array(extra)));
      }),
    );
  });

  it.each([padLeft, padRight])('refuses what is too long', (pad) => {
    const error = thrownBy(() => pad(new Uint8Array(5), 4));
    expect(error).toMatchObject({ code: 'BASE_TOO_LONG', context: { length: 5, limit: 4 } });
  });

  it('is undone by trimming', () => {
    fc.assert(
      fc.property(bytes, fc.nat(9), (value, zeros) => {
        const trimmed = trimLeadingZeros(concatBytes(new Uint8Array(zeros), value));
        expect(trimmed).toEqual(trimLeadingZeros(value));
        expect(trimmed[0]).not.toBe(0);
      }),
    );
    expect(trimLeadingZeros(new Uint8Array(3))).toEqual(EMPTY_BYTES);
  });
});

describe('UTF-8', () => {
  it('round-trips well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\0', 'é', '€', '😀', '\ufeff') }), (text) => {
        expect(bytesToUtf8(utf8ToBytes(text))).toBe(text);
      }),
    );
  });

  it('replaces malformed sequences', () => {
    expect(bytesToUtf8(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
