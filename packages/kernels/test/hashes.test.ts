import { bytesToHex, equalBytes, hexToBytes, isNinefoldError, utf8ToBytes } from '@ninefold/base';
import { blake2b } from '@noble/hashes/blake2.js';
import { ripemd160 as nobleRipemd160 } from '@noble/hashes/legacy.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { keccak_256, keccakP } from '@noble/hashes/sha3.js';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blake2f, keccak256, keccak256Into, keccakF1600, ripemd160, sha256 } from '../src/hashes.ts';
import { MAX_INPUT_BYTES, RETAINED_MEMORY_BYTES } from '../src/instance.ts';

const HASHES = [
  {
    name: 'keccak256',
    ours: keccak256,
    theirs: keccak_256,
    empty: '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  },
  {
    name: 'sha256',
    ours: sha256,
    theirs: nobleSha256,
    empty: '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
  {
    name: 'ripemd160',
    ours: ripemd160,
    theirs: nobleRipemd160,
    empty: '0x9c1185a5c5e9fc54612808977ee8f548b2258d31',
  },
];

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
};

describe.each(HASHES)('$name', ({ ours, theirs, empty }) => {
  it('knows the hash of nothing', () => {
    expect(bytesToHex(ours(new Uint8Array(0)))).toBe(empty);
  });

  it('agrees on every length around the block borders', () => {
    const input = Uint8Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 255);
    for (let length = 0; length <= input.length; length++) {
      const part = input.subarray(0, length);
      expect(bytesToHex(ours(part)), `length ${length}`).toBe(bytesToHex(theirs(part)));
    }
  });

  it('agrees on random input at any offset of a buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat({ max: 16 }), (input, offset) => {
        const shifted = new Uint8Array(offset + input.length);
        shifted.set(input, offset);
        return equalBytes(ours(shifted.subarray(offset)), theirs(input));
      }),
    );
  });

  it('returns bytes of its own and leaves the input alone', () => {
    const input = utf8ToBytes('abc');
    const first = ours(input);
    const kept = first.slice();
    ours(utf8ToBytes('something else'));
    expect(first).toEqual(kept);
    expect(first.byteOffset).toBe(0);
    expect(first.buffer.byteLength).toBe(first.length);
    expect(input).toEqual(utf8ToBytes('abc'));
  });
});

describe('the memory of hashes', () => {
  it('grows for large input, and is given back after it', () => {
    const large = new Uint8Array(RETAINED_MEMORY_BYTES + 1).fill(7);
    const digest = sha256(large);
    for (const { ours, theirs } of HASHES) {
      expect(ours(large.subarray(0, 1_000))).toEqual(theirs(large.subarray(0, 1_000)));
    }
    expect(sha256(large)).toEqual(digest);
    expect(bytesToHex(digest)).toBe(`0x${createHash('sha256').update(large).digest('hex')}`);
  });
});

describe('keccak256Into', () => {
  it('writes the digest and nothing behind it, over its own input too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 700 }), (input) => {
        const expected = [...keccak_256(input), ...input.subarray(32)];
        keccak256Into(input, input);
        expect(Array.from(input)).toEqual(expected);
      }),
    );
  });

  it('needs room', () => {
    expect(codeOf(() => keccak256Into(new Uint8Array(1), new Uint8Array(31)))).toBe('KERNELS_INVALID_LENGTH');
  });
});

describe('limits', () => {
  it('refuses input above the limit before copying it', () => {
    const pretended = { length: MAX_INPUT_BYTES + 1 } as Uint8Array;
    expect(codeOf(() => keccak256(pretended))).toBe('KERNELS_INPUT_TOO_LARGE');
  });
});

describe('keccakF1600', () => {
  it('permutes as the reference does and leaves the argument', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 200 }), (state) => {
        const before = state.slice();
        const ours = keccakF1600(state);
        expect(state).toEqual(before);
        const words = new Uint32Array(state.slice().buffer);
        keccakP(words);
        expect(ours).toEqual(new Uint8Array(words.buffer));
      }),
      { numRuns: 50 },
    );
  });

  it('takes 200 bytes only', () => {
    expect(codeOf(() => keccakF1600(new Uint8Array(199)))).toBe('KERNELS_INVALID_LENGTH');
  });
});

