// Every function of the 256-bit library as an export, for its tests.
export { add, mul, mulFull, negate, square, sub } from '../u256/arith';
export {
  and,
  byte,
  countLeadingZeros,
  not,
  or,
  sar,
  sarBy,
  shl,
  shlBy,
  shr,
  shrBy,
  signextend,
  xor,
} from '../u256/bits';
export { eq, gt, isZero, lt, sgt, slt } from '../u256/compare';
export { addmod, div, mod, mulmod, sdiv, smod } from '../u256/division';
export { exp } from '../u256/exp';
export {
  bitLength,
  byteLength,
  copy,
  fitsU64,
  fromBE,
  fromBEPartial,
  setLimbs,
  setU64,
  setZero,
  swap,
  toBE,
  toU64Saturating,
} from '../u256/word';
