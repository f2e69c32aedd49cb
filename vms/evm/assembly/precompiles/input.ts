// Reading precompile input: bytes past its end are zero, integers are big-endian.

/** The byte at `index`, 0 past the end. */
@inline
export function byteAt(input: usize, length: u32, index: u64): u32 {
  return index < <u64>length ? <u32>load<u8>(input + <usize>index) : 0;
}

/** The 32-byte integer at `offset`, saturated to 64 bits. */
export function saturatedWordAt(input: usize, length: u32, offset: u32): u64 {
  let high: u32 = 0;
  for (let i: u32 = 0; i < 24; i++) high |= byteAt(input, length, offset + i);
  let low: u64 = 0;
  for (let i: u32 = 24; i < 32; i++) low = (low << 8) | <u64>byteAt(input, length, offset + i);
  return high != 0 ? u64.MAX_VALUE : low;
}

/** a + b, or the largest u64 where that does not fit. */
@inline
export function saturatingAdd(a: u64, b: u64): u64 {
  const sum = a + b;
  return sum < a ? u64.MAX_VALUE : sum;
}
