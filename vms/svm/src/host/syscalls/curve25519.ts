import type { Bytes } from '@ninefold/base';
import { ed25519, ristretto255 } from '@noble/curves/ed25519.js';
import { EDWARDS, RISTRETTO } from '../../spec/costs.ts';

/** Costs and operations of one form of curve25519; points and scalars are 32 bytes. */
export type Curve25519 = {
  readonly costs: typeof EDWARDS | typeof RISTRETTO;
  readonly isValid: (point: Bytes) => boolean;
  /** These give `undefined` for what is no point or no reduced scalar. */
  readonly add: (left: Bytes, right: Bytes) => Bytes | undefined;
  readonly subtract: (left: Bytes, right: Bytes) => Bytes | undefined;
  readonly multiply: (scalar: Bytes, point: Bytes) => Bytes | undefined;
  readonly sumOfProducts: (scalars: readonly Bytes[], points: readonly Bytes[]) => Bytes | undefined;
};

const ORDER = ed25519.Point.Fn.ORDER;

/** Little-endian; only reduced scalars are accepted. */
function readScalar(bytes: Bytes): bigint | undefined {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value < ORDER ? value : undefined;
}

type Group<Point> = {
  readonly zero: Point;
  readonly read: (bytes: Bytes) => Point;
  readonly write: (point: Point) => Bytes;
  readonly add: (a: Point, b: Point) => Point;
  readonly negate: (point: Point) => Point;
  readonly multiply: (point: Point, scalar: bigint) => Point;
};

function curveOf<Point>(group: Group<Point>, costs: Curve25519['costs']): Curve25519 {
  const read = (bytes: Bytes): Point | undefined => {
    try {
      return group.read(bytes);
    } catch {
      return undefined;
    }
  };
  const combine =
    (operation: (a: Point, b: Point) => Point) =>
    (left: Bytes, right: Bytes): Bytes | undefined => {
      const a = read(left);
      const b = read(right);
      return a === undefined || b === undefined ? undefined : group.write(operation(a, b));
    };
  const multiplyPoint = (scalar: Bytes, point: Bytes): Point | undefined => {
    const factor = readScalar(scalar);
    const base = read(point);
    return factor === undefined || base === undefined ? undefined : group.multiply(base, factor);
  };
  return {
    costs,
    isValid: (point) => read(point) !== undefined,
    add: combine(group.add),
    subtract: combine((a, b) => group.add(a, group.negate(b))),
    multiply(scalar, point) {
      const product = multiplyPoint(scalar, point);
      return product === undefined ? undefined : group.write(product);
    },
    sumOfProducts(scalars, points) {
      let sum = group.zero;
      for (const [i, scalar] of scalars.entries()) {
        const product = multiplyPoint(scalar, points[i] as Bytes);
        if (product === undefined) return undefined;
        sum = group.add(sum, product);
      }
      return group.write(sum);
    },
  };
}

const Edwards = ed25519.Point;
const Ristretto = ristretto255.Point;

/** The twisted Edwards form; points need not be in the subgroup of prime order. */
export const edwards: Curve25519 = curveOf(
  {
    zero: Edwards.ZERO,
    read: (bytes) => Edwards.fromBytes(bytes, true),
    write: (point) => point.toBytes(),
    add: (a, b) => a.add(b),
    negate: (point) => point.negate(),
    multiply: (point, scalar) => point.multiplyUnsafe(scalar),
  },
  EDWARDS,
);

export const ristretto: Curve25519 = curveOf(
  {
    zero: Ristretto.ZERO,
    read: (bytes) => Ristretto.fromBytes(bytes),
    write: (point) => point.toBytes(),
    add: (a, b) => a.add(b),
    negate: (point) => point.negate(),
    multiply: (point, scalar) => point.multiplyUnsafe(scalar),
  },
  RISTRETTO,
);
