import { type Bytes, defineErrors } from '@ninefold/base';
import { type OpSpec, opcodeAt } from '../spec/opcodes.ts';
import { FRAME_POINTER, INSTRUCTION_BYTES, SBPF_VERSIONS, type SbpfVersion } from '../spec/versions.ts';

type At = { readonly pc: number };
type Jump = { readonly target: number; readonly pc: number };

const fail = defineErrors({
  SVM_VERIFY_LENGTH: () => `Verifier error: program length must be a multiple of ${INSTRUCTION_BYTES} octets`,
  SVM_VERIFY_EMPTY: () => 'Verifier error: no program set, call prog_set() to load one',
  SVM_VERIFY_DIVISION_BY_ZERO: (c: At) => `Verifier error: division by 0 (insn #${c.pc})`,
  SVM_VERIFY_ENDIAN: (c: At) => `Verifier error: unsupported argument for LE/BE (insn #${c.pc})`,
  SVM_VERIFY_LAST_LDDW: () => 'Verifier error: LD_DW instruction cannot be last in program',
  SVM_VERIFY_INCOMPLETE_LDDW: (c: At) => `Verifier error: incomplete LD_DW instruction (insn #${c.pc})`,
  SVM_VERIFY_JUMP_OUT: (c: Jump) =>
    `Verifier error: jump out of code to #${BigInt.asUintN(64, BigInt(c.target))} (insn #${c.pc})`,
  SVM_VERIFY_JUMP_INTO_LDDW: (c: Jump) =>
    `Verifier error: jump to middle of LD_DW at #${c.target} (insn #${c.pc})`,
  SVM_VERIFY_SOURCE: (c: At) => `Verifier error: invalid source register (insn #${c.pc})`,
  SVM_VERIFY_DESTINATION: (c: At) => `Verifier error: invalid destination register (insn #${c.pc})`,
  SVM_VERIFY_FRAME_POINTER: (c: At) => `Verifier error: cannot write into register r10 (insn #${c.pc})`,
  SVM_VERIFY_OPCODE: (c: { readonly opcode: number; readonly pc: number }) =>
    `Verifier error: unknown eBPF opcode 0x${c.opcode.toString(16)} (insn #${c.pc})`,
  SVM_VERIFY_SHIFT: (c: { readonly bits: number; readonly by: number; readonly pc: number }) =>
    `Verifier error: Shift with overflow of ${BigInt.asUintN(64, BigInt(c.by))}-bit value by ${c.bits} (insn #${c.pc})`,
  SVM_VERIFY_CALLX: (c: At) => `Verifier error: Invalid register specified at instruction ${c.pc}`,
  SVM_VERIFY_FRAME_STEP: (c: At) => `Verifier error: Unaligned immediate (insn #${c.pc})`,
});

const ADD64_IMM = 0x07;
const LDDW_SECOND_HALF = 0;

/** Steps that the frame pointer may take in versions 1 and 2. */
const FRAME_STEP = 64;

type Instruction = {
  readonly spec: OpSpec;
  readonly pc: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  readonly imm: number;
};

/**
 * Checks every instruction of `text`: that it exists in the version, that registers and immediates
 * are in range, and that jumps stay inside. Targets of calls are not looked at.
 *
 * @throws one of the `SVM_VERIFY_…` codes, of the first instruction that is wrong
 */
export function verify(program: { readonly text: Bytes; readonly version: SbpfVersion }): void {
  const { text, version } = program;
  if (text.length % INSTRUCTION_BYTES !== 0) throw fail('SVM_VERIFY_LENGTH', undefined);
  if (text.length === 0) throw fail('SVM_VERIFY_EMPTY', undefined);
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const count = text.length / INSTRUCTION_BYTES;
  for (let pc = 0; pc < count; pc++) {
    const at = pc * INSTRUCTION_BYTES;
    const opcode = text[at] as number;
    const spec = opcodeAt(opcode, version);
    if (spec === undefined) throw fail('SVM_VERIFY_OPCODE', { opcode, pc });
    const registers = text[at + 1] as number;
    const instruction: Instruction = {
      spec,
      pc,
      dst: registers & 15,
      src: registers >> 4,
      offset: view.getInt16(at + 2, true),
      imm: view.getInt32(at + 4, true),
    };
    if (spec.form === 'lddw') {
      if (pc + 1 >= count) throw fail('SVM_VERIFY_LAST_LDDW', undefined);
      if (text[at + INSTRUCTION_BYTES] !== LDDW_SECOND_HALF) throw fail('SVM_VERIFY_INCOMPLETE_LDDW', { pc });
      pc++;
    }
    // Registers of `lddw` are reported at its second slot, as Agave does.
    checkOperands(instruction, text, count, version);
    checkRegisters(instruction, version, pc);
  }
}

function checkOperands(instruction: Instruction, text: Bytes, count: number, version: SbpfVersion): void {
  const { spec, pc, imm } = instruction;
  switch (spec.form) {
    case 'jump':
    case 'jumpImm':
    case 'jumpReg': {
      const target = pc + 1 + instruction.offset;
      if (target < 0 || target >= count) throw fail('SVM_VERIFY_JUMP_OUT', { target, pc });
      if (text[target * INSTRUCTION_BYTES] === LDDW_SECOND_HALF)
        throw fail('SVM_VERIFY_JUMP_INTO_LDDW', { target, pc });
      return;
    }
    case 'callx': {
      const register = { immediate: imm, source: instruction.src, destination: instruction.dst };
      const number = register[SBPF_VERSIONS[version].callxRegister];
      if (number < 0 || number >= FRAME_POINTER) throw fail('SVM_VERIFY_CALLX', { pc });
      return;
    }
    default:
      checkImmediate(instruction, version);
  }
}

function checkImmediate({ spec, pc, dst, imm }: Instruction, version: SbpfVersion): void {
  switch (spec.check) {
    case 'nonzero':
      if (imm === 0) throw fail('SVM_VERIFY_DIVISION_BY_ZERO', { pc });
      return;
    case 'shift32':
    case 'shift64': {
      const bits = spec.check === 'shift32' ? 32 : 64;
      if (imm < 0 || imm >= bits) throw fail('SVM_VERIFY_SHIFT', { by: imm, bits, pc });
      return;
    }
    case 'endian':
      if (imm !== 16 && imm !== 32 && imm !== 64) throw fail('SVM_VERIFY_ENDIAN', { pc });
      return;
    case undefined:
      if (movesFrame(spec, dst, version) && imm % FRAME_STEP !== 0)
        throw fail('SVM_VERIFY_FRAME_STEP', { pc });
  }
}

const movesFrame = (spec: OpSpec, dst: number, version: SbpfVersion): boolean =>
  spec.code === ADD64_IMM && dst === FRAME_POINTER && SBPF_VERSIONS[version].manualStackFrames;

function checkRegisters({ spec, dst, src }: Instruction, version: SbpfVersion, pc: number): void {
  if (src > FRAME_POINTER) throw fail('SVM_VERIFY_SOURCE', { pc });
  if (dst > FRAME_POINTER) throw fail('SVM_VERIFY_DESTINATION', { pc });
  const stores = spec.form === 'storeImm' || spec.form === 'storeReg';
  if (dst === FRAME_POINTER && !stores && !movesFrame(spec, dst, version))
    throw fail('SVM_VERIFY_FRAME_POINTER', { pc });
}
