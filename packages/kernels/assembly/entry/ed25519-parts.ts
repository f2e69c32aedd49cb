// What stands under signatures and sums of points, function by function, for its tests.
import { LANES, mulByFactor, scale, setFactor } from '../ed25519/lanes';

export { slidingDigits, windowDigits } from '../curves/digits';
export {
  add,
  fromBytes,
  inverse,
  isNegative,
  isZero,
  mul,
  negate,
  square,
  sub,
  toBytes,
} from '../ed25519/field';
export { halve } from '../ed25519/halves';
export { extract as extractLane, insert as insertLane } from '../ed25519/lanes';
export { makeKeyComb, makeOddTable, multiplyAdd, multiplyAddKnown, multiplySum } from '../ed25519/multiply';
export { mul as mulPair, square as squarePair } from '../ed25519/pairs';
export {
  add as addPoints,
  decode,
  decodePair,
  double,
  encode,
  encodeY,
  hasCanonicalY,
  hasSmallOrder,
  isNeutral,
  negate as negatePoint,
  negatePrepared,
  prepare,
  setBase,
  setNeutral,
} from '../ed25519/point';
export { squareRootOfRatio, squareRootsOfRatios } from '../ed25519/roots';
export { negateScalar, reduce } from '../ed25519/scalar';
export { sha512 } from '../sha512';

function setFactors(a: usize): void {
  let below = i32x4.splat(0);
  for (let i: usize = 0; i < LANES; i += 16) {
    const digits = v128.load(a + i);
    setFactor(i, digits, below);
    below = digits;
  }
}

/** out = a * b of four lanes. */
export function mulLanes(out: usize, a: usize, b: usize): void {
  setFactors(b);
  mulByFactor(out, a);
}

/** `scale` of the four lanes at `a` by the vector at `factors`. */
export function scaleLanes(out: usize, a: usize, factors: usize): void {
  setFactors(a);
  scale(out, v128.load(factors));
}
