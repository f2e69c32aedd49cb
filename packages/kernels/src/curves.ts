import type { Bytes } from '@ninefold/base';
import { curvesBase64 } from './generated/curves.ts';
import { requireLength } from './hashes.ts';
import { createKernel } from './instance.ts';

type PointFunction = (out: number, input: number, scratch: number) => number;

type CurvesKernel = {
  readonly scratchBytes: WebAssembly.Global<'i32'>;
  readonly bn254Add: PointFunction;
  readonly bn254Mul: PointFunction;
  readonly bn254Pairing: (input: number, count: number, scratch: number) => number;
  readonly bn254PairingScratch: (count: number) => number;
  readonly p256Verify: (input: number, scratch: number) => number;
};

const kernel = createKernel<CurvesKernel>(curvesBase64);

const PAIR_BYTES = 192;
/** What the kernel answers for points that are none; 0 and 1 are the truth of the check. */
const INVALID = 2;

/** Puts `input` into the kernel's memory; the scratch area begins behind it. */
function load(
  input: Bytes,
  scratchBytes: () => number = () => kernel.functions().scratchBytes.value as number,
): { memory: Bytes; at: number; scratch: number } {
  const memory = kernel.memoryWith(input.length, scratchBytes);
  const at = kernel.heapBase();
  memory.set(input, at);
  return { memory, at, scratch: at + input.length };
}

/** The 64 bytes of the point that `run` puts in the input's place, undefined when it fails. */
function toPoint(run: PointFunction, input: Bytes): Bytes | undefined {
  const { memory, at, scratch } = load(input);
  return run(at, at, scratch) === 0 ? undefined : memory.slice(at, at + 64);
}

/**
 * Sum of two points of BN254's G1 (EIP-196): 64 bytes, or undefined when a coordinate is not below p
 * or a point not on the curve.
 *
 * @param input x1, y1, x2, y2 in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bn254Add(input: Bytes): Bytes | undefined {
  requireLength('BN254 addition', input, 128);
  return toPoint(kernel.functions().bn254Add, input);
}

/**
 * Product of a point of BN254's G1 and any number of 32 bytes (EIP-196): 64 bytes, or undefined as
 * for {@link bn254Add}.
 *
 * @param input x, y, factor in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bn254Mul(input: Bytes): Bytes | undefined {
  requireLength('BN254 multiplication', input, 96);
  return toPoint(kernel.functions().bn254Mul, input);
}

/**
 * Whether the product of the pairings is one (EIP-197); true for no pairs. Undefined when a
 * coordinate is not below p, a point not on its curve, or a point of G2 outside the subgroup.
 *
 * @param input per pair: G1's x, y, G2's x and y with the imaginary part first, 32 bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bn254Pairing(input: Bytes): boolean | undefined {
  const count = Math.ceil(input.length / PAIR_BYTES);
  requireLength('BN254 pairing check', input, count * PAIR_BYTES);
  const { at, scratch } = load(input, () => kernel.functions().bn254PairingScratch(count));
  const outcome = kernel.functions().bn254Pairing(at, count, scratch);
  kernel.release();
  return outcome === INVALID ? undefined : outcome === 1;
}

/**
 * Whether an ECDSA signature over secp256r1 holds (EIP-7951); false as well for scalars outside 1 to
 * n - 1 and for a key that is no point of the curve.
 *
 * @param input hash, r, s, x, y in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function p256Verify(input: Bytes): boolean {
  requireLength('P-256 verification', input, 160);
  const { at, scratch } = load(input);
  return kernel.functions().p256Verify(at, scratch) !== 0;
}
