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
import { openvm } from '../host/openvm.ts';
import { sp1 } from '../host/sp1.ts';
import { standard } from '../host/standard.ts';
import { createRiscv, type RunOptions, type RunResult } from '../run.ts';
import type { CallSystemName } from './calls/call-system.ts';
import { lowerOpenvm } from './calls/openvm.ts';
import { SP1_CONVENTION } from './calls/sp1.ts';
import { observeEffects } from './effects.ts';
import { type Lowering, lowerProgram, STANDARD_CONVENTION } from './lower.ts';
import { chipsOf, machineFor, publicValuesOf, type Statement } from './machine.ts';
import { MAX_JOURNAL_BYTES, type ProgramCommitment, programIdOf, type Receipt } from './receipt.ts';
import { createWitness, isCall, programTables, type Replay, type Witness } from './witness.ts';

const fail = defineErrors({
  RISCV_RUN_NOT_ENDED: (c: { readonly outcome: string }) =>
    `Only a run that ends by itself can be proved; this one ended by ${c.outcome}`,
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
};

/** What to run: as for `createRiscv`; bytes alone are one piece of input. */
export type ProvedRun = Pick<RunOptions, 'limits'> & {
  readonly input?: Bytes | readonly Bytes[] | undefined;
};

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
  guest: asked = 'standard',
}: ProverOptions): RiscvProver {
  const guest = typeof asked === 'string' ? PROVABLE_INTERFACES[asked] : asked;
  const program = createRiscv({ elf: file, abi: guest.abi });
  const { elf } = program;
  const kind = { xlen: elf.xlen, guest: guest.calls };
  const chips = chipsOf(kind.xlen, kind.guest);
  const tables = programTables(chips, elf, lowerProgram(elf, chips.shape, guest));
  const { verifyingKey } = createKey(machineFor(kind, 0), tables.fixed, parameters);
  const commitment: ProgramCommitment = {
    ...kind,
    parameters,
    entry: elf.entry,
    root: verifyingKey.preprocessedRoot as Uint32Array,
    logHeights: verifyingKey.fixedLogHeights.filter((height) => height !== undefined),
  };

  const witnessOf = ({
    input = [],
    limits,
  }: ProvedRun): Witness & { readonly result: RunResult; readonly exitCode: number } => {
    const { abi, observe, effects } = observeEffects(guest.abi, ({ pc }) =>
      isCall(chips, tables, Number(pc) / 4),
    );
    const pieces = input instanceof Uint8Array ? [input] : input;
    const runOptions = { input: pieces, limits };
    const result = createRiscv({ elf: file, abi }).run({ ...runOptions, observe });
    const { outcome, journal } = result;
    if (outcome.kind !== 'exit') {
      const ending =
        outcome.kind === 'trap' ? `a trap (${outcome.trap.kind})` : `the limit of ${outcome.limit}`;
      throw fail('RISCV_RUN_NOT_ENDED', { outcome: ending });
    }
    if (journal.length > MAX_JOURNAL_BYTES) throw fail('RISCV_JOURNAL_TOO_LONG', { length: journal.length });
    const replay: Replay = (take) => void program.run({ ...runOptions, rows: take });
    const witness = createWitness(chips, tables, {
      replay,
      effects,
      input: pieces[0] ?? new Uint8Array(0),
      journal,
    });
    return { ...witness, result, exitCode: outcome.code };
  };
  const statementOf = ({ result, exitCode }: ReturnType<typeof witnessOf>): Statement => ({
    ...kind,
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
      const machine = machineFor(kind, journal.length);
      const key = createKey(machine, tables.fixed, parameters);
      const proof = prove(key, [{ trace: witness.trace, publicValues: publicValuesOf(statement) }], options);
      return { receipt: { ...commitment, ...statement, proof: encodeProof(proof) }, result: witness.result };
    },
  };
}
