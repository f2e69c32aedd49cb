import type { AirBuilder, Expression } from '@ninefold/stark';

// Functions of bits as polynomials: on 0 and 1 they are what they are called.

/** a xor b, of degree 2. */
export function xor(a: Expression, b: Expression): Expression {
  return a.add(b).sub(a.mul(b).mul(2));
}

/** The bit of `a` where `choice` is 1, and that of `b` where it is 0; of degree 2. */
export function choose(choice: Expression, a: Expression, b: Expression): Expression {
  return b.add(choice.mul(a.sub(b)));
}

/** The bit that at least two of three have; of degree 3. */
export function majority(a: Expression, b: Expression, c: Expression): Expression {
  return choose(xor(a, b), c, a);
}

/** A number out of its bits, the lowest first. */
export function numberOf(air: AirBuilder, bits: readonly Expression[]): Expression {
  return air.sum(bits.map((bit, i) => bit.mul(2 ** i)));
}

/** Limbs of 16 bits out of bits, the lowest first. */
export function limbsOfBits(air: AirBuilder, bits: readonly Expression[]): Expression[] {
  return Array.from({ length: bits.length / 16 }, (_, i) => numberOf(air, bits.slice(16 * i, 16 * i + 16)));
}

/** 0, 1, … below `count`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
