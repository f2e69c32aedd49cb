import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type Bytes, bytesToHex, hexToBytes } from '@ninefold/base';
import {
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
  bls12Pairing,
  p256Verify,
} from '@ninefold/crypto';

/** One vector of the EIPs' assets: `Expected` on success, `ExpectedError` on failure. */
type PrecompileVector = {
  readonly Name: string;
  readonly Input: string;
  readonly Expected?: string;
  readonly ExpectedError?: string;
};

/** A precompile: its output, or undefined when it fails. */
type Precompile = (input: Bytes) => Bytes | undefined;

const word = (truth: boolean): Bytes => {
  const bytes = new Uint8Array(32);
  bytes[31] = truth ? 1 : 0;
  return bytes;
};

const pairing: Precompile = (input) => {
  const holds = bls12Pairing(input);
  return holds === undefined ? undefined : word(holds);
};

/** By a part of the file's name; `mul` files are multi-scalar multiplications of one term. */
const PRECOMPILES: readonly (readonly [part: string, run: Precompile])[] = [
  ['add_G1', bls12G1Add],
  ['add_G2', bls12G2Add],
  ['msm_G1', bls12G1Msm],
  ['mul_G1', bls12G1Msm],
  ['msm_G2', bls12G2Msm],
  ['mul_G2', bls12G2Msm],
  ['pairing_check', pairing],
  ['map_fp_to_G1', bls12MapFpToG1],
  ['map_fp2_to_G2', bls12MapFp2ToG2],
  ['eip-7951', (input) => (p256Verify(input) ? word(true) : new Uint8Array(0))],
];

function check(run: Precompile, vector: PrecompileVector): string | undefined {
  const output = run(hexToBytes(`0x${vector.Input}`));
  const got = output === undefined ? 'failure' : bytesToHex(output);
  const expected = vector.ExpectedError === undefined ? `0x${vector.Expected ?? ''}` : 'failure';
  return got === expected ? undefined : `${vector.Name}: got ${got}, expected ${expected}`;
}

/**
 * Runs the vectors of EIP-2537 (BLS12-381) and EIP-7951 (secp256r1) on the functions behind the
 * precompiles. Gas is checked by the machine's own suites.
 *
 * @param dir the folder with `eip-2537-and-7951.json.br`
 */
export function runPrecompiles(dir: string): {
  suite: string;
  passed: number;
  failed: number;
  failures: string[];
} {
  const file = join(dir, 'eip-2537-and-7951.json.br');
  const suites = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as Record<
    string,
    readonly PrecompileVector[]
  >;
  const failures: string[] = [];
  let passed = 0;
  for (const [path, vectors] of Object.entries(suites)) {
    const precompile = PRECOMPILES.find(([part]) => path.includes(part));
    for (const vector of vectors) {
      const failure = precompile
        ? check(precompile[1], vector)
        : `${path}: no precompile is known for this file`;
      if (failure === undefined) passed++;
      else failures.push(failure);
    }
  }
  return { suite: 'evm/precompiles', passed, failed: failures.length, failures };
}
