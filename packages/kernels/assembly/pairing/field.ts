// The base field of the module being compiled: BLS12-381's with `--use BLS12_381=1`, else one of 256
// bits. Towers and curve formulas are written once, on this; the choice costs nothing at run time.
import * as field256 from '../curves/field256';
import * as field384 from '../curves/field384';
import { copy as copyWord, setZero as setZeroWord } from '../u256/word';

/** Bytes of an element. */
export const FP: usize = isDefined(BLS12_381) ? 48 : 32;

/** Bytes of an element's encoding in the precompiles' input. */
export const ENCODED: usize = isDefined(BLS12_381) ? 64 : 32;

/** Bytes of scratch for {@link writeElement}. */
export const FP_SCRATCH: usize = 2 * FP;

/** Pointer to the field's one. */
@inline
export function one(field: usize): usize {
  if (isDefined(BLS12_381)) return field384.one(field);
  return field256.one(field);
}

/** Pointer to the constant that a product with brings a number into Montgomery's form. */
@inline
export function rSquared(field: usize): usize {
  return field + FP;
}

@inline
export function copy(out: usize, a: usize): void {
  if (isDefined(BLS12_381)) return field384.copy(out, a);
  return copyWord(out, a);
}

@inline
export function setZero(out: usize): void {
  if (isDefined(BLS12_381)) return field384.setZero(out);
  return setZeroWord(out);
}

/** out = a * b. */
@inline
export function mul(out: usize, a: usize, b: usize, field: usize): void {
  if (isDefined(BLS12_381)) return field384.mul(out, a, b, field);
  return field256.mul(out, a, b, field);
}

/** out = a * a. */
@inline
export function square(out: usize, a: usize, field: usize): void {
  if (isDefined(BLS12_381)) return field384.square(out, a, field);
  return field256.square(out, a, field);
}

/** out = a + b. */
@inline
export function add(out: usize, a: usize, b: usize, field: usize): void {
  if (isDefined(BLS12_381)) return field384.add(out, a, b, field);
  return field256.add(out, a, b, field);
}

/** out = a - b. */
@inline
export function sub(out: usize, a: usize, b: usize, field: usize): void {
  if (isDefined(BLS12_381)) return field384.sub(out, a, b, field);
  return field256.sub(out, a, b, field);
}

/** out = 2a. */
@inline
export function double(out: usize, a: usize, field: usize): void {
  add(out, a, a, field);
}

/** out = a / 2. */
@inline
export function halve(out: usize, a: usize, field: usize): void {
  if (isDefined(BLS12_381)) return field384.halve(out, a, field);
  return field256.halve(out, a, field);
}

@inline
export function isZero(a: usize): bool {
  if (isDefined(BLS12_381)) return field384.isZero(a);
  return field256.isZero(a);
}

@inline
export function equals(a: usize, b: usize): bool {
  if (isDefined(BLS12_381)) return field384.equals(a, b);
  return field256.equals(a, b);
}

/** out = the element encoded at `source`; false when it is not below the modulus. */
@inline
export function readElement(out: usize, source: usize, field: usize): bool {
  if (isDefined(BLS12_381)) return field384.readElement(out, source, field);
  return field256.readElement(out, source, field);
}

/** The encoding of `a` to `target`. */
@inline
export function writeElement(target: usize, a: usize, field: usize, scratch: usize): void {
  if (isDefined(BLS12_381)) return field384.writeElement(target, a, field, scratch);
  return field256.writeElement(target, a, field, scratch);
}
