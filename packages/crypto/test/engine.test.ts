import { equalBytes } from '@ninefold/base';
import { afterEach, describe, expect, it } from 'vitest';
import { bls12G1Add, bls12Pairing } from '../src/bls12-381.ts';
import { bn254Add, bn254Pairing } from '../src/bn254.ts';
import { overrideOf, useCryptoEngine } from '../src/engine.ts';
import { p256Verify } from '../src/p256.ts';
import { N, publicKey, recover, sign, verify } from '../src/secp256k1.ts';

const one = new Uint8Array(32).fill(1);
let restore: (() => void)[] = [];

afterEach(() => {
  restore.reverse().forEach((undo) => undo());
  restore = [];
});

describe('useCryptoEngine', () => {
  it('replaces single functions and gives the defaults back', () => {
    const before = sign(one, one);
    const undo = useCryptoEngine({ secp256k1Sign: () => ({ r: 1n, s: 2n, yParity: 0 }) });
    expect(sign(one, one)).toEqual({ r: 1n, s: 2n, yParity: 0 });
    expect(equalBytes(publicKey(one), publicKey(one))).toBe(true);
    undo();
    expect(sign(one, one)).toEqual(before);
    expect(overrideOf('secp256k1Sign')).toBeUndefined();
  });

  it('nests', () => {
    const outer = useCryptoEngine({ p256Verify: () => true });
    const inner = useCryptoEngine({ p256Verify: () => false, bn254Add: () => new Uint8Array(1) });
    expect(p256Verify(new Uint8Array(160))).toBe(false);
    inner();
    expect(p256Verify(new Uint8Array(160))).toBe(true);
    expect(bn254Add(new Uint8Array(0))).toEqual(new Uint8Array(64));
    outer();
    expect(p256Verify(new Uint8Array(160))).toBe(false);
  });

  it('lets engines see checked arguments only', () => {
    const seen: string[] = [];
    restore.push(
      useCryptoEngine({
        secp256k1Recover: () => void seen.push('recover'),
        secp256k1Verify: () => (seen.push('verify'), true),
        p256Verify: () => (seen.push('p256'), true),
        bn254Add: (input) => (seen.push(`add ${input.length}`), input),
        bn254Pairing: () => (seen.push('pairing'), true),
        bls12G1Add: () => void seen.push('g1'),
        bls12Pairing: () => (seen.push('bls pairing'), true),
      }),
    );
    recover(one, 0n, 1n, 0);
    recover(one, 1n, N, 0);
    recover(one, 1n, 1n, 4);
    verify(one, 1n, N - 1n, new Uint8Array(64));
    p256Verify(new Uint8Array(159));
    bn254Pairing(new Uint8Array(191));
    bls12G1Add(new Uint8Array(255));
    bls12Pairing(new Uint8Array(0));
    expect(seen).toEqual([]);
    bn254Add(new Uint8Array(3));
    bn254Add(new Uint8Array(200));
    recover(one, 1n, 1n, 3);
    expect(seen).toEqual(['add 128', 'add 128', 'recover']);
  });
});
