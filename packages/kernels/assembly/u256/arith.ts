// Addition, subtraction, multiplication modulo 2^256. `out` may equal any operand: all limbs are
// read before the first is written.
import { mulhi64 } from '../intrinsics';
import { setLimbs } from './word';

/** out = a + b. */
@inline
export function add(out: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const s0 = a0 + load<u64>(b);
  const t1 = a1 + load<u64>(b, 8);
  const t2 = a2 + load<u64>(b, 16);
  const t3 = load<u64>(a, 24) + load<u64>(b, 24);
  const c0 = u64(s0 < a0);
  const s1 = t1 + c0;
  const c1 = u64(t1 < a1) | u64(s1 < c0);
  const s2 = t2 + c1;
  const c2 = u64(t2 < a2) | u64(s2 < c1);
  setLimbs(out, s0, s1, s2, t3 + c2);
}

/** out = a - b. */
@inline
export function sub(out: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const t3 = load<u64>(a, 24) - load<u64>(b, 24);
  const c0 = u64(a0 < b0);
  const t1 = a1 - b1;
  const c1 = u64(a1 < b1) | u64(t1 < c0);
  const t2 = a2 - b2;
  const c2 = u64(a2 < b2) | u64(t2 < c1);
  setLimbs(out, a0 - b0, t1 - c0, t2 - c1, t3 - c2);
}

/** out = -a. */
@inline
export function negate(out: usize, a: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const c0 = u64(a0 == 0);
  const s1 = ~a1 + c0;
  const c1 = c0 & u64(a1 == 0);
  const s2 = ~a2 + c1;
  const c2 = c1 & u64(a2 == 0);
  setLimbs(out, -a0, s1, s2, ~load<u64>(a, 24) + c2);
}

/** out = a * b. PERF: 1 wide product when both are below 2^64, 3 and 1 low when one is, else 6 and 4. */
export function mul(out: usize, a: usize, b: usize): void {
  const aTop = load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24);
  const bTop = load<u64>(b, 8) | load<u64>(b, 16) | load<u64>(b, 24);
  if (aTop == 0) {
    if (bTop == 0) {
      const x = load<u64>(a);
      const y = load<u64>(b);
      setLimbs(out, x * y, mulhi64(x, y), 0, 0);
    } else {
      mulBySmall(out, b, load<u64>(a));
    }
  } else if (bTop == 0) {
    mulBySmall(out, a, load<u64>(b));
  } else {
    mulWide(out, a, b);
  }
}

/** out = a * small. */
function mulBySmall(out: usize, a: usize, small: u64): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const h0 = mulhi64(a0, small);
  const s1 = a1 * small + h0;
  // The upper half of a product is at most 2^64-2: adding a carry cannot overflow.
  const h1 = mulhi64(a1, small) + u64(s1 < h0);
  const s2 = a2 * small + h1;
  const h2 = mulhi64(a2, small) + u64(s2 < h1);
  setLimbs(out, a0 * small, s1, s2, a3 * small + h2);
}

/** Schoolbook by rows on 64-bit limbs; products beyond 2^256 are not formed. */
function mulWide(out: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);

  // Row b0.
  let carry = mulhi64(a0, b0);
  let r1 = a1 * b0 + carry;
  carry = mulhi64(a1, b0) + u64(r1 < carry);
  let r2 = a2 * b0 + carry;
  carry = mulhi64(a2, b0) + u64(r2 < carry);
  let r3 = a3 * b0 + carry;

  // Row b1.
  let low = a0 * b1;
  r1 += low;
  carry = mulhi64(a0, b1) + u64(r1 < low);
  r2 += carry;
  let overflow = u64(r2 < carry);
  low = a1 * b1;
  r2 += low;
  r3 += mulhi64(a1, b1) + u64(r2 < low) + overflow;
  r3 += a2 * b1;

  // Rows b2 and b3.
  low = a0 * b2;
  r2 += low;
  r3 += mulhi64(a0, b2) + u64(r2 < low) + a1 * b2 + a0 * b3;
  setLimbs(out, a0 * b0, r1, r2, r3);
}

/** out = a * a. PERF: 4 wide and 2 low products. */
export function square(out: usize, a: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);

  // The products off the diagonal, then twice their sum.
  const p1 = a0 * a1;
  const h1 = mulhi64(a0, a1);
  const l2 = a0 * a2;
  const p2 = l2 + h1;
  const p3 = mulhi64(a0, a2) + u64(p2 < l2) + a0 * a3 + a1 * a2;
  const d1 = p1 << 1;
  const d2 = (p2 << 1) | (p1 >> 63);
  const d3 = (p3 << 1) | (p2 >> 63);

  // The diagonal.
  const h0 = mulhi64(a0, a0);
  const r1 = d1 + h0;
  const c1 = u64(r1 < h0);
  const q1 = a1 * a1;
  const t2 = d2 + q1;
  const r2 = t2 + c1;
  const c2 = u64(t2 < q1) + u64(r2 < c1);
  setLimbs(out, a0 * a0, r1, r2, d3 + mulhi64(a1, a1) + c2);
}

/** The eight limbs at `out` = a * b, in full. `out` must not overlap `a` or `b`. */
export function mulFull(out: usize, a: usize, b: usize): void {
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  let r0: u64 = 0;
  let r1: u64 = 0;
  let r2: u64 = 0;
  let r3: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const x = load<u64>(a + i);
    let low = x * b0;
    r0 += low;
    let carry = mulhi64(x, b0) + u64(r0 < low);
    store<u64>(out + i, r0);

    // Each step adds two terms to a limb: the sum of the two carries and an upper half stays below 2^64.
    low = x * b1;
    r0 = r1 + carry;
    carry = u64(r0 < carry);
    r0 += low;
    carry += mulhi64(x, b1) + u64(r0 < low);

    low = x * b2;
    r1 = r2 + carry;
    carry = u64(r1 < carry);
    r1 += low;
    carry += mulhi64(x, b2) + u64(r1 < low);

    low = x * b3;
    r2 = r3 + carry;
    carry = u64(r2 < carry);
    r2 += low;
    r3 = carry + mulhi64(x, b3) + u64(r2 < low);
  }
  setLimbs(out + 32, r0, r1, r2, r3);
}
