import { bigintToBytes, type Bytes, bytesToBigint, concatBytes } from '@ninefold/base';
import { secp256k1Add, secp256k1Combine, secp256k1Parse } from '@ninefold/kernels';
import { N } from './secp256k1.ts';

/*
 * Sums and multiples of points. For public values only: neither takes constant time.
 */

/** A point of the curve: x and y in 64 bytes. The point at infinity is `undefined`. */
export type Point = Bytes;

/** Order p of the field of coordinates, SEC 2. */
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;

export const GENERATOR: Point = concatBytes(
  bigintToBytes(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 32),
  bigintToBytes(0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n, 32),
);

/** A number modulo the order of the group. */
export const modN = (value: bigint): bigint => {
  const rest = value % N;
  return rest < 0n ? rest + N : rest;
};

export const isOddPoint = (point: Point): boolean => ((point[63] as number) & 1) === 1;

/** The point of a compressed key; undefined when the 33 bytes are none. */
export function decompress(key: Bytes): Point | undefined {
  return key.length === 33 && (key[0] === 2 || key[0] === 3) ? secp256k1Parse(key) : undefined;
}

export function negate(point: Point): Point {
  const y = bytesToBigint(point.subarray(32));
  return concatBytes(point.subarray(0, 32), bigintToBytes(P - y, 32));
}

/** `a + b`, either of them the point at infinity. */
export function addPoints(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return secp256k1Add(concatBytes(a, b));
}

/** `factor`·`point`; undefined for the point at infinity. */
export function multiplyPoint(point: Point, factor: bigint): Point | undefined {
  return secp256k1Combine(concatBytes(ZERO, bigintToBytes(modN(factor), 32), point));
}

const ZERO = new Uint8Array(32);
