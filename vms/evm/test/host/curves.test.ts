import {
  bigintToBytes,
  type Bytes,
  bytesToHex,
  concatBytes,
  hexToBytes,
  padLeft,
  utf8ToBytes,
} from '@ninefold/base';
import { ethereumAddress, keccak256, kzgToVersionedHash, secp256k1 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runCurvePrecompile } from '../../src/host/curves.ts';

const EMPTY = new Uint8Array(0);
const word = (value: bigint): Bytes => bigintToBytes(value, 32);

describe('ecrecover', () => {
  const key = word(0x45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8n);
  const hash = keccak256(utf8ToBytes('message'));
  const { r, s, yParity } = secp256k1.sign(hash, key);
  const address = padLeft(ethereumAddress(secp256k1.publicKey(key)), 32);
  const input = (v: bigint, rValue: bigint, sValue: bigint): Bytes =>
    concatBytes(hash, word(v), word(rValue), word(sValue));
  const v = BigInt(27 + yParity);
  const recover = (bytes: Bytes) => runCurvePrecompile(0x01, bytes);

  it('gives the address of the signer as a word', () => {
    expect(recover(input(v, r, s))).toEqual(address);
    expect(recover(concatBytes(input(v, r, s), Uint8Array.of(1, 2, 3)))).toEqual(address);
  });

  it('accepts the high s that transactions may not have', () => {
    expect(recover(input(55n - v, r, secp256k1.N - s))).toEqual(address);
  });

  it('takes v as a whole word', () => {
    for (const wrong of [0n, 1n, 26n, 29n, v + 256n, v + (1n << 248n)]) {
      expect(recover(input(wrong, r, s))).toEqual(EMPTY);
    }
  });

  it('has no output for r and s out of range', () => {
    for (const wrong of [0n, secp256k1.N, secp256k1.N + 1n, 2n ** 256n - 1n]) {
      expect(recover(input(v, wrong, s))).toEqual(EMPTY);
      expect(recover(input(v, r, wrong))).toEqual(EMPTY);
    }
  });

  it('never fails, whatever the input', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 140 }), (bytes) => recover(bytes) !== undefined));
    expect(recover(EMPTY)).toEqual(EMPTY);
  });
});

describe('BN254', () => {
  it('adds and multiplies with short input filled up', () => {
    expect(runCurvePrecompile(0x06, EMPTY)).toEqual(new Uint8Array(64));
    const generator = concatBytes(word(1n), word(2n));
    expect(runCurvePrecompile(0x06, generator)).toEqual(generator);
    const doubled = runCurvePrecompile(0x06, concatBytes(generator, generator));
    expect(runCurvePrecompile(0x07, concatBytes(generator, word(2n)))).toEqual(doubled);
    expect(bytesToHex(doubled!).slice(0, 18)).toBe('0x030644e72e131a02');
  });

  it('fails off the curve', () => {
    expect(runCurvePrecompile(0x06, concatBytes(word(1n), word(1n)))).toBeUndefined();
    expect(runCurvePrecompile(0x07, concatBytes(word(1n), word(1n)))).toBeUndefined();
  });

  it('pairs nothing to one, and fails on a part of a pair', () => {
    expect(runCurvePrecompile(0x08, EMPTY)).toEqual(word(1n));
    expect(runCurvePrecompile(0x08, new Uint8Array(191))).toBeUndefined();
  });
});

describe('KZG point evaluation', () => {
  // The commitment and proof of the zero polynomial: infinity, compressed.
  const infinity = concatBytes(Uint8Array.of(0xc0), new Uint8Array(47));
  const input = (z: bigint, y: bigint): Bytes =>
    concatBytes(kzgToVersionedHash(infinity), word(z), word(y), infinity, infinity);

  it('gives the number of field elements and the modulus', () => {
    expect(bytesToHex(runCurvePrecompile(0x0a, input(7n, 0n))!)).toBe(
      `0x${'0'.repeat(60)}100073eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001`,
    );
  });

  it('fails for a wrong value, hash or length', () => {
    expect(runCurvePrecompile(0x0a, input(7n, 1n))).toBeUndefined();
    const forged = input(7n, 0n);
    forged[1] = (forged[1] as number) ^ 1;
    expect(runCurvePrecompile(0x0a, forged)).toBeUndefined();
    expect(runCurvePrecompile(0x0a, input(7n, 0n).subarray(1))).toBeUndefined();
    expect(runCurvePrecompile(0x0a, EMPTY)).toBeUndefined();
  });
});

describe('BLS12-381', () => {
  it('adds infinities', () => {
    expect(runCurvePrecompile(0x0b, new Uint8Array(256))).toEqual(new Uint8Array(128));
    expect(runCurvePrecompile(0x0d, new Uint8Array(512))).toEqual(new Uint8Array(256));
    expect(runCurvePrecompile(0x0c, new Uint8Array(160))).toEqual(new Uint8Array(128));
    expect(runCurvePrecompile(0x0e, new Uint8Array(288))).toEqual(new Uint8Array(256));
    expect(runCurvePrecompile(0x0f, new Uint8Array(384))).toEqual(word(1n));
  });

  it('maps field elements to points', () => {
    expect(runCurvePrecompile(0x10, new Uint8Array(64))).toHaveLength(128);
    expect(runCurvePrecompile(0x11, new Uint8Array(128))).toHaveLength(256);
  });

  it.each([0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11])('fails without input at %i', (number) => {
    expect(runCurvePrecompile(number, EMPTY)).toBeUndefined();
    expect(runCurvePrecompile(number, new Uint8Array(63))).toBeUndefined();
  });
});

describe('P256VERIFY', () => {
  // The first vector of the Wycheproof set that EIP-7951 builds on.
  const valid = hexToBytes(
    '0x4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d' +
      'a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac' +
      '36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60' +
      '4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3' +
      '7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e',
  );

  it('says 1, or nothing at all', () => {
    expect(runCurvePrecompile(0x100, valid)).toEqual(word(1n));
    const forged = valid.slice();
    forged[0] = 0;
    expect(runCurvePrecompile(0x100, forged)).toEqual(EMPTY);
    expect(runCurvePrecompile(0x100, EMPTY)).toEqual(EMPTY);
  });
});

describe('other numbers', () => {
  it('are no operations of the host', () => {
    for (const number of [0, 2, 3, 4, 5, 9, 0x12, 0x101]) {
      expect(runCurvePrecompile(number, EMPTY)).toBeUndefined();
    }
  });
});
