import { base64ToBytes, type Bytes, defineErrors } from '@ninefold/base';
import { LEFT } from '../jit/context.ts';
import type { CompiledExports, CompiledImports } from '../jit/module.ts';
import { completeModule, hotModule, noteInterpreted } from '../jit/tier.ts';
import { sbpfTraceBase64 } from '../generated/sbpf-trace.ts';
import { sbpfBase64 } from '../generated/sbpf.ts';
import {
  DEFAULT_HEAP_BYTES,
  HEAP_START,
  MAX_CALL_DEPTH,
  MAX_HEAP_BYTES,
  SBPF_VERSIONS,
  type SbpfVersion,
  STACK_BYTES,
  STACK_FRAME_BYTES,
  STACK_START,
} from '../spec/versions.ts';
import type { Program } from './decode.ts';
import { accessFault, type Fault, type MemoryAccess, plainFault, SyscallFault } from './faults.ts';
import {
  createGuestMemory,
  frameStep,
  type Growth,
  growFor,
  type GuestMemory,
  isAllocated,
  type Piece,
} from './guest-memory.ts';
import { KernelMemory } from './kernel-memory.ts';
import { align, BLOCK, BLOCK_BYTES, memoryLayout, PIECE, PIECE_FLAGS, SHALLOW, STATUS } from './layout.ts';
import { type Resident, Residents } from './residents.ts';

const fail = defineErrors({
  SVM_HEAP_SIZE: (c: { readonly bytes: number }) =>
    `A heap of ${c.bytes} bytes: a program has at most ${MAX_HEAP_BYTES}`,
});

/** A part of the input region. */
export type InputPiece = {
  readonly address: bigint;
  readonly bytes: Bytes;
  readonly isWritable: boolean;
  /** None for a piece that keeps its length. */
  readonly growth?: Growth | undefined;
};

/**
 * Answers a syscall: the value for r0, or `undefined` when there is none with that key. Throws
 * `SyscallFault` to end the program.
 */
export type SyscallHandler = (key: number, registers: BigUint64Array, run: Run) => bigint | undefined;

/** How a program is started. */
export type RunSetup = {
  readonly program: Program;
  /** Compute units, below 2^53. */
  readonly budget: number;
  /** Ascending by address, without overlap. */
  readonly input?: readonly InputPiece[] | undefined;
  readonly heapBytes?: number | undefined;
  /** Values of r0, r1 … at the entry; zero where absent. r10 is set by the machine unless given. */
  readonly registers?: readonly bigint[] | undefined;
  readonly maxCallDepth?: number | undefined;
  readonly syscall?: SyscallHandler | undefined;
  /**
   * Whether `sol_memcpy_`, `sol_memmove_`, `sol_memset_` and `sol_memcmp_` mean what they mean on mainnet:
   * then `syscall` is asked only where something is wrong with their arguments.
   */
  readonly answersMemory?: boolean | undefined;
  /** Called before each instruction; needs a machine made for tracing. */
  readonly trace?: ((step: Step) => void) | undefined;
};

/** What a tracer is told; `registers` is valid during the call. */
export type Step = { readonly pc: number; readonly left: number; readonly registers: BigUint64Array };

/** A running program, for its syscalls. */
export type Run = {
  readonly memory: GuestMemory;
  /** Compute units left. */
  readonly remaining: () => number;
  readonly setRemaining: (units: number) => void;
};

export type Outcome = {
  /** `undefined` when the program ended by itself. */
  readonly fault: Fault | undefined;
  /** r0 to r10 at the end. */
  readonly registers: BigUint64Array;
  /** Slot of the last instruction: the `exit`, or the one that failed. */
  readonly pc: number;
  /** Compute units left. */
  readonly left: number;
  /** Whether compiled code ran; the interpreter may have come to its end. */
  readonly isCompiled: boolean;
  /** The input pieces as the program left them: views, until the machine runs again. */
  readonly input: () => readonly Bytes[];
};

