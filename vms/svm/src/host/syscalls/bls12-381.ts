import { type Bytes, bigintToBytes, bytesToBigint } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { BLS_G1, BLS_G2 } from '../../spec/costs.ts';

// SIMD-0388. Points are x and y, uncompressed; an element of Fp2 is written c1, c0 in big endian and
// c0, c1 in little endian, which is the other's reversal. The three bits that ZCash's encoding keeps
// in the first byte are there in both.

const FP_BYTES = 48;
const { Fp, Fp2, Fr } = bls12_381.fields;
type G1Point = InstanceType<typeof bls12_381.G1.Point>;
type G2Point = InstanceType<typeof bls12_381.G2.Point>;

/** Reverses each element of `size` bytes: the way between the byte orders. */
function reverseEach(bytes: Bytes, size: number): Bytes {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) out.set(bytes.slice(at, at + size).reverse(), at);
  return out;
}

/** Costs and operations of one of the groups, on its encoding. */
export type BlsGroup = {
  readonly costs: typeof BLS_G1 | typeof BLS_G2;
  readonly pointBytes: number;
  readonly isValid: (point: Bytes, isLittle: boolean) => boolean;
  /** These give `undefined` for what is no point of the curve or, for products, of the subgroup. */
  readonly add: (left: Bytes, right: Bytes, isLittle: boolean) => Bytes | undefined;
  readonly subtract: (left: Bytes, right: Bytes, isLittle: boolean) => Bytes | undefined;
  readonly multiply: (scalar: Bytes, point: Bytes, isLittle: boolean) => Bytes | undefined;
  readonly decompress: (compressed: Bytes, isLittle: boolean) => Bytes | undefined;
};

type Point<Self> = {
  readonly add: (other: Self) => Self;
  readonly negate: () => Self;
  readonly multiplyUnsafe: (scalar: bigint) => Self;
  readonly isTorsionFree: () => boolean;
  readonly is0: () => boolean;
  readonly assertValidity: () => void;
  readonly toBytes: (isCompressed?: boolean) => Bytes;
};

type PointReader<Self> = {
  readonly read: (bytes: Bytes, isLittle: boolean, inSubgroup: boolean) => Self | undefined;
};

function groupOf<Self extends Point<Self>>(
  parse: (bytes: Bytes) => Self,
  zero: Self,
  coordinateBytes: number,
  costs: BlsGroup['costs'],
): BlsGroup & PointReader<Self> {
  const read = (bytes: Bytes, isLittle: boolean, inSubgroup: boolean): Self | undefined => {
    const big = isLittle ? reverseEach(bytes, coordinateBytes) : bytes;
    try {
      const point = parse(big);
      return inSubgroup && !point.is0() && !point.isTorsionFree() ? undefined : point;
    } catch {
      return undefined;
    }
  };
  const write = (point: Self, isLittle: boolean): Bytes => {
    // Sums that come to infinity have other coordinates than the one point that can be encoded.
    const big = (point.is0() ? zero : point).toBytes(false);
    return isLittle ? reverseEach(big, coordinateBytes) : big;
  };
  const combine =
    (operation: (a: Self, b: Self) => Self): BlsGroup['add'] =>
    (left, right, isLittle) => {
      const a = read(left, isLittle, false);
      const b = a && read(right, isLittle, false);
      return a && b && write(operation(a, b), isLittle);
    };
  return {
    costs,
    pointBytes: 2 * coordinateBytes,
    read,
    isValid: (point, isLittle) => read(point, isLittle, true) !== undefined,
    add: combine((a, b) => a.add(b)),
    subtract: combine((a, b) => a.add(b.negate())),
    multiply(scalar, bytes, isLittle) {
      const point = read(bytes, isLittle, true);
      const factor = bytesToBigint(isLittle ? scalar.slice().reverse() : scalar);
      if (point === undefined || factor >= Fr.ORDER) return undefined;
      return write(point.multiplyUnsafe(factor), isLittle);
    },
    decompress(compressed, isLittle) {
      const point = read(compressed, isLittle, true);
      return point && write(point, isLittle);
    },
  };
}

export const g1: BlsGroup & PointReader<G1Point> = groupOf<G1Point>(
  (bytes) => bls12_381.G1.Point.fromBytes(bytes),
  bls12_381.G1.Point.ZERO,
  FP_BYTES,
  BLS_G1,
);
export const g2: BlsGroup & PointReader<G2Point> = groupOf<G2Point>(
  (bytes) => bls12_381.G2.Point.fromBytes(bytes),
  bls12_381.G2.Point.ZERO,
  2 * FP_BYTES,
  BLS_G2,
);

/** Bytes of an element of the target group. */
export const GT_BYTES: number = 12 * FP_BYTES;

/** Pairs that one call may have. */
export const MAX_PAIRS = 8;

/**
 * Product of the pairings; `undefined` for too many pairs or a point outside its group.
 *
 * @param first concatenated points of G1
 * @param second as many of G2
 */
export function pairingMap(first: Bytes, second: Bytes, isLittle: boolean): Bytes | undefined {
  const count = first.length / g1.pointBytes;
  if (count > MAX_PAIRS) return undefined;
  const pairs: { g1: G1Point; g2: G2Point }[] = [];
  for (let i = 0; i < count; i++) {
    const a = g1.read(first.subarray(i * g1.pointBytes, (i + 1) * g1.pointBytes), isLittle, true);
    const b = g2.read(second.subarray(i * g2.pointBytes, (i + 1) * g2.pointBytes), isLittle, true);
    if (a === undefined || b === undefined) return undefined;
    if (!a.is0() && !b.is0()) pairs.push({ g1: a, g2: b });
  }
  const product = bls12_381.pairingBatch(pairs);
  return writeTarget(product, isLittle);
}

/** The twelve coordinates over Fp: the highest first in big endian, the lowest first in little endian. */
function writeTarget(element: ReturnType<typeof bls12_381.pairingBatch>, isLittle: boolean): Bytes {
  const coordinates = [element.c0, element.c1].flatMap(({ c0, c1, c2 }) =>
    [c0, c1, c2].flatMap((pair: ReturnType<typeof Fp2.create>) => [pair.c0, pair.c1]),
  );
  const out = new Uint8Array(GT_BYTES);
  coordinates.forEach((value, i) => {
    const at = isLittle ? i : coordinates.length - 1 - i;
    const bytes = bigintToBytes(Fp.create(value), FP_BYTES);
    out.set(isLittle ? bytes.reverse() : bytes, at * FP_BYTES);
  });
  return out;
}
