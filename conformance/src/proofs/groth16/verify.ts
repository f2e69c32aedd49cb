import type { Bytes } from '@ninefold/base';
import { bigintToBytes, concatBytes } from '@ninefold/base';
import { bn254Add, bn254Mul, bn254Pairing } from '@ninefold/crypto';

/** The order of BN254's groups: public inputs are numbers below it. */
export const BN254_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** The prime of BN254's coordinates. */
export const BN254_PRIME = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** A point of G1. */
export type G1 = { readonly x: bigint; readonly y: bigint };

/** An element a + bi of the quadratic extension. */
export type Fq2 = readonly [a: bigint, b: bigint];

/** A point of G2. */
export type G2 = { readonly x: Fq2; readonly y: Fq2 };

/** What a circuit's proofs are verified with. */
export type VerifyingKey = {
  readonly alpha: G1;
  readonly beta: G2;
  readonly gamma: G2;
  readonly delta: G2;
  /** A point for the constant one and for each public input. */
  readonly inputs: readonly G1[];
};

/** A Groth16 proof. */
export type Groth16Proof = { readonly a: G1; readonly b: G2; readonly c: G1 };

/**
 * Verifies a Groth16 proof over BN254 (eprint 2016/260, section 3.2):
 * e(A, B) = e(alpha, beta) · e(sum of inputs, gamma) · e(C, delta).
 *
 * @returns what is wrong, undefined when the proof holds
 */
export function verifyGroth16(
  key: VerifyingKey,
  { a, b, c }: Groth16Proof,
  publicInputs: readonly bigint[],
): string | undefined {
  if (publicInputs.length + 1 !== key.inputs.length) return 'the number of public inputs';
  if (publicInputs.some((value) => value < 0n || value >= BN254_ORDER))
    return 'a public input is not canonical';
  const points = [key.alpha, ...key.inputs, a, c].flatMap(({ x, y }) => [x, y]);
  const wide = [key.beta, key.gamma, key.delta, b].flatMap(({ x, y }) => [...x, ...y]);
  if ([...points, ...wide].some((word) => word < 0n || word >= BN254_PRIME)) {
    return 'a coordinate is not canonical';
  }
  const sum = weightedSum(key.inputs, [1n, ...publicInputs]);
  if (sum === undefined) return 'a point is not on its curve';
  // The left side is brought to the right, so that the product has to be one.
  const pairs = [
    [g1({ x: a.x, y: (BN254_PRIME - a.y) % BN254_PRIME }), g2(b)],
    [g1(key.alpha), g2(key.beta)],
    [sum, g2(key.gamma)],
    [g1(c), g2(key.delta)],
  ];
  const holds = bn254Pairing(concatBytes(...pairs.flat()));
  if (holds === undefined) return 'a point is not of its group';
  return holds ? undefined : 'the pairings';
}

/** The sum of points times numbers; undefined when a point is not on the curve. */
function weightedSum(points: readonly G1[], weights: readonly bigint[]): Bytes | undefined {
  let sum: Bytes | undefined = new Uint8Array(64);
  for (const [i, point] of points.entries()) {
    const term = bn254Mul(concatBytes(g1(point), word(weights[i] as bigint)));
    sum = term === undefined ? undefined : bn254Add(concatBytes(sum, term));
    if (sum === undefined) return undefined;
  }
  return sum;
}

function g1({ x, y }: G1): Bytes {
  return concatBytes(word(x), word(y));
}

/** In EIP-197's order: the imaginary part first. */
function g2({ x, y }: G2): Bytes {
  return concatBytes(word(x[1]), word(x[0]), word(y[1]), word(y[0]));
}

function word(value: bigint): Bytes {
  return bigintToBytes(value, 32);
}
