import { bytesToHex, utf8ToBytes } from '@ninefold/base';
import { secp256k1, sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addPoints, CURVES, doublePoint, type Point } from '../src/host/accelerators/curves.ts';
import {
  fromLittleEndian,
  inverse,
  mod,
  power,
  squareRoot,
  toLittleEndian,
} from '../src/host/accelerators/integers.ts';
import { POSEIDON2_CELLS, poseidon2Mix } from '../src/host/accelerators/poseidon2.ts';
import { sha256Compress, sha256Extend } from '../src/host/accelerators/sha256.ts';
import { BABY_BEAR } from '../src/spec/risc0-poseidon2.ts';

const PRIMES = [3n, 5n, 7n, 17n, 257n, 2n ** 31n - 1n, CURVES.SECP256K1.p, CURVES.BN254.n, CURVES.BLS12381.p];
const primes = fc.constantFrom(...PRIMES);
const numbers = fc.bigInt({ min: 0n, max: 2n ** 400n });

describe('integers', () => {
  it('go to bytes and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        expect(fromLittleEndian(toLittleEndian(value, 32))).toBe(value);
      }),
    );
    expect(fromLittleEndian(Uint8Array.of(1, 2, 3))).toBe(0x030201n);
    expect(toLittleEndian(2n ** 64n + 5n, 8)).toEqual(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
    expect(toLittleEndian(-1n, 8)).toEqual(new Uint8Array(8).fill(255));
  });

  it('have inverses modulo primes', () => {
    fc.assert(
      fc.property(numbers, primes, (value, p) => {
        const inverted = inverse(value, p);
        if (value % p === 0n) expect(inverted).toBeUndefined();
        else expect(mod(value * (inverted as bigint), p)).toBe(1n);
      }),
    );
    expect(inverse(6n, 9n)).toBeUndefined();
    expect(inverse(-1n, 7n)).toBe(6n);
  });

  it('have square roots exactly when they are squares', () => {
    fc.assert(
      fc.property(numbers, primes, (value, p) => {
        const root = squareRoot(value, p);
        const isSquare = value % p === 0n || power(value, (p - 1n) / 2n, p) === 1n;
        expect(root !== undefined).toBe(isSquare);
        if (root !== undefined) expect((root * root) % p).toBe(value % p);
      }),
      { numRuns: 60 },
    );
  });
});

describe('curves', () => {
  /** y of a point with that x, where there is one. */
  const G: Point = {
    x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  };
  const multiple = (k: number): Point => {
    const key = new Uint8Array(32);
    key[31] = k;
    const bytes = secp256k1.publicKey(key);
    return {
      x: BigInt(bytesToHex(bytes.subarray(0, 32))),
      y: BigInt(bytesToHex(bytes.subarray(32))),
    };
  };

  it('add and double as another implementation multiplies', () => {
    let point = doublePoint(CURVES.SECP256K1, G) as Point;
    expect(point).toEqual(multiple(2));
    for (let k = 3; k < 12; k++) {
      point = addPoints(CURVES.SECP256K1, point, G) as Point;
      expect(point).toEqual(multiple(k));
    }
  });

  it('say when there is no affine sum by the formula', () => {
    expect(addPoints(CURVES.SECP256K1, G, G)).toBeUndefined();
    expect(addPoints(CURVES.SECP256K1, G, { x: G.x, y: mod(-G.y, CURVES.SECP256K1.p) })).toBeUndefined();
    expect(doublePoint(CURVES.BN254, { x: 1n, y: 0n })).toBeUndefined();
  });

  it.each(Object.values(CURVES))(
    'of $name are over primes with coordinates of that size',
    ({ p, n, bytes }) => {
      for (const witness of [2n, 3n, 5n]) {
        expect(power(witness, p - 1n, p)).toBe(1n);
        expect(power(witness, n - 1n, n)).toBe(1n);
      }
      expect(p < 1n << BigInt(8 * bytes)).toBe(true);
    },
  );

  it('doubles with a = -3', () => {
    // P-256's generator and its double (SEC 2; NIST's test points).
    const g: Point = {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    };
    expect(doublePoint(CURVES.SECP256R1, g)?.x).toBe(
      0x7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978n,
    );
  });
});

describe('the halves of SHA-256', () => {
  it('make the hash of a block', () => {
    const message = utf8ToBytes('one block of a message');
    const block = new Uint8Array(64);
    block.set(message);
    block[message.length] = 0x80;
    new DataView(block.buffer).setUint32(60, 8 * message.length);
    const w = new Uint32Array(64);
    for (let i = 0; i < 16; i++) w[i] = new DataView(block.buffer).getUint32(4 * i);
    const state = Uint32Array.of(
      0x6a09e667,
      0xbb67ae85,
      0x3c6ef372,
      0xa54ff53a,
      0x510e527f,
      0x9b05688c,
      0x1f83d9ab,
      0x5be0cd19,
    );
    sha256Extend(w);
    sha256Compress(state, w);
    const digest = new Uint8Array(32);
    state.forEach((word, i) => new DataView(digest.buffer).setUint32(4 * i, word));
    expect(digest).toEqual(sha256(message));
  });
});

describe('Poseidon2 of RISC Zero', () => {
  it('permutes 0 to 23 as published', () => {
    const cells = Float64Array.from({ length: POSEIDON2_CELLS }, (_, i) => i);
    poseidon2Mix(cells);
    expect(Array.from(cells.slice(0, 4))).toEqual([785637949, 311566256, 241540729, 1641553353]);
    expect(cells.at(-1)).toBe(1470732388);
  });

  it('keeps cells below p and tells states apart', () => {
    const high = new Float64Array(POSEIDON2_CELLS).fill(BABY_BEAR - 1);
    poseidon2Mix(high);
    expect(high.every((cell) => Number.isInteger(cell) && cell >= 0 && cell < BABY_BEAR)).toBe(true);
    const other = new Float64Array(POSEIDON2_CELLS).fill(BABY_BEAR - 1);
    other[23] = 0;
    poseidon2Mix(other);
    expect(other).not.toEqual(high);
  });
});
