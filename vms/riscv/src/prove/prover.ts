import { type Bytes, defineErrors } from '@ninefold/base';
import {
  type Cancellation,
  createKey,
  encodeProof,
  type ParameterSet,
  prove,
  type ProveOptions,
  restoreVerifyingKey,
  throwIfCancelled,
  type Trace,
} from '@ninefold/stark';
import type { Abi } from '../host/abi.ts';
import { openvm } from '../host/openvm.ts';
import { sp1 } from '../host/sp1.ts';
import { standard } from '../host/standard.ts';
import { createRiscv, type RunOptions, type RunResult } from '../run.ts';
import type { CallSystemName } from './calls/call-system.ts';
import { lowerOpenvm } from './calls/openvm.ts';
import { SP1_CONVENTION } from './calls/sp1.ts';
import { createCells, inputWords } from './cells.ts';
import { observeEffects } from './effects.ts';
import { type Lowering, STANDARD_CONVENTION } from './lower.ts';
import { lowerProgram, type WrittenInstruction } from './lower-program.ts';
import {
  chipsOf,
  machineFor,
  type MachineKind,
  publicValuesOf,
  segmentPublicValues,
  type Statement,
} from './machine.ts';
import { isCall, programTables } from './program-tables.ts';
import { MAX_JOURNAL_BYTES, type ProgramCommitment, programIdOf, type Receipt } from './receipt.ts';
import { createRecorder } from './record.ts';
import { type SegmentTables, segmentTables } from './witness.ts';
import type { Limbs } from './words.ts';

const fail = defineErrors({
  RISCV_RUN_NOT_ENDED: (c: { readonly outcome: string }) =>
    `Only a run that ends by itself can be proved; this one ended by ${c.outcome}`,
  RISCV_SEGMENT_CYCLES: (c: { readonly value: number }) =>
    `A segment of ${c.value} cycles: it has ${MIN_SEGMENT_CYCLES} to ${MAX_SEGMENT_CYCLES}`,
  RISCV_JOURNAL_TOO_LONG: (c: { readonly length: number }) =>
    `A journal of ${c.length} bytes: a receipt takes ${MAX_JOURNAL_BYTES}`,
});

/** Guests whose runs can be proved: those whose calls the machine has chips for. */
export type ProvableInterface = Lowering & {
  readonly abi: Abi;
  /** What its calls mean in a proof. */
  readonly calls: CallSystemName;
};

/** The guest interfaces that can be proved, by name. */
export const PROVABLE_INTERFACES: Readonly<Record<CallSystemName, ProvableInterface>> = {
  standard: { abi: standard, calls: 'standard', convention: STANDARD_CONVENTION },
  sp1: { abi: sp1, calls: 'sp1', convention: SP1_CONVENTION },
  openvm: { abi: openvm, calls: 'openvm', lowerOther: lowerOpenvm },
};

export type ProverOptions = {
  /** The program file. */
  readonly elf: Bytes;
  /** 100 proven bits unless given. */
  readonly parameters?: ParameterSet | undefined;
  /** Guest interface it was built for, by name or an own one; `standard` unless given. */
  readonly guest?: CallSystemName | ProvableInterface | undefined;
  /**
   * Instructions that the program writes and then executes. With a list, even an empty one, instructions are
   * fetched from memory as it is, with those of the file and of the list as the only ones that may be found
   * there; stores to code have no effect without it.
   */
  readonly writtenCode?: readonly WrittenInstruction[] | undefined;
  /** Instructions of a segment, after which a run goes on in the next one; 2^20 unless given. */
  readonly segmentCycles?: number | undefined;
};

/** What to run: as for `createRiscv`; bytes alone are one piece of input. */
export type ProvedRun = Pick<RunOptions, 'limits'> & {
  readonly input?: Bytes | readonly Bytes[] | undefined;
};

