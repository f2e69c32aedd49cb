import { bigintToBytes, bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { secp256k1 as noble } from '@noble/curves/secp256k1.js';
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeDer, parseDerLax } from '../src/der.ts';
import { useCryptoEngine } from '../src/engine.ts';
import { compress, N, publicKey, sign, verifySec1 } from '../src/secp256k1.ts';
import { sha1 } from '../src/sha1.ts';
import { codeOf } from './support/code-of.ts';

const word = (value: bigint) => bigintToBytes(value, 32);
const scalar = fc.bigInt({ min: 1n, max: N - 1n });

describe('DER', () => {
  it('round trip, equal to the oracle', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const compact = concatBytes(word(r), word(s));
        const der = encodeDer(compact);
        expect(bytesToHex(der)).toBe(bytesToHex(new noble.Signature(r, s).toBytes('der')));
        expect(parseDerLax(der)).toEqual(compact);
      }),
    );
  });

  it('lax: follows what OpenSSL followed', () => {
    const compact = concatBytes(word(1n), word(2n));
    for (const text of [
      '0x3006020101020102', // as BIP 66 wants it
      '0x30060201010201020000', // bytes left over
      '0x3000020101020102', // the sequence's length is not checked
      '0x308106020101020102', // long form
      '0x300a02030000010203000002', // padded integers
      '0x30080281010102810102', // long lengths
      '0x300c0284000000010102840000000102', // leading zeros in a length
    ]) {
      expect(parseDerLax(hexToBytes(text)), text).toEqual(compact);
    }
  });

  it('lax: an integer beyond 256 bits makes both zero', () => {
    const long = `0x3026${'0221'}${'01'.repeat(33)}020101`;
    expect(parseDerLax(hexToBytes(long))).toEqual(new Uint8Array(64));
  });

  it('lax: refuses what is cut off', () => {
    const whole = hexToBytes('0x3006020101020102');
    for (let length = 0; length < whole.length; length++) {
      expect(parseDerLax(whole.subarray(0, length))).toBeUndefined();
    }
    expect(parseDerLax(hexToBytes('0x3106020101020102'))).toBeUndefined();
    expect(parseDerLax(hexToBytes('0x3006030101020102'))).toBeUndefined();
    expect(parseDerLax(hexToBytes('0x3006020101030102'))).toBeUndefined();
    expect(parseDerLax(hexToBytes('0x30ff020101020102'))).toBeUndefined();
    expect(parseDerLax(hexToBytes('0x300602850101010101'))).toBeUndefined();
    expect(parseDerLax(hexToBytes('0x30060284ffffffff01'))).toBeUndefined();
  });

  it('lax: any bytes give an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        bytes[0] = 0x30;
        const parsed = parseDerLax(bytes);
        expect(parsed === undefined || parsed.length === 64).toBe(true);
      }),
    );
  });
});

describe('verifySec1', () => {
  const key = word(11n);
  const point = publicKey(key);
  const digest = word(123n);
  const { r, s } = sign(digest, key);
  const compact = concatBytes(word(r), word(s));
  const hybrid = concatBytes(Uint8Array.of(6 | ((point[63] as number) & 1)), point);

  it('takes every form of a key, and a high s', () => {
    for (const form of [compress(point), concatBytes(Uint8Array.of(4), point), hybrid]) {
      expect(verifySec1(digest, compact, form)).toBe(true);
      expect(verifySec1(digest, concatBytes(word(r), word(N - s)), form)).toBe(true);
      expect(verifySec1(word(124n), compact, form)).toBe(false);
    }
  });

  it('refuses scalars out of range, wrong hybrids and no points', () => {
    for (const [a, b] of [
      [0n, s],
      [r, 0n],
      [N, s],
      [r, N],
    ] as const) {
      expect(verifySec1(digest, concatBytes(word(a), word(b)), compress(point))).toBe(false);
    }
    const wrong = hybrid.slice();
    wrong[0] = (wrong[0] as number) ^ 1;
    expect(verifySec1(digest, compact, wrong)).toBe(false);
    expect(verifySec1(digest, compact, new Uint8Array(33))).toBe(false);
    expect(verifySec1(digest, compact, new Uint8Array(34))).toBe(false);
    expect(codeOf(() => verifySec1(digest, new Uint8Array(63), hybrid))).toBe('CRYPTO_INVALID_LENGTH');
    expect(codeOf(() => compress(new Uint8Array(65)))).toBe('CRYPTO_INVALID_LENGTH');
  });

  it('an engine may take its place', () => {
    const restore = useCryptoEngine({ secp256k1VerifySec1: () => true });
    expect(verifySec1(digest, new Uint8Array(64), hybrid)).toBe(true);
    restore();
    expect(verifySec1(digest, new Uint8Array(64), hybrid)).toBe(false);
  });
});

describe('sha1', () => {
  it('equals the oracle around the edges of blocks', () => {
    for (const length of [0, 1, 3, 54, 55, 56, 63, 64, 65, 119, 120, 128, 520, 1000]) {
      const input = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
      expect(bytesToHex(sha1(input)), `${length} bytes`).toBe(bytesToHex(nobleSha1(input)));
    }
  });
});
