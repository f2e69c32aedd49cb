import type { Hex } from '@ninefold/base';
import { EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import type { TraceWriter, TraceWriterOptions } from '@ninefold/trace';
import { STEP_FLAGS } from '@ninefold/trace';
import { opcodeAt } from '../spec/opcodes.ts';
import type { ForkName, FrameStart, Step, Tracer } from '../types.ts';
import type { KernelStep } from './tracer.ts';

/** What the writer that a recorder fills must be created with. */
export const EVM_TRACE_OPTIONS: TraceWriterOptions = {
  vm: 'evm',
  slots: { width: 32, endian: 'little' },
  memory: true,
  spacePerFrame: true,
  state: true,
};

/** A unit is the number of its program times this, plus the pc. */
export const UNITS_PER_PROGRAM: number = 2 ** 17;

// Programs beyond this share the last number: a unit has 32 bits.
const MOST_PROGRAMS = 2 ** 15 - 1;

/** What a trace's frames run: an account's code, or the initcode that makes it. */
export type TracedProgram = { readonly address: Hex; readonly initcode: boolean };

export type TraceRecorder = {
  readonly tracer: Tracer;
  /** By the number that frames and units name. */
  readonly programs: readonly TracedProgram[];
};

const JUMP = 0x56;
const JUMPI = 0x57;
const SLOAD = 0x54;
const SSTORE = 0x55;
const MSTORE = 0x52;
const MSTORE8 = 0x53;
const MCOPY = 0x5e;
const EXTCODECOPY = 0x3c;
const CALLCODE = 0xf2;
const CALL = 0xf1;
const DELEGATECALL = 0xf4;
const STATICCALL = 0xfa;
const DUPN = 0xe6;
const SWAPN = 0xe7;
const EXCHANGE = 0xe8;

const COPIES: ReadonlySet<number> = new Set([0x37, 0x39, 0x3e, MCOPY]);
const CALLS: ReadonlySet<number> = new Set([CALL, CALLCODE, DELEGATECALL, STATICCALL]);

/** Flags that an instruction always has. */
function flagsOf(opcode: number): number {
  if (opcode === SSTORE || opcode === 0x5d) return STEP_FLAGS.stateWrite;
  if (opcode === SLOAD || opcode === 0x5c || opcode === 0x31 || opcode === 0x47) return STEP_FLAGS.stateRead;
  if (opcode === 0x3b || opcode === EXTCODECOPY || opcode === 0x3f) return STEP_FLAGS.stateRead;
  if (opcode >= 0xa0 && opcode <= 0xa4) return STEP_FLAGS.event;
  if (CALLS.has(opcode) || opcode === 0xf0 || opcode === 0xf5) return STEP_FLAGS.call;
  if (opcode === 0x00 || opcode === 0xf3 || opcode === 0xfd) return STEP_FLAGS.return;
  if (opcode === 0xff) return STEP_FLAGS.return | STEP_FLAGS.stateWrite;
  if (opcode === JUMP) return STEP_FLAGS.jumpTaken;
  return opcode >= 0x35 && opcode <= 0x37 ? STEP_FLAGS.input : 0;
}

/** An open frame and the instruction in it whose effects are still to be written down. */
type OpenFrame = {
  readonly space: number;
  readonly program: number;
  readonly mark: number;
  opcode: number;
  /** Memory the instruction writes. */
  offset: number;
  length: number;
  memorySize: number;
  account: Hex;
  readonly key: Uint8Array;
};

const NOTHING = -1;

/**
 * A tracer that fills a columnar trace: every step with its cost and flags, every stack item, memory
 * range and slot it leaves behind. What an instruction did is read from the kernel's memory when the
 * next one of its frame begins.
 *
 * PERF: no bigint but the cost's, no copy of a word: the writer takes limbs out of the kernel's memory.
 *
 * @param writer created with {@link EVM_TRACE_OPTIONS}
 * @example
 * const writer = createTraceWriter(EVM_TRACE_OPTIONS);
 * const recorder = createTraceRecorder(writer, 'osaka');
 * evm.transact(transaction, block, view, { tracer: recorder.tracer });
 * const reader = createTraceReader(writer.finish());
 */
export function createTraceRecorder(writer: TraceWriter, fork: ForkName): TraceRecorder {
  const flags = Uint8Array.from({ length: 256 }, (_, opcode) => flagsOf(opcode));
  const results = Uint8Array.from({ length: 256 }, (_, code) => opcodeAt(code, fork)?.results.length ?? 0);
  const programs: TracedProgram[] = [];
  const numbers = new Map<string, number>();
  const open: (OpenFrame | undefined)[] = [];
  const value = new Uint8Array(32);

  const programOf = (address: Hex, initcode: boolean): number => {
    const name = `${address}${initcode}`;
    let number = numbers.get(name);
    if (number === undefined) {
      number = programs.push({ address, initcode }) - 1;
      numbers.set(name, number);
    }
    return number;
  };

  /** Writes down what the frame's last instruction left. */
  const settle = (frame: OpenFrame, step: KernelStep): void => {
    const { opcode, space } = frame;
    const height = step.stackHeight;
    if (opcode >= 0x90 && opcode <= 0x9f) {
      writeSlot(space, step, height - 1);
      writeSlot(space, step, height - 1 - (opcode - 0x8f));
    } else if (opcode === SWAPN || opcode === EXCHANGE) {
      // Which items, the immediate says; those in reach are few enough to be written again.
      for (let i = 0; i < height && i < 236; i++) writeSlot(space, step, height - 1 - i);
    } else {
      const written = opcode >= 0x80 && (opcode <= 0x8f || opcode === DUPN) ? 1 : (results[opcode] as number);
      for (let i = 1; i <= written; i++) writeSlot(space, step, height - i);
    }
    const size = step.memorySize;
    const end = frame.offset + frame.length;
    if (frame.length > 0 && end <= size) {
      const at = step.memoryAddress() + frame.offset;
      writer.memory(space, frame.offset, step.bytes(), at, at + frame.length);
    }
    if (size > frame.memorySize && end < size) writer.memory(space, size, EMPTY_BYTES);
    if (opcode === SLOAD) writer.stateRead(hexToBytes(frame.account), frame.key, wordAt(step, 0, value));
    if (opcode === SSTORE) writer.state(hexToBytes(frame.account), frame.key, value.slice());
  };

  const writeSlot = (space: number, step: KernelStep, slot: number): void => {
    const at = step.stackAddress(step.stackHeight - 1 - slot);
    writer.slot(space, slot, step.bytes(), at, at + 32);
  };

  return {
    programs,
    tracer: {
      enter({ kind, depth, to }: FrameStart) {
        if (kind === 'SELFDESTRUCT') return;
        const initcode = kind === 'CREATE' || kind === 'CREATE2';
        const program = programOf(to, initcode);
        open[depth] = {
          space: writer.enterFrame(program, 0),
          program,
          mark: writer.markState(),
          opcode: NOTHING,
          offset: 0,
          length: 0,
          memorySize: 0,
          account: '0x',
          key: new Uint8Array(32),
        };
      },
      step(current: Step) {
        const step = current as KernelStep;
        const frame = open[step.depth] as OpenFrame;
        if (frame.opcode !== NOTHING) settle(frame, step);
        const { opcode } = step;
        const taken = opcode === JUMPI && step.stack(1) !== 0n ? STEP_FLAGS.jumpTaken : 0;
        writer.step(
          Math.min(frame.program, MOST_PROGRAMS) * UNITS_PER_PROGRAM + step.pc,
          Number(step.cost),
          step.stackHeight,
          (flags[opcode] as number) | taken,
        );
        frame.opcode = opcode;
        frame.memorySize = step.memorySize;
        [frame.offset, frame.length] = memoryWritten(step, opcode);
        if (opcode === SLOAD || opcode === SSTORE) {
          frame.account = step.address();
          wordAt(step, 0, frame.key);
          if (opcode === SSTORE) wordAt(step, 1, value);
        }
      },
      exit({ depth, status }) {
        const frame = open[depth];
        // SELFDESTRUCT's own end.
        if (frame === undefined) return;
        open[depth] = undefined;
        if (status === 'halt') writer.addFlags(STEP_FLAGS.failure);
        if (status !== 'success') writer.revertState(frame.mark);
        writer.leaveFrame();
      },
    },
  };
}

/** The stack item as big-endian bytes into `out`. */
function wordAt(step: KernelStep, index: number, out: Uint8Array): Uint8Array {
  const at = step.stackAddress(index);
  out.set(step.bytes().subarray(at, at + 32));
  return out.reverse();
}

const NO_RANGE: readonly [number, number] = [0, 0];

/** Offset and length of the memory that the instruction will write if it succeeds. */
function memoryWritten(step: KernelStep, opcode: number): readonly [number, number] {
  if (opcode === MSTORE) return [step.stackLow(0), 32];
  if (opcode === MSTORE8) return [step.stackLow(0), 1];
  if (COPIES.has(opcode)) return [step.stackLow(0), step.stackLow(2)];
  if (opcode === EXTCODECOPY) return [step.stackLow(1), step.stackLow(3)];
  if (opcode === CALL || opcode === CALLCODE) return [step.stackLow(5), step.stackLow(6)];
  if (opcode === DELEGATECALL || opcode === STATICCALL) return [step.stackLow(4), step.stackLow(5)];
  return NO_RANGE;
}