/** How large a proof's work would be. */
export type Estimate = {
  readonly cycles: number;
  /** Cells of the main tables of all segments, without what the lookup argument adds. */
  readonly cells: number;
  /** Heights of the tables of each segment, as powers of 2. */
  readonly segments: readonly Readonly<Record<string, number>>[];
};

/** Fewest and most instructions of a segment; small ones are for tests. */
export const MIN_SEGMENT_CYCLES = 256;
export const MAX_SEGMENT_CYCLES: number = 2 ** 20;

/**
 * Most cells of a segment's tables of steps and calls: wide tables, as those of hash functions, fill a segment
 * before its instructions do. With what a proof makes of them that is about 2 GiB of memory.
 */
export const MAX_SEGMENT_CELLS: number = 2 ** 26;

/**
 * Most instructions of a run that is proved: 2^26. Each has 15 messages on buses at least, tables are filled
 * up to powers of 2, and a proof can have 2^31 messages.
 */
export const MAX_PROVED_CYCLES: number = 2 ** 26;

/** Filled tables and their public values. */
export type WitnessSegment = { readonly trace: Trace; readonly publicValues: readonly number[] };

/** A program made ready for proving. */
export type RiscvProver = {
  readonly programId: Bytes;
  /** Runs the program and says what proving it would take. */
  readonly estimate: (run?: ProvedRun) => Estimate;
  /** Runs the program and proves the run. */
  readonly prove: (
    run?: ProvedRun,
    options?: ProveOptions,
  ) => { readonly receipt: Receipt; readonly result: RunResult };
  /** Runs the program and fills the tables of its proof in one piece: what `checkTrace` and mutation tests take. */
  readonly witness: (run?: ProvedRun) => WitnessSegment;
  /** As `witness`, cut into segments: what `checkSegments` takes. */
  readonly segments: (run?: ProvedRun) => readonly WitnessSegment[];
  /** The program's fixed columns. */
  readonly fixed: Trace;
};

/**
 * Prepares a program: its instructions and its initial memory become fixed columns, whose commitment is the
 * program's id.
 *
 * @throws what `createRiscv` throws, `RISCV_SEGMENT_CYCLES`; `prove` and `estimate` throw `RISCV_RUN_NOT_ENDED`, `RISCV_JOURNAL_TOO_LONG`,
 *   `RISCV_UNPROVABLE`, `RISCV_WRITTEN_CODE`, `RISCV_TOO_LONG` and what the framework's `prove` throws
 * @example
 * const prover = createRiscvProver({ elf });
 * const { receipt } = prover.prove({ input });
 * verifyReceipt(receipt, { programId: prover.programId });
 */
