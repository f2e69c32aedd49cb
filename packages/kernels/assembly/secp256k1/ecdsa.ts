// ECDSA over secp256k1 (SEC 1, section 4.1) and the sums of products that other schemes need.
// Numbers, hashes and coordinates are 32 big-endian bytes, public keys x and y in 64.
import { add as addWords } from '../u256/arith';
import { subtract } from '../limbs';
import { eq, isZero, lt } from '../u256/compare';
import { copy as copyWord, fromBE, toBE } from '../u256/word';
import { fromWords, isOdd, negateLazily, normalize, toWords } from './field';
import { addPoints, multiplyAdd, multiplyAddFixed, multiplyGenerator, prepareSigner } from './multiply';
import { hasX, isInfinity, isOnCurve, setRightSide, toAffine, Y } from './point';
import { squareRoot } from './roots';
import {
  addScalars,
  inverseScalar,
  multiplyScalars,
  negateScalar,
  ORDER,
  readNonZero,
  readScalar,
} from './scalar';

/** p as four limbs. */
const PRIME: usize = memory.data<u64>([
  0xfffffffefffffc2f, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
]);

/** (n - 1) / 2: the largest s that counts as low. */
const HALF_ORDER: usize = memory.data<u64>([
  0xdfe92f46681b20a0, 0x5d576e7357a4501d, 0xffffffffffffffff, 0x7fffffffffffffff,
]);

const INVERSE: usize = memory.data(32);
const R: usize = memory.data(32);
const S: usize = memory.data(32);
const U1: usize = memory.data(32);
const U2: usize = memory.data(32);
const X_WORDS: usize = memory.data(32);
const POINT: usize = memory.data(72); // affine
const SUM: usize = memory.data(72); // affine

// Forms of a public key, SEC 1, section 2.3.3.
const COMPRESSED_EVEN: u32 = 2;
const COMPRESSED_ODD: u32 = 3;
const UNCOMPRESSED: u32 = 4;
const HYBRID_EVEN: u32 = 6;
const HYBRID_ODD: u32 = 7;

/**
 * The key whose signature of the hash (r, s) is, to `out`: whether there is one.
 *
 * @param input hash, r, s
 * @param recoveryId bit 0: whether the y of the signature's point is odd; bit 1: whether its x is r + n
 */
export function recover(out: usize, input: usize, recoveryId: u32): bool {
  if (!readNonZero(R, input + 32) || !readNonZero(S, input + 64)) return false;
  copyWord(X_WORDS, R);
  if ((recoveryId & 2) != 0) {
    addWords(X_WORDS, X_WORDS, ORDER);
    // Beyond 2^256 it is below n again.
    if (lt(X_WORDS, ORDER)) return false;
  }
  if (!liftX(POINT, X_WORDS, recoveryId & 1)) return false;
  // Q = (s R - hash G) / r
  inverseScalar(R, R);
  fromBE(U1, input);
  multiplyScalars(U1, U1, R);
  negateScalar(U1, U1);
  multiplyScalars(U2, S, R);
  if (!multiplyAdd(SUM, U1, U2, POINT, POINT + Y)) return false;
  writePoint(out, SUM);
  return true;
}

/**
 * Makes ready to find signatures of one key by {@link isSignersRecovery}.
 *
 * @param input the key; false when it is no point
 */
export function expectSigner(input: usize): bool {
  if (!readPoint(POINT, input)) return false;
  prepareSigner(POINT, POINT + Y);
  return true;
}

/**
 * Whether the key of {@link expectSigner} is what {@link recover} would give for the same input. If it
 * is not, or there was none, some other key may be.
 *
 * PERF: half the time of a recovery.
 */
export function isSignersRecovery(input: usize, recoveryId: u32): bool {
  if (!readNonZero(R, input + 32) || !readNonZero(S, input + 64)) return false;
  copyWord(X_WORDS, R);
  if ((recoveryId & 2) != 0) {
    addWords(X_WORDS, X_WORDS, ORDER);
    if (lt(X_WORDS, ORDER)) return false;
  }
  if (!lt(X_WORDS, PRIME)) return false;
  fromWords(POINT, X_WORDS);
  // (hash G + r Q) / s is the signature's point exactly when Q = (s R - hash G) / r.
  inverseScalar(S, S);
  fromBE(U1, input);
  multiplyScalars(U1, U1, S);
  multiplyScalars(U2, R, S);
  const point = multiplyAddFixed(U1, U2);
  if (isInfinity(point) || !hasX(point, POINT)) return false;
  toAffine(SUM, point, 0);
  normalize(SUM + Y);
  return u32(isOdd(SUM + Y)) == (recoveryId & 1);
}

/**
 * Whether (r, s) is a signature of the hash by the key; any s from 1 to n - 1 counts.
 *
 * @param input hash, r, s, key
 */
export function verify(input: usize): bool {
  if (!readNonZero(R, input + 32) || !readNonZero(S, input + 64)) return false;
  if (!readPoint(POINT, input + 96)) return false;
  inverseScalar(S, S);
  fromBE(U1, input);
  multiplyScalars(U1, U1, S);
  multiplyScalars(U2, R, S);
  if (!multiplyAdd(SUM, U1, U2, POINT, POINT + Y)) return false;
  normalize(SUM);
  toWords(X_WORDS, SUM);
  // x modulo n: p is below 2n.
  if (!lt(X_WORDS, ORDER)) subtract(X_WORDS, X_WORDS, ORDER, 32);
  return eq(X_WORDS, R);
}

