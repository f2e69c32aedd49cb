import type { Bytes } from '@ninefold/base';
import { bytesToHex, concatBytes, hexToBytes, isNinefoldError, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RlpValue } from '../src/rlp.ts';
import {
  decodeRlp,
  decodeRlpItem,
  encodeRlp,
  expectBytes,
  expectList,
  RLP_MAX_DEPTH,
  rlpFromUint,
  rlpToUint,
} from '../src/rlp.ts';
import { codecLaws } from './laws.ts';

/** Byte strings around the borders where the header changes, and short ones. */
const strings = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.uint8Array({ minLength: 54, maxLength: 57 }),
  fc.uint8Array({ minLength: 255, maxLength: 257 }),
);

const { items } = fc.letrec<{ items: RlpValue }>((tie) => ({
  items: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    strings,
    fc.array(tie('items'), { maxLength: 6 }),
  ),
}));

codecLaws<RlpValue>({
  name: 'RLP',
  encode: encodeRlp,
  decode: decodeRlp,
  values: items,
  errors: ['RLP_TRUNCATED', 'RLP_TRAILING_BYTES', 'RLP_NOT_CANONICAL', 'RLP_TOO_DEEP'],
});

function thrown(action: () => unknown): { readonly code: string; readonly at?: number | undefined } {
  try {
    action();
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    return { code: error.code, at: (error.context as { readonly at?: number }).at };
  }
  throw new Error('nothing was thrown');
}

const bytes = (...values: readonly number[]): Bytes => Uint8Array.from(values);
const text = utf8ToBytes;

describe('encodeRlp', () => {
  it.each<readonly [string, RlpValue, string]>([
    ['the empty string', bytes(), '0x80'],
    ['a zero byte', bytes(0), '0x00'],
    ['the largest byte that stands for itself', bytes(0x7f), '0x7f'],
    ['the smallest that does not', bytes(0x80), '0x8180'],
    ['a short string', text('cat'), '0x83636174'],
    ['the empty list', [], '0xc0'],
    ['a list', [text('cat'), text('mouse')], '0xca83636174856d6f757365'],
    ['nested lists', [[], [[]], [[], [[]]]], '0xc7c0c1c0c3c0c1c0'],
  ])('encodes %s', (_, value, encoded) => {
    expect(bytesToHex(encodeRlp(value))).toBe(encoded);
  });

  it.each([
    [55, '0xb7'],
    [56, '0xb838'],
    [255, '0xb8ff'],
    [256, '0xb90100'],
    [65_536, '0xba010000'],
  ])('writes the header of a string of %i bytes', (length, header) => {
    const encoded = encodeRlp(new Uint8Array(length).fill(0xaa));
    expect(bytesToHex(encoded.subarray(0, encoded.length - length))).toBe(header);
  });

  it.each([
    [55, '0xf7'],
    [56, '0xf838'],
    [256, '0xf90100'],
  ])('writes the header of a list of %i payload bytes', (length, header) => {
    const encoded = encodeRlp(Array.from({ length }, () => bytes(1)));
    expect(bytesToHex(encoded.subarray(0, encoded.length - length))).toBe(header);
  });

  it('refuses what is neither bytes nor a list', () => {
    expect(thrown(() => encodeRlp([7 as unknown as Bytes])).code).toBe('RLP_INVALID_VALUE');
    expect(thrown(() => encodeRlp('dog' as unknown as Bytes)).code).toBe('RLP_INVALID_VALUE');
  });

  it('refuses a list that contains itself', () => {
    const cycle: RlpValue[] = [];
    cycle.push(cycle);
    expect(thrown(() => encodeRlp(cycle)).code).toBe('RLP_TOO_DEEP');
  });
});

describe('decodeRlp', () => {
  it.each([
    ['no bytes at all', '0x', 'RLP_TRUNCATED', 0],
    ['a string longer than the input', '0x83aabb', 'RLP_TRUNCATED', 0],
    ['a list longer than the input', '0xc301', 'RLP_TRUNCATED', 0],
    ['an item longer than its list', '0xc483aabbcc00', 'RLP_TRAILING_BYTES', 5],
    ['an item that leaves its list', '0xc283aabbcc', 'RLP_TRUNCATED', 1],
    ['a missing length', '0xb8', 'RLP_TRUNCATED', 0],
    ['half a length', '0xf901', 'RLP_TRUNCATED', 0],
    ['a length of eight bytes', '0xbfffffffffffffffff', 'RLP_TRUNCATED', 0],
    ['a prefixed byte below 0x80', '0xc2817f', 'RLP_NOT_CANONICAL', 1],
    ['a long header for a short string', `0xb801${'aa'.repeat(1)}`, 'RLP_NOT_CANONICAL', 0],
    ['a long header for 55 bytes', `0xb837${'aa'.repeat(55)}`, 'RLP_NOT_CANONICAL', 0],
    ['a long header for a short list', '0xf80180', 'RLP_NOT_CANONICAL', 0],
    ['a length with leading zeros', `0xb90038${'aa'.repeat(56)}`, 'RLP_NOT_CANONICAL', 0],
    ['a list length with leading zeros', `0xf90038${'01'.repeat(56)}`, 'RLP_NOT_CANONICAL', 0],
    ['bytes after the item', '0x0102', 'RLP_TRAILING_BYTES', 1],
    ['bytes after a list', '0xc0c0', 'RLP_TRAILING_BYTES', 1],
  ])('refuses %s', (_, hex, code, at) => {
    expect(thrown(() => decodeRlp(hexToBytes(hex)))).toEqual({ code, at });
  });

  it('accepts the allowed depth and refuses one more', () => {
    const nested = (depth: number): RlpValue => {
      let value: RlpValue = [];
      for (let i = 1; i < depth; i++) value = [value];
      return value;
    };
    const deepest = encodeRlp(nested(RLP_MAX_DEPTH));
    expect(encodeRlp(decodeRlp(deepest))).toEqual(deepest);
    expect(thrown(() => encodeRlp(nested(RLP_MAX_DEPTH + 1))).code).toBe('RLP_TOO_DEEP');
    // One list around the deepest: its payload is shorter than 64 KiB, so two bytes of length.
    const header = bytes(0xf9, deepest.length >> 8, deepest.length & 0xff);
    expect(thrown(() => decodeRlp(concatBytes(header, deepest)))).toMatchObject({ code: 'RLP_TOO_DEEP' });
  });

  it('survives a megabyte of list prefixes', () => {
    expect(thrown(() => decodeRlp(new Uint8Array(1 << 20).fill(0xc1))).code).toMatch(/^RLP_/);
  });

  it('takes a Buffer and gives plain byte arrays', () => {
    const value = decodeRlp(Buffer.from('83646f67', 'hex')) as Bytes;
    expect(value.constructor).toBe(Uint8Array);
    expect(value).toEqual(text('dog'));
  });

  it('reads from the middle of a larger buffer', () => {
    const buffer = concatBytes(bytes(9, 9), encodeRlp([text('dog'), []]), bytes(9));
    expect(decodeRlp(buffer.subarray(2, buffer.length - 1))).toEqual([text('dog'), []]);
  });
});

