import type { FunctionBuilder } from '@ninefold/wasm';
import { CONDITIONS, MEMORY_SYSCALLS, OPCODES, OPERATIONS } from '../spec/opcodes.ts';

/** What an operation is to the compiler. */
export type OperationKind =
  | 'lddw'
  | 'load'
  | 'storeImm'
  | 'storeReg'
  | 'alu'
  | 'jump'
  | 'branch'
  | 'call'
  | 'callx'
  | 'exit'
  | 'syscall'
  | 'memorySyscall'
  | 'stop';

/**
 * An operation as WebAssembly. `emit` finds the operands on the stack and leaves a result; operands are
 * `i32` for operations on 32 bits and `i64` otherwise, the result of an `alu` operation is an `i64`, that
 * of a `branch` is a condition.
 */
export type OperationSpec = {
  readonly name: string;
  readonly kind: OperationKind;
  readonly readsDst: boolean;
  readonly readsSrc: boolean;
  readonly writesDst: boolean;
  /** Whether the second operand is the immediate. */
  readonly hasImmediate: boolean;
  /** Width of the operands. */
  readonly bits: 32 | 64;
  /** What a load or store moves. */
  readonly bytes: 1 | 2 | 4 | 8;
  /** Division: what it must not be asked for. */
  readonly division?: 'unsigned' | 'signed' | undefined;
  readonly emit?: Emit | undefined;
};

/** What emitters need besides the function: the kernel's functions for high products, and two locals. */
export type Helpers = {
  readonly mulHighUnsigned: number;
  readonly mulHighSigned: number;
  readonly long: number;
  readonly word: number;
};

type Emit = (f: FunctionBuilder, helpers: Helpers) => void;

/** Operations on two operands of 64 bits. */
const ALU_64: Readonly<Record<string, Emit>> = {
  add: (f) => f.i64_add(),
  sub: (f) => f.i64_sub(),
  rsub: (f) => f.i64_sub(),
  mul: (f) => f.i64_mul(),
  div: (f) => f.i64_div_u(),
  mod: (f) => f.i64_rem_u(),
  sdiv: (f) => f.i64_div_s(),
  srem: (f) => f.i64_rem_s(),
  or: (f) => f.i64_or(),
  and: (f) => f.i64_and(),
  xor: (f) => f.i64_xor(),
  // Shifts take the amount modulo the width, as WebAssembly does.
  lsh: (f) => f.i64_shl(),
  rsh: (f) => f.i64_shr_u(),
  arsh: (f) => f.i64_shr_s(),
  uhmul: (f, { mulHighUnsigned }) => f.call(mulHighUnsigned),
  shmul: (f, { mulHighSigned }) => f.call(mulHighSigned),
  mov: () => {},
  neg: (f) => f.i64_const(-1n).i64_mul(),
};

/** Operations on two operands of 32 bits; the result is zero-extended unless {@link SIGN_EXTENDED}. */
const ALU_32: Readonly<Record<string, Emit>> = {
  add: (f) => f.i32_add(),
  addw: (f) => f.i32_add(),
  sub: (f) => f.i32_sub(),
  subw: (f) => f.i32_sub(),
  rsub: (f) => f.i32_sub(),
  mul: (f) => f.i32_mul(),
  lmul: (f) => f.i32_mul(),
  div: (f) => f.i32_div_u(),
  mod: (f) => f.i32_rem_u(),
  sdiv: (f) => f.i32_div_s(),
  srem: (f) => f.i32_rem_s(),
  or: (f) => f.i32_or(),
  and: (f) => f.i32_and(),
  xor: (f) => f.i32_xor(),
  lsh: (f) => f.i32_shl(),
  rsh: (f) => f.i32_shr_u(),
  arsh: (f) => f.i32_shr_s(),
  mov: () => {},
  movsx: () => {},
  neg: (f) => f.i32_const(-1).i32_mul(),
};

const SIGN_EXTENDED: readonly string[] = ['add', 'sub', 'mul', 'movsx'];

/** Operations whose operands stand the other way round: the immediate is the minuend. */
export const isReversed = ({ name }: OperationSpec): boolean => name.startsWith('rsub');

const ENDIAN: Readonly<Record<string, Emit>> = {
  le16: (f) => f.i64_const(0xffff).i64_and(),
  le32: (f) => f.i64_const(0xffff_ffff).i64_and(),
  le64: () => {},
  be16: (f, { word }) => {
    f.i32_wrap_i64();
    swap32(f, word);
    f.i32_const(16).i32_shr_u().i64_extend_i32_u();
  },
  be32: (f, { word }) => {
    f.i32_wrap_i64();
    swap32(f, word);
    f.i64_extend_i32_u();
  },
  be64: (f, { long }) => {
    // Bytes within pairs, pairs within words, words.
    swapGroups64(f, long, 8, 0x00ff_00ff_00ff_00ffn);
    swapGroups64(f, long, 16, 0x0000_ffff_0000_ffffn);
    f.i64_const(32).i64_rotl();
  },
};

/** Reverses four bytes: rotated left, bytes 0 and 2 are in place; rotated right, the others. */
function swap32(f: FunctionBuilder, value: number): void {
  f.local_tee(value).i32_const(8).i32_rotl().i32_const(0x00ff_00ff).i32_and();
  f.local_get(value).i32_const(8).i32_rotr().i32_const(0xff00_ff00).i32_and().i32_or();
}