/** A kernel with its memory; runs one program at a time. Programs that call programs take one each. */
export type Machine = {
  readonly run: (setup: RunSetup) => Outcome;
  /**
   * `bytes` zeros in the machine's memory, for the input of the next run of `program`: pieces that are
   * views of it are there already.
   */
  readonly inputArea: (program: Program, bytes: number) => Bytes;
  /** What its memory has grown to. */
  readonly memoryBytes: () => number;
};

type KernelExports = {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global<'i32'>;
  readonly run: (vm: number) => number;
};

/** Input that is not in the machine's memory yet, and where it goes. */
type Copy = { readonly bytes: Bytes; readonly host: number; readonly capacity: number };

const WINDOW_BYTES = BLOCK_BYTES - BLOCK.WINDOWS;

/** Pieces that are reckoned with before the input is laid out: three and two for each account. */
const MAX_PIECES = 1024;

/** Positions in the table of pieces. */
const STACK_PIECE = 1;
const HEAP_PIECE = 2;
const FIRST_INPUT_PIECE = 3;

const FIRST_FRAME_END: bigint = STACK_START + BigInt(STACK_FRAME_BYTES);
const STACK_END: bigint = STACK_START + BigInt(STACK_BYTES);

/**
 * Functions of compiled code that may wait for each other, in all machines: deeper calls are interpreted.
 * The engine's stack is finite, and programs that call programs share it.
 */
export const MAX_COMPILED_FRAMES = 40;

/** Functions of compiled code that wait for the syscalls being answered now. */
let framesInUse = 0;

/**
 * How a machine executes: all by the interpreter; what can be compiled by compiled code; or by the
 * interpreter first, and compiled when it has run often enough. Nothing but speed depends on it.
 */
export type EngineChoice = 'interpreted' | 'compiled' | 'tiered';

/** Compiled code over a machine's memory, and the module that it was made from. */
type Linked = { readonly module: WebAssembly.Module; readonly exports: CompiledExports };

const modules = new Map<string, WebAssembly.Module>();

function compile(base64: string): WebAssembly.Module {
  let module = modules.get(base64);
  if (module === undefined) {
    module = new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
    modules.set(base64, module);
  }
  return module;
}

const PLAIN_FAULTS: Readonly<Record<number, Parameters<typeof plainFault>[0]>> = {
  [STATUS.EXCEEDED_MAX_INSTRUCTIONS]: 'ExceededMaxInstructions',
  [STATUS.EXECUTION_OVERRUN]: 'ExecutionOverrun',
  [STATUS.DIVIDE_BY_ZERO]: 'DivideByZero',
  [STATUS.DIVIDE_OVERFLOW]: 'DivideOverflow',
  [STATUS.CALL_DEPTH_EXCEEDED]: 'CallDepthExceeded',
  [STATUS.CALL_OUTSIDE_TEXT_SEGMENT]: 'CallOutsideTextSegment',
  [STATUS.UNSUPPORTED_INSTRUCTION]: 'UnsupportedInstruction',
};

/**
 * Makes a machine. Synchronous: its module has some 10 KiB.
 *
 * @param options.tracing take the build that tells of every step; it always interprets
 * @param options.engine `tiered` by default
 * @example createMachine().run({ program: decodeProgram(executable), budget: 200_000 })
 */
