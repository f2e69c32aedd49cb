import { type Bytes, defineErrors } from '@ninefold/base';
import { type Elf, parseElf } from './code/elf.ts';
import { decodeInstruction } from './code/instruction.ts';
import type { MemoryObserver } from './engine/guest-memory.ts';
import { createMachine, type HostStop, type Machine, stopOf } from './engine/machine.ts';
import type { RowObserver } from './engine/rows.ts';
import { GuestFault, type Limit, type Trap } from './engine/traps.ts';
import type { Abi, Answer, Session } from './host/abi.ts';
import { type AbiName, ABIS } from './host/abis.ts';
import { createOutputs } from './host/outputs.ts';
import { DEFAULT_MAX_CYCLES, DEFAULT_MAX_MEMORY_BYTES, MAX_MEMORY_BYTES } from './spec/limits.ts';
import type { Xlen } from './spec/opcodes.ts';

const fail = defineErrors({
  RISCV_ABI_XLEN: (c: { readonly abi: string; readonly xlen: Xlen }) =>
    `Guests of ${c.abi} are not built for RV${c.xlen}: choose the guest interface the program was built for`,
  RISCV_LIMIT: (c: { readonly limit: string; readonly value: number; readonly highest: number }) =>
    `A limit of ${c.value} for ${c.limit}: give a whole number from 0 to ${c.highest}`,
});

export type RiscvOptions = {
  /** The program file. */
  readonly elf: Bytes;
  /** Guest interface it was built for, by name or an own one. */
  readonly abi: AbiName | Abi;
};

export type RunOptions = {
  /** What the guest can read; how many pieces there are is a matter of the guest interface. */
  readonly input?: readonly Bytes[] | undefined;
  readonly limits?:
    | { readonly cycles?: number | undefined; readonly memoryBytes?: number | undefined }
    | undefined;
  /** Takes a row for each instruction that retires. */
  readonly rows?: RowObserver | undefined;
  /** Is told what host calls do to memory. */
  readonly observe?: MemoryObserver | undefined;
};

/** How a run ended. */
export type RunOutcome =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'trap'; readonly trap: Trap }
  | { readonly kind: 'limit'; readonly limit: Limit };

export type RunResult = {
  readonly outcome: RunOutcome;
  /** Instructions retired. */
  readonly cycles: number;
  /** The public output: journal, public values. */
  readonly journal: Bytes;
  readonly stdout: Bytes;
  readonly stderr: Bytes;
  /** Host calls by name. */
  readonly hostCalls: Readonly<Record<string, number>>;
  /** Loads and stores that were not aligned. */
  readonly misaligned: number;
  /** Memory the guest has touched. */
  readonly memoryBytes: number;
};

/** A program that can be run any number of times; runs share nothing. */
export type Riscv = {
  readonly elf: Elf;
  readonly abi: Abi;
  readonly run: (options?: RunOptions) => RunResult;
};

/**
 * Loads a guest program.
 *
 * @throws what `parseElf` throws, `RISCV_ABI_XLEN`; `run` throws `RISCV_LIMIT`
 * @example
 * const guest = createRiscv({ elf, abi: 'sp1' });
 * const { outcome, journal, cycles } = guest.run({ input: [bytes], limits: { cycles: 10_000_000 } });
 */
export function createRiscv(options: RiscvOptions): Riscv {
  const abi = typeof options.abi === 'string' ? ABIS[options.abi] : options.abi;
  const elf = parseElf(abi.unpack?.(options.elf) ?? options.elf);
  if (!abi.xlens.includes(elf.xlen)) throw fail('RISCV_ABI_XLEN', { abi: abi.name, xlen: elf.xlen });
  return { elf, abi, run: (run = {}) => runGuest(elf, abi, run) };
}

function runGuest(elf: Elf, abi: Abi, { input = [], limits = {}, rows, observe }: RunOptions): RunResult {
  const machine = createMachine({
    elf,
    bounds: abi.bounds,
    fetch: abi.fetch,
    misaligned: abi.misaligned,
    maxCycles: limitOf('cycles', limits.cycles ?? DEFAULT_MAX_CYCLES, Number.MAX_SAFE_INTEGER),
    maxMemoryBytes: limitOf('memory', limits.memoryBytes ?? DEFAULT_MAX_MEMORY_BYTES, MAX_MEMORY_BYTES),
    rows,
    observe,
  });
  const outputs = createOutputs();
  const outcome = runToEnd(machine, () => {
    machine.load();
    return abi.start(machine, input, outputs);
  });
  return {
    outcome,
    cycles: machine.cycles(),
    journal: outputs.bytesOf('journal'),
    stdout: outputs.bytesOf('stdout'),
    stderr: outputs.bytesOf('stderr'),
    hostCalls: outputs.counts(),
    misaligned: machine.misaligned(),
    memoryBytes: machine.memoryBytes(),
  };
}

function limitOf(limit: string, value: number, highest: number): number {
  if (!Number.isSafeInteger(value) || value < 0 || value > highest)
    throw fail('RISCV_LIMIT', { limit, value, highest });
  return value;
}

function runToEnd(machine: Machine, start: () => Session): RunOutcome {
  const begun = orStop(machine, start);
  if ('kind' in begun) return begun;
  for (;;) {
    const stop = machine.resume();
    if (stop.kind !== 'host') return stop;
    const end = proceed(machine, begun, stop);
    if (end !== undefined) return end;
  }
}

/** What `action` gives, or how the run ends when it faults. */
function orStop<Result>(machine: Machine, action: () => Result): Result | RunOutcome {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof GuestFault)) throw error;
    return stopOf(error, machine.pc());
  }
}

/** Answers the host's instruction the machine stands at; the outcome when the run ends there. */
function proceed(machine: Machine, session: Session, stop: HostStop): RunOutcome | undefined {
  const answer = orStop(machine, () => answerOf(machine, session, stop));
  if (answer === 'next') {
    machine.setPc(machine.pc() + 4n);
    return undefined;
  }
  if (answer === 'illegal') {
    machine.uncount();
    const isBreakpoint = decodeInstruction(stop.word, machine.xlen)?.spec.mnemonic === 'ebreak';
    const kind = isBreakpoint ? 'breakpoint' : 'illegalInstruction';
    return { kind: 'trap', trap: { kind, pc: stop.pc, word: stop.word } };
  }
  if ('jump' in answer) {
    machine.setPc(answer.jump);
    return undefined;
  }
  if ('exit' in answer) return { kind: 'exit', code: answer.exit };
  machine.uncount();
  return answer;
}

function answerOf(machine: Machine, session: Session, { word, pc }: HostStop): Answer {
  const instruction = decodeInstruction(word, machine.xlen);
  if (instruction === undefined || instruction.spec.mnemonic === 'ebreak') return 'illegal';
  if (instruction.spec.mnemonic === 'fence.i') {
    machine.dropCode();
    return 'next';
  }
  return session.answer({ ...instruction, word, pc });
}
