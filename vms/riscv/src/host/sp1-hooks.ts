import { bigintToBytes, type Bytes, bytesToBigint } from '@ninefold/base';
import { refuse } from '../engine/traps.ts';
import { CURVES } from './accelerators/curves.ts';
import { inverse, mod, squareRoot } from './accelerators/integers.ts';

/** Advice that SP1's host gives: the guest checks what it gets. Answers are pieces of input. */
export type Sp1Hook = (request: Bytes) => readonly Bytes[];

/** Number that is no square modulo the primes of both curves. */
const NON_RESIDUE = 3n;

/** `curve | odd << 7`, r, alpha = r^3 + a r + b: the y of that parity and 1/r, or a proof that there is none. */
function ecrecover(request: Bytes): readonly Bytes[] {
  if (request.length !== 65) throw refuse('ecrecover hook: 65 bytes are asked for');
  const tag = request[0] as number;
  const curve = { 1: CURVES.SECP256K1, 2: CURVES.SECP256R1 }[tag & 127];
  if (curve === undefined) throw refuse(`ecrecover hook: no curve ${tag & 127}`);
  const r = bytesToBigint(request.subarray(1, 33));
  const alpha = bytesToBigint(request.subarray(33));
  const root = squareRoot(alpha, curve.p);
  if (root === undefined) {
    const witness = squareRoot(alpha * NON_RESIDUE, curve.p) as bigint;
    return [Uint8Array.of(0), bigintToBytes(witness, 32)];
  }
  const y = (root & 1n) === BigInt(tag >> 7) ? root : mod(-root, curve.p);
  const inverted = inverse(r, curve.n);
  if (inverted === undefined) throw refuse('ecrecover hook: r has no inverse');
  return [Uint8Array.of(1), bigintToBytes(y, 32), bigintToBytes(inverted, 32)];
}

/** Longest number of the field hooks, in bytes. */
const MAX_NUMBER_BYTES = 96;

/** Big-endian numbers of one length behind that length in 4 bytes. */
function numbersOf(
  request: Bytes,
  count: number,
): { readonly length: number; readonly numbers: readonly bigint[] } {
  const length = request.length < 4 ? -1 : new DataView(request.buffer, request.byteOffset).getUint32(0);
  if (length < 0 || length > MAX_NUMBER_BYTES || request.length !== 4 + count * length)
    throw refuse(`field hook: ${count} numbers of one length up to ${MAX_NUMBER_BYTES} are asked for`);
  const numbers = Array.from({ length: count }, (_, i) =>
    bytesToBigint(request.subarray(4 + i * length, 4 + (i + 1) * length)),
  );
  return { length, numbers };
}

/** element, modulus, a number that is no square: a root of the element, or of its product with that number. */
function fieldSquareRoot(request: Bytes): readonly Bytes[] {
  const { length, numbers } = numbersOf(request, 3);
  const [element, modulus, nonResidue] = numbers as [bigint, bigint, bigint];
  if (modulus < 3n || modulus % 2n === 0n) throw refuse('field hook: the modulus is no odd prime');
  const root = squareRoot(element, modulus);
  if (root !== undefined) return [Uint8Array.of(1), bigintToBytes(root, length)];
  const witness = squareRoot(element * nonResidue, modulus);
  if (witness === undefined) throw refuse('field hook: the number given as no square is one');
  return [Uint8Array.of(0), bigintToBytes(witness, length)];
}

/** element, modulus: the inverse. */
function fieldInverse(request: Bytes): readonly Bytes[] {
  const { length, numbers } = numbersOf(request, 2);
  const [element, modulus] = numbers as [bigint, bigint];
  const inverted = modulus < 2n ? undefined : inverse(element, modulus);
  if (inverted === undefined) throw refuse('field hook: the element has no inverse');
  return [bigintToBytes(inverted, length)];
}

/** Hooks by file descriptor without the offset that RV64 guests add. */
export const SP1_HOOKS: Readonly<Record<number, Sp1Hook>> = {
  5: ecrecover,
  10: fieldSquareRoot,
  11: fieldInverse,
};
