import type { Rng } from '@ninefold/base';
import {
  type Executable,
  functionKey,
  type InstructionFields,
  instructionBytes,
  OPCODES,
  type OpSpec,
  type SbpfVersion,
  syscallKey,
} from '@ninefold/vm-svm';
import {
  ADD_64_IMM,
  anyImmediate,
  CALL,
  CALLX,
  EXIT,
  FRAME_POINTER,
  HOR_64,
  immediateFor,
  LDDW,
  memoryAccess,
  MOV_64_IMM,
  MOV_64_REG,
  type Place,
} from '../svm/instructions.ts';

// Random programs of all versions that need not come to an end, nor be valid: with loops, calls by name and
// by register, syscalls, accesses beside what is there, and now and then a byte that is no instruction.

const INSTRUCTION_BYTES = 8;
export const PROGRAM_START: bigint = 1n << 32n;
export const STACK_START: bigint = 2n << 32n;
export const HEAP_START: bigint = 3n << 32n;
export const INPUT_START: bigint = 4n << 32n;

/** Registers that hold addresses at the begin: of the input, the heap, the stack. */
const POINTERS: readonly number[] = [6, 7, 8];

const MEMORY_SYSCALLS: readonly number[] = ['sol_memcpy_', 'sol_memmove_', 'sol_memset_', 'sol_memcmp_'].map(
  syscallKey,
);
/** Keys that the campaign's host answers, ends the program at, and does not know. */
export const SYSCALL: { readonly answered: number; readonly failing: number; readonly unknown: number } = {
  answered: 0x1111,
  failing: 0x2222,
  unknown: 0x3333,
};

const EDGE_VALUES: readonly bigint[] = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n];

const SPECS: Readonly<Record<SbpfVersion, readonly OpSpec[]>> = {
  0: specsOf(0),
  1: specsOf(1),
  2: specsOf(2),
  3: specsOf(3),
};

function specsOf(version: SbpfVersion): readonly OpSpec[] {
  const own: readonly string[] = ['call', 'callx', 'exit', 'lddw'];
  return OPCODES.filter(({ versions, form }) => versions.includes(version) && !own.includes(form));
}

/** A base register and an offset, of memory that is there more often than not. */
function place(rng: Rng): Place {
  const choice = rng.below(10);
  if (choice === 0) return [rng.below(10), rng.below(64) - 32];
  if (choice < 4) return [rng.pick(POINTERS), rng.below(80) - 8];
  if (choice === 4) return [FRAME_POINTER, rng.below(64) - 32];
  return [FRAME_POINTER, -rng.pick([8, 16, 24, 32, 4096, 4097, 1 + rng.below(4100)])];
}

/** One instruction, or the few that a wide constant or a call by register takes. */
function randomInstruction(
  rng: Rng,
  version: SbpfVersion,
  at: number,
  length: number,
  functions: readonly number[],
): readonly InstructionFields[] {
  const isStatic = version === 3;
  switch (rng.below(26)) {
    case 0: {
      const target = rng.below(12) === 0 ? rng.below(length + 1) : rng.pick(functions);
      return [isStatic ? [CALL, 0, 1, 0, target - at - 1] : [CALL, 0, 0, 0, functionKey(target) | 0]];
    }
    case 1:
      return callx(rng, version, rng.below(8) === 0 ? rng.below(length + 2) : rng.pick(functions));
    case 2:
      return [
        [CALL, 0, 0, 0, rng.pick([SYSCALL.answered, SYSCALL.answered, SYSCALL.failing, SYSCALL.unknown])],
      ];
    case 3:
      return [
        [MOV_64_REG, 1, rng.pick([...POINTERS, FRAME_POINTER]), 0, 0],
        [MOV_64_REG, 2, rng.pick(POINTERS), 0, 0],
        [ADD_64_IMM, 1, 0, 0, rng.below(64) - 48],
        [MOV_64_IMM, 3, 0, 0, rng.pick([0, 1, 8, 32, 33, 100, 4000])],
        [MOV_64_REG, 4, rng.pick(POINTERS), 0, 0],
        [CALL, 0, 0, 0, rng.pick(MEMORY_SYSCALLS) | 0],
      ];
    case 4:
      return [[EXIT, 0, 0, 0, 0]];
    case 5:
      return wide(version, rng.below(10), rng.u32() | 0, anyImmediate(rng));
    case 6:
      return [[MOV_64_REG, rng.below(10), FRAME_POINTER, 0, 0]];
    case 7:
      if (version === 1 || version === 2) return [[ADD_64_IMM, FRAME_POINTER, 0, 0, 64 * (rng.below(5) - 2)]];
      return [[ADD_64_IMM, rng.below(10), 0, 0, rng.below(128) - 64]];
    case 8:
      return rng.below(8) === 0 ? [[rng.below(256), rng.below(16), rng.below(16), 0, 0]] : [];
    default:
      return [tableInstruction(rng, rng.pick(SPECS[version]), at, length)];
  }
}

