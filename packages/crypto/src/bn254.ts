import { type Bytes, bytesToBigint } from '@ninefold/base';
import { bn254Add as kernelAdd, bn254Mul as kernelMul } from '@ninefold/kernels';
import { bn254 } from '@noble/curves/bn254.js';
import { overrideOf } from './engine.ts';

const G1 = bn254.G1.Point;
const G2 = bn254.G2.Point;
const { Fp, Fp2, Fp12 } = bn254.fields;
type G1Point = InstanceType<typeof G1>;
type G2Point = InstanceType<typeof G2>;

const WORD = 32;
const PAIR_BYTES = 6 * WORD;
const B1 = 3n;
/** 3 / (9 + u), EIP-197. */
const B2 = Fp2.div(Fp2.fromBigTuple([3n, 0n]), Fp2.fromBigTuple([9n, 1n]));

const wordAt = (input: Bytes, index: number): bigint =>
  bytesToBigint(input.subarray(WORD * index, WORD * (index + 1)));

/** `input` cut or filled with zeros to `length`: what EIP-196 says of calls with other lengths. */
function resize(input: Bytes, length: number): Bytes {
  if (input.length === length) return input;
  const resized = new Uint8Array(length);
  resized.set(input.subarray(0, length));
  return resized;
}

/** The point of G1 whose x stands at word `index`; (0, 0) is infinity; undefined if it is none. */
function readG1(input: Bytes, index: number): G1Point | undefined {
  const x = wordAt(input, index);
  const y = wordAt(input, index + 1);
  if (!Fp.isValid(x) || !Fp.isValid(y)) return undefined;
  if (x === 0n && y === 0n) return G1.ZERO;
  if (Fp.sqr(y) !== Fp.add(Fp.mul(Fp.sqr(x), x), B1)) return undefined;
  return G1.fromAffine({ x, y });
}

/** The point of G2's subgroup of order n at word `index`: imaginary parts first (EIP-197). */
function readG2(input: Bytes, index: number): G2Point | undefined {
  const [x1, x0, y1, y0] = [0, 1, 2, 3].map((i) => wordAt(input, index + i)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  if (![x0, x1, y0, y1].every((c) => Fp.isValid(c))) return undefined;
  const x = Fp2.fromBigTuple([x0, x1]);
  const y = Fp2.fromBigTuple([y0, y1]);
  if (Fp2.is0(x) && Fp2.is0(y)) return G2.ZERO;
  if (!Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), B2))) return undefined;
  const point = G2.fromAffine({ x, y });
  return point.isTorsionFree() ? point : undefined;
}

function noblePairing(input: Bytes): boolean | undefined {
  const pairs: { g1: G1Point; g2: G2Point }[] = [];
  for (let at = 0; at < input.length / WORD; at += 6) {
    const g1 = readG1(input, at);
    const g2 = g1 && readG2(input, at + 2);
    if (!g1 || !g2) return undefined;
    if (!g1.is0() && !g2.is0()) pairs.push({ g1, g2 });
  }
  return pairs.length === 0 || Fp12.eql(bn254.pairingBatch(pairs), Fp12.ONE);
}

/**
 * Sum of two points of BN254's G1 (precompile 0x06, EIP-196): 64 bytes, or undefined when a
 * coordinate is not below p or a point not on the curve.
 *
 * @param input x1, y1, x2, y2 in 32 bytes each; shorter input is filled with zeros, longer cut
 */
export function bn254Add(input: Bytes): Bytes | undefined {
  return (overrideOf('bn254Add') ?? kernelAdd)(resize(input, 4 * WORD));
}

/**
 * Product of a point of BN254's G1 and a number (precompile 0x07, EIP-196): 64 bytes, or undefined
 * as for {@link bn254Add}.
 *
 * @param input x, y, factor in 32 bytes each; shorter input is filled with zeros, longer cut. The
 *   factor may be above the order
 */
export function bn254Mul(input: Bytes): Bytes | undefined {
  return (overrideOf('bn254Mul') ?? kernelMul)(resize(input, 3 * WORD));
}

/**
 * Whether the product of the pairings is one (precompile 0x08, EIP-197); true for no pairs.
 * Undefined when the length is no multiple of 192, a coordinate not below p, a point not on its
 * curve, or a point of G2 outside the subgroup.
 *
 * @param input per pair: G1's x, y, G2's x and y with the imaginary part first, 32 bytes each
 */
export function bn254Pairing(input: Bytes): boolean | undefined {
  if (input.length % PAIR_BYTES !== 0) return undefined;
  return (overrideOf('bn254Pairing') ?? noblePairing)(input);
}
