// Sums and products of points that come and go as bytes, of edwards25519 and of ristretto255.
import { makeOddTable, MAX_TERMS, multiplySum, ODD_TABLE } from './multiply';
import { add, decode, encode, isPoint as isEdwardsPoint, negate, prepare, setNeutral } from './point';
import { decodeRistretto, encodeRistretto } from './ristretto';
import { isReduced } from './scalar';

const BYTES: usize = 32;

const LEFT: usize = memory.data(160, 16);
const RIGHT: usize = memory.data(160, 16);
const TABLES: usize = memory.data(10240, 16); // MAX_TERMS * ODD_TABLE

function read(out: usize, bytes: usize, isRistretto: bool): bool {
  return isRistretto ? decodeRistretto(out, bytes) : decode(out, bytes);
}

function write(bytes: usize, point: usize, isRistretto: bool): void {
  if (isRistretto) encodeRistretto(bytes, point);
  else encode(bytes, point);
}

/** Whether 32 bytes are a point. */
export function isPoint(bytes: usize, isRistretto: bool): bool {
  return isRistretto ? decodeRistretto(LEFT, bytes) : isEdwardsPoint(bytes);
}

/** out = a + b, or a - b: whether both are points. `out` may equal an operand. */
export function combine(out: usize, a: usize, b: usize, isDifference: bool, isRistretto: bool): bool {
  if (!read(LEFT, a, isRistretto) || !read(RIGHT, b, isRistretto)) return false;
  if (isDifference) negate(RIGHT, RIGHT);
  prepare(RIGHT, RIGHT);
  add(LEFT, LEFT, RIGHT);
  write(out, LEFT, isRistretto);
  return true;
}

/**
 * out = the sum of `count` scalars, of 32 bytes each, times as many points: whether all scalars are below L
 * and all points are ones. `out` may be where the first of either is.
 */
export function sumOfProducts(out: usize, scalars: usize, points: usize, count: u32, isRistretto: bool): bool {
  setNeutral(LEFT);
  while (count != 0) {
    const terms = min(count, MAX_TERMS);
    for (let i: usize = 0; i < <usize>terms; i++) {
      if (!isReduced(scalars + i * BYTES) || !read(RIGHT, points + i * BYTES, isRistretto)) return false;
      makeOddTable(TABLES + i * ODD_TABLE, RIGHT);
    }
    multiplySum(RIGHT, scalars, TABLES, terms);
    prepare(RIGHT, RIGHT);
    add(LEFT, LEFT, RIGHT);
    scalars += <usize>terms * BYTES;
    points += <usize>terms * BYTES;
    count -= terms;
  }
  write(out, LEFT, isRistretto);
  return true;
}
