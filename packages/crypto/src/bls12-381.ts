import { type Bytes, bigintToBytes, bytesToBigint } from '@ninefold/base';
import {
  bls12G1Add as kernelG1Add,
  bls12G1Msm as kernelG1Msm,
  bls12G2Add as kernelG2Add,
  bls12G2Msm as kernelG2Msm,
  bls12Pairing as kernelPairing,
} from '@ninefold/kernels';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { overrideOf } from './engine.ts';

// The operations and encodings of EIP-2537. A field element takes 64 bytes, the upper 16 zero; an
// element of Fp2 is c0, c1; infinity is all zeros.

const { Fp, Fp2 } = bls12_381.fields;
type G1Point = InstanceType<typeof bls12_381.G1.Point>;
type G2Point = InstanceType<typeof bls12_381.G2.Point>;
type Fp2Element = ReturnType<typeof Fp2.sqr>;

const FP_BYTES = 64;
const FP_PADDING = 16;
const SCALAR_BYTES = 32;
const G1_BYTES = 2 * FP_BYTES;
const G2_BYTES = 4 * FP_BYTES;
const G1_TERM_BYTES = G1_BYTES + SCALAR_BYTES;
const G2_TERM_BYTES = G2_BYTES + SCALAR_BYTES;
const PAIR_BYTES = G1_BYTES + G2_BYTES;

function readFp(input: Bytes, at: number): bigint | undefined {
  for (let i = 0; i < FP_PADDING; i++) if (input[at + i] !== 0) return undefined;
  const value = bytesToBigint(input.subarray(at + FP_PADDING, at + FP_BYTES));
  return Fp.isValid(value) ? value : undefined;
}

function readFp2(input: Bytes, at: number): Fp2Element | undefined {
  const c0 = readFp(input, at);
  const c1 = readFp(input, at + FP_BYTES);
  return c0 === undefined || c1 === undefined ? undefined : Fp2.fromBigTuple([c0, c1]);
}

function writeG1(point: G1Point): Bytes {
  const bytes = new Uint8Array(G1_BYTES);
  if (point.is0()) return bytes;
  const { x, y } = point.toAffine();
  bytes.set(bigintToBytes(x, 48), FP_PADDING);
  bytes.set(bigintToBytes(y, 48), FP_BYTES + FP_PADDING);
  return bytes;
}

function writeG2(point: G2Point): Bytes {
  const bytes = new Uint8Array(G2_BYTES);
  if (point.is0()) return bytes;
  const { x, y } = point.toAffine();
  [x.c0, x.c1, y.c0, y.c1].forEach((c, i) => bytes.set(bigintToBytes(c, 48), i * FP_BYTES + FP_PADDING));
  return bytes;
}

// The library declares the types of the maps inside; what it runs clears the cofactor as well.
const mapToG1 = bls12_381.G1.mapToCurve as unknown as (element: bigint) => G1Point;
const mapToG2 = bls12_381.G2.mapToCurve as unknown as (element: readonly [bigint, bigint]) => G2Point;

function nobleMapFpToG1(input: Bytes): Bytes | undefined {
  const element = readFp(input, 0);
  return element === undefined ? undefined : writeG1(mapToG1(element));
}

function nobleMapFp2ToG2(input: Bytes): Bytes | undefined {
  const element = readFp2(input, 0);
  return element && writeG2(mapToG2([element.c0, element.c1]));
}

/**
 * BLS12_G1ADD: sum of two points of the curve, 128 bytes. Undefined for another length than 256, an
 * invalid field element or a point off the curve. No subgroup check.
 */
export function bls12G1Add(input: Bytes): Bytes | undefined {
  if (input.length !== 2 * G1_BYTES) return undefined;
  return (overrideOf('bls12G1Add') ?? kernelG1Add)(input);
}

/**
 * BLS12_G1MSM: sum of scalar times point over terms of 160 bytes (point, scalar), 128 bytes.
 * Undefined for no terms, a partial one, an invalid point or one outside the subgroup.
 */
export function bls12G1Msm(input: Bytes): Bytes | undefined {
  if (input.length === 0 || input.length % G1_TERM_BYTES !== 0) return undefined;
  return (overrideOf('bls12G1Msm') ?? kernelG1Msm)(input);
}

/** BLS12_G2ADD: as {@link bls12G1Add} on the twist, 512 bytes to 256. */
export function bls12G2Add(input: Bytes): Bytes | undefined {
  if (input.length !== 2 * G2_BYTES) return undefined;
  return (overrideOf('bls12G2Add') ?? kernelG2Add)(input);
}

/** BLS12_G2MSM: as {@link bls12G1Msm} on the twist, terms of 288 bytes to 256. */
export function bls12G2Msm(input: Bytes): Bytes | undefined {
  if (input.length === 0 || input.length % G2_TERM_BYTES !== 0) return undefined;
  return (overrideOf('bls12G2Msm') ?? kernelG2Msm)(input);
}

/**
 * BLS12_PAIRING_CHECK: whether the product of the pairings is one, over pairs of 384 bytes (G1, G2).
 * Undefined for no pairs, a partial one, an invalid point or one outside its subgroup.
 */
export function bls12Pairing(input: Bytes): boolean | undefined {
  if (input.length === 0 || input.length % PAIR_BYTES !== 0) return undefined;
  return (overrideOf('bls12Pairing') ?? kernelPairing)(input);
}

/** BLS12_MAP_FP_TO_G1: 64 bytes to a point of the subgroup, 128 bytes (RFC 9380, cofactor cleared). */
export function bls12MapFpToG1(input: Bytes): Bytes | undefined {
  if (input.length !== FP_BYTES) return undefined;
  return (overrideOf('bls12MapFpToG1') ?? nobleMapFpToG1)(input);
}

/** BLS12_MAP_FP2_TO_G2: 128 bytes to a point of the subgroup, 256 bytes (RFC 9380, cofactor cleared). */
export function bls12MapFp2ToG2(input: Bytes): Bytes | undefined {
  if (input.length !== 2 * FP_BYTES) return undefined;
  return (overrideOf('bls12MapFp2ToG2') ?? nobleMapFp2ToG2)(input);
}