function tableInstruction(rng: Rng, spec: OpSpec, at: number, length: number): InstructionFields {
  const dst = rng.below(10);
  const src = rng.below(11);
  const access = memoryAccess(rng, spec, dst, src, place);
  if (access !== undefined) return access;
  switch (spec.form) {
    case 'jump':
    case 'jumpImm':
    case 'jumpReg': {
      // Most jumps are short, in both directions: loops within loops, and into their middle.
      const to = rng.below(4) === 0 ? rng.below(length + 1) : at + 1 + rng.below(13) - 6;
      return [spec.code, dst, spec.form === 'jumpReg' ? src : 0, to - at - 1, anyImmediate(rng)];
    }
    default:
      // Divisors that are 0 are for the engines to refuse.
      return [spec.code, dst, src, 0, spec.check === 'nonzero' ? anyImmediate(rng) : immediateFor(rng, spec)];
  }
}

function wide(
  version: SbpfVersion,
  register: number,
  low: number,
  high: number,
): readonly InstructionFields[] {
  if (version === 2)
    return [
      [MOV_64_IMM, register, 0, 0, low],
      [HOR_64, register, 0, 0, high],
    ];
  return [
    [LDDW, register, 0, 0, low],
    [0, 0, 0, 0, high],
  ];
}

function callx(rng: Rng, version: SbpfVersion, slot: number): readonly InstructionFields[] {
  const register = rng.below(10);
  const fields = {
    0: [0, 0, register],
    1: [0, 0, register],
    2: [0, register, 0],
    3: [register, 0, 0],
  } as const;
  const [dst, src, imm] = fields[version];
  return [...wide(version, register, INSTRUCTION_BYTES * slot, 1), [CALLX, dst, src, 0, imm]];
}

/** A random program, and the registers it starts with. */
export type RandomProgram = { readonly executable: Executable; readonly registers: readonly bigint[] };

export function randomProgram(rng: Rng): RandomProgram {
  const version = rng.below(4) as SbpfVersion;
  const length = 4 + rng.below(60);
  const functions = [0, ...Array.from({ length: rng.below(5) }, () => rng.below(length))];
  const slots: InstructionFields[] = [];
  while (slots.length < length)
    slots.push(...randomInstruction(rng, version, slots.length, length, functions));
  if (rng.below(4) > 0) slots.push([EXIT, 0, 0, 0, 0]);
  const text = instructionBytes(slots);
  const registers = Array.from({ length: 10 }, () =>
    rng.below(2) === 0 ? rng.pick(EDGE_VALUES) : BigInt(rng.u32()),
  );
  registers[6] = INPUT_START + BigInt(rng.below(40));
  registers[7] = HEAP_START + BigInt(rng.pick([0, 64, 16_380, 32_700]));
  registers[8] = STACK_START + BigInt(rng.pick([0, 4000, 4096, 8192, 16_384, 40_000, 262_100]));
  return {
    executable: {
      version,
      text,
      textAddress: PROGRAM_START,
      entryPc: 0,
      readOnly: version === 3 ? rng.bytes(64) : text,
      readOnlyAddress: version === 3 ? 0n : PROGRAM_START,
      functions: new Map(version === 3 ? [] : slots.map((_, pc) => [functionKey(pc), pc])),
    },
    registers,
  };
}