export function createRiscvProver({
  elf: file,
  parameters = 'p100',
  guest: asked = 'standard',
  writtenCode,
  segmentCycles = MAX_SEGMENT_CYCLES,
}: ProverOptions): RiscvProver {
  if (
    !Number.isInteger(segmentCycles) ||
    segmentCycles < MIN_SEGMENT_CYCLES ||
    segmentCycles > MAX_SEGMENT_CYCLES
  ) {
    throw fail('RISCV_SEGMENT_CYCLES', { value: segmentCycles });
  }
  const named = typeof asked === 'string' ? PROVABLE_INTERFACES[asked] : asked;
  const fetch = writtenCode === undefined ? 'program' : 'memory';
  const guest = { ...named, abi: { ...named.abi, fetch } as const };
  const { elf } = createRiscv({ elf: file, abi: guest.abi });
  const kind: MachineKind = { xlen: elf.xlen, guest: guest.calls, fetch };
  const chips = chipsOf(kind);
  const tables = programTables(chips, elf, lowerProgram(elf, chips.shape, guest, writtenCode));
  let committed: ProgramCommitment | undefined;
  // Only who proves or asks for the id pays for hashing the fixed columns.
  const commitment = (): ProgramCommitment => {
    if (committed === undefined) {
      const { verifyingKey } = createKey(machineFor(kind, 0), tables.fixed, parameters);
      committed = {
        ...kind,
        parameters,
        entry: elf.entry,
        root: verifyingKey.preprocessedRoot as Uint32Array,
        logHeights: verifyingKey.fixedLogHeights.filter((height) => height !== undefined),
      };
    }
    return committed;
  };

  const record = (
    { input = [], limits }: ProvedRun,
    segmentCycles: number,
    options: Cancellation = {},
  ): Recorded => {
    const { abi, observe, effects } = observeEffects(guest.abi, ({ pc, word }) =>
      isCall(chips, tables, Number(pc) / 4, word),
    );
    const pieces = input instanceof Uint8Array ? [input] : input;
    const [first] = pieces;
    const inMemory = chips.system.memory.hasInput && first !== undefined;
    const words = inMemory ? inputWords(first, chips.shape) : NO_WORDS;
    const recorder = createRecorder(chips, tables, createCells(chips.shape, tables.image, words), effects, {
      segmentCycles,
      segmentCells: segmentCycles <= MAX_SEGMENT_CYCLES ? MAX_SEGMENT_CELLS : Infinity,
      cycles: MAX_PROVED_CYCLES,
    });
    const result = createRiscv({ elf: file, abi }).run({
      input: pieces,
      limits,
      observe,
      rows: (rows) => {
        throwIfCancelled(options);
        recorder.take(rows);
      },
    });
    const { outcome, journal } = result;
    if (outcome.kind !== 'exit') {
      const ending =
        outcome.kind === 'trap' ? `a trap (${outcome.trap.kind})` : `the limit of ${outcome.limit}`;
      throw fail('RISCV_RUN_NOT_ENDED', { outcome: ending });
    }
    if (journal.length > MAX_JOURNAL_BYTES) throw fail('RISCV_JOURNAL_TOO_LONG', { length: journal.length });
    const segments = recorder.end(journal).map((pending) => segmentTables(chips, tables, pending));
    const statement = { ...kind, entry: elf.entry, exitCode: outcome.code, journal };
    const publicValues = segmentPublicValues(publicValuesOf(statement), segments.length);
    return { result, statement, segments, publicValues };
  };
  const filled = ({ segments, publicValues }: Recorded): readonly WitnessSegment[] =>
    segments.map(({ make }, i) => ({
      trace: make(() => {}),
      publicValues: publicValues[i] as readonly number[],
    }));

  return {
    get programId() {
      return programIdOf(commitment());
    },
    fixed: tables.fixed,
    estimate: (run = {}) => {
      const { result, segments } = record(run, segmentCycles);
      return {
        cycles: result.cycles,
        cells: segments.reduce((sum, { cells }) => sum + cells, 0),
        segments: segments.map(({ logHeights }) => logHeights),
      };
    },
    witness: (run = {}) => filled(record(run, Infinity))[0] as WitnessSegment,
    segments: (run = {}) => filled(record(run, segmentCycles)),
    prove: (run = {}, options = {}) => {
      const { result, statement, segments, publicValues } = record(run, segmentCycles, options);
      const { root, logHeights } = commitment();
      const machine = machineFor(kind, statement.journal.length);
      const key = {
        verifyingKey: restoreVerifyingKey(machine, parameters, root, logHeights),
        fixed: tables.fixed,
      };
      const proof = prove(
        key,
        segments.map((trace, i) => ({ trace, publicValues: publicValues[i] as readonly number[] })),
        options,
      );
      const receipt = {
        ...commitment(),
        ...statement,
        segments: segments.length,
        proof: encodeProof(proof),
      };
      return { receipt, result };
    },
  };
}

/** A run as tables to be made. */
type Recorded = {
  readonly result: RunResult;
  readonly statement: Statement;
  readonly segments: readonly SegmentTables[];
  readonly publicValues: readonly (readonly number[])[];
};

const NO_WORDS: ReadonlyMap<number, Limbs> = new Map();
