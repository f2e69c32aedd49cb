import { OP } from '@ninefold/vm-bitcoin-script';
import type { Emitter, Value } from './emitter.ts';

/*
 * 32-bit arithmetic in scripts. Script can add and compare numbers and pick from the stack, no more: no
 * bits, no shifts, no products. So words are eight digits of four bits, and what Script cannot do is
 * looked up in tables that lie on the stack.
 */

/** Eight digits of four bits, the lowest first. */
export type Word = readonly Value[];

const DIGITS = 8;
const BITS = 4;

/** Most terms of a sum. */
const MAX_TERMS = 6;
const MAX_SUM = MAX_TERMS * 15 + (MAX_TERMS - 1);

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
const digitAt = (word: Word, i: number): Value => word[i & 7] as Value;

/** What a program needs besides exclusive or and sums. */
export type WordFeatures = {
  /** Shifts within a digit, in bits to the right: 1 to 3. */
  readonly shifts: readonly number[];
  readonly and: boolean;
};

/** A term of a sum. */
export type Term =
  | { readonly word: Word; /** Whether the sum takes it off the stack. */ readonly last: boolean }
  | { readonly constant: number };

/** The tables on a stack, and what is computed with them. Results lie on top of the stack. */
export class WordMachine {
  readonly #script: Emitter;
  readonly #xor: Value;
  readonly #times16: Value;
  readonly #carry: Value;
  readonly #half: Value | undefined;
  /** By shift: what stays of a digit, and what the next digit brings. */
  readonly #shifts: ReadonlyMap<number, readonly [stays: Value, comes: Value]>;

