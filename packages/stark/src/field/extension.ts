import { addM31, invM31, isM31, mulM31, negM31, P, subM31 } from './m31.ts';

/**
 * An element of an extension field: `degree` canonical M31 words. The first half are the
 * coordinates of the part without t, the second half those of t's coefficient.
 */
export type Ext = readonly number[];

/** Degrees there are: 4 for about 100 proven bits, 6 for 128. */
export type ExtensionDegree = 4 | 6;

/**
 * An even extension of M31 as a tower: B = M31[s]/(s^d - c) below, E = B[t]/(t^2 - kappa) on top.
 * The automorphism that turns t into -t fixes B, which is what quotients of conjugate points need.
 */
export type ExtensionField = {
  readonly degree: ExtensionDegree;
  /** The degree d of B over M31. */
  readonly half: number;
  /** s^d, an element of M31. */
  readonly c: number;
  /** t^2, an element of B. */
  readonly kappa: readonly number[];
  readonly zero: Ext;
  readonly one: Ext;
  readonly add: (a: Ext, b: Ext) => Ext;
  readonly sub: (a: Ext, b: Ext) => Ext;
  readonly neg: (a: Ext) => Ext;
  readonly mul: (a: Ext, b: Ext) => Ext;
  /** Product with an element of M31. */
  readonly scale: (a: Ext, b: number) => Ext;
  /** 1/a; the inverse of zero comes out as zero. */
  readonly inv: (a: Ext) => Ext;
  readonly pow: (a: Ext, exponent: number) => Ext;
  readonly eq: (a: Ext, b: Ext) => boolean;
  readonly isZero: (a: Ext) => boolean;
  /** An element of M31 as one of E. */
  readonly from: (a: number) => Ext;
  /** The k-th element of the basis over M31: the one with coordinate k 1 and the others 0. */
  readonly unit: (k: number) => Ext;
  /** Product and inverse in B, on `half` words. */
  readonly mulBase: (a: Ext, b: Ext) => Ext;
  readonly invBase: (a: Ext) => Ext;
  /** 1, a, a^2, … : `count` of them. */
  readonly powers: (a: Ext, count: number) => Ext[];
  /** Whether `words` are a canonical element. */
  readonly isElement: (words: readonly number[]) => boolean;
};

/** CM31[u] with CM31 = M31[i], i^2 = -1, u^2 = 2 + i: words [a, b, c, d] are (a + bi) + (c + di)u. */
export const QM31: ExtensionField = createExtension(4, P - 1, [2, 1]);

/** M31[w][i] with w^3 = 5 (no cube in M31) and i^2 = -1: 186 bits. */
export const SEXTIC: ExtensionField = createExtension(6, 5, [P - 1, 0, 0]);

/** The extension of a degree. */
export function extensionOf(degree: ExtensionDegree): ExtensionField {
  return degree === 4 ? QM31 : SEXTIC;
}

/** Coordinate by coordinate, over M31. */
function addWords(a: Ext, b: Ext): Ext {
  return a.map((x, i) => addM31(x, b[i] as number));
}

function subWords(a: Ext, b: Ext): Ext {
  return a.map((x, i) => subM31(x, b[i] as number));
}

type Quartic = readonly [number, number, number, number];

function addQuartic(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3] = a as Quartic;
  const [b0, b1, b2, b3] = b as Quartic;
  return [addM31(a0, b0), addM31(a1, b1), addM31(a2, b2), addM31(a3, b3)];
}

function subQuartic(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3] = a as Quartic;
  const [b0, b1, b2, b3] = b as Quartic;
  return [subM31(a0, b0), subM31(a1, b1), subM31(a2, b2), subM31(a3, b3)];
}

