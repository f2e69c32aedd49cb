// EIP-8024: the items that DUPN, SWAPN and EXCHANGE name by their immediate byte. The bytes that look
// like JUMPDEST or a push with data are not allowed, so that finding jump targets does not change.

/** Position, 17 to 235, that DUPN and SWAPN name; 0 for a byte that is not allowed. */
@inline
export function singleImmediate(byte: u32): u32 {
  return byte > 90 && byte < 128 ? 0 : (byte + 145) & 0xff;
}

/** The two positions that EXCHANGE names: first in the low, second in the high 16 bits; 0 for none. */
export function pairImmediate(byte: u32): u32 {
  if (byte > 81 && byte < 128) return 0;
  const k = byte ^ 143;
  const q = k >> 4;
  const r = k & 15;
  return q < r ? (q + 1) | ((r + 1) << 16) : (r + 1) | ((29 - q) << 16);
}
