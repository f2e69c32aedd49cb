/**
 * The prime field of the Mersenne prime 2^31 - 1. Elements are numbers in [0, P): the functions
 * expect canonical operands and give canonical results; {@link isM31} is the border check.
 */

/** The modulus, 2^31 - 1. */
export const P = 0x7fffffff;

/** Whether `value` is a canonical element. */
export function isM31(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < P;
}

/** The element an integer of either sign stands for: `toM31(-1) === P - 1`. */
export function toM31(value: number | bigint): number {
  if (typeof value === 'bigint') return Number(((value % BigInt(P)) + BigInt(P)) % BigInt(P));
  const rest = value % P;
  // The remainder of a negative multiple of P is minus zero.
  return rest < 0 ? rest + P : rest + 0;
}

export function addM31(a: number, b: number): number {
  const sum = a + b;
  return sum >= P ? sum - P : sum;
}

export function subM31(a: number, b: number): number {
  const difference = a - b;
  return difference < 0 ? difference + P : difference;
}

export function negM31(a: number): number {
  return a === 0 ? 0 : P - a;
}

/**
 * The product. With a·b = high·2^31 + low, 2^31 = 1 makes it high + low: the low bits are exact in
 * 32-bit arithmetic, and a double of a·b is near enough for the high ones, an integer below 2^31.
 */
export function mulM31(a: number, b: number): number {
  const low = Math.imul(a, b) & P;
  const high = ((a * b - low) / 0x80000000 + 0.5) | 0;
  const sum = high + low;
  return sum >= P ? sum - P : sum;
}

/** `a` to the power of a non-negative integer. */
export function powM31(a: number, exponent: number): number {
  let power = 1;
  let base = a;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = mulM31(power, base);
    base = mulM31(base, base);
  }
  return power;
}

/** 1/a = a^(2^31 - 3) by Fermat; the inverse of zero comes out as zero. */
export function invM31(a: number): number {
  // Exponents of n ones: a^(2^(m+n) - 1) is a^(2^m - 1) squared n times, times a^(2^n - 1).
  const ones2 = mulM31(mulM31(a, a), a);
  const ones4 = mulM31(squareM31(ones2, 2), ones2);
  const ones8 = mulM31(squareM31(ones4, 4), ones4);
  const ones16 = mulM31(squareM31(ones8, 8), ones8);
  const ones24 = mulM31(squareM31(ones16, 8), ones8);
  const ones28 = mulM31(squareM31(ones24, 4), ones4);
  const ones29 = mulM31(mulM31(ones28, ones28), a);
  return mulM31(squareM31(ones29, 2), a);
}

/** `a` squared `times` times. */
function squareM31(a: number, times: number): number {
  let power = a;
  for (let i = 0; i < times; i++) power = mulM31(power, power);
  return power;
}
