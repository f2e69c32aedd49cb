// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point
// (RFC 8032, section 5.1): four little-endian u64 limbs.
import { divide, subtract } from '../limbs';
import { isZero, lt } from '../u256/compare';

const ORDER: usize = memory.data<u64>([0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000]);

/** 8 L, whose highest bit is one, and the reciprocal of its two highest limbs, for {@link divide}. */
const SHIFTED_ORDER: usize = memory.data<u64>([0xc09318d2e7ae9f68, 0xa6f7cef517bce6b2, 0, 0x8000000000000000]);
const RECIPROCAL: u64 = u64.MAX_VALUE;
const SHIFT: u64 = 3;

const DIVIDEND: usize = memory.data(72);

/** Whether a scalar is below L. */
@inline
export function isReduced(scalar: usize): bool {
  return lt(scalar, ORDER);
}

/** out = -a modulo L, for an `a` below it. */
export function negateScalar(out: usize, a: usize): void {
  if (!isZero(a)) subtract(out, ORDER, a, 32);
}

/** out = the number of 64 little-endian bytes modulo L. */
export function reduce(out: usize, bytes: usize): void {
  let below: u64 = 0;
  for (let i: usize = 0; i < 64; i += 8) {
    const limb = load<u64>(bytes + i);
    store<u64>(DIVIDEND + i, (limb << SHIFT) | below);
    below = limb >> (64 - SHIFT);
  }
  store<u64>(DIVIDEND, below, 64);
  divide(0, DIVIDEND, 64, SHIFTED_ORDER, 32, RECIPROCAL);
  let above: u64 = 0;
  for (let i: isize = 24; i >= 0; i -= 8) {
    const limb = load<u64>(DIVIDEND + i);
    store<u64>(out + i, (limb >> SHIFT) | above);
    above = limb << (64 - SHIFT);
  }
}
