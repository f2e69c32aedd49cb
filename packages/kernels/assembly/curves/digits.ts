// Signed digits of scalars: fewer of them are not 0, and a table needs no negative multiples.

/** Most digits that {@link slidingDigits} writes: of numbers below 2^256. */
export const MAX_DIGITS: u32 = 257;

/**
 * Writes a number below 2^(count - 1) as a sum of digit * 2^place, one i16 a place: digits are 0 or odd
 * and below 2^(width-1) in size, and of `width` neighbours at most one is not 0 (wNAF).
 *
 * @param number four u64 limbs
 */
export function slidingDigits(digits: usize, count: u32, number: usize, width: u32): void {
  memory.fill(digits, 0, <usize>count << 1);
  let l0 = load<u64>(number);
  let l1 = load<u64>(number, 8);
  let l2 = load<u64>(number, 16);
  let l3 = load<u64>(number, 24);
  let carry: u64 = 0;
  const mask = (<u64>1 << width) - 1;
  let place: u32 = 0;
  while (place < count) {
    // The lowest bit of what is left, the carry included.
    let shift: u64 = 1;
    if ((l0 & 1) != carry) {
      const digit = (l0 & mask) + carry;
      carry = digit >> (width - 1);
      store<i16>(digits + ((<usize>place) << 1), <i16>(<i64>digit - <i64>(carry << width)));
      shift = <u64>width;
    }
    l0 = (l0 >> shift) | (l1 << (64 - shift));
    l1 = (l1 >> shift) | (l2 << (64 - shift));
    l2 = (l2 >> shift) | (l3 << (64 - shift));
    l3 >>= shift;
    place += <u32>shift;
  }
}

/**
 * Writes a number below 2^(width * count - 1) as a sum of digit * 2^(width * index), one i16 an index:
 * digits are from 1 - 2^(width-1) to 2^(width-1).
 *
 * @param number four u64 limbs
 * @param width up to 15
 */
export function windowDigits(digits: usize, count: u32, number: usize, width: u32): void {
  let carry: u32 = 0;
  let bit: u32 = 0;
  for (let i: u32 = 0; i < count; i++, bit += width) {
    const limb = number + <usize>((bit >> 6) << 3);
    const shift = <u64>(bit & 63);
    let bits = bit < 256 ? load<u64>(limb) >> shift : 0;
    if (shift + width > 64 && bit < 192) bits |= load<u64>(limb, 8) << (64 - shift);
    let digit = (<u32>bits & ((1 << width) - 1)) + carry;
    carry = u32(digit > <u32>1 << (width - 1));
    store<i16>(digits + <usize>(2 * i), <i16>(<i32>digit - <i32>(carry << width)));
  }
}
