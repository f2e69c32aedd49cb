import type { Trace } from '../air/trace.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import type { Ext } from '../field/extension.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout, TreeName } from './layout.ts';
import { addressOf } from './prover-columns.ts';
import type { Transcript } from './transcript.ts';

/** What the phases of a segment share. */
export type ProverContext = {
  readonly workspace: Workspace;
  readonly key: VerifyingKey;
  readonly layout: Layout;
  readonly trace: Trace;
  readonly fixedTraces: Trace;
  readonly publicValues: readonly number[];
  readonly lookup: readonly Ext[];
  /** Values on the evaluation domain by tree and, within, by chip of the layout. */
  readonly columns: Record<TreeName, (Columns | undefined)[]>;
  /** @throws `STARK_CANCELLED` */
  readonly poll: () => void;
};

/** Commits to the columns of a tree in the layout's order. */
export function commitPlaced(
  workspace: Workspace,
  layout: Layout,
  tree: Exclude<TreeName, 'preprocessed'>,
  columns: readonly (Columns | undefined)[],
): MerkleTree {
  return commitTree(
    workspace,
    TREE_IDS[tree],
    layout.trees[tree].map(({ chip, column, log }) => ({
      address: addressOf(columns[chip] as Columns, column),
      log,
    })),
  );
}

/** Finds a nonce or, which does not happen, says that there is none. */
export function work(transcript: Transcript, bits: number): number {
  const nonce = transcript.grind(bits);
  if (nonce === undefined)
    throw fail('STARK_INVALID_PARAMETERS', { what: `no nonce has ${bits} bits of work` });
  return nonce;
}
