import { type Bytes, defineErrors } from '@ninefold/base';
import {
  createKey,
  encodeProof,
  type ParameterSet,
  prove,
  type ProveOptions,
  type Trace,
} from '@ninefold/stark';
import type { Abi } from '../host/abi.ts';
import { standard } from '../host/standard.ts';
import { createRiscv, type RunOptions, type RunResult } from '../run.ts';
import { type CallConvention, lowerProgram, type LowerOther, STANDARD_CONVENTION } from './lower.ts';
import { chipsOf, machineFor, publicValuesOf } from './machine.ts';
import { MAX_JOURNAL_BYTES, type ProgramCommitment, programIdOf, type Receipt } from './receipt.ts';
import { createWitness, programTables, type Replay, type Witness } from './witness.ts';

const fail = defineErrors({
  RISCV_RUN_NOT_ENDED: (c: { readonly outcome: string }) =>
    `Only a run that ends by itself can be proved; this one ended by ${c.outcome}`,
  RISCV_JOURNAL_TOO_LONG: (c: { readonly length: number }) =>
    `A journal of ${c.length} bytes: a receipt takes ${MAX_JOURNAL_BYTES}`,
});

/** Guests whose runs can be proved: those whose calls the machine has a chip for. */
export type ProvableInterface = {
  readonly abi: Abi;
  readonly convention: CallConvention;
  /** How instructions beside the base sets are proved, if they are. */
  readonly lowerOther?: LowerOther | undefined;
};

/** Ninefold's standard guest interface: input, journal and exit code; accelerators have no chips. */
export const STANDARD_INTERFACE: ProvableInterface = { abi: standard, convention: STANDARD_CONVENTION };

export type ProverOptions = {
  /** The program file. */
  readonly elf: Bytes;
  /** 100 proven bits unless given. */
  readonly parameters?: ParameterSet | undefined;
  readonly guest?: ProvableInterface | undefined;
};

/** What to run: as for `createRiscv`, with one piece of input. */
export type ProvedRun = Pick<RunOptions, 'limits'> & { readonly input?: Bytes | undefined };

/** How large a proof's work would be. */
export type Estimate = {
  readonly cycles: number;
  /** Cells of the main tables, without what the lookup argument adds. */
  readonly cells: number;
  /** Heights of the tables, as powers of 2. */
  readonly logHeights: Readonly<Record<string, number>>;
};

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
  /** Runs the program and fills the tables of its proof: what `checkTrace` and mutation tests take. */
  readonly witness: (run?: ProvedRun) => { readonly trace: Trace; readonly publicValues: readonly number[] };
  /** The program's fixed columns. */
  readonly fixed: Trace;
};

/**
 * Prepares a program: its instructions and its initial memory become fixed columns, whose commitment is the
 * program's id.
 *
 * @throws what `createRiscv` throws; `prove` and `estimate` throw `RISCV_RUN_NOT_ENDED`, `RISCV_JOURNAL_TOO_LONG`,
 *   `RISCV_UNPROVABLE`, `RISCV_TOO_LONG` and what the framework's `prove` throws
 * @example
 * const prover = createRiscvProver({ elf });
 * const { receipt } = prover.prove({ input });
 * verifyReceipt(receipt, { programId: prover.programId });
 */
export function createRiscvProver({
  elf: file,
  parameters = 'p100',
  guest = STANDARD_INTERFACE,
}: ProverOptions): RiscvProver {
  const program = createRiscv({ elf: file, abi: guest.abi });
  const { elf } = program;
  const chips = chipsOf(elf.xlen);
  const rows = lowerProgram(elf, chips.shape, guest.convention, guest.lowerOther);
  const tables = programTables(chips, elf, rows);
  const { verifyingKey } = createKey(machineFor(elf.xlen, 0), tables.fixed, parameters);
  const commitment: ProgramCommitment = {
    xlen: elf.xlen,
    parameters,
    entry: elf.entry,
    root: verifyingKey.preprocessedRoot as Uint32Array,
    logHeights: verifyingKey.fixedLogHeights.filter((height) => height !== undefined),
  };

  const witnessOf = ({
    input = new Uint8Array(0),
    limits,
  }: ProvedRun): Witness & { readonly result: RunResult; readonly exitCode: number } => {
    const runOptions = { input: [input], limits };
    const result = program.run(runOptions);
    const { outcome, journal } = result;
    if (outcome.kind !== 'exit') {
      const ending =
        outcome.kind === 'trap' ? `a trap (${outcome.trap.kind})` : `the limit of ${outcome.limit}`;
      throw fail('RISCV_RUN_NOT_ENDED', { outcome: ending });
    }
    if (journal.length > MAX_JOURNAL_BYTES) throw fail('RISCV_JOURNAL_TOO_LONG', { length: journal.length });
    const replay: Replay = (take) => void program.run({ ...runOptions, rows: take });
    return { ...createWitness(chips, tables, replay, input), result, exitCode: outcome.code };
  };
  const statementOf = ({
    result,
    exitCode,
  }: ReturnType<typeof witnessOf>): { entry: number; exitCode: number; journal: Bytes } => ({
    entry: elf.entry,
    exitCode,
    journal: result.journal,
  });

  return {
    programId: programIdOf(commitment),
    fixed: tables.fixed,
    estimate: (run = {}) => {
      const { trace, cells, result } = witnessOf(run);
      const logHeights = Object.fromEntries(
        Object.entries(trace).map(([name, { logHeight }]) => [name, logHeight]),
      );
      return { cycles: result.cycles, cells, logHeights };
    },
    witness: (run = {}) => {
      const witness = witnessOf(run);
      return { trace: witness.trace, publicValues: publicValuesOf(statementOf(witness)) };
    },
    prove: (run = {}, options = {}) => {
      const witness = witnessOf(run);
      const statement = statementOf(witness);
      const { journal } = statement;
      const machine = machineFor(elf.xlen, journal.length);
      const key = createKey(machine, tables.fixed, parameters);
      const proof = prove(key, [{ trace: witness.trace, publicValues: publicValuesOf(statement) }], options);
      return { receipt: { ...commitment, ...statement, proof: encodeProof(proof) }, result: witness.result };
    },
  };
}
