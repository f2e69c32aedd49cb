import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  compareBytes,
  concatBytes,
  didYouMean,
  encodeLeb128Signed,
  encodeLeb128Unsigned,
  fromQuantity,
  padLeft,
  padRight,
  seededRng,
  toQuantity,
} from '@ninefold/base';

const bytes = fc.uint8Array({ maxLength: 40 });
const uint = fc.bigInt({ min: 0n, max: 2n ** 320n });

describe('orders agree', () => {
  it('of integers and their padded bytes', () => {
    fc.assert(
      fc.property(uint, uint, (a, b) => {
        const order = compareBytes(bigintToBytes(a, 41), bigintToBytes(b, 41));
        expect(Math.sign(order)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it('of any three byte strings', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (a, b, c) => {
        const [first, second, third] = [a, b, c].sort(compareBytes) as [Uint8Array, Uint8Array, Uint8Array];
        expect(compareBytes(first, second)).toBeLessThanOrEqual(0);
        expect(compareBytes(second, third)).toBeLessThanOrEqual(0);
        expect(compareBytes(first, third)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('texts and bytes agree', () => {
  it('on concatenation', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(bytesToHex(concatBytes(a, b))).toBe(`${bytesToHex(a)}${bytesToHex(b).slice(2)}`);
      }),
    );
  });

  it('on integers', () => {
    fc.assert(
      fc.property(uint, (value) => {
        const digits = toQuantity(value).slice(2);
        expect(fromQuantity(`0x${digits.padStart(100, '0')}`)).toBe(value);
        expect(bytesToBigint(padLeft(bigintToBytes(value), 50))).toBe(value);
        expect(bytesToBigint(padRight(bigintToBytes(value), 50))).toBe(
          value << BigInt(8 * (50 - bigintToBytes(value).length)),
        );
      }),
    );
  });
});

describe('LEB128 is minimal', () => {
  it('in the number of its groups', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const bits = value === 0n ? 1 : value.toString(2).length;
        expect(encodeLeb128Unsigned(value)).toHaveLength(Math.ceil(bits / 7));
        expect(encodeLeb128Signed(value)).toHaveLength(Math.ceil((value === 0n ? 1 : bits + 1) / 7));
        expect(encodeLeb128Signed(-value - 1n)).toHaveLength(encodeLeb128Signed(value).length);
      }),
    );
  });
});

describe('suggestions', () => {
  const word = fc.stringMatching(/^[a-z]{6,20}$/);

  it('find a word with one slip in it', () => {
    fc.assert(
      fc.property(
        word,
        fc.nat(19),
        fc.constantFrom('swap', 'drop', 'double', 'change'),
        (name, place, slip) => {
          const at = place % (name.length - 1);
          const [before, here, next, after] = [
            name.slice(0, at),
            name[at],
            name[at + 1],
            name.slice(at + 2),
          ] as const;
          const wrong = {
            swap: `${before}${next}${here}${after}`,
            drop: `${before}${next}${after}`,
            double: `${before}${here}${here}${next}${after}`,
            change: `${before}_${next}${after}`,
          }[slip];
          expect(didYouMean(wrong, [name])).toBe(name);
        },
      ),
    );
  });

  it('never come from an empty list', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(didYouMean(text, [])).toBeUndefined();
      }),
    );
  });
});

it('random numbers use the whole range', () => {
  const rng = seededRng(7);
  const ones = new Uint32Array(32);
  const count = 4000;
  for (let i = 0; i < count; i++) {
    const value = rng.u32();
    for (let bit = 0; bit < 32; bit++) ones[bit]! += (value >>> bit) & 1;
  }
  // Six standard deviations of a fair coin.
  for (const sum of ones) expect(Math.abs(sum - count / 2)).toBeLessThan(6 * Math.sqrt(count / 4));
});
