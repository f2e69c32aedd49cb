/** An element: its coordinates in the basis 1, x, x^2 … */
export type Ext = readonly number[];

/** F[x] / (x^degree - w) over a prime field of at most 31 bits, whose words are canonical numbers. */
export type Extension = {
  readonly prime: number;
  readonly degree: number;
  readonly zero: Ext;
  readonly one: Ext;
  /** Products, powers and inverses in the prime field. */
  readonly mulWords: (a: number, b: number) => number;
  readonly powWord: (base: number, exponent: number) => number;
  readonly invWord: (word: number) => number;
  readonly of: (word: number) => Ext;
  readonly add: (a: Ext, b: Ext) => Ext;
  readonly sub: (a: Ext, b: Ext) => Ext;
  readonly scale: (a: Ext, by: number) => Ext;
  readonly mul: (a: Ext, b: Ext) => Ext;
  readonly pow: (base: Ext, exponent: number) => Ext;
  /** @throws {RangeError} of zero */
  readonly inv: (a: Ext) => Ext;
  readonly equal: (a: Ext, b: Ext) => boolean;
};

/**
 * Makes a binomial extension. The degree has to divide `prime - 1`, so that x^prime is x times a word.
 *
 * @example const quartic = createExtension(2013265921, 4, 11)
 */
export function createExtension(prime: number, degree: number, w: number): Extension {
  const places = Array.from({ length: degree }, (_, i) => i);
  const mulWords = (a: number, b: number): number => {
    // Half a factor at a time: each product stays below 2^53.
    const high = (a * (b >>> 16)) % prime;
    return (high * 65_536 + a * (b & 0xffff)) % prime;
  };
  const powWord = (base: number, exponent: number): number => {
    let power = 1;
    for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = mulWords(power, square);
      square = mulWords(square, square);
    }
    return power;
  };
  const invWord = (word: number): number => {
    if (word === 0) throw new RangeError('zero has no inverse');
    return powWord(word, prime - 2);
  };
  const of = (word: number): Ext => places.map((i) => (i === 0 ? word : 0));
  const scale = (a: Ext, by: number): Ext => a.map((word) => mulWords(word, by));
  const mul = (a: Ext, b: Ext): Ext => {
    const product = new Array<number>(degree).fill(0);
    for (let i = 0; i < degree; i++) {
      for (let j = 0; j < degree; j++) {
        const term = mulWords(a[i] as number, b[j] as number);
        const at = (i + j) % degree;
        product[at] = ((product[at] as number) + (i + j < degree ? term : mulWords(w, term))) % prime;
      }
    }
    return product;
  };
  const one = of(1);
  const pow = (base: Ext, exponent: number): Ext => {
    let power = one;
    for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = mul(power, square);
      square = mul(square, square);
    }
    return power;
  };
  // The Frobenius map takes x to x^prime = w^((prime - 1) / degree) x.
  const twist = powWord(w, (prime - 1) / degree);
  const twists = places.map((i) => powWord(twist, i));
  const frobenius = (a: Ext): Ext => a.map((word, i) => mulWords(word, twists[i] as number));
  return {
    prime,
    degree,
    zero: of(0),
    one,
    mulWords,
    powWord,
    invWord,
    of,
    add: (a, b) => a.map((word, i) => (word + (b[i] as number)) % prime),
    sub: (a, b) => a.map((word, i) => (word + prime - (b[i] as number)) % prime),
    scale,
    mul,
    pow,
    inv(a) {
      let conjugate = a;
      let others = one;
      for (let i = 1; i < degree; i++) {
        conjugate = frobenius(conjugate);
        others = mul(others, conjugate);
      }
      return scale(others, invWord(mul(a, others)[0] as number));
    },
    equal: (a, b) => a.length === b.length && a.every((word, i) => word === b[i]),
  };
}
