import { base64ToBytes, bigintToBytes, bytesToBigint, isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_INPUT_BYTES } from '../src/instance.ts';
import { modexp } from '../src/modexp.ts';
import { modexpPortableBase64 } from './generated/modexp-portable.ts';
import { intrinsics } from './support/intrinsics.ts';

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus === 0n) return 0n;
  let result = 1n % modulus;
  let factor = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

/** The portable build on the same operands, in one page of memory. */
function portable(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
  const memory = new Uint8Array(portableKernel.memory.buffer);
  memory.fill(0xa5);
  memory.set(base, 0);
  memory.set(exponent, 4_096);
  memory.set(modulus, 8_192);
  portableKernel.modexp(12_288, 0, base.length, 4_096, exponent.length, 8_192, modulus.length, 16_384);
  return memory.slice(12_288, 12_288 + modulus.length);
}
const portableKernel = new WebAssembly.Instance(
  new WebAssembly.Module(base64ToBytes(modexpPortableBase64) as Uint8Array<ArrayBuffer>),
  { intr: intrinsics },
).exports as unknown as { memory: WebAssembly.Memory; modexp: (...parameters: number[]) => void };

function check(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): void {
  const expected = bigintToBytes(
    power(bytesToBigint(base), bytesToBigint(exponent), bytesToBigint(modulus)),
    modulus.length,
  );
  expect(modexp(base, exponent, modulus)).toEqual(expected);
}

const bytes = (length: number, fill: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => fill(i));
const operand = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    // Runs of zeros and ones: carries, digits to skip, estimates that are too high.
    fc
      .array(fc.constantFrom(0, 0, 0xff, 0xff, 1, 0x80), { maxLength })
      .map((values) => Uint8Array.from(values)),
    fc
      .tuple(fc.nat({ max: maxLength >> 1 }), fc.uint8Array({ maxLength: maxLength >> 1 }))
      .map(([zeros, rest]) => Uint8Array.from([...new Uint8Array(zeros), ...rest])),
  );

describe('modexp', () => {
  it('equals the definition on operands of all lengths', () => {
    fc.assert(fc.property(operand(80), operand(8), operand(64), check), { numRuns: 1_500 });
  });

  it('takes long exponents through windows', () => {
    fc.assert(fc.property(operand(40), operand(48), operand(40), check), { numRuns: 400 });
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 127, 128, 129, 256])(
    'works at a modulus of %i bytes, odd, even and a power of two',
    (length) => {
      const base = bytes(length + 3, (i) => 251 - i * 7);
      const exponent = bytes(5, (i) => 0x93 + i);
      const modulus = bytes(length, (i) => 0xf1 ^ (i * 29));
      for (const low of [0xff, 0xfe, 0x01, 0x80, 0x00]) {
        modulus[length - 1] = low;
        check(base, exponent, modulus);
      }
      check(
        base,
        exponent,
        bytes(length, () => 0xff),
      );
      check(
        base,
        exponent,
        bytes(length, (i) => (i === 0 ? 0x80 : 0)),
      );
      check(
        base,
        exponent,
        bytes(length, (i) => (i === 0 ? 1 : 0)),
      );
    },
  );

  it('does what EIP-198 says about zeros and ones', () => {
    const none = new Uint8Array(0);
    const one = Uint8Array.of(1);
    const zero = Uint8Array.of(0);
    const nine = Uint8Array.of(0, 0, 9);
    expect(modexp(none, none, none)).toEqual(none);
    expect(modexp(none, none, nine)).toEqual(Uint8Array.of(0, 0, 1));
    expect(modexp(zero, zero, nine)).toEqual(Uint8Array.of(0, 0, 1));
    expect(modexp(zero, one, nine)).toEqual(Uint8Array.of(0, 0, 0));
    expect(modexp(nine, one, nine)).toEqual(Uint8Array.of(0, 0, 0));
    expect(modexp(nine, none, one)).toEqual(zero);
    expect(modexp(nine, nine, Uint8Array.of(0, 0, 0, 0))).toEqual(new Uint8Array(4));
    expect(modexp(nine, nine, none)).toEqual(none);
  });

  it('knows Fermat: a^(p-1) = 1 modulo the prime of secp256k1', () => {
    const prime = 2n ** 256n - 2n ** 32n - 977n;
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: prime - 1n }), (a) => {
        const result = modexp(bigintToBytes(a), bigintToBytes(prime - 1n), bigintToBytes(prime));
        return bytesToBigint(result) === 1n;
      }),
      { numRuns: 30 },
    );
  });

  it('adds exponents: x^a x^b = x^(a+b)', () => {
    const exponent = fc.bigInt({ min: 0n, max: 1n << 200n });
    fc.assert(
      fc.property(operand(48), exponent, exponent, operand(48), (base, a, b, modulus) => {
        const to = (e: bigint) => bytesToBigint(modexp(base, bigintToBytes(e), modulus));
        const m = bytesToBigint(modulus);
        fc.pre(m > 0n);
        return (to(a) * to(b)) % m === to(a + b);
      }),
      { numRuns: 200 },
    );
  });

  it('takes 1,024 bytes each, and more', () => {
    const base = bytes(1_024, (i) => i * 31 + 7);
    const modulus = bytes(1_024, (i) => 0xff - ((i * 13) & 0x7f));
    const exponent = bytes(1_024, (i) => (i < 1_022 ? 0 : 0xfd));
    check(base, exponent, modulus);
    modulus[1_023] = 0;
    check(base, exponent, modulus);
    check(
      bytes(3_000, (i) => i),
      Uint8Array.of(3),
      bytes(20, () => 0x77),
    );
    check(
      bytes(30, (i) => i),
      Uint8Array.of(3),
      bytes(3_000, (i) => i + 1),
    );
  });

  it('does not pay for zeros in front', () => {
    const padded = (value: number) => {
      const long = new Uint8Array(3_000_000);
      long[long.length - 1] = value;
      return long;
    };
    expect(modexp(padded(3), padded(5), Uint8Array.of(7))).toEqual(Uint8Array.of(5));
    expect(modexp(padded(3), padded(5), padded(7)).at(-1)).toBe(5);
  });

  it('refuses what is beyond the limit', () => {
    const huge = { length: MAX_INPUT_BYTES, 0: 1, subarray: () => huge } as unknown as Uint8Array;
    let code: string | undefined;
    try {
      modexp(huge, Uint8Array.of(1), Uint8Array.of(3));
    } catch (error) {
      code = isNinefoldError(error) ? error.code : String(error);
    }
    expect(code).toBe('KERNELS_INPUT_TOO_LARGE');
  });

  it('gives the same in the portable build', () => {
    fc.assert(
      fc.property(operand(100), operand(12), operand(100), (base, exponent, modulus) => {
        expect(portable(base, exponent, modulus)).toEqual(modexp(base, exponent, modulus));
      }),
      { numRuns: 100 },
    );
  });
});
