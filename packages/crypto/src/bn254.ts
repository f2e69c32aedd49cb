import type { Bytes } from '@ninefold/base';
import {
  bn254Add as kernelAdd,
  bn254Mul as kernelMul,
  bn254Pairing as kernelPairing,
} from '@ninefold/kernels';
import { overrideOf } from './engine.ts';

const WORD = 32;
const PAIR_BYTES = 6 * WORD;

/** `input` cut or filled with zeros to `length`: what EIP-196 says of calls with other lengths. */
function resize(input: Bytes, length: number): Bytes {
  if (input.length === length) return input;
  const resized = new Uint8Array(length);
  resized.set(input.subarray(0, length));
  return resized;
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
  return (overrideOf('bn254Pairing') ?? kernelPairing)(input);
}