/** Exchanges neighbouring groups of `width` bits; `low` masks the lower of each pair. */
function swapGroups64(f: FunctionBuilder, value: number, width: number, low: bigint): void {
  f.local_tee(value).i64_const(width).i64_shr_u().i64_const(low).i64_and();
  f.local_get(value).i64_const(low).i64_and().i64_const(width).i64_shl().i64_or();
}

const COMPARISONS: Readonly<Record<string, Readonly<Record<32 | 64, Emit>>>> = {
  eq: { 32: (f) => f.i32_eq(), 64: (f) => f.i64_eq() },
  ne: { 32: (f) => f.i32_ne(), 64: (f) => f.i64_ne() },
  gt: { 32: (f) => f.i32_gt_u(), 64: (f) => f.i64_gt_u() },
  ge: { 32: (f) => f.i32_ge_u(), 64: (f) => f.i64_ge_u() },
  lt: { 32: (f) => f.i32_lt_u(), 64: (f) => f.i64_lt_u() },
  le: { 32: (f) => f.i32_le_u(), 64: (f) => f.i64_le_u() },
  sgt: { 32: (f) => f.i32_gt_s(), 64: (f) => f.i64_gt_s() },
  sge: { 32: (f) => f.i32_ge_s(), 64: (f) => f.i64_ge_s() },
  slt: { 32: (f) => f.i32_lt_s(), 64: (f) => f.i64_lt_s() },
  sle: { 32: (f) => f.i32_le_s(), 64: (f) => f.i64_le_s() },
  set: { 32: (f) => f.i32_and(), 64: (f) => f.i64_and().i64_const(0).i64_ne() },
};

const NOTHING: Omit<OperationSpec, 'name' | 'kind'> = {
  readsDst: false,
  readsSrc: false,
  writesDst: false,
  hasImmediate: false,
  bits: 64,
  bytes: 8,
};

/** Name, width and second operand of operations like `add32Imm` and `neg64`. */
const ARITHMETIC = /^(?<base>[a-z]+)(?<bits>32|64)(?<operand>Imm|Reg)?$/;

function arithmetic(name: string): OperationSpec | undefined {
  const parts = ARITHMETIC.exec(name)?.groups;
  if (parts === undefined) return undefined;
  const base = parts['base'] as string;
  const bits = parts['bits'] === '32' ? 32 : 64;
  const hasImmediate = parts['operand'] === 'Imm';
  const readsSrc = parts['operand'] === 'Reg';
  const shared = { ...NOTHING, name, bits, hasImmediate, readsSrc } as const;
  const condition = CONDITIONS.find(([suffix]) => base === `j${suffix}`)?.[0];
  if (condition !== undefined) {
    return { ...shared, kind: 'branch', readsDst: true, emit: COMPARISONS[condition]?.[bits] };
  }
  const isMove = base.startsWith('mov');
  const operation = (bits === 32 ? ALU_32 : ALU_64)[base] as Emit;
  return {
    ...shared,
    // An immediate that is moved is already as wide as it shall be.
    bits: isMove && hasImmediate ? 64 : bits,
    kind: 'alu',
    readsDst: !isMove,
    writesDst: true,
    division: { div: 'unsigned', mod: 'unsigned', sdiv: 'signed', srem: 'signed' }[base] as
      | OperationSpec['division']
      | undefined,
    emit(f, helpers) {
      operation(f, helpers);
      if (bits === 64 || (isMove && hasImmediate)) return;
      if (SIGN_EXTENDED.includes(base)) f.i64_extend_i32_s();
      else f.i64_extend_i32_u();
    },
  };
}

function specOf(name: string): OperationSpec {
  const endian = ENDIAN[name];
  if (endian !== undefined)
    return { ...NOTHING, name, kind: 'alu', readsDst: true, writesDst: true, emit: endian };
  const { form, bytes = 8 } = OPCODES.find(({ operation }) => operation === name) ?? {};
  switch (form) {
    case 'lddw':
      return { ...NOTHING, name, kind: 'lddw', writesDst: true, hasImmediate: true };
    case 'load':
      return { ...NOTHING, name, kind: 'load', bytes, readsSrc: true, writesDst: true };
    case 'storeImm':
      return { ...NOTHING, name, kind: 'storeImm', bytes, readsDst: true, hasImmediate: true };
    case 'storeReg':
      return { ...NOTHING, name, kind: 'storeReg', bytes, readsDst: true, readsSrc: true };
    case 'jump':
      return { ...NOTHING, name, kind: 'jump' };
    case 'call':
      return { ...NOTHING, name, kind: 'call' };
    case 'callx':
      return { ...NOTHING, name, kind: 'callx', readsSrc: true };
    case 'exit':
      return { ...NOTHING, name, kind: 'exit' };
    default: {
      if (name === 'syscall') return { ...NOTHING, name, kind: 'syscall' };
      if ((Object.values(MEMORY_SYSCALLS) as readonly string[]).includes(name))
        return { ...NOTHING, name, kind: 'memorySyscall' };
      return arithmetic(name) ?? { ...NOTHING, name, kind: 'stop' };
    }
  }
}

/** The compiler's side of {@link OPERATIONS}, by number. */
export const OPERATION_SPECS: readonly OperationSpec[] = OPERATIONS.map(specOf);
