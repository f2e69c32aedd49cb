// Modular inversion by division steps (Bernstein and Yang, "Fast constant-time gcd computation and
// modular inversion", 2019), in their variable-time form: 30 steps at a time on the lowest 32 bits,
// gathered in a matrix that is then applied to the numbers of full length.
//
// Numbers are nine digits of 30 bits, i32 each, least significant first; the uppermost has the sign.
//
// PERF: about 20 rounds for 256 bits; running time depends on the operand: not for secrets.

const DIGITS: usize = 36;
const DIGIT: i32 = 0x3fffffff;

/** Bytes of scratch for {@link inverseBySteps}. */
export const STEPS_SCRATCH: usize = 4 * DIGITS + 16;

/**
 * out = 1 / a modulo an odd modulus of 255 or 256 bits; 0 for 0. `out` and `a` are four little-endian u64
 * limbs, `a` below the modulus; `out` may equal `a`.
 *
 * @param modulus nine digits of 30 bits, then its inverse modulo 2^30, u32 each
 */
export function inverseBySteps(out: usize, a: usize, modulus: usize, scratch: usize): void {
  const f = scratch;
  const g = scratch + DIGITS;
  const d = scratch + 2 * DIGITS;
  const e = scratch + 3 * DIGITS;
  const matrix = scratch + 4 * DIGITS;
  memory.copy(f, modulus, DIGITS);
  toDigits(g, a);
  memory.fill(d, 0, 2 * DIGITS);
  store<i32>(e, 1);

  // Invariant: f = d a and g = e a modulo the modulus.
  let eta: i32 = -1;
  do {
    eta = thirtySteps(eta, load<u32>(f) | (load<u32>(f, 4) << 30), load<u32>(g) | (load<u32>(g, 4) << 30), matrix);
    applyModulo(d, e, matrix, modulus);
    applyExactly(f, g, matrix);
  } while (!isZero(g));

  // f is 1 or -1, and d between -2 and 1 times the modulus.
  if (load<i32>(d, 32) < 0) addDigits(d, modulus);
  if (load<i32>(f, 32) < 0) negate(d);
  if (load<i32>(d, 32) < 0) addDigits(d, modulus);
  toLimbs(out, d);
}

