import type { Fq2, G1, G2, Groth16Proof, VerifyingKey } from './verify.ts';

// The JSON files of snarkjs: numbers in decimal, points with a third coordinate.

const DECIMAL = /^(0|[1-9][0-9]{0,77})$/;

/** @throws {RangeError} when the file is not a Groth16 proof over BN254 */
export function readProof(json: unknown): Groth16Proof {
  const file = groth16(json);
  return { a: g1(file['pi_a']), b: g2(file['pi_b']), c: g1(file['pi_c']) };
}

/** @throws {RangeError} when the file is not a key of Groth16 over BN254 */
export function readVerifyingKey(json: unknown): VerifyingKey {
  const file = groth16(json);
  return {
    alpha: g1(file['vk_alpha_1']),
    beta: g2(file['vk_beta_2']),
    gamma: g2(file['vk_gamma_2']),
    delta: g2(file['vk_delta_2']),
    inputs: list(file['IC']).map(g1),
  };
}

/** @throws {RangeError} when the file is not a list of numbers */
export function readPublicInputs(json: unknown): bigint[] {
  return list(json).map(number);
}

function groth16(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null) throw new RangeError('not an object');
  const file = json as Readonly<Record<string, unknown>>;
  if (file['protocol'] !== 'groth16' || file['curve'] !== 'bn128') {
    throw new RangeError('another protocol or curve');
  }
  return file;
}

function list(json: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(json) || (length !== undefined && json.length !== length)) {
    throw new RangeError('not a list of the right length');
  }
  return json;
}

function number(json: unknown): bigint {
  if (typeof json !== 'string' || !DECIMAL.test(json)) throw new RangeError('not a decimal number');
  return BigInt(json);
}

function fq2(json: unknown): Fq2 {
  const [a, b] = list(json, 2).map(number) as [bigint, bigint];
  return [a, b];
}

function g1(json: unknown): G1 {
  const [x, y, z] = list(json, 3).map(number) as [bigint, bigint, bigint];
  if (z !== 1n) throw new RangeError('a point that is not affine');
  return { x, y };
}

function g2(json: unknown): G2 {
  const [x, y, z] = list(json, 3).map(fq2) as [Fq2, Fq2, Fq2];
  if (z[0] !== 1n || z[1] !== 0n) throw new RangeError('a point that is not affine');
  return { x, y };
}
