import { FRAME_POINTER } from '../spec/versions.ts';
import type { Code } from './code.ts';
import type { BasicBlock } from './control-flow.ts';

// Where registers are. Compiled code keeps them in locals, but a caller's values that a function never
// looks at need not be fetched: r1 to r5 after a call, r0 and r6 to r9 at a function's begin stay in memory
// until they are read. Leaving compiled code, only those in locals are written back.

/** A set of registers, one bit each. */
export type RegisterSet = number;

const bit = (register: number): RegisterSet => 1 << register;

export const RESULT: RegisterSet = bit(0);
/** r1 to r5. */
export const ARGUMENTS: RegisterSet = 0b11_1110;
/** r6 to r9. */
export const CALLEE_SAVED: RegisterSet = 0b11_1100_0000;

/** What a function starts with in memory: its arguments come as parameters. */
export const AT_ENTRY: RegisterSet = RESULT | CALLEE_SAVED;

/** A register that does not hold an address in the frame. */
export const NO_FRAME_OFFSET = 0x7fff_ffff;

/** Sums beyond this are not followed; a frame has 4 KiB. */
const FRAME_OFFSET_LIMIT = 2 ** 20;

/** What is known of the registers where a block begins. */
export type BlockEntry = {
  inMemory: RegisterSet;
  /** Distance of each register from the frame pointer, or {@link NO_FRAME_OFFSET}. */
  frameOffsets: Int32Array;
};

/** The registers that an instruction reads or writes. */
function touched(code: Code, pc: number): RegisterSet {
  const { readsDst, writesDst, readsSrc } = code.spec(pc);
  return (readsDst || writesDst ? bit(code.dst(pc)) : 0) | (readsSrc ? bit(code.src(pc)) : 0);
}

/** What is in memory behind the instruction that ends a block. */
export function inMemoryAfter(code: Code, pc: number, before: RegisterSet): RegisterSet {
  switch (code.spec(pc).kind) {
    case 'call':
    case 'callx':
      return (before | ARGUMENTS) & ~RESULT;
    case 'syscall':
      return before | RESULT;
    case 'memorySyscall':
      return before & ~RESULT;
    default:
      return before;
  }
}

/** Follows addresses in the frame through one instruction. */
export function stepFrameOffsets(code: Code, pc: number, offsets: Int32Array): void {
  const { kind, name, writesDst } = code.spec(pc);
  if (kind === 'call' || kind === 'callx') offsets.fill(NO_FRAME_OFFSET, 0, 6);
  else if (kind === 'syscall' || kind === 'memorySyscall') offsets[0] = NO_FRAME_OFFSET;
  else if (writesDst) offsets[code.dst(pc)] = frameOffsetOf(code, pc, name, offsets);
}

function frameOffsetOf(code: Code, pc: number, name: string, offsets: Int32Array): number {
  if (name === 'mov64Reg') return offsets[code.src(pc)] as number;
  const before = offsets[code.dst(pc)] as number;
  if (name !== 'add64Imm' || before === NO_FRAME_OFFSET) return NO_FRAME_OFFSET;
  const sum = before + Number(code.imm(pc));
  return Math.abs(sum) < FRAME_OFFSET_LIMIT ? sum : NO_FRAME_OFFSET;
}

/**
 * What is known at the begin of each block: the greatest solution over all ways there.
 *
 * @param order blocks in reverse postorder
 * @param hasFixedFrames whether r10 is the function's frame pointer throughout
 */
export function findEntries(
  code: Code,
  blocks: readonly BasicBlock[],
  order: readonly number[],
  hasFixedFrames: boolean,
): readonly BlockEntry[] {
  const entries: (BlockEntry | undefined)[] = blocks.map(() => undefined);
  const atEntry = new Int32Array(FRAME_POINTER + 1).fill(NO_FRAME_OFFSET);
  if (hasFixedFrames) atEntry[FRAME_POINTER] = 0;
  entries[0] = { inMemory: AT_ENTRY, frameOffsets: atEntry };
  const touchedIn = blocks.map((block) => touchedBy(code, block));
  const offsets = new Int32Array(FRAME_POINTER + 1);
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    for (const index of order) {
      const block = blocks[index] as BasicBlock;
      // In reverse postorder, a way to the block has been seen before.
      const entry = entries[index] as BlockEntry;
      const inMemory = inMemoryAfter(code, block.last, entry.inMemory & ~(touchedIn[index] as number));
      offsets.set(entry.frameOffsets);
      for (let pc = block.start; ; pc = code.next(pc)) {
        stepFrameOffsets(code, pc, offsets);
        if (pc === block.last) break;
      }
      for (const successor of block.successors) {
        const known = entries[successor];
        if (known === undefined) {
          entries[successor] = { inMemory, frameOffsets: offsets.slice() };
          isChanged = true;
        } else if (meet(known, inMemory, offsets)) isChanged = true;
      }
    }
  }
  return entries as readonly BlockEntry[];
}

/** Keeps what also holds on another way; whether that is less. */
function meet(entry: BlockEntry, inMemory: RegisterSet, offsets: Int32Array): boolean {
  let isLess = (entry.inMemory & ~inMemory) !== 0;
  entry.inMemory &= inMemory;
  entry.frameOffsets.forEach((offset, register) => {
    if (offset === NO_FRAME_OFFSET || offset === offsets[register]) return;
    entry.frameOffsets[register] = NO_FRAME_OFFSET;
    isLess = true;
  });
  return isLess;
}

function touchedBy(code: Code, block: BasicBlock): RegisterSet {
  let registers = 0;
  for (let pc = block.start; ; pc = code.next(pc)) {
    registers |= touched(code, pc);
    if (pc === block.last) return registers;
  }
}
