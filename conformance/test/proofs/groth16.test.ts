import * as fc from 'fast-check';
import { bigintToBytes, bytesToBigint, concatBytes } from '@ninefold/base';
import { bn254Mul } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { readProof, readPublicInputs, readVerifyingKey } from '../../src/proofs/groth16/snarkjs.ts';
import { BN254_ORDER, BN254_PRIME, verifyGroth16 } from '../../src/proofs/groth16/verify.ts';
import type { G1, G2, Groth16Proof, VerifyingKey } from '../../src/proofs/groth16/verify.ts';

/** EIP-197's generator of G2. */
const GENERATOR: G2 = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
};

const word = (value: bigint): Uint8Array => bigintToBytes(value, 32);

/** A multiple of G1's generator. */
function point(factor: bigint): G1 {
  const bytes = bn254Mul(concatBytes(word(1n), word(2n), word(factor % BN254_ORDER))) as Uint8Array;
  return { x: bytesToBigint(bytes.subarray(0, 32)), y: bytesToBigint(bytes.subarray(32)) };
}

/**
 * A key whose secrets are known, so that any statement can be given a proof: with G2's generator on the right of
 * all pairings, A is alpha + the sum of inputs + C.
 */
function simulate(
  secrets: { readonly alpha: bigint; readonly inputs: readonly bigint[]; readonly c: bigint },
  publicInputs: readonly bigint[],
): { readonly key: VerifyingKey; readonly proof: Groth16Proof } {
  const { alpha, inputs, c } = secrets;
  const sum = inputs.reduce((total, secret, i) => total + secret * ([1n, ...publicInputs][i] as bigint), 0n);
  return {
    key: {
      alpha: point(alpha),
      beta: GENERATOR,
      gamma: GENERATOR,
      delta: GENERATOR,
      inputs: inputs.map(point),
    },
    proof: { a: point(alpha + sum + c), b: GENERATOR, c: point(c) },
  };
}

const SECRETS = { alpha: 5n, inputs: [7n, 11n, 13n], c: 17n };
const INPUTS = [3n, BN254_ORDER - 2n];
const { key, proof } = simulate(SECRETS, INPUTS);

describe('a Groth16 proof', () => {
  it('holds for its public inputs, and for no others', () => {
    const number = fc.bigInt({ min: 0n, max: BN254_ORDER - 1n });
    const secrets = fc.record({
      alpha: number,
      inputs: fc.array(number, { minLength: 3, maxLength: 3 }),
      c: number,
    });
    fc.assert(
      fc.property(secrets, number, number, (chosen, x, y) => {
        const made = simulate(chosen, [x, y]);
        expect(verifyGroth16(made.key, made.proof, [x, y])).toBeUndefined();
        fc.pre(chosen.inputs[1] !== 0n);
        expect(verifyGroth16(made.key, made.proof, [(x + 1n) % BN254_ORDER, y])).toBe('the pairings');
      }),
      { numRuns: 8 },
    );
  });

  it('has as many public inputs as its key, each below the order', () => {
    expect(verifyGroth16(key, proof, INPUTS)).toBeUndefined();
    for (const inputs of [[], [3n], [...INPUTS, 0n]]) {
      expect(verifyGroth16(key, proof, inputs)).toBe('the number of public inputs');
    }
    for (const input of [-1n, BN254_ORDER, 3n + BN254_ORDER, 2n ** 256n]) {
      expect(verifyGroth16(key, proof, [input, 0n])).toBe('a public input is not canonical');
    }
  });

  it('has points on their curves, with coordinates below the prime', () => {
    const { a, b } = proof;
    const off = { ...a, y: (a.y + 1n) % BN254_PRIME };
    expect(verifyGroth16(key, { ...proof, a: off }, INPUTS)).toBe('a point is not of its group');
    expect(verifyGroth16(key, { ...proof, c: off }, INPUTS)).toBe('a point is not of its group');
    expect(verifyGroth16(key, { ...proof, b: { x: b.y, y: b.x } }, INPUTS)).toBe(
      'a point is not of its group',
    );
    expect(verifyGroth16({ ...key, inputs: [off, ...key.inputs.slice(1)] }, proof, INPUTS)).toBe(
      'a point is not on its curve',
    );
    for (const x of [a.x + BN254_PRIME, a.x - BN254_PRIME]) {
      expect(verifyGroth16(key, { ...proof, a: { ...a, x } }, INPUTS)).toBe('a coordinate is not canonical');
    }
  });

  it('is refused with another point', () => {
    for (const changed of [
      { ...proof, a: proof.c },
      { ...proof, c: point(18n) },
      { ...proof, a: { x: proof.a.x, y: BN254_PRIME - proof.a.y } },
      { ...proof, a: { x: 0n, y: 0n } },
    ]) {
      expect(verifyGroth16(key, changed, INPUTS)).toBe('the pairings');
    }
  });
});

describe('the files of snarkjs', () => {
  const g1 = ({ x, y }: G1): string[] => [`${x}`, `${y}`, '1'];
  const g2 = ({ x, y }: G2): string[][] => [x.map(String), y.map(String), ['1', '0']];
  const head = { protocol: 'groth16', curve: 'bn128' };
  const proofFile = { ...head, pi_a: g1(proof.a), pi_b: g2(proof.b), pi_c: g1(proof.c) };
  const keyFile = {
    ...head,
    vk_alpha_1: g1(key.alpha),
    vk_beta_2: g2(key.beta),
    vk_gamma_2: g2(key.gamma),
    vk_delta_2: g2(key.delta),
    IC: key.inputs.map(g1),
  };

  it('are read', () => {
    expect(readProof(proofFile)).toEqual(proof);
    expect(readVerifyingKey(keyFile)).toEqual(key);
    expect(readPublicInputs(['0', '33'])).toEqual([0n, 33n]);
  });

  it.each([
    ['nothing', null],
    ['another protocol', { ...proofFile, protocol: 'plonk' }],
    ['another curve', { ...proofFile, curve: 'bls12381' }],
    ['a missing point', { ...proofFile, pi_c: undefined }],
    ['a point of two coordinates', { ...proofFile, pi_a: proofFile.pi_a.slice(0, 2) }],
    ['a point that is not affine', { ...proofFile, pi_a: proofFile.pi_a.with(2, '0') }],
    ['a wide point that is not affine', { ...proofFile, pi_b: proofFile.pi_b.with(2, ['0', '1']) }],
    ['a number in hexadecimal', { ...proofFile, pi_a: proofFile.pi_a.with(0, '0x1') }],
    ['a negative number', { ...proofFile, pi_a: proofFile.pi_a.with(0, '-1') }],
    ['a number too long', { ...proofFile, pi_a: proofFile.pi_a.with(0, '9'.repeat(79)) }],
    ['a JSON number', { ...proofFile, pi_a: [1, '2', '1'] }],
  ])('are not read with %s', (_name, file) => {
    expect(() => readProof(file)).toThrow(RangeError);
  });

  it('have lists of inputs', () => {
    expect(() => readVerifyingKey({ ...keyFile, IC: {} })).toThrow(RangeError);
    for (const file of [{}, [1], ['01'], [''], [null]])
      expect(() => readPublicInputs(file)).toThrow(RangeError);
  });
});
