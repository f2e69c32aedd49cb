// The operations that a target of a *translated* kernel may offer as one instruction, syscall or
// chip. On the host build they are ordinary inline functions; the portable build (`--use PORTABLE=1`)
// imports them from module `intr`, where the translator recognises them by name.

@external("intr", "mulhi64")
declare function importedMulhi64(a: u64, b: u64): u64;

@external("intr", "bswap64")
declare function importedBswap64(x: u64): u64;

/** Upper 64 bits of the 128-bit product; the lower ones are `a * b`. */
@inline
export function mulhi64(a: u64, b: u64): u64 {
  if (isDefined(PORTABLE)) return importedMulhi64(a, b);
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  // No sum overflows: (2^32-1)^2 + 2(2^32-1) = 2^64-1.
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const carry = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (carry >> 32);
}

/** The eight bytes of `x` in reverse order. */
@inline
export function bswap64(x: u64): u64 {
  if (isDefined(PORTABLE)) return importedBswap64(x);
  x = ((x >> 8) & 0x00ff00ff00ff00ff) | ((x & 0x00ff00ff00ff00ff) << 8);
  x = ((x >> 16) & 0x0000ffff0000ffff) | ((x & 0x0000ffff0000ffff) << 16);
  return rotl<u64>(x, 32);
}