/**
 * a G + b P to `out`: whether that is a point other than the one at infinity. False as well when P is no
 * point or a number not below n.
 *
 * @param input a, b, P
 */
export function combine(out: usize, input: usize): bool {
  if (!readScalar(U1, input) || !readScalar(U2, input + 32) || !readPoint(POINT, input + 64)) return false;
  if (!multiplyAdd(SUM, U1, U2, POINT, POINT + Y)) return false;
  writePoint(out, SUM);
  return true;
}

/**
 * The signature (r, s) of the hash with a low s to `out`, then a byte for the parity of its point's y.
 * False when the nonce will not do, and another has to be tried.
 *
 * @param input hash, private key, nonce, and a number nobody knows that blinds the nonce's inversion,
 *   whose time depends on its operand
 */
export function sign(out: usize, input: usize): bool {
  const signed = readNonZero(U1, input + 32) && readNonZero(U2, input + 64) && makeSignature(input, input + 96);
  if (signed) {
    toBE(out, R);
    toBE(out + 32, S);
    store<u8>(out + 64, u8(isOdd(SUM + Y)) ^ u8(isHigh));
  }
  memory.fill(U1, 0, 32);
  memory.fill(U2, 0, 32);
  memory.fill(INVERSE, 0, 32);
  return signed;
}

/** Whether the last signature's s was replaced by n - s. */
let isHigh: bool = false;

/** R and S = (hash + R key) / nonce, for the key in U1 and the nonce in U2. */
function makeSignature(hash: usize, blind: usize): bool {
  multiplyGenerator(SUM, U2);
  normalize(SUM);
  normalize(SUM + Y);
  toWords(R, SUM);
  if (!lt(R, ORDER)) subtract(R, R, ORDER, 32);
  // 1 / nonce = blind / (nonce blind)
  fromBE(X_WORDS, blind);
  multiplyScalars(INVERSE, U2, X_WORDS);
  inverseScalar(INVERSE, INVERSE);
  multiplyScalars(INVERSE, INVERSE, X_WORDS);
  multiplyScalars(U1, R, U1);
  multiplyScalars(U1, U1, INVERSE);
  fromBE(S, hash);
  multiplyScalars(S, S, INVERSE);
  addScalars(S, S, U1);
  isHigh = lt(HALF_ORDER, S);
  if (isHigh) negateScalar(S, S);
  return !isZero(R) && !isZero(S);
}

/**
 * The sum of two points to `out`: whether that is a point other than the one at infinity. False as well
 * when one is no point.
 *
 * @param input two points
 */
export function sum(out: usize, input: usize): bool {
  if (!readPoint(POINT, input) || !readPoint(SUM, input + 64)) return false;
  if (!addPoints(SUM, POINT)) return false;
  writePoint(out, SUM);
  return true;
}

/**
 * k G to `out`; false for 0 and numbers not below n. For secret numbers, see `multiplyGenerator`.
 *
 * @param input k
 */
export function derive(out: usize, input: usize): bool {
  const inRange = readNonZero(U1, input);
  if (inRange) {
    multiplyGenerator(SUM, U1);
    writePoint(out, SUM);
  }
  memory.fill(U1, 0, 32);
  return inRange;
}

/**
 * 1 / k modulo n to `out`; false for 0 and numbers not below n. Running time depends on k.
 *
 * @param input k
 */
export function invert(out: usize, input: usize): bool {
  if (!readNonZero(U1, input)) return false;
  inverseScalar(U1, U1);
  toBE(out, U1);
  return true;
}

/**
 * The point that `length` bytes encode, compressed, uncompressed or hybrid, to `out`: whether they do.
 */
export function parse(out: usize, input: usize, length: u32): bool {
  const form = <u32>load<u8>(input);
  if (length == 33) {
    if (form != COMPRESSED_EVEN && form != COMPRESSED_ODD) return false;
    fromBE(X_WORDS, input + 1);
    if (!liftX(POINT, X_WORDS, form & 1)) return false;
  } else {
    if (form != UNCOMPRESSED && form != HYBRID_EVEN && form != HYBRID_ODD) return false;
    if (!readPoint(POINT, input + 1)) return false;
    if (form != UNCOMPRESSED && u32(isOdd(POINT + Y)) != (form & 1)) return false;
  }
  writePoint(out, POINT);
  return true;
}

/** out = the point with this x, as a word, and a y of this parity: whether there is one. */
function liftX(out: usize, x: usize, parity: u32): bool {
  if (!lt(x, PRIME)) return false;
  fromWords(out, x);
  const y = out + Y;
  setRightSide(y, out);
  if (!squareRoot(y, y)) return false;
  normalize(y);
  // 0 is no y of the curve: the other root is always another number.
  if (u32(isOdd(y)) != parity) {
    negateLazily(y, y);
    normalize(y);
  }
  return true;
}

function readPoint(out: usize, input: usize): bool {
  return readCoordinate(out, input) && readCoordinate(out + Y, input + 32) && isOnCurve(out, out + Y);
}

function readCoordinate(out: usize, input: usize): bool {
  fromBE(X_WORDS, input);
  if (!lt(X_WORDS, PRIME)) return false;
  fromWords(out, X_WORDS);
  return true;
}

function writePoint(out: usize, point: usize): void {
  writeCoordinate(out, point);
  writeCoordinate(out + 32, point + Y);
}

function writeCoordinate(out: usize, element: usize): void {
  normalize(element);
  toWords(X_WORDS, element);
  toBE(out, X_WORDS);
}