  constructor(script: Emitter, { shifts, and }: WordFeatures) {
    this.#script = script;
    this.#xor = script.table(range(256).map((index) => (index >> BITS) ^ (index & 15)));
    this.#half = and ? script.table(range(31).map((index) => index >> 1)) : undefined;
    this.#shifts = new Map(
      shifts.map((shift) => [
        shift,
        [
          script.table(range(16).map((digit) => digit >> shift)),
          script.table(range(16).map((digit) => (digit << (BITS - shift)) & 15)),
        ],
      ]),
    );
    this.#carry = script.table(range(MAX_SUM + 1).map((sum) => sum >> BITS));
    this.#times16 = script.table(range(16).map((digit) => digit << BITS));
  }

  /** `a b → a ^ b` of the digits on top. */
  #xorTop(): Value {
    const script = this.#script;
    script.lookUp(this.#times16);
    script.op(2, OP.OP_ADD);
    return script.lookUp(this.#xor);
  }

  #xorDigits(a: Value, b: Value): Value {
    this.#script.copy(a);
    this.#script.copy(b);
    return this.#xorTop();
  }

  xor(a: Word, b: Word): Word {
    return range(DIGITS).map((i) => this.#xorDigits(digitAt(a, i), digitAt(b, i)));
  }

  /** `a ^ b`, which takes both off the stack. */
  xorLast(a: Word, b: Word): Word {
    return range(DIGITS).map((i) => {
      this.#script.raise(digitAt(a, i));
      this.#script.raise(digitAt(b, i));
      return this.#xorTop();
    });
  }

  /** `a ^ b`, which takes `a` off the stack. */
  xorInto(a: Word, b: Word): Word {
    return range(DIGITS).map((i) => {
      this.#script.raise(digitAt(a, i));
      this.#script.copy(digitAt(b, i));
      return this.#xorTop();
    });
  }

  /** a & b: half of what a + b has more than a ^ b. */
  #andDigits(a: Value, b: Value): Value {
    const script = this.#script;
    script.copy(a);
    script.copy(b);
    script.op(2, OP.OP_ADD);
    this.#xorDigits(a, b);
    script.op(2, OP.OP_SUB);
    return script.lookUp(this.#half as Value);
  }

  and(a: Word, b: Word): Word {
    return range(DIGITS).map((i) => this.#andDigits(digitAt(a, i), digitAt(b, i)));
  }

  /** A word rotated to the right by whole digits: the same values under other numbers. */
  rotateDigits(a: Word, digits: number): Word {
    return range(DIGITS).map((i) => digitAt(a, i + digits));
  }

  /** Exclusive or of a word's rotations to the right by `first` and `second` bits, equal modulo 4. */
  xorRotations(a: Word, first: number, second: number): Word {
    const turned = this.xor(this.rotateDigits(a, first >> 2), this.rotateDigits(a, second >> 2));
    return (first & 3) === 0 ? turned : this.#shiftLast(turned, first & 3);
  }

  /** A word rotated to the right by any number of bits that is no multiple of 4. */
  rotate(a: Word, bits: number): Word {
    return this.#shift(this.rotateDigits(a, bits >> 2), bits & 3);
  }

  /** A word rotated to the right, which takes it off the stack. */
  rotateLast(a: Word, bits: number): Word {
    const turned = this.rotateDigits(a, bits >> 2);
    return (bits & 3) === 0 ? turned : this.#shiftLast(turned, bits & 3);
  }

  /** A word shifted to the right. */
  shiftRight(a: Word, bits: number): Word {
    const digits = bits >> 2;
    const script = this.#script;
    const moved = range(DIGITS).map((i) => (i + digits < DIGITS ? digitAt(a, i + digits) : undefined));
    return range(DIGITS).map((i) => {
      const [low, high] = [moved[i], moved[i + 1]];
      return low === undefined ? script.constant(0) : this.#shiftDigit(low, high, bits & 3);
    });
  }

  /** Rotates to the right by less than a digit. */
  #shift(a: Word, bits: number): Word {
    return range(DIGITS).map((i) => this.#shiftDigit(digitAt(a, i), digitAt(a, i + 1), bits));
  }

  #shiftLast(a: Word, bits: number): Word {
    const shifted = this.#shift(a, bits);
    this.drop(a);
    return shifted;
  }

  #shiftDigit(low: Value, high: Value | undefined, bits: number): Value {
    const script = this.#script;
    if (bits === 0) return script.copy(low);
    const [stays, comes] = this.#shifts.get(bits) as readonly [Value, Value];
    script.copy(low);
    const kept = script.lookUp(stays);
    if (high === undefined) return kept;
    script.copy(high);
    script.lookUp(comes);
    return script.op(2, OP.OP_ADD);
  }

  /** The sum of up to six terms, modulo 2^32. */
  add(...terms: readonly Term[]): Word {
    const script = this.#script;
    const digits: Value[] = [];
    let carry: Value | undefined;
    for (const i of range(DIGITS)) {
      let isFirst = true;
      for (const term of terms) {
        if ('constant' in term) script.constant((term.constant >>> (BITS * i)) & 15);
        else if (term.last) script.raise(digitAt(term.word, i));
        else script.copy(digitAt(term.word, i));
        if (!isFirst) script.op(2, OP.OP_ADD);
        isFirst = false;
      }
      if (carry !== undefined) {
        script.raise(carry);
        script.op(2, OP.OP_ADD);
      }
      const sum = script.top();
      script.copy(sum);
      carry = script.lookUp(this.#carry);
      script.raise(sum);
      script.copy(carry);
      script.lookUp(this.#times16);
      digits.push(script.op(2, OP.OP_SUB));
    }
    this.drop([carry as Value]);
    return digits;
  }

  /** Takes values off the stack. */
  drop(values: readonly Value[]): void {
    for (const value of values) this.#script.drop(value);
  }

  /**
   * Whether two lists of digits differ: 1 or nothing. Takes them off the stack.
   */
  differ(a: readonly Value[], b: readonly Value[]): Value {
    const script = this.#script;
    a.forEach((value, i) => {
      script.raise(value);
      script.raise(b[i] as Value);
      script.op(2, OP.OP_NUMNOTEQUAL);
      if (i > 0) script.op(2, OP.OP_BOOLOR);
    });
    return script.top();
  }
}
