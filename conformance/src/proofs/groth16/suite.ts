import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderResult } from '../../suite.ts';
import { createCounter, differs } from '../../svm/read.ts';
import { readProof, readPublicInputs, readVerifyingKey } from './snarkjs.ts';
import { BN254_ORDER, BN254_PRIME, verifyGroth16 } from './verify.ts';
import type { Fq2, G1, G2, Groth16Proof, VerifyingKey } from './verify.ts';

/** Runs RISC Zero's Groth16 proof: it holds, and with anything changed it does not. */
export function runGroth16(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/groth16');
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const key = readVerifyingKey(json('verification_key.json'));
  const proof = readProof(json('proof.json'));
  const inputs = readPublicInputs(json('public.json'));
  const [input] = inputs as [bigint];
  check('the proof', () => verifyGroth16(key, proof, inputs));

  const refused = (
    name: string,
    why: string,
    change: { key?: VerifyingKey; proof?: Groth16Proof; inputs?: readonly bigint[] },
  ): void =>
    check(name, () => {
      const changed = { key, proof, inputs, ...change };
      return differs('verdict', verifyGroth16(changed.key, changed.proof, changed.inputs), why);
    });

  for (const other of [0n, input - 1n, input + 1n, BN254_ORDER - 1n]) {
    refused(`public input ${other}`, 'the pairings', { inputs: [other] });
  }
  for (const other of [-1n, input + BN254_ORDER, BN254_ORDER]) {
    refused(`public input ${other}`, 'a public input is not canonical', { inputs: [other] });
  }
  for (const other of [[], [input, 0n]]) {
    refused(`${other.length} public inputs`, 'the number of public inputs', { inputs: other });
  }

  const { a, b, c } = proof;
  refused('A negated', 'the pairings', { proof: { ...proof, a: negated(a) } });
  refused('B negated', 'the pairings', { proof: { ...proof, b: negatedWide(b) } });
  refused('C negated', 'the pairings', { proof: { ...proof, c: negated(c) } });
  refused('A and C swapped', 'the pairings', { proof: { a: c, b, c: a } });
  refused('another B', 'the pairings', { proof: { ...proof, b: key.gamma } });
  refused('no proof', 'the pairings', { proof: { a: key.alpha, b: key.beta, c: { x: 0n, y: 0n } } });
  for (const [name, off] of [
    ['A', { ...proof, a: { ...a, y: a.y ^ 1n } }],
    ['B', { ...proof, b: { ...b, y: [b.y[0] ^ 1n, b.y[1]] as Fq2 } }],
    ['C', { ...proof, c: { ...c, x: c.x ^ 1n } }],
  ] as const) {
    refused(`${name} not on the curve`, 'a point is not of its group', { proof: off });
  }
  for (const [name, above] of [
    ['A', { ...proof, a: { ...a, x: a.x + BN254_PRIME } }],
    ['B', { ...proof, b: { ...b, x: [b.x[0], b.x[1] + BN254_PRIME] as Fq2 } }],
    ['C', { ...proof, c: { ...c, y: c.y - BN254_PRIME } }],
  ] as const) {
    refused(`${name} not canonical`, 'a coordinate is not canonical', { proof: above });
  }

  for (const part of ['beta', 'gamma', 'delta'] as const) {
    refused(`another ${part}`, 'the pairings', { key: { ...key, [part]: negatedWide(key[part]) } });
  }
  refused('another alpha', 'the pairings', { key: { ...key, alpha: negated(key.alpha) } });
  refused('inputs swapped', 'the pairings', { key: { ...key, inputs: key.inputs.toReversed() } });
  const [one, ...others] = key.inputs as [G1, ...G1[]];
  const bent = [{ ...one, y: one.y ^ 1n }, ...others];
  refused('a key off the curve', 'a point is not on its curve', { key: { ...key, inputs: bent } });
  return result();
}

function negated({ x, y }: G1): G1 {
  return { x, y: BN254_PRIME - y };
}

function negatedWide({ x, y: [a, b] }: G2): G2 {
  return { x, y: [BN254_PRIME - a, BN254_PRIME - b] };
}
