import type { Bytes } from '@ninefold/base';
import { concatBytes, isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A codec whose values have exactly one encoding, and what the laws need to know of it. */
export type CodecUnderTest<Value> = {
  readonly name: string;
  readonly encode: (value: Value) => Bytes;
  readonly decode: (bytes: Bytes) => Value;
  /** Valid values, of all shapes. */
  readonly values: fc.Arbitrary<Value>;
  /** The only errors that bytes from outside may raise. */
  readonly errors: readonly string[];
};

/** The laws of every canonical codec: call it at the top level of a test file. */
export function codecLaws<Value>(codec: CodecUnderTest<Value>): void {
  const { encode, decode, values, errors } = codec;

  /** The decoded value, or undefined when refused with one of the codec's own errors. */
  const attempt = (bytes: Bytes): { readonly value: Value } | undefined => {
    try {
      return { value: decode(bytes) };
    } catch (error) {
      if (!isNinefoldError(error) || !errors.includes(error.code)) throw error;
      return undefined;
    }
  };

  describe(`codec laws of ${codec.name}`, () => {
    it('gives every value back', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(decode(encode(value))).toEqual(value);
        }),
      );
    });

    it('refuses trailing bytes', () => {
      const trailing = fc.uint8Array({ minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(values, trailing, (value, extra) => {
          expect(attempt(concatBytes(encode(value), extra))).toBeUndefined();
        }),
      );
    });

    it('refuses every proper prefix', () => {
      fc.assert(
        fc.property(values, fc.nat(), (value, cut) => {
          const bytes = encode(value);
          expect(attempt(bytes.subarray(0, cut % bytes.length))).toBeUndefined();
        }),
      );
    });

    const canonical = (bytes: Bytes): void => {
      const decoded = attempt(bytes);
      if (decoded) expect(encode(decoded.value)).toEqual(bytes);
    };

    it('is total on random bytes and accepts only the canonical form', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), canonical), { numRuns: 1000 });
    });

    it('is total on damaged encodings and accepts only the canonical form', () => {
      fc.assert(
        fc.property(values, fc.nat(), fc.nat(255), (value, at, byte) => {
          const bytes = Uint8Array.from(encode(value));
          bytes[at % bytes.length] = byte;
          canonical(bytes);
        }),
        { numRuns: 500 },
      );
    });
  });
}
