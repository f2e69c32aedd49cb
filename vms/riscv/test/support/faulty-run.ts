import { checkTrace, P, type Trace, type Violation } from '@ninefold/stark';
import { ROW } from '../../src/engine/layout.ts';
import type { Rows } from '../../src/engine/rows.ts';
import { createCells, inputWords } from '../../src/prove/cells.ts';
import { type HostEffect, observeEffects } from '../../src/prove/effects.ts';
import { lowerProgram } from '../../src/prove/lower-program.ts';
import { chipsOf, machineFor, publicValuesOf, segmentPublicValues } from '../../src/prove/machine.ts';
import { isCall, programTables } from '../../src/prove/program-tables.ts';
import { PROVABLE_INTERFACES } from '../../src/prove/prover.ts';
import { createRecorder } from '../../src/prove/record.ts';
import { segmentTables } from '../../src/prove/witness.ts';
import { createRiscv } from '../../src/run.ts';

/** The words of one row of an executor's run, by what they are; changes go to the recorder. */
export type FaultyRow = {
  readonly pc: number;
  readonly operation: string;
  readonly rd: number;
  /** Low and high words, the high ones zero in RV32. */
  result: readonly [number, number];
  address: readonly [number, number];
};

/** A fault: changes a row, or leaves it out by answering `skip`. */
export type Fault = (row: FaultyRow, index: number) => 'skip' | undefined;

/** What a prover makes of a run whose executor has a fault. */
export type FaultyWitness = { readonly trace: Trace; readonly publicValues: readonly number[] };

/** A fault of the host: changes what it says that it did for the calls so far. */
export type HostFault = (effects: readonly HostEffect[]) => void;

export type FaultyProver = {
  /** Says what is wrong with a witness: every violation there is. */
  readonly problems: (witness: FaultyWitness) => Violation[];
  readonly run: (fault: Fault, hostFault?: HostFault) => FaultyWitness;
};

/** Public values before the journal's bytes. */
const JOURNAL_AT = 4;

const WORDS = ROW.BYTES / 4;
const RESULT = ROW.RD / 4;
const ADDRESS = ROW.ADDRESS / 4;

/**
 * Prepares a standard guest; each call then runs it with a fault between execution and the filling of tables,
 * which are filled by the prover's own code.
 */
export function faultyProver(elf: Uint8Array, input: Uint8Array = new Uint8Array()): FaultyProver {
  const guest = PROVABLE_INTERFACES.standard;
  const parsed = createRiscv({ elf, abi: guest.abi }).elf;
  const kind = { xlen: parsed.xlen, guest: guest.calls, fetch: 'program' } as const;
  const chips = chipsOf(kind);
  const tables = programTables(chips, parsed, lowerProgram(parsed, chips.shape, guest));
  const problems: FaultyProver['problems'] = ({ trace, publicValues }) =>
    checkTrace(machineFor(kind, publicValues.length - JOURNAL_AT), trace, {
      fixed: tables.fixed,
      publicValues,
      maxViolations: Infinity,
    });
  const run: FaultyProver['run'] = (fault, hostFault = () => {}) => {
    const { abi, observe, effects } = observeEffects(guest.abi, ({ pc, word }) =>
      isCall(chips, tables, Number(pc) / 4, word),
    );
    const cells = createCells(chips.shape, tables.image, inputWords(input, chips.shape));
    const recorder = createRecorder(chips, tables, cells, effects, {
      segmentCycles: Infinity,
      segmentCells: Infinity,
      cycles: Infinity,
    });
    let index = 0;
    const rows = (seen: Rows): void => {
      const words = seen.words.slice();
      let kept = 0;
      for (let i = 0; i < seen.length; i++) {
        const from = i * WORDS;
        const pair = (at: number): [number, number] => [
          words[from + at] as number,
          words[from + at + 1] as number,
        ];
        const { pc, operation, rd } = seen.row(i);
        const row: FaultyRow = {
          pc: Number(pc),
          operation,
          rd,
          result: pair(RESULT),
          address: pair(ADDRESS),
        };
        const isSkipped = fault(row, index++) === 'skip';
        words.set(row.result, from + RESULT);
        words.set(row.address, from + ADDRESS);
        if (isSkipped) continue;
        words.copyWithin(kept * WORDS, from, from + WORDS);
        kept++;
      }
      hostFault(effects);
      recorder.take({ ...seen, length: kept, words });
    };
    const { outcome, journal } = createRiscv({ elf, abi }).run({ input: [input], observe, rows });
    if (outcome.kind !== 'exit') throw new Error(`the run ended by ${outcome.kind}`);
    const [segment] = recorder.end(journal).map((pending) => segmentTables(chips, tables, pending));
    const statement = { ...kind, entry: parsed.entry, exitCode: outcome.code, journal };
    return {
      trace: inField(segment?.make(() => {}) as Trace),
      publicValues: segmentPublicValues(publicValuesOf(statement), 1)[0] as readonly number[],
    };
  };
  return { problems, run };
}

/** Takes what is below zero, which no honest run has, for the element of the field that it is. */
function inField(trace: Trace): Trace {
  for (const { columns } of Object.values(trace)) {
    for (const cells of columns)
      cells.forEach((cell, row) => (cells[row] = cell < P ? cell : cell - (2 ** 32 - P)));
  }
  return trace;
}
