import type { Rng } from '@ninefold/base';
import { OPCODES, type OpSpec, syscallKey } from '@ninefold/vm-svm';

// Random programs of version 3 that come to an end: every jump goes forward.

type Slot = readonly [opcode: number, dst: number, src: number, offset: number, imm: number];

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const TEXT_ADDRESS = 1n << 32n;
const MACHINE_SBPF = 247;
const VERSION = 3;
const EXECUTABLE = 1;

const CALL = 0x85;
const EXIT = 0x95;
const MOV_64_IMM = 0xb7;
const MOV_64_REG = 0xbf;
const LDDW = 0x18;

/** Holds the address of the input for the whole run. */
const INPUT_REGISTER = 6;
const FRAME_POINTER = 10;
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

const EDGES: readonly number[] = [0, 1, -1, 2, 0x7f, 0x80, 0xffff, 0x7fff_ffff, -0x8000_0000];

const anyImmediate = (rng: Rng): number => (rng.below(2) === 0 ? rng.pick(EDGES) : rng.u32() | 0);

function immediateFor(rng: Rng, { check }: OpSpec): number {
  switch (check) {
    case 'nonzero':
      return anyImmediate(rng) || 1;
    case 'shift32':
      return rng.below(32);
    case 'shift64':
      return rng.below(64);
    case 'endian':
      return rng.pick([16, 32, 64]);
    case undefined:
      return anyImmediate(rng);
  }
}

/** A base register and an offset: most of the time of memory that is there. */
function place(rng: Rng): readonly [register: number, offset: number] {
  const choice = rng.below(12);
  if (choice === 0) return [rng.pick(WRITTEN), rng.below(64)];
  if (choice < 6) return [INPUT_REGISTER, rng.below(120)];
  return [FRAME_POINTER, -8 - rng.below(600)];
}

function randomSlot(rng: Rng, left: number): Slot {
  if (rng.below(24) === 0) return [CALL, 0, 0, 0, rng.pick(SYSCALLS)];
  const spec = rng.pick(RANDOM_OPS);
  const dst = rng.pick(WRITTEN);
  const src = rng.below(10);
  switch (spec.form) {
    case 'load': {
      const [base, offset] = place(rng);
      return [spec.code, dst, base, offset, 0];
    }
    case 'storeImm': {
      const [base, offset] = place(rng);
      return [spec.code, base, 0, offset, anyImmediate(rng)];
    }
    case 'storeReg': {
      const [base, offset] = place(rng);
      return [spec.code, base, src, offset, 0];
    }
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
  const slots: Slot[] = [[MOV_64_REG, INPUT_REGISTER, 1, 0, 0]];
  for (const register of WRITTEN) {
    if (rng.below(3) > 0) slots.push([MOV_64_IMM, register, 0, 0, anyImmediate(rng)]);
    else slots.push([LDDW, register, 0, 0, anyImmediate(rng)], [0, 0, 0, 0, anyImmediate(rng)]);
  }
  const length = 1 + rng.below(60);
  for (let i = 0; i < length; i++) slots.push(randomSlot(rng, length - i));
  if (rng.below(4) > 0) slots.push([MOV_64_IMM, 0, 0, 0, rng.below(5) > 0 ? 0 : anyImmediate(rng)]);
  else slots.push([MOV_64_IMM, 9, 0, 0, 0]);
  slots.push([EXIT, 0, 0, 0, 0]);
  return toFile(slots);
}

function toFile(slots: readonly Slot[]): Uint8Array {
  const start = HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const size = 8 * slots.length;
  const file = new Uint8Array(start + size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, MACHINE_SBPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, TEXT_ADDRESS, true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint32(48, VERSION, true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  view.setUint32(HEADER_BYTES, 1, true);
  view.setUint32(HEADER_BYTES + 4, EXECUTABLE, true);
  const fields = [BigInt(start), TEXT_ADDRESS, TEXT_ADDRESS, BigInt(size), BigInt(size)];
  for (const [i, field] of fields.entries()) view.setBigUint64(HEADER_BYTES + 8 + 8 * i, field, true);
  for (const [i, [opcode, dst, src, offset, imm]] of slots.entries()) {
    const at = start + 8 * i;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, dst | (src << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, imm, true);
  }
  return file;
}
