import { type Bytes, concatBytes } from '@ninefold/base';
import { p256 } from '@noble/curves/nist.js';
import { overrideOf } from './engine.ts';

const INPUT_BYTES = 160;
const UNCOMPRESSED_PREFIX = Uint8Array.of(4);

function nobleVerify(input: Bytes): boolean {
  const publicKey = concatBytes(UNCOMPRESSED_PREFIX, input.subarray(96));
  try {
    return p256.verify(input.subarray(32, 96), input.subarray(0, 32), publicKey, {
      prehash: false,
      lowS: false,
    });
  } catch {
    // A key off the curve or scalars out of range.
    return false;
  }
}

/**
 * Verifies an ECDSA signature over secp256r1, as precompile 0x100 does (EIP-7951): false for another
 * length than 160, r or s outside 1 to n - 1, a key that is no point of the curve, or a wrong
 * signature. High `s` is accepted.
 *
 * @param input hash, r, s, x, y in 32 bytes each
 */
export function p256Verify(input: Bytes): boolean {
  return input.length === INPUT_BYTES && (overrideOf('p256Verify') ?? nobleVerify)(input);
}
