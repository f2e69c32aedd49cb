import type { Bytes } from '@ninefold/base';

/** Little-endian unsigned integer. */
export function fromLittleEndian(bytes: Bytes): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = 0n;
  let at = bytes.length;
  for (; at >= 8; at -= 8) value = (value << 64n) | view.getBigUint64(at - 8, true);
  while (at > 0) value = (value << 8n) | BigInt(bytes[--at] as number);
  return value;
}

/** The low `length` bytes of `value`, little-endian; `length` is a multiple of 8. */
export function toLittleEndian(value: bigint, length: number): Bytes {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let rest = value;
  for (let at = 0; at < length; at += 8, rest >>= 64n) view.setBigUint64(at, BigInt.asUintN(64, rest), true);
  return bytes;
}

/** The residue of `value` from 0 to below `modulus`. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** `base ** exponent` modulo `modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  let factor = mod(base, modulus);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

/** The inverse of `value` modulo `modulus`; `undefined` when they have a common factor. */
export function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b] = [mod(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    if (b === 0n) return undefined;
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? mod(x, modulus) : undefined;
}

/** How far a number that is no square is looked for; primes that fields have are done with a few steps. */
const MAX_NON_RESIDUE = 1000n;

/**
 * A square root modulo a prime; `undefined` when there is none (Tonelli and Shanks). Ends for other odd
 * moduli too, without a root where the method does not hold.
 */
export function squareRoot(value: bigint, prime: bigint): bigint | undefined {
  const n = mod(value, prime);
  if (n === 0n || prime === 2n) return n;
  if (power(n, (prime - 1n) / 2n, prime) !== 1n) return undefined;
  let [odd, twos] = [prime - 1n, 0n];
  for (; (odd & 1n) === 0n; odd >>= 1n) twos++;
  let nonResidue = 2n;
  while (power(nonResidue, (prime - 1n) / 2n, prime) === 1n) {
    if (nonResidue++ > MAX_NON_RESIDUE) return undefined;
  }
  let c = power(nonResidue, odd, prime);
  let root = power(n, (odd + 1n) / 2n, prime);
  let t = power(n, odd, prime);
  while (t !== 1n) {
    let order = 0n;
    for (let square = t; square !== 1n; square = (square * square) % prime) {
      if (++order >= twos) return undefined;
    }
    const b = power(c, 1n << (twos - order - 1n), prime);
    [twos, c] = [order, (b * b) % prime];
    [root, t] = [(root * b) % prime, (t * c) % prime];
  }
  return (root * root) % prime === n ? root : undefined;
}
