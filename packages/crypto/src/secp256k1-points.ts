import { bigintToBytes, type Bytes, bytesToBigint, concatBytes } from '@ninefold/base';
import { N } from './secp256k1.ts';
import { parsePublicKey, recover } from './secp256k1-wasm.ts';

/*
 * Sums and multiples of points, which libsecp256k1's module does not export. For public values only:
 * neither takes constant time.
 */

/** A point of the curve: x and y in 64 bytes. The point at infinity is `undefined`. */
export type Point = Bytes;

/** Order p of the field of coordinates, SEC 2. */
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;

export const GENERATOR: Point = concatBytes(
  bigintToBytes(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 32),
  bigintToBytes(0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n, 32),
);

const modulo = (value: bigint, order: bigint): bigint => {
  const rest = value % order;
  return rest < 0n ? rest + order : rest;
};

/** A number modulo the order of the group. */
export const modN = (value: bigint): bigint => modulo(value, N);

export const isOddPoint = (point: Point): boolean => ((point[63] as number) & 1) === 1;

/** The point of a compressed key; undefined when the 33 bytes are none. */
export function decompress(key: Bytes): Point | undefined {
  return key.length === 33 && (key[0] === 2 || key[0] === 3) ? parsePublicKey(key) : undefined;
}

export function negate(point: Point): Point {
  const y = bytesToBigint(point.subarray(32));
  return concatBytes(point.subarray(0, 32), bigintToBytes(P - y, 32));
}

/** `a + b`, either of them the point at infinity. */
export function addPoints(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const x1 = bytesToBigint(a.subarray(0, 32));
  const y1 = bytesToBigint(a.subarray(32));
  const x2 = bytesToBigint(b.subarray(0, 32));
  const y2 = bytesToBigint(b.subarray(32));
  if (x1 === x2 && y1 !== y2) return undefined;
  const slope = x1 === x2 ? 3n * x1 * x1 * invert(2n * y1) : (y2 - y1) * invert(x2 - x1);
  const x = modulo(slope * slope - x1 - x2, P);
  const y = modulo(slope * (x1 - x) - y1, P);
  return concatBytes(bigintToBytes(x, 32), bigintToBytes(y, 32));
}

/** The inverse in the field, by Euclid's algorithm; `value` is no multiple of p. */
function invert(value: bigint): bigint {
  let [a, b] = [modulo(value, P), P];
  let [u, v] = [1n, 0n];
  while (a !== 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [u, v] = [v - quotient * u, u];
  }
  return modulo(u, P);
}

/**
 * `factor`·`point`. Recovering an ECDSA key is such a multiple: recover(0, r, s) = r⁻¹·s·X, X being the
 * point with x = r.
 */
export function multiplyPoint(point: Point, factor: bigint): Point | undefined {
  const scalar = modN(factor);
  if (scalar === 0n) return undefined;
  const x = bytesToBigint(point.subarray(0, 32));
  // Recovery ids: bit 0 is the parity of y, bit 1 says that x is r + n.
  const [r, beyond] = x < N ? [x, 0] : [x - N, 2];
  const id = beyond | (isOddPoint(point) ? 1 : 0);
  return recover(new Uint8Array(32), r, modN(scalar * r), id);
}
