import type { Chip, ChipTrace, PublicMessage } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import type { Cells } from '../cells.ts';
import type { HostEffect } from '../effects.ts';
import type { Columns, Step } from '../gadgets.ts';
import type { Lookups } from '../lookups.ts';
import type { MachineOperation } from '../lower.ts';
import type { Shape } from '../words.ts';

/** An instruction that asks the host: its operands as the program has them, and what the host did. */
export type CallStep = Pick<Step, 'time' | 'program' | 'a' | 'b' | 'rs1' | 'rs2'> & {
  readonly effect: HostEffect;
};

/** A table of main columns that is being filled. */
export type FilledTable = ChipTrace & { readonly column: Columns };

/** Makes the table of a chip with room for that many rows. */
export type TableOf = (chip: Chip, rows: number) => FilledTable;

/** Gathers the calls of a run, and fills their tables when all are known. */
export type CallRecorder = {
  /**
   * Touches the cells that the call touches; the time of the next instruction.
   *
   * @throws `RISCV_UNPROVABLE` for calls that the machine has no chip for
   */
  readonly take: (step: CallStep) => number;
  /** Fills the tables that have rows. */
  readonly finish: (tableOf: TableOf, lookups: Lookups) => void;
};

/** The calls of a machine with words of one width. */
export type Calls = {
  readonly chips: readonly Chip[];
  readonly recorder: (cells: Cells) => CallRecorder;
  /** Messages by which the verifier ties the journal's public values to the calls. */
  readonly messages: (journal: readonly number[]) => readonly PublicMessage[];
};

/** Names of the guest interfaces that can be proved, by which receipts know them. */
export type CallSystemName = 'standard';

/**
 * How the host calls of a guest interface are proved: one declaration for the machine's definition, the
 * prover and the verifier.
 */
export type CallSystem = {
  readonly name: CallSystemName;
  /** Operations of the program that are calls. */
  readonly operations: readonly MachineOperation[];
  /** Whether the input lies in memory when the program begins. */
  readonly hasInput: boolean;
  readonly create: (shape: Shape, buses: Buses) => Calls;
  /** The journal as public values. */
  readonly publicValues: (journal: Uint8Array) => readonly number[];
  /** How many values a journal of that many bytes makes. */
  readonly publicCount: (journalLength: number) => number;
};