describe('blake2f', () => {
  // State and block of EIP-152's test vectors: BLAKE2b-512 of "abc" before its only compression.
  const h = hexToBytes(
    '0x48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b',
  );
  const m = new Uint8Array(128);
  m.set(utf8ToBytes('abc'));
  const t = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  it('is the compression inside BLAKE2b', () => {
    expect(blake2f(12, h, m, t, true)).toEqual(blake2b(utf8ToBytes('abc')));
  });

  it('matches EIP-152 for 0, 1 and 12 rounds', () => {
    expect(bytesToHex(blake2f(0, h, m, t, true))).toBe(
      '0x08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
    );
    expect(bytesToHex(blake2f(1, h, m, t, true))).toBe(
      '0xb63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
    );
    expect(bytesToHex(blake2f(12, h, m, t, false))).toBe(
      '0x75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
    );
  });

  it('chains blocks and both counter words', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 129, maxLength: 500 }), (input) => {
        const iv = h.slice();
        let state: Uint8Array = iv;
        let at = 0;
        for (; at + 128 < input.length; at += 128) {
          state = blake2f(12, state, input.subarray(at, at + 128), counter(BigInt(at + 128)), false);
        }
        const last = new Uint8Array(128);
        last.set(input.subarray(at));
        state = blake2f(12, state, last, counter(BigInt(input.length)), true);
        expect(state).toEqual(blake2b(input));
      }),
      { numRuns: 50 },
    );
    expect(blake2f(12, h, m, counter(1n << 64n), true)).not.toEqual(blake2f(12, h, m, counter(0n), true));
  });

  it.each([10, 999, 1000, 1001, 2013])('agrees with RFC 7693 in big integers over %i rounds', (rounds) => {
    expect(blake2f(rounds, h, m, t, true)).toEqual(referenceF(rounds, h, m, 3n));
  });

  it.each([10, 999, 1000, 1001, 2013])('agrees with RFC 7693 in big integers over %i rounds', (rounds) => {
    expect(blake2f(rounds, h, m, t, true)).toEqual(referenceF(rounds, h, m, 3n));
  });

  it('goes on with the first permutation after ten rounds', () => {
    const tenTimes = [10, 11, 20, 21].map((rounds) => bytesToHex(blake2f(rounds, h, m, t, true)));
    expect(new Set(tenTimes).size).toBe(4);
  });

  it.each([
    ['state', () => blake2f(1, h.subarray(1), m, t, true)],
    ['block', () => blake2f(1, h, m.subarray(1), t, true)],
    ['counter', () => blake2f(1, h, m, t.subarray(1), true)],
  ])('refuses a %s of the wrong length', (_, run) => {
    expect(codeOf(run)).toBe('KERNELS_INVALID_LENGTH');
  });
});

/** RFC 7693, section 2.7. */
const SIGMA = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
].map((row) => [...row].map((digit) => Number.parseInt(digit, 16)));

/** The words that each mixing of a round takes: columns, then diagonals. */
const MIXINGS = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** RFC 7693, section 3.2, for a last block whose counter fits in one word. */
function referenceF(rounds: number, h: Uint8Array, m: Uint8Array, t: bigint): Uint8Array {
  const words = (bytes: Uint8Array): bigint[] => [...new BigUint64Array(bytes.slice().buffer)];
  const rotate = (value: bigint, bits: bigint) =>
    BigInt.asUintN(64, (value >> bits) | (value << (64n - bits)));
  const message = words(m);
  const v = [
    ...words(h),
    0x6a09e667f3bcc908n,
    0xbb67ae8584caa73bn,
    0x3c6ef372fe94f82bn,
    0xa54ff53a5f1d36f1n,
    0x510e527fade682d1n ^ t,
    0x9b05688c2b3e6c1fn,
    BigInt.asUintN(64, ~0x1f83d9abfb41bd6bn),
    0x5be0cd19137e2179n,
  ];
  const step = (a: number, b: number, c: number, d: number, word: bigint, first: bigint, second: bigint) => {
    v[a] = BigInt.asUintN(64, v[a]! + v[b]! + word);
    v[d] = rotate(v[d]! ^ v[a]!, first);
    v[c] = BigInt.asUintN(64, v[c]! + v[d]!);
    v[b] = rotate(v[b]! ^ v[c]!, second);
  };
  for (let round = 0; round < rounds; round++) {
    const order = SIGMA[round % 10]!;
    MIXINGS.forEach(([a, b, c, d], i) => {
      step(a, b, c, d, message[order[2 * i]!]!, 32n, 24n);
      step(a, b, c, d, message[order[2 * i + 1]!]!, 16n, 63n);
    });
  }
  const result = words(h).map((word, i) => word ^ v[i]! ^ v[i + 8]!);
  return new Uint8Array(new BigUint64Array(result).buffer);
}

function counter(value: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value & ((1n << 64n) - 1n), true);
  view.setBigUint64(8, value >> 64n, true);
  return bytes;
}
