import { inverse, mod } from './integers.ts';

/** y^2 = x^3 + a x + b over a prime field; b is of no use here. */
export type Curve = {
  readonly name: string;
  /** Size of the field. */
  readonly p: bigint;
  readonly a: bigint;
  /** Order of the group of points that are used. */
  readonly n: bigint;
  /** Bytes of a coordinate. */
  readonly bytes: number;
};

export type Point = { readonly x: bigint; readonly y: bigint };

export type CurveName = 'SECP256K1' | 'SECP256R1' | 'BN254' | 'BLS12381';

/** Curves whose additions guest interfaces accelerate, by their names in SP1. */
export const CURVES: { readonly [Name in CurveName]: Curve & { readonly name: Name } } = {
  SECP256K1: {
    name: 'SECP256K1',
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    bytes: 32,
  },
  SECP256R1: {
    name: 'SECP256R1',
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    a: -3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  BN254: {
    name: 'BN254',
    p: 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n,
    a: 0n,
    n: 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n,
    bytes: 32,
  },
  BLS12381: {
    name: 'BLS12381',
    p: 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn,
    a: 0n,
    n: 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n,
    bytes: 48,
  },
};

/** The third point on the line through `p` with that slope and through a point of abscissa `x`, mirrored. */
function mirrored(curve: Curve, p: Point, x: bigint, slope: bigint): Point {
  const sumX = mod(slope * slope - p.x - x, curve.p);
  return { x: sumX, y: mod(slope * (p.x - sumX) - p.y, curve.p) };
}

/** Sum of points with different abscissas; `undefined` when they are equal, where the chord has no slope. */
export function addPoints(curve: Curve, p: Point, q: Point): Point | undefined {
  const run = inverse(q.x - p.x, curve.p);
  return run === undefined ? undefined : mirrored(curve, p, q.x, mod((q.y - p.y) * run, curve.p));
}

/** Double of a point; `undefined` when its ordinate is 0. */
export function doublePoint(curve: Curve, p: Point): Point | undefined {
  const run = inverse(2n * p.y, curve.p);
  return run === undefined
    ? undefined
    : mirrored(curve, p, p.x, mod((3n * p.x * p.x + curve.a) * run, curve.p));
}
