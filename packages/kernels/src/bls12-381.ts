import type { Bytes } from '@ninefold/base';
import { bls12381Base64 } from './generated/bls12-381.ts';
import { requireLength } from './hashes.ts';
import { createKernel } from './instance.ts';

type Addition = (out: number, input: number, scratch: number) => number;
type SumOfProducts = (out: number, input: number, count: number, scratch: number) => number;

type Bls12Kernel = {
  readonly scratchBytes: WebAssembly.Global<'i32'>;
  readonly bls12G1Add: Addition;
  readonly bls12G2Add: Addition;
  readonly bls12G1Msm: SumOfProducts;
  readonly bls12G2Msm: SumOfProducts;
  readonly bls12G1MsmScratch: (count: number) => number;
  readonly bls12G2MsmScratch: (count: number) => number;
  readonly bls12Pairing: (input: number, count: number, scratch: number) => number;
  readonly bls12PairingScratch: (count: number) => number;
};

const G1_BYTES = 128;
const G2_BYTES = 256;
const SCALAR_BYTES = 32;
const PAIR_BYTES = G1_BYTES + G2_BYTES;
/** What the kernel answers for points that are none; 0 and 1 are the truth of the check. */
const INVALID = 2;

const kernel = createKernel<Bls12Kernel>(bls12381Base64);

/** Puts `input` into the kernel's memory; the scratch area begins behind it. */
function load(input: Bytes, scratchBytes: () => number): { memory: Bytes; at: number; scratch: number } {
  const memory = kernel.memoryWith(input.length, scratchBytes);
  const at = kernel.heapBase();
  memory.set(input, at);
  return { memory, at, scratch: at + input.length };
}

/** The sum of two points of `size` bytes, in the first one's place. */
function sum(add: Addition, input: Bytes, size: number): Bytes | undefined {
  requireLength('BLS12-381 addition', input, 2 * size);
  const { memory, at, scratch } = load(input, () => kernel.functions().scratchBytes.value as number);
  return add(at, at, scratch) === 0 ? undefined : memory.slice(at, at + size);
}

/** The sum of terms, each a point of `size` bytes and a scalar, in the first one's place. */
function sumOfProducts(
  run: SumOfProducts,
  scratchBytes: (count: number) => number,
  input: Bytes,
  size: number,
): Bytes | undefined {
  const count = countOf('BLS12-381 sum of products', input, size + SCALAR_BYTES);
  const { memory, at, scratch } = load(input, () => scratchBytes(count));
  const result = run(at, at, count, scratch) === 0 ? undefined : memory.slice(at, at + size);
  kernel.release();
  return result;
}

/**
 * Sum of two points of BLS12-381's curve in the encoding of EIP-2537: 128 bytes, or undefined when an
 * element is not below p or a point not on the curve. The points may be outside the subgroup.
 *
 * @param input two points of 128 bytes
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bls12G1Add(input: Bytes): Bytes | undefined {
  return sum(kernel.functions().bls12G1Add, input, G1_BYTES);
}

/** As {@link bls12G1Add} on the twist: two points of 256 bytes to one. */
export function bls12G2Add(input: Bytes): Bytes | undefined {
  return sum(kernel.functions().bls12G2Add, input, G2_BYTES);
}

/**
 * Sum of scalar times point over BLS12-381's G1 in the encoding of EIP-2537: 128 bytes, or undefined
 * when a point is none or outside the subgroup.
 *
 * @param input terms of 160 bytes: a point, and a scalar of any size
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bls12G1Msm(input: Bytes): Bytes | undefined {
  const { bls12G1Msm: run, bls12G1MsmScratch } = kernel.functions();
  return sumOfProducts(run, bls12G1MsmScratch, input, G1_BYTES);
}

/** As {@link bls12G1Msm} over G2: terms of 288 bytes to 256. */
export function bls12G2Msm(input: Bytes): Bytes | undefined {
  const { bls12G2Msm: run, bls12G2MsmScratch } = kernel.functions();
  return sumOfProducts(run, bls12G2MsmScratch, input, G2_BYTES);
}

/**
 * Whether the product of the pairings is one, in the encoding of EIP-2537. Undefined when a point is
 * none or outside its subgroup.
 *
 * @param input pairs of 384 bytes: a point of G1, and one of G2
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function bls12Pairing(input: Bytes): boolean | undefined {
  const count = countOf('BLS12-381 pairing check', input, PAIR_BYTES);
  const { bls12Pairing: run, bls12PairingScratch } = kernel.functions();
  const { at, scratch } = load(input, () => bls12PairingScratch(count));
  const outcome = run(at, count, scratch);
  kernel.release();
  return outcome === INVALID ? undefined : outcome === 1;
}

function countOf(name: string, input: Bytes, size: number): number {
  const count = Math.max(1, Math.ceil(input.length / size));
  requireLength(name, input, count * size);
  return count;
}
