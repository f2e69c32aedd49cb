import {
  BABY_BEAR,
  EXTERNAL_BLOCK,
  FULL_ROUND_CONSTANTS,
  INTERNAL_DIAGONAL,
  PARTIAL_ROUND_CONSTANTS,
} from '../../spec/risc0-poseidon2.ts';

/** Cells of the state. */
export const POSEIDON2_CELLS = 24;

const FULL_ROUNDS_BEFORE = 4;

/** a b mod p for operands below p: the partial products stay below 2^53. */
function multiply(a: number, b: number): number {
  const high = (a * (b >>> 16)) % BABY_BEAR;
  return (high * 65536 + a * (b & 0xffff)) % BABY_BEAR;
}

/** x^7, the S-box of BabyBear. */
function sbox(x: number): number {
  const square = multiply(x, x);
  return multiply(multiply(multiply(square, square), square), x);
}

/** The block matrix on each four cells, then the sum of all groups added to each. */
function mixExternal(cells: Float64Array): void {
  const sums = [0, 0, 0, 0];
  for (let group = 0; group < POSEIDON2_CELLS; group += 4) {
    const four = cells.slice(group, group + 4);
    for (let i = 0; i < 4; i++) {
      const row = EXTERNAL_BLOCK[i] as readonly number[];
      let sum = 0;
      for (let j = 0; j < 4; j++) sum += (row[j] as number) * (four[j] as number);
      cells[group + i] = sum;
      sums[i] = (sums[i] as number) + sum;
    }
  }
  for (let i = 0; i < POSEIDON2_CELLS; i++) {
    cells[i] = ((cells[i] as number) + (sums[i & 3] as number)) % BABY_BEAR;
  }
}

/** The matrix of ones plus a diagonal. */
function mixInternal(cells: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < POSEIDON2_CELLS; i++) sum += cells[i] as number;
  for (let i = 0; i < POSEIDON2_CELLS; i++) {
    cells[i] = (sum + multiply(cells[i] as number, INTERNAL_DIAGONAL[i] as number)) % BABY_BEAR;
  }
}

function fullRound(cells: Float64Array, constants: readonly number[]): void {
  for (let i = 0; i < POSEIDON2_CELLS; i++) {
    cells[i] = sbox(((cells[i] as number) + (constants[i] as number)) % BABY_BEAR);
  }
  mixExternal(cells);
}

/** RISC Zero's permutation of 24 field elements, in place. */
export function poseidon2Mix(cells: Float64Array): void {
  mixExternal(cells);
  for (const constants of FULL_ROUND_CONSTANTS.slice(0, FULL_ROUNDS_BEFORE)) fullRound(cells, constants);
  for (const constant of PARTIAL_ROUND_CONSTANTS) {
    cells[0] = sbox(((cells[0] as number) + constant) % BABY_BEAR);
    mixInternal(cells);
  }
  for (const constants of FULL_ROUND_CONSTANTS.slice(FULL_ROUNDS_BEFORE)) fullRound(cells, constants);
}