/** The matrix (u v; q r) of 30 division steps from the lowest bits of f and g; returns the new eta. */
function thirtySteps(eta: i32, f: u32, g: u32, matrix: usize): i32 {
  let u: u32 = 1;
  let v: u32 = 0;
  let q: u32 = 0;
  let r: u32 = 1;
  let left: i32 = 30;
  while (true) {
    const zeros = <i32>ctz<u32>(g | ((<u32>-1) << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    if (eta < 0) {
      eta = -eta;
      let old = f;
      f = g;
      g = 0 - old;
      old = u;
      u = q;
      q = 0 - old;
      old = v;
      v = r;
      r = 0 - old;
    }
    // As many steps as do not change eta's sign, at most six: g + w f has that many zeros at its end.
    const steps = min(min(eta + 1, left), 6);
    const w = (g * f * (f * f - 2)) & ((1 << steps) - 1);
    g += f * w;
    q += u * w;
    r += v * w;
  }
  store<u32>(matrix, u);
  store<u32>(matrix, v, 4);
  store<u32>(matrix, q, 8);
  store<u32>(matrix, r, 12);
  return eta;
}

/** (f, g) = matrix (f, g) / 2^30, which divides exactly. */
function applyExactly(f: usize, g: usize, matrix: usize): void {
  const u = <i64>load<i32>(matrix);
  const v = <i64>load<i32>(matrix, 4);
  const q = <i64>load<i32>(matrix, 8);
  const r = <i64>load<i32>(matrix, 12);
  let fi = <i64>load<i32>(f);
  let gi = <i64>load<i32>(g);
  let fSum = (u * fi + v * gi) >> 30;
  let gSum = (q * fi + r * gi) >> 30;
  for (let i: usize = 4; i < DIGITS; i += 4) {
    fi = <i64>load<i32>(f + i);
    gi = <i64>load<i32>(g + i);
    fSum += u * fi + v * gi;
    gSum += q * fi + r * gi;
    store<i32>(f + i - 4, <i32>fSum & DIGIT);
    store<i32>(g + i - 4, <i32>gSum & DIGIT);
    fSum >>= 30;
    gSum >>= 30;
  }
  store<i32>(f, <i32>fSum, 32);
  store<i32>(g, <i32>gSum, 32);
}

/** (d, e) = matrix (d, e) / 2^30 modulo the modulus, of which as many are added as the division needs. */
function applyModulo(d: usize, e: usize, matrix: usize, modulus: usize): void {
  const u = load<i32>(matrix);
  const v = load<i32>(matrix, 4);
  const q = load<i32>(matrix, 8);
  const r = load<i32>(matrix, 12);
  const inverse = load<i32>(modulus, 36);
  const dSign = load<i32>(d, 32) >> 31;
  const eSign = load<i32>(e, 32) >> 31;
  // Once for each negative number, so that the results stay between -2 and 1 times the modulus.
  let dTimes = (u & dSign) + (v & eSign);
  let eTimes = (q & dSign) + (r & eSign);
  let di = <i64>load<i32>(d);
  let ei = <i64>load<i32>(e);
  let dSum = <i64>u * di + <i64>v * ei;
  let eSum = <i64>q * di + <i64>r * ei;
  dTimes -= (inverse * <i32>dSum + dTimes) & DIGIT;
  eTimes -= (inverse * <i32>eSum + eTimes) & DIGIT;
  let mi = <i64>load<i32>(modulus);
  dSum = (dSum + mi * <i64>dTimes) >> 30;
  eSum = (eSum + mi * <i64>eTimes) >> 30;
  for (let i: usize = 4; i < DIGITS; i += 4) {
    di = <i64>load<i32>(d + i);
    ei = <i64>load<i32>(e + i);
    mi = <i64>load<i32>(modulus + i);
    dSum += <i64>u * di + <i64>v * ei + mi * <i64>dTimes;
    eSum += <i64>q * di + <i64>r * ei + mi * <i64>eTimes;
    store<i32>(d + i - 4, <i32>dSum & DIGIT);
    store<i32>(e + i - 4, <i32>eSum & DIGIT);
    dSum >>= 30;
    eSum >>= 30;
  }
  store<i32>(d, <i32>dSum, 32);
  store<i32>(e, <i32>eSum, 32);
}

function isZero(a: usize): bool {
  let digits: i32 = 0;
  for (let i: usize = 0; i < DIGITS; i += 4) digits |= load<i32>(a + i);
  return digits == 0;
}

/** a += b. */
function addDigits(a: usize, b: usize): void {
  let carry: i32 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += load<i32>(a + i) + load<i32>(b + i);
    store<i32>(a + i, carry & DIGIT);
    carry >>= 30;
  }
  store<i32>(a, carry + load<i32>(a, 32) + load<i32>(b, 32), 32);
}

/** a = -a. */
function negate(a: usize): void {
  let carry: i32 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry -= load<i32>(a + i);
    store<i32>(a + i, carry & DIGIT);
    carry >>= 30;
  }
  store<i32>(a, carry - load<i32>(a, 32), 32);
}

/** Digits of four u64 limbs: each lies inside the 64 bits from the byte it begins in. */
function toDigits(out: usize, a: usize): void {
  let below: u64 = 0;
  let bits: u64 = 0;
  let at = out;
  for (let i: usize = 0; i < 32; i += 4) {
    below |= <u64>load<u32>(a + i) << bits;
    bits += 32;
    store<i32>(at, <i32>below & DIGIT);
    at += 4;
    below >>= 30;
    bits -= 30;
  }
  store<i32>(at, <i32>below);
}

/** The inverse of {@link toDigits}. */
function toLimbs(out: usize, digits: usize): void {
  let below: u64 = 0;
  let bits: u64 = 0;
  for (let i: usize = 0; i < DIGITS; i += 4) {
    below |= <u64>load<u32>(digits + i) << bits;
    bits += 30;
    if (bits < 32) continue;
    store<u32>(out, <u32>below);
    out += 4;
    below >>= 32;
    bits -= 32;
  }
}
