import type { Bytes } from '@ninefold/base';

/*
 * Targets and work. A target's short form is a float: one byte of exponent, 23 bits of mantissa, and
 * a sign that no valid target has.
 */

/** The target, or undefined when the short form is negative, zero or larger than 256 bits. */
export function targetOf(bits: number): bigint | undefined {
  const exponent = bits >>> 24;
  const mantissa = bits & 0x007fffff;
  const target =
    exponent <= 3
      ? BigInt(mantissa >>> (8 * (3 - exponent)))
      : BigInt(mantissa) << BigInt(8 * (exponent - 3));
  if (target === 0n || (bits & 0x00800000) !== 0 || target >> 256n !== 0n) return undefined;
  return target;
}

/** How many hashes it takes on average to get below a target. */
export function workOf(bits: number): bigint {
  const target = targetOf(bits);
  return target === undefined ? 0n : (1n << 256n) / (target + 1n);
}

/** Whether a block's hash is at most its target, and that at most the network's easiest. */
export function meetsTarget(hash: Bytes, bits: number, powLimitBits: number): boolean {
  const target = targetOf(bits);
  const limit = targetOf(powLimitBits);
  if (target === undefined || limit === undefined || target > limit) return false;
  let value = 0n;
  // Hashes are little-endian numbers.
  for (let i = hash.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(hash[i] as number);
  return value <= target;
}
