import { type InstructionFields, instructionBytes, writeElf } from '@ninefold/vm-svm';

/** Rounds of a loop: a little more than a million instructions, as many as a transaction may run. */
const ROUNDS = 120_000;

/** A loop that counts r6 down, and the instructions that it executes. */
export type Loop = { readonly file: Uint8Array; readonly instructions: number };

function loop(start: readonly InstructionFields[], body: readonly InstructionFields[]): Loop {
  const before: readonly InstructionFields[] = [[0xb7, 6, 0, 0, ROUNDS], ...start];
  const after: readonly InstructionFields[] = [
    [0x07, 6, 0, 0, -1],
    [0x55, 6, 0, -(body.length + 2), 0],
    [0xb7, 0, 0, 0, 0],
    [0x95, 0, 0, 0, 0],
  ];
  const round = body.length + 2;
  return {
    file: writeElf(instructionBytes([...before, ...body, ...after])),
    instructions: before.length + ROUNDS * round + after.length - 2,
  };
}

/** Arithmetic in registers where each result is the next one's operand: what the processor's latencies allow. */
export const chainLoop = (): Loop =>
  loop(
    [[0xb7, 7, 0, 0, 1]],
    [
      [0x0f, 7, 6, 0, 0],
      [0x2f, 7, 6, 0, 0],
      [0xaf, 7, 6, 0, 0],
      [0x67, 7, 0, 0, 3],
      [0x77, 7, 0, 0, 1],
      [0x47, 7, 0, 0, 5],
      [0x1f, 7, 6, 0, 0],
    ],
  );

/** Four chains beside each other, add, xor, multiply and shift, and a comparison that never holds. */
export const mixedLoop = (): Loop =>
  loop(
    [
      [0xb7, 7, 0, 0, 1],
      [0xb7, 8, 0, 0, 3],
      [0xb7, 9, 0, 0, 5],
      [0xb7, 1, 0, 0, 7],
    ],
    [
      [0x0f, 7, 6, 0, 0],
      [0xaf, 8, 6, 0, 0],
      [0x2f, 9, 6, 0, 0],
      [0x77, 1, 0, 0, 1],
      [0x0f, 1, 8, 0, 0],
      [0xa7, 7, 0, 0, 0x5555],
      [0x1d, 6, 10, 1, 0],
      [0x0f, 8, 9, 0, 0],
    ],
  );

/** Stores and loads of eight, four and one bytes behind r1. */
const STORES_AND_LOADS: readonly InstructionFields[] = [
  [0x7b, 1, 6, 0, 0],
  [0x79, 2, 1, 0, 0],
  [0x63, 1, 2, 8, 0],
  [0x61, 3, 1, 8, 0],
  [0x73, 1, 3, 16, 0],
  [0x71, 4, 1, 16, 0],
  [0x0f, 5, 4, 0, 0],
];

/** {@link STORES_AND_LOADS} on the stack. */
export const memoryLoop = (): Loop =>
  loop(
    [
      [0xbf, 1, 10, 0, 0],
      [0x07, 1, 0, 0, -64],
    ],
    STORES_AND_LOADS,
  );

/** As {@link memoryLoop}, but in the program's input, whose place is known at run time alone. */
export const inputLoop = (): Loop => loop([], STORES_AND_LOADS);