export function createMachine(
  options: { readonly tracing?: boolean | undefined; readonly engine?: EngineChoice | undefined } = {},
): Machine {
  const isTracing = options.tracing === true;
  const engine = isTracing ? 'interpreted' : (options.engine ?? 'tiered');
  let tracer: ((pc: number, left: bigint) => void) | undefined;
  const module = compile(isTracing ? sbpfTraceBase64 : sbpfBase64);
  const kernelInstance = new WebAssembly.Instance(module, {
    trace: { step: (_vm: number, pc: number, left: bigint) => tracer?.(pc, left) },
  });
  const kernel = kernelInstance.exports as unknown as KernelExports;
  const layout = memoryLayout(kernel.heapBase.value as number);
  const { block, frames, stack, heap } = layout;
  const memory = new KernelMemory(kernel.memory, layout);
  const residents = new Residents(memory, layout.programs);
  const linked = new WeakMap<Program, Linked>();
  /** Where the area ends that was taken for the next run's input; 0 when none was. */
  let areaEnd = 0;

  /** Compiled code over this machine's memory, where there is any for the program. */
  const compiledOf = (program: Program): CompiledExports | undefined => {
    if (engine === 'interpreted') return undefined;
    const wanted = engine === 'compiled' ? completeModule(program, layout) : hotModule(program);
    if (wanted === undefined) return undefined;
    const known = linked.get(program);
    if (known?.module === wanted) return known.exports;
    const imports: CompiledImports = { kernel: kernelInstance.exports, host: { syscall: answerCompiled } };
    const instance = new WebAssembly.Instance(wanted, imports);
    const exports = instance.exports as unknown as CompiledExports;
    linked.set(program, { module: wanted, exports });
    return exports;
  };

  const place = (
    setup: RunSetup,
    resident: Resident,
  ): {
    readonly pieces: readonly Piece[];
    readonly copies: readonly Copy[];
    readonly end: number;
  } => {
    const { executable, hasStackGaps } = setup.program;
    const heapBytes = setup.heapBytes ?? DEFAULT_HEAP_BYTES;
    if (heapBytes < 0 || heapBytes > MAX_HEAP_BYTES) throw fail('SVM_HEAP_SIZE', { bytes: heapBytes });
    const pieces: Piece[] = [
      piece(executable.readOnlyAddress, executable.readOnly.length, resident.readOnly, false),
      piece(STACK_START, STACK_BYTES, stack, true, { isShallow: true, isGapped: hasStackGaps }),
      piece(HEAP_START, heapBytes, heap, true, { isShallow: true }),
    ];
    const copies: Copy[] = [];
    let end = Math.max(residents.end, areaEnd);
    for (const { address, bytes, isWritable, growth } of setup.input ?? []) {
      const isThere = bytes.buffer === memory.bytes.buffer;
      pieces.push(piece(address, bytes.length, isThere ? bytes.byteOffset : end, isWritable, { growth }));
      if (isThere) continue;
      const capacity = growth?.capacity ?? bytes.length;
      copies.push({ bytes, host: end, capacity });
      end = align(end + capacity);
    }
    return { pieces, copies, end };
  };

  const writeBlock = (setup: RunSetup, code: number, pieces: readonly Piece[], table: number): void => {
    const { executable, slots } = setup.program;
    const { view, registers } = memory;
    registers.fill(0n);
    registers[10] = initialFramePointer(executable.version);
    setup.registers?.forEach((value, index) => {
      registers[index] = value;
    });
    view.setUint32(block + BLOCK.PC, executable.entryPc, true);
    view.setUint32(block + BLOCK.DEPTH, 0, true);
    view.setBigUint64(block + BLOCK.METER, BigInt(setup.budget), true);
    view.setUint32(block + BLOCK.CODE, code, true);
    view.setUint32(block + BLOCK.CODE_SLOTS, slots, true);
    view.setBigUint64(block + BLOCK.TEXT_ADDRESS, executable.textAddress, true);
    view.setUint32(block + BLOCK.FRAMES, frames, true);
    view.setUint32(block + BLOCK.FRAME_STEP, frameStep(setup.program), true);
    const maxDepth = setup.maxCallDepth ?? MAX_CALL_DEPTH;
    view.setUint32(block + BLOCK.MAX_DEPTH, maxDepth, true);
    view.setUint32(
      block + BLOCK.MAX_COMPILED_DEPTH,
      Math.min(maxDepth, MAX_COMPILED_FRAMES - framesInUse),
      true,
    );
    view.setUint32(block + BLOCK.ANSWERS_MEMORY, setup.answersMemory === true ? 1 : 0, true);
    view.setUint32(block + BLOCK.PIECES, table, true);
    view.setUint32(block + BLOCK.PIECE_COUNT, pieces.length, true);
    pieces.forEach((entry, index) => writePiece(entry, table + index * PIECE.BYTES));
  };

  const writePiece = (entry: Piece, at: number): void => {
    const { view } = memory;
    const flags =
      (entry.isWritable ? PIECE_FLAGS.WRITABLE : 0) |
      (entry.isGapped ? PIECE_FLAGS.GAPPED : 0) |
      (entry.isShallow ? PIECE_FLAGS.SHALLOW : 0);
    view.setBigUint64(at + PIECE.START, entry.address, true);
    view.setBigUint64(at + PIECE.LENGTH, BigInt(entry.length), true);
    view.setUint32(at + PIECE.HOST, entry.host, true);
    view.setUint32(at + PIECE.FLAGS, flags, true);
  };

  const closeWindows = (): void => {
    memory.bytes.fill(0, block + BLOCK.WINDOWS, block + BLOCK.WINDOWS + WINDOW_BYTES);
  };

  /** The access that the kernel could not make. */
  const readViolation = (): MemoryAccess => {
    const { view } = memory;
    return {
      address: view.getBigUint64(block + BLOCK.FAULT_ADDRESS, true),
      bytes: BigInt(view.getUint32(block + BLOCK.FAULT_BYTES, true)),
      isWrite: view.getUint32(block + BLOCK.FAULT_IS_WRITE, true) !== 0,
    };
  };

  const faultOf = (status: number, setup: RunSetup, pieces: readonly Piece[]): Fault => {
    if (status !== STATUS.ACCESS_VIOLATION) {
      return plainFault(PLAIN_FAULTS[status] as Parameters<typeof plainFault>[0]);
    }
    const access = readViolation();
    return accessFault(setup.program.executable.version, access, isAllocated(pieces, access.address));
  };

  /** Answers the syscall at `PC`; a fault when the program ends there. */
  const answer = (setup: RunSetup, key: number, run: Run): Fault | undefined => {
    const { view, registers } = memory;
    let result: bigint | undefined;
    try {
      result = setup.syscall?.(key, registers, run);
    } catch (error) {
      if (error instanceof SyscallFault) return { ...error.fault, isFromSyscall: true };
      throw error;
    }
    if (result === undefined) return plainFault('UnsupportedInstruction');
    registers[0] = result;
    view.setUint32(block + BLOCK.PC, view.getUint32(block + BLOCK.PC, true) + 1, true);
    return undefined;
  };

  // PERF: stack and heap are 288 KiB; most programs use the first few, and only those are cleaned.
  let dirtyStack = 0;
  let dirtyHeap = 0;

  /** Zeroes what the last program may have written; all of it is dirty until it is known better. */
  const clean = (heapBytes: number): void => {
    const { bytes } = memory;
    bytes.fill(0, stack, stack + dirtyStack);
    bytes.fill(0, heap, heap + dirtyHeap);
    dirtyStack = STACK_BYTES;
    dirtyHeap = heapBytes;
  };

  const noteDirt = (pieces: readonly Piece[], table: number): void => {
    const { view } = memory;
    const dirtOf = (index: number): number => {
      const { length, isReached } = pieces[index] as Piece;
      const flags = view.getUint32(table + index * PIECE.BYTES + PIECE.FLAGS, true);
      // What begins in the first bytes may end a little behind them.
      return isReached || (flags & PIECE_FLAGS.REACHED) !== 0 ? length : Math.min(length, SHALLOW.BYTES + 8);
    };
    dirtyStack = dirtOf(STACK_PIECE);
    dirtyHeap = dirtOf(HEAP_PIECE);
  };

  // The running program, for the syscalls of compiled code, and what ended it there.
  let current: { readonly setup: RunSetup; readonly run: Run } | undefined;
  let hostFault: Fault | undefined;
  const answerCompiled = (key: number): number => {
    const { setup, run } = current as NonNullable<typeof current>;
    const frames = memory.view.getUint32(block + BLOCK.DEPTH, true) + 1;
    framesInUse += frames;
    try {
      hostFault = answer(setup, key >>> 0, run);
    } finally {
      framesInUse -= frames;
    }
    return hostFault === undefined ? 0 : 1;
  };

  // Whether the tracer knows of the next step already.
  let isRepeated = false;

  /** Runs the interpreter from the state in the block on, up to the end. */
  const interpret = (
    setup: RunSetup,
    run: Run,
    pieces: readonly Piece[],
    onChange: (piece: Piece) => void,
  ): Fault | undefined => {
    for (;;) {
      const status = kernel.run(block);
      if (status === STATUS.EXIT) return undefined;
      if (status === STATUS.ACCESS_VIOLATION) {
        const grown = growFor(pieces, readViolation());
        if (grown !== undefined) {
          // The instruction, which has been charged, is executed again.
          onChange(grown);
          run.setRemaining(run.remaining() + 1);
          isRepeated = true;
          continue;
        }
      }
      if (status !== STATUS.SYSCALL) return faultOf(status, setup, pieces);
      const fault = answer(setup, memory.view.getUint32(block + BLOCK.SYSCALL_KEY, true), run);
      if (fault !== undefined) return fault;
    }
  };

  const inputArea = (program: Program, length: number): Bytes => {
    residents.load(program);
    const start = residents.end;
    areaEnd = align(start + length);
    memory.reserve(areaEnd + MAX_PIECES * PIECE.BYTES);
    return memory.bytes.subarray(start, start + length).fill(0);
  };

  const execute = (setup: RunSetup): Outcome => {
    const { program } = setup;
    const resident = residents.load(program);
    const { pieces, copies, end } = place(setup, resident);
    areaEnd = 0;
    const table = align(end);
    memory.reserve(table + pieces.length * PIECE.BYTES);
    // The memory does not grow while a program runs.
    const { bytes, view, registers } = memory;
    clean(setup.heapBytes ?? DEFAULT_HEAP_BYTES);
    closeWindows();
    for (const copy of copies) {
      bytes.set(copy.bytes, copy.host);
      bytes.fill(0, copy.host + copy.bytes.length, copy.host + copy.capacity);
    }
    writeBlock(setup, resident.code, pieces, table);
    const { trace } = setup;
    isRepeated = false;
    tracer =
      trace &&
      ((pc, left) => {
        if (!isRepeated) trace({ pc, left: Number(left), registers });
        isRepeated = false;
      });
    const onChange = (entry: Piece): void => {
      writePiece(entry, table + pieces.indexOf(entry) * PIECE.BYTES);
      closeWindows();
    };

    const run: Run = {
      memory: createGuestMemory(memory, pieces, program, onChange),
      remaining: () => Number(view.getBigUint64(block + BLOCK.METER, true)),
      setRemaining: (units) => view.setBigUint64(block + BLOCK.METER, BigInt(units), true),
    };
    // Compiled code takes it for granted where the stack's first frame is.
    const canCompile =
      registers[10] === initialFramePointer(program.executable.version) && framesInUse < MAX_COMPILED_FRAMES;
    const compiled = canCompile ? compiledOf(program) : undefined;
    let status: number = LEFT.RESUME;
    if (compiled !== undefined) {
      current = { setup, run };
      status = compiled.enter();
    }
    let fault: Fault | undefined;
    if (status === LEFT.RESUME) {
      const before = run.remaining();
      fault = interpret(setup, run, pieces, onChange);
      if (engine === 'tiered') {
        const records = (): DataView => new DataView(bytes.buffer, resident.code, program.records.length);
        noteInterpreted(program, layout, before - run.remaining(), records);
      }
    } else if (status === LEFT.HOST_FAULT) fault = hostFault;

    noteDirt(pieces, table);
    return {
      fault,
      registers: registers.slice(),
      pc: view.getUint32(block + BLOCK.PC, true),
      left: run.remaining(),
      isCompiled: compiled !== undefined,
      input: () =>
        pieces.slice(FIRST_INPUT_PIECE).map(({ host, length }) => memory.bytes.subarray(host, host + length)),
    };
  };

  return { run: execute, inputArea, memoryBytes: () => memory.bytes.length };
}

/** r10 at the entry: the end of the first frame, or of the stack where programs make their own frames. */
function initialFramePointer(version: SbpfVersion): bigint {
  return SBPF_VERSIONS[version].manualStackFrames ? STACK_END : FIRST_FRAME_END;
}

function piece(
  address: bigint,
  length: number,
  host: number,
  isWritable: boolean,
  more: Partial<Pick<Piece, 'growth' | 'isGapped' | 'isShallow'>> = {},
): Piece {
  const { growth, isGapped = false, isShallow = false } = more;
  return { address, length, host, isWritable, growth, isGapped, isShallow, isReached: false };
}