describe('decodeRlpItem', () => {
  it('walks over concatenated items', () => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 5 }), (values) => {
        const stream = concatBytes(...values.map(encodeRlp));
        const decoded: RlpValue[] = [];
        for (let at = 0; at < stream.length;) {
          const { value, next } = decodeRlpItem(stream, at);
          decoded.push(value);
          at = next;
        }
        expect(decoded).toEqual(values);
      }),
    );
  });

  it('reports positions in the whole stream', () => {
    expect(thrown(() => decodeRlpItem(hexToBytes('0xc0c0c2817f'), 2))).toEqual({
      code: 'RLP_NOT_CANONICAL',
      at: 3,
    });
    expect(thrown(() => decodeRlpItem(hexToBytes('0xc0'), 1))).toEqual({ code: 'RLP_TRUNCATED', at: 1 });
  });
});

describe('integers', () => {
  const sizes = [0n, 8n, 16n, 32n, 48n, 52n, 53n, 64n, 128n, 192n, 255n, 256n, 300n];
  const borders = sizes.flatMap((bits) => [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n]);

  it.each(borders)('%i keeps its value in the fewest bytes', (value) => {
    const encoded = rlpFromUint(value);
    expect(encoded.length).toBe(value === 0n ? 0 : Math.ceil(value.toString(16).length / 2));
    expect(rlpToUint(encoded, 40)).toBe(value);
  });

  it('encodes numbers and bigints alike', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (value) => {
        expect(rlpFromUint(value)).toEqual(rlpFromUint(BigInt(value)));
      }),
    );
    expect(rlpFromUint(Number.MAX_SAFE_INTEGER)).toEqual(hexToBytes('0x1fffffffffffff'));
  });

  it('keeps results apart', () => {
    const first = rlpFromUint(2n ** 200n);
    rlpFromUint(2n ** 201n + 5n);
    expect(rlpToUint(first, 32)).toBe(2n ** 200n);
  });

  it('gives integers of 256 bits back', () => {
    const words = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    fc.assert(
      fc.property(words, (value) => {
        expect(rlpToUint(rlpFromUint(value), 32)).toBe(value);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, -1n])('refuses to encode %s', (value) => {
    expect(thrown(() => rlpFromUint(value)).code).toBe('RLP_INVALID_INTEGER');
  });

  it('refuses leading zeros and too many bytes', () => {
    expect(thrown(() => rlpToUint(bytes(0), 8)).code).toBe('RLP_INVALID_INTEGER');
    expect(thrown(() => rlpToUint(bytes(0, 1), 8)).code).toBe('RLP_INVALID_INTEGER');
    expect(thrown(() => rlpToUint(new Uint8Array(9).fill(1), 8)).code).toBe('RLP_INVALID_INTEGER');
    expect(rlpToUint(new Uint8Array(8).fill(0xff), 8)).toBe(2n ** 64n - 1n);
  });
});

describe('expectations', () => {
  it('lets through what fits', () => {
    const list = [bytes(1), bytes(2)];
    expect(expectList(list, 'pair')).toBe(list);
    expect(expectList(list, 'pair', 2)).toBe(list);
    expect(expectList(list, 'pair', 1, 3)).toBe(list);
    expect(expectList([], 'nothing', 0, 0)).toEqual([]);
    const string = bytes(1, 2);
    expect(expectBytes(string, 'string')).toBe(string);
    expect(expectBytes(string, 'string', 2)).toBe(string);
  });

  it.each([
    ['bytes for a list', () => expectList(bytes(), 'x')],
    ['too few items', () => expectList([bytes()], 'x', 2)],
    ['too many items', () => expectList([[], [], []], 'x', 2)],
    ['items beyond the range', () => expectList([[], [], []], 'x', 0, 2)],
    ['a list for bytes', () => expectBytes([], 'x')],
    ['bytes of another length', () => expectBytes(bytes(1), 'x', 2)],
  ])('refuses %s', (_, action) => {
    expect(thrown(action).code).toBe('RLP_UNEXPECTED_ITEM');
  });
});
