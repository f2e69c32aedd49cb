// What stands under signatures and sums of points, function by function, for its tests.
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
export { carry as carryLanes, mul as mulLanes, square as squareLanes } from '../ed25519/lanes';
export { makeKeyComb, makeOddTable, multiplyAdd, multiplyAddKnown, multiplySum } from '../ed25519/multiply';
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
