import type { Bus, Chip } from '@ninefold/stark';
import type { Cells } from '../cells.ts';
import type { PendingTable } from '../pending-table.ts';

/** Gathers the calls of a run, segment by segment. */
export type ComputationRecorder<Call> = {
  /** Does the work in the cells. */
  readonly take: (call: Call) => void;
  readonly tables: () => readonly PendingTable[];
  readonly cut: () => readonly PendingTable[];
};

/**
 * Work that chips of their own do in memory at one time. Whoever asks for it sends a message of the call to
 * `calls`, which has to be the only one of its time there.
 */
export type Computation<Call> = {
  readonly chips: readonly Chip[];
  readonly calls: Bus;
  readonly recorder: (cells: Cells) => ComputationRecorder<Call>;
};

/** A word of memory. */
export type WordPlace = { readonly space: number; readonly index: number };
