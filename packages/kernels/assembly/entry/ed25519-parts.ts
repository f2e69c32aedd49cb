// What stands under the group of edwards25519, function by function, for its tests.
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
export { carry as carryLanes, mul as mulLanes, square as squareLanes } from '../ed25519/lanes';
export { halve } from '../ed25519/halves';
export { squareRootOfRatio, squareRootsOfRatios } from '../ed25519/roots';
export { reduce } from '../ed25519/scalar';
export { sha512 } from '../sha512';
