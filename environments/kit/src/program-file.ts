import { type InstructionFields, instructionBytes, syscallKey, writeElf } from 'ninefold/svm';

// Programs of sBPF version 3, made here so that the tests need no toolchain.

/** A file of nothing but code. */
export const programFile = (code: readonly InstructionFields[]): Uint8Array =>
  writeElf(instructionBytes(code));

const RETURN = [0x95, 0, 0, 0, 0] as const;

/** Logs its instruction data, as events are logged. */
export const ECHO: Uint8Array = programFile([
  [0x79, 3, 2, -8, 0],
  [0x7b, 10, 2, -16, 0],
  [0x7b, 10, 3, -8, 0],
  [0xbf, 1, 10, 0, 0],
  [0x07, 1, 0, 0, -16],
  [0xb7, 2, 0, 0, 1],
  [0x85, 0, 0, 0, syscallKey('sol_log_data') | 0],
  [0xb7, 0, 0, 0, 0],
  RETURN,
]);

/** Fails with a number of its own. */
export const refusing = (number: number): Uint8Array => programFile([[0xb7, 0, 0, 0, number], RETURN]);
