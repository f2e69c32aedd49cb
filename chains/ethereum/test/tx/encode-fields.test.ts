import { bigintToBytes, bytesToHex, EMPTY_BYTES, hexToBytes, isNinefoldError } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import { decodeRlp, encodeRlp } from '@ninefold/codec';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Field } from '../../src/tx/encode-fields.ts';
import { encodeFields, encodeInSlab, hashFields } from '../../src/tx/encode-fields.ts';

/** What the codec is given for the same. */
function toRlp(field: Field): RlpValue {
  if (typeof field === 'string') return hexToBytes(field);
  if (typeof field === 'bigint' || typeof field === 'number') return bigintToBytes(BigInt(field));
  return field instanceof Uint8Array ? field : field.map(toRlp);
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.uint8Array({ minLength: 54, maxLength: 57 }),
  fc.uint8Array({ minLength: 250, maxLength: 260 }),
  fc.nat({ max: 255 }).map((byte) => Uint8Array.of(byte)),
);
const leaf: fc.Arbitrary<Field> = fc.oneof(
  bytes,
  bytes.map(bytesToHex),
  bytes.map((each): Field => `0x${bytesToHex(each).slice(2).toUpperCase()}`),
  fc.bigInt({ min: 0n, max: (1n << 260n) - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(0xffff_ffff_ffffn, 0x1_0000_0000_0000n),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);
const { field } = fc.letrec<{ field: Field }>((tie) => ({
  field: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('field'), { maxLength: 6 })),
}));

describe('encodeFields', () => {
  it('equals the codec on the byte strings that fields stand for', () => {
    fc.assert(
      fc.property(field, (value) => {
        expect(encodeFields(value)).toEqual(encodeRlp(toRlp(value)));
      }),
      { numRuns: 500 },
    );
  });

  it('puts a byte in front', () => {
    fc.assert(
      fc.property(field, fc.nat({ max: 255 }), (value, prefix) => {
        const encoded = encodeFields(value, prefix);
        expect(encoded[0]).toBe(prefix);
        expect(encoded.subarray(1)).toEqual(encodeRlp(toRlp(value)));
      }),
    );
  });

  it('grows for what is large and gives results that do not share memory', () => {
    const large = new Uint8Array(300_000).fill(7);
    const first = encodeFields([large, large]);
    const second = encodeFields([1n]);
    expect(second).toEqual(Uint8Array.of(0xc1, 1));
    expect(first.length).toBe(600_012);
    expect(decodeRlp(first)).toEqual([large, large]);
    expect(second.buffer.byteLength).toBe(second.length);
  });

  it.each([
    ['0x', '80'],
    ['0x00', '00'],
    ['0x7f', '7f'],
    ['0x80', '8180'],
    [0n, '80'],
    [127, '7f'],
    [128n, '8180'],
    [EMPTY_BYTES, '80'],
    [[], 'c0'],
    [[[], [[]]], 'c3c0c1c0'],
  ] as const)('of %s', (value, expected) => {
    expect(bytesToHex(encodeFields(value))).toBe(`0x${expected}`);
  });

  it.each(['0x0', '0xzz', '0x00gg', '12', '0xé0'])('refuses %s, which is no hex', (value) => {
    const encode = (): unknown => encodeFields([1n, value as `0x${string}`]);
    expect(encode).toThrow();
    try {
      encode();
    } catch (error) {
      expect(isNinefoldError(error, 'BASE_INVALID_HEX')).toBe(true);
    }
    // The next encoding is none the wiser.
    expect(encodeFields(5n)).toEqual(Uint8Array.of(5));
  });

  it.each([-1n, -1, 0.5, Number.NaN])('refuses %s', (value) => {
    expect(() => encodeFields(value)).toThrow(
      expect.objectContaining({ code: 'BASE_INTEGER_RANGE' }) as Error,
    );
  });
});

describe('hashFields', () => {
  it('is the hash of the encoding', () => {
    fc.assert(
      fc.property(field, fc.option(fc.nat({ max: 255 }), { nil: undefined }), (value, prefix) => {
        expect(hashFields(value, prefix)).toEqual(keccak256(encodeFields(value, prefix)));
      }),
    );
  });
});

describe('encodeInSlab', () => {
  it('gives the same bytes, which stay as they are', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 20, maxLength: 80 }), (values) => {
        const encoded = values.map(encodeInSlab);
        expect(encoded).toEqual(values.map((value) => encodeFields(value)));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps what is large apart from what is small', () => {
    const small = encodeInSlab([1n]);
    const large = encodeInSlab(new Uint8Array(5000));
    expect(large.buffer.byteLength).toBe(large.length);
    expect(small.buffer).not.toBe(large.buffer);
    expect(encodeInSlab([2n]).buffer).toBe(small.buffer);
  });
});
