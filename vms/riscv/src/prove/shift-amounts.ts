// The fixed table that says how a shift by the low bits of a byte is done: by which factor each byte is
// multiplied, and by how many bytes what comes out is moved.

/** Kinds of shifts: to the right or not, of 32 bits or of 64. */
export const AMOUNT_KINDS = 4;

/** The kind of a shift of that many limbs. */
export function amountKind(limbs: number, right: number): number {
  return right + (limbs === 2 ? 0 : 2);
}

/** What an entry of the table says. */
export function shiftOf(kind: number, amount: number): { readonly factor: number; readonly bytes: number } {
  const bits = amount & 7;
  return {
    factor: 2 ** (kind & 1 ? 8 - bits : bits),
    bytes: (amount >> 3) & (kind & 2 ? 7 : 3),
  };
}