/** The product in QM31: (a0 + a1 i) + (a2 + a3 i) u, with i^2 = -1 and u^2 = 2 + i. */
function mulQuartic(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3] = a as Quartic;
  const [b0, b1, b2, b3] = b as Quartic;
  const upper0 = subM31(mulM31(a2, b2), mulM31(a3, b3));
  const upper1 = addM31(mulM31(a2, b3), mulM31(a3, b2));
  return [
    addM31(subM31(mulM31(a0, b0), mulM31(a1, b1)), subM31(addM31(upper0, upper0), upper1)),
    addM31(addM31(mulM31(a0, b1), mulM31(a1, b0)), addM31(upper0, addM31(upper1, upper1))),
    addM31(subM31(mulM31(a0, b2), mulM31(a1, b3)), subM31(mulM31(a2, b0), mulM31(a3, b1))),
    addM31(addM31(mulM31(a0, b3), mulM31(a1, b2)), addM31(mulM31(a2, b1), mulM31(a3, b0))),
  ];
}

function createExtension(degree: ExtensionDegree, c: number, kappa: readonly number[]): ExtensionField {
  const half = degree / 2;
  const zero: Ext = new Array<number>(degree).fill(0);
  const one: Ext = zero.map((_, i) => (i === 0 ? 1 : 0));

  const neg = (a: Ext): Ext => a.map(negM31);
  const scale = (a: Ext, b: number): Ext => a.map((x) => mulM31(x, b));
  const isZero = (a: Ext): boolean => a.every((x) => x === 0);

  const mulBase = (a: Ext, b: Ext): Ext => {
    const product = new Array<number>(half).fill(0);
    for (let i = 0; i < half; i++) {
      for (let j = 0; j < half; j++) {
        const term = mulM31(a[i] as number, b[j] as number);
        const at = (i + j) % half;
        product[at] = addM31(product[at] as number, i + j < half ? term : mulM31(term, c));
      }
    }
    return product;
  };

  // By the norm to M31: for d = 2 it is x^2 - c y^2, for d = 3 x^3 + c y^3 + c^2 z^3 - 3c xyz.
  const invBase = (a: Ext): Ext => {
    const [x, y, z] = a as readonly [number, number, number];
    const adjugate =
      half === 2
        ? [x, negM31(y)]
        : [
            subM31(mulM31(x, x), mulM31(c, mulM31(y, z))),
            subM31(mulM31(c, mulM31(z, z)), mulM31(x, y)),
            subM31(mulM31(y, y), mulM31(x, z)),
          ];
    const norm = mulBase(a, adjugate)[0] as number;
    return scale(adjugate, invM31(norm));
  };

  const mulTower = (a: Ext, b: Ext): Ext => {
    const [a0, a1, b0, b1] = [a.slice(0, half), a.slice(half), b.slice(0, half), b.slice(half)];
    return [
      ...addWords(mulBase(a0, b0), mulBase(kappa, mulBase(a1, b1))),
      ...addWords(mulBase(a0, b1), mulBase(a1, b0)),
    ];
  };

  // PERF: verifiers spend their time in these three; by hand they make one array each and no closure.
  const add = degree === 4 ? addQuartic : addWords;
  const sub = degree === 4 ? subQuartic : subWords;
  const mul = degree === 4 ? mulQuartic : mulTower;

  // (a0 + a1 t)(a0 - a1 t) = a0^2 - kappa a1^2 is in B.
  const inv = (a: Ext): Ext => {
    const [a0, a1] = [a.slice(0, half), a.slice(half)];
    const factor = invBase(subWords(mulBase(a0, a0), mulBase(kappa, mulBase(a1, a1))));
    return [...mulBase(a0, factor), ...neg(mulBase(a1, factor))];
  };

  const pow = (a: Ext, exponent: number): Ext => {
    let power = one;
    let base = a;
    for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = mul(power, base);
      base = mul(base, base);
    }
    return power;
  };

  const powers = (a: Ext, count: number): Ext[] => {
    const list: Ext[] = [];
    for (let power = one; list.length < count; power = mul(power, a)) list.push(power);
    return list;
  };

  return {
    degree,
    half,
    c,
    kappa,
    zero,
    one,
    add,
    sub,
    neg,
    mul,
    scale,
    inv,
    pow,
    eq: (a, b) => a.every((x, i) => x === b[i]),
    isZero,
    from: (a) => zero.map((_, i) => (i === 0 ? a : 0)),
    unit: (k) => zero.map((_, i) => (i === k ? 1 : 0)),
    mulBase,
    invBase,
    powers,
    isElement: (words) => words.length === degree && words.every(isM31),
  };
}
