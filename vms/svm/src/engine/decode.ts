import type { Executable } from '../code/executable.ts';
import { syscallKey } from '../code/murmur3.ts';
import { MEMORY_SYSCALLS, type OpSpec, opcodeAt, operationNumber } from '../spec/opcodes.ts';
import { FRAME_POINTER, INSTRUCTION_BYTES, SBPF_VERSIONS } from '../spec/versions.ts';
import { RECORD } from './layout.ts';

/** A program in the form that the kernel executes. */
export type Program = {
  readonly executable: Executable;
  /** One record a slot, then two that stand for the end of the text. */
  readonly records: Uint8Array;
  readonly slots: number;
  /** Whether as many bytes of nothing follow each frame of the stack. */
  readonly hasStackGaps: boolean;
};

const UNSUPPORTED = operationNumber('unsupported');
const OVERRUN = operationNumber('overrun');
const CALL_OUTSIDE = operationNumber('callOutside');
const SYSCALL = operationNumber('syscall');
const CALL = operationNumber('call');

/** Operations of the syscalls that are more to the engine than a key. */
const SYSCALL_OPERATIONS: ReadonlyMap<number, number> = new Map(
  Object.entries(MEMORY_SYSCALLS).map(([name, operation]) => [syscallKey(name), operationNumber(operation)]),
);

// `lddw` in the last slot leads to the second one.
const END_RECORDS = 2;

/** A call inside the program, by its source register, from version 3 on. */
const STATIC_CALL_SYSCALL = 0;
const STATIC_CALL_FUNCTION = 1;

type Fields = {
  readonly pc: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
};

type Record = { operation: number; dst: number; src: number; displacement: number; imm: bigint };

/**
 * Decodes a program for the kernel. It should have passed `verify`; one that has not executes as
 * "unsupported instruction" wherever it is malformed.
 *
 * @param options.stackFrameGaps `false` takes them away from the version that has them
 */
export function decodeProgram(
  executable: Executable,
  options: { readonly stackFrameGaps?: boolean | undefined } = {},
): Program {
  const { text } = executable;
  const slots = Math.floor(text.length / INSTRUCTION_BYTES);
  const records = new Uint8Array((slots + END_RECORDS) * RECORD.BYTES);
  const source = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const target = new DataView(records.buffer);
  for (let pc = 0; pc < slots; pc++) {
    const at = pc * INSTRUCTION_BYTES;
    const registers = source.getUint8(at + 1);
    const fields: Fields = {
      pc,
      dst: registers & 15,
      src: registers >> 4,
      offset: source.getInt16(at + 2, true),
      imm: source.getInt32(at + 4, true),
    };
    const spec = opcodeAt(source.getUint8(at), executable.version);
    writeRecord(target, pc, decode(executable, spec, fields, slots));
    if (spec?.form === 'lddw' && pc + 1 < slots) {
      const high = BigInt(source.getInt32(at + INSTRUCTION_BYTES + 4, true));
      const imm = (high << 32n) | BigInt(fields.imm >>> 0);
      target.setBigInt64(pc * RECORD.BYTES + RECORD.IMM, imm, true);
    }
  }
  for (let pc = slots; pc < slots + END_RECORDS; pc++) {
    writeRecord(target, pc, { operation: OVERRUN, dst: 0, src: 0, displacement: 0, imm: 0n });
  }
  const hasStackGaps = SBPF_VERSIONS[executable.version].stackFrameGaps && options.stackFrameGaps !== false;
  return { executable, records, slots, hasStackGaps };
}

function writeRecord(view: DataView, pc: number, record: Record): void {
  const at = pc * RECORD.BYTES;
  view.setUint16(at + RECORD.OPERATION, record.operation, true);
  view.setUint8(at + RECORD.DST, 8 * record.dst);
  view.setUint8(at + RECORD.SRC, 8 * record.src);
  view.setInt32(at + RECORD.OFFSET, record.displacement, true);
  view.setBigInt64(at + RECORD.IMM, record.imm, true);
}

function decode(executable: Executable, spec: OpSpec | undefined, fields: Fields, slots: number): Record {
  const { dst, src, offset, imm } = fields;
  const unsupported: Record = { operation: UNSUPPORTED, dst: 0, src: 0, displacement: 0, imm: 0n };
  if (spec === undefined || dst > FRAME_POINTER || src > FRAME_POINTER) return unsupported;
  const record: Record = {
    operation: UNSUPPORTED,
    dst,
    src,
    displacement: offset,
    imm: operandOf(spec, imm),
  };
  switch (spec.form) {
    case 'call':
      return { ...unsupported, ...decodeCall(executable, fields, slots) };
    case 'callx': {
      const registers = { immediate: imm, source: src, destination: dst };
      const register = registers[SBPF_VERSIONS[executable.version].callxRegister];
      if (register < 0 || register > FRAME_POINTER) return unsupported;
      // The operand of calls is where the kernel notes that they were executed.
      return { ...record, operation: operationNumber('callx'), src: register, imm: 0n };
    }
    case 'endian':
      if (imm !== 16 && imm !== 32 && imm !== 64) return unsupported;
      return { ...record, operation: operationNumber(`${spec.operation}${imm}`) };
    case 'jump':
    case 'jumpImm':
    case 'jumpReg':
      record.displacement = displacementTo(fields.pc + 1 + offset, fields.pc, slots);
      return { ...record, operation: operationNumber(spec.operation) };
    default:
      return { ...record, operation: operationNumber(spec.operation) };
  }
}

/** Bytes to the record of slot `target`; to the end of the text where there is none. */
function displacementTo(target: number, pc: number, slots: number): number {
  const inside = target >= 0 && target < slots;
  return ((inside ? target : slots) - pc) * RECORD.BYTES;
}

function operandOf(spec: OpSpec, imm: number): bigint {
  switch (spec.immediate) {
    case 'unsigned':
      return BigInt(imm >>> 0);
    case 'negated':
      return -BigInt(imm);
    case 'high':
      return BigInt(imm) << 32n;
    default:
      return BigInt(imm);
  }
}

function decodeCall(executable: Executable, { pc, src, imm }: Fields, slots: number): Partial<Record> {
  const key = imm >>> 0;
  const syscall = { operation: SYSCALL_OPERATIONS.get(key) ?? SYSCALL, imm: BigInt(key) };
  if (SBPF_VERSIONS[executable.version].staticSyscalls) {
    if (src === STATIC_CALL_SYSCALL) return syscall;
    const target = pc + 1 + imm;
    if (src !== STATIC_CALL_FUNCTION || target < 0 || target >= slots) return {};
    return { operation: CALL, displacement: displacementTo(target, pc, slots) };
  }
  // Whether a key that is no function names a syscall is for the host to say: that depends on features.
  const target = executable.functions.get(key);
  if (target === undefined) return syscall;
  if (target >= slots) return { operation: CALL_OUTSIDE };
  return { operation: CALL, displacement: displacementTo(target, pc, slots) };
}
