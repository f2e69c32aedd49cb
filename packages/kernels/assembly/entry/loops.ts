// Loops around single functions, for measuring them without the cost of a call from outside.
import { blake2f as compress } from '../blake2f';
import { keccak256 as hash } from '../keccak';
import { add, mul as multiply } from '../u256/arith';
import { addmod as addModulo, div as divide, mulmod as mulModulo } from '../u256/division';
import { exp as power } from '../u256/exp';
import { setLimbs } from '../u256/word';

const A: usize = __heap_base;
const B: usize = A + 32;
const M: usize = A + 64;
const OUT: usize = A + 96;
const SCRATCH: usize = A + 160;
// Division keeps a reciprocal in its scratch area between calls.
const EXP_SCRATCH: usize = SCRATCH + 320;

// The prime of secp256k1 and two words below it.
function prepare(): void {
  setLimbs(A, 0x59f2815b16f81798, 0x029bfcdb2dce28d9, 0x55a06295ce870b07, 0x79be667ef9dcbbac);
  setLimbs(B, 0x9c47d08ffb10d4b8, 0xfd17b448a6855419, 0x5da4fbfc0e1108a8, 0x483ada7726a3c465);
  setLimbs(M, 0xfffffffefffffc2f, -1, -1, -1);
}

export function keccak256(count: u32): void {
  for (; count != 0; count--) hash(A, A, 32, SCRATCH);
}

/** `count` rounds of one call. */
export function blake2f(count: u32): void {
  compress(count, A, B, 0, 0, true, SCRATCH);
}

export function mul(count: u32): void {
  prepare();
  for (; count != 0; count--) multiply(A, A, B);
}

/** A dividend of 256 and a divisor of 190 bits. */
export function div(count: u32): void {
  prepare();
  store<u64>(B, 0x27a0f5a1c3d2e4b7, 16);
  store<u64>(B, 0, 24);
  for (; count != 0; count--) {
    divide(OUT, A, B, SCRATCH);
    add(A, A, OUT);
  }
}

export function addmod(count: u32): void {
  prepare();
  for (; count != 0; count--) addModulo(A, A, B, M, SCRATCH);
}

export function mulmod(count: u32): void {
  prepare();
  for (; count != 0; count--) mulModulo(A, A, B, M, SCRATCH);
}

/** With another modulus each time. */
export function mulmodFresh(count: u32): void {
  prepare();
  for (; count != 0; count--) {
    mulModulo(A, A, B, M, SCRATCH);
    store<u64>(M, load<u64>(M) - 2);
  }
}

/** An odd base to exponents of 255 bits. */
export function exp(count: u32): void {
  prepare();
  store<u64>(A, load<u64>(A) | 1);
  for (; count != 0; count--) power(OUT, A, B, EXP_SCRATCH);
}
