// The fixed table that says how a shift by the low bits of a byte is done: by which factor each byte is
// multiplied, and by how many bytes what comes out is moved.

/** Kinds of shifts: to the right or not, of 32 bits or of 64. */
export const AMOUNT_KINDS = 4;

/** The kind of a shift of that many limbs. */
export function amountKind(limbs: number, right: number): number {
  return right + (limbs === 2 ? 0 : 2);
}

/** By what each byte is multiplied. */
export function shiftFactor(kind: number, amount: number): number {
  const bits = amount & 7;
  return 1 << (kind & 1 ? 8 - bits : bits);
}

/** By how many bytes the products are moved. */
export function shiftedBytes(kind: number, amount: number): number {
  return (amount >> 3) & (kind & 2 ? 7 : 3);
}
