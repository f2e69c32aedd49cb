import type { Rng } from '@ninefold/base';
import {
  type InstructionFields,
  instructionBytes,
  OPCODES,
  type OpSpec,
  syscallKey,
  writeElf,
} from '@ninefold/vm-svm';
import {
  anyImmediate,
  CALL,
  EXIT,
  FRAME_POINTER,
  immediateFor,
  LDDW,
  memoryAccess,
  MOV_64_IMM,
  MOV_64_REG,
  type Place,
} from './instructions.ts';

// Random programs of version 3 that come to an end: every jump goes forward.

const VERSION = 3;

/** Holds the address of the input for the whole run. */
const INPUT_REGISTER = 6;
/** Registers that the random part writes to. */
const WRITTEN: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9];

const NOT_RANDOM: readonly string[] = ['lddw', 'call', 'callx', 'exit'];
const RANDOM_OPS: readonly OpSpec[] = OPCODES.filter(
  ({ versions, form }) => versions.includes(VERSION) && !NOT_RANDOM.includes(form),
);

/** Syscalls that take any five numbers. */
const SYSCALLS: readonly number[] = ['sol_log_64_', 'sol_log_compute_units_', 'sol_get_stack_height'].map(
  syscallKey,
);

/** A base register and an offset: most of the time of memory that is there. */
function place(rng: Rng): Place {
  const choice = rng.below(12);
  if (choice === 0) return [rng.pick(WRITTEN), rng.below(64)];
  if (choice < 6) return [INPUT_REGISTER, rng.below(120)];
  return [FRAME_POINTER, -8 - rng.below(600)];
}

function randomSlot(rng: Rng, left: number): InstructionFields {
  if (rng.below(24) === 0) return [CALL, 0, 0, 0, rng.pick(SYSCALLS)];
  const spec = rng.pick(RANDOM_OPS);
  const dst = rng.pick(WRITTEN);
  const src = rng.below(10);
  const access = memoryAccess(rng, spec, dst, src, place);
  if (access !== undefined) return access;
  switch (spec.form) {
    case 'jump':
    case 'jumpImm':
    case 'jumpReg': {
      const isRegister = spec.form === 'jumpReg';
      return [spec.code, dst, isRegister ? src : 0, rng.below(left), isRegister ? 0 : anyImmediate(rng)];
    }
    case 'aluReg':
      return [spec.code, dst, src, 0, 0];
    default:
      return [spec.code, dst, 0, 0, immediateFor(rng, spec)];
  }
}

/** A program that starts with numbers in all registers and ends with `exit`. */
export function randomProgram(rng: Rng): Uint8Array {
  const slots: InstructionFields[] = [[MOV_64_REG, INPUT_REGISTER, 1, 0, 0]];
  for (const register of WRITTEN) {
    if (rng.below(3) > 0) slots.push([MOV_64_IMM, register, 0, 0, anyImmediate(rng)]);
    else slots.push([LDDW, register, 0, 0, anyImmediate(rng)], [0, 0, 0, 0, anyImmediate(rng)]);
  }
  const length = 1 + rng.below(60);
  for (let i = 0; i < length; i++) slots.push(randomSlot(rng, length - i));
  if (rng.below(4) > 0) slots.push([MOV_64_IMM, 0, 0, 0, rng.below(5) > 0 ? 0 : anyImmediate(rng)]);
  else slots.push([MOV_64_IMM, 9, 0, 0, 0]);
  slots.push([EXIT, 0, 0, 0, 0]);
  return writeElf(instructionBytes(slots));
}
