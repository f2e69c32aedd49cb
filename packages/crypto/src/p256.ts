import type { Bytes } from '@ninefold/base';
import { p256Verify as kernelVerify } from '@ninefold/kernels';
import { overrideOf } from './engine.ts';

const INPUT_BYTES = 160;

/**
 * Verifies an ECDSA signature over secp256r1, as precompile 0x100 does (EIP-7951): false for another
 * length than 160, r or s outside 1 to n - 1, a key that is no point of the curve, or a wrong
 * signature. High `s` is accepted.
 *
 * @param input hash, r, s, x, y in 32 bytes each
 */
export function p256Verify(input: Bytes): boolean {
  return input.length === INPUT_BYTES && (overrideOf('p256Verify') ?? kernelVerify)(input);
}
