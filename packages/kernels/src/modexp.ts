import { type Bytes, trimLeadingZeros } from '@ninefold/base';
import { modexpBase64 } from './generated/modexp.ts';
import { createKernel } from './instance.ts';

type ModexpKernel = {
  readonly modexp: (
    out: number,
    base: number,
    baseLength: number,
    exponent: number,
    exponentLength: number,
    modulus: number,
    modulusLength: number,
    scratch: number,
  ) => void;
  readonly modexpScratch: (baseLength: number, modulusLength: number) => number;
};

const kernel = createKernel<ModexpKernel>(modexpBase64);

/**
 * base^exponent mod modulus on big-endian numbers of any length (EIP-198), as many bytes as the
 * modulus has. A modulus of 0 gives 0, and 0^0 is 1.
 *
 * Time grows with (exponent bits) x (modulus bytes)^2: a VM charges before it calls.
 *
 * @throws `KERNELS_INPUT_TOO_LARGE`
 * @example modexp(Uint8Array.of(3), Uint8Array.of(5), Uint8Array.of(0, 7)) // Uint8Array [0, 5]
 */
export function modexp(base: Bytes, exponent: Bytes, modulus: Bytes): Bytes {
  // Zeros in front cost memory and nothing else: hostile input is padded to its limits with them.
  base = trimLeadingZeros(base);
  exponent = trimLeadingZeros(exponent);
  const result = new Uint8Array(modulus.length);
  modulus = trimLeadingZeros(modulus);

  const { modexp: run, modexpScratch } = kernel.functions();
  const operands = base.length + exponent.length + modulus.length;
  const memory = kernel.memoryWith(operands, () => modexpScratch(base.length, modulus.length));
  const baseAt = kernel.heapBase();
  const exponentAt = baseAt + base.length;
  const modulusAt = exponentAt + exponent.length;
  memory.set(base, baseAt);
  memory.set(exponent, exponentAt);
  memory.set(modulus, modulusAt);
  // The result takes the modulus's place.
  run(
    modulusAt,
    baseAt,
    base.length,
    exponentAt,
    exponent.length,
    modulusAt,
    modulus.length,
    modulusAt + modulus.length,
  );
  result.set(memory.subarray(modulusAt, modulusAt + modulus.length), result.length - modulus.length);
  kernel.release();
  return result;
}
