import type { Bytes } from '@ninefold/base';
import type { Chip, PublicMessage } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import type { Cells } from '../cells.ts';
import type { HostEffect } from '../effects.ts';
import type { Step } from '../gadgets.ts';
import type { MachineOperation } from '../lower.ts';
import type { PendingTable } from '../pending-table.ts';
import type { Shape } from '../words.ts';

/** An instruction that asks the host: its operands as the program has them, and what the host did. */
export type CallStep = Pick<Step, 'time' | 'program' | 'a' | 'b' | 'rs1' | 'rs2'> & {
  readonly effect: HostEffect;
};

/** Gathers the calls of a run, segment by segment. */
export type CallRecorder = {
  /**
   * Touches the cells that the call touches; the time of the next instruction.
   *
   * @throws `RISCV_UNPROVABLE` for calls that the machine has no chip for
   */
  readonly take: (step: CallStep) => number;
  /** The tables that have got rows since they were cut last. */
  readonly tables: () => readonly PendingTable[];
  /** Gives these tables to a segment and begins others. */
  readonly cut: () => readonly PendingTable[];
  /**
   * Tables that the last segment has besides, such as those of how the calls' own cells began and ended.
   *
   * @param journal what the run has made public
   */
  readonly ends: (journal: Bytes) => readonly PendingTable[];
};

/** The calls of a machine with words of one width. */
export type Calls = {
  readonly chips: readonly Chip[];
  readonly recorder: (cells: Cells) => CallRecorder;
  /** Messages by which the verifier ties the journal's public values to the calls. */
  readonly messages: (journal: readonly number[]) => readonly PublicMessage[];
};

/** Rules of memory that are a guest interface's own. */
export type MemoryRules = {
  /** Whether the input lies in memory when the program begins. */
  readonly hasInput: boolean;
  /** What a load or store does whose address is no multiple of its size. */
  readonly misaligned: 'supported' | 'trap';
  /** How many of an address's low 32 bits there are: what is above them traps. */
  readonly addressBits: number;
};

/** Names of the guest interfaces that can be proved, by which receipts know them. */
export type CallSystemName = 'standard' | 'sp1' | 'openvm';

/**
 * How the host calls of a guest interface are proved: one declaration for the machine's definition, the
 * prover and the verifier.
 */
export type CallSystem = {
  readonly name: CallSystemName;
  /** Operations of the program that are calls. */
  readonly operations: readonly MachineOperation[];
  readonly memory: MemoryRules;
  readonly create: (shape: Shape, buses: Buses) => Calls;
  /**
   * The journal as public values.
   *
   * @throws `RISCV_JOURNAL_LENGTH` where it is none of the interface
   */
  readonly publicValues: (journal: Bytes) => readonly number[];
  /** How many values a journal of that many bytes makes. */
  readonly publicCount: (journalLength: number) => number;
};
