import type { Trace } from '../air/trace.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import type { Ext } from '../field/extension.ts';
import type { Workspace } from '../kernel/workspace.ts';
import { columnAddresses } from '../kernel/workspace.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout, TreeName } from './layout.ts';
import type { Committed } from './prover-columns.ts';
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
  /** Columns by tree and, within, by chip of the layout. */
  readonly columns: Record<TreeName, (Committed | undefined)[]>;
  /** @throws `STARK_CANCELLED` */
  readonly poll: () => void;
};

/** Commits to the columns of a tree in the layout's order. */
export function commitPlaced(
  workspace: Workspace,
  layout: Layout,
  tree: Exclude<TreeName, 'preprocessed'>,
  columns: readonly (Committed | undefined)[],
): MerkleTree {
  return commitTree(
    workspace,
    TREE_IDS[tree],
    layout.trees[tree].map(({ chip, column, log }) => ({
      address: columnAddresses((columns[chip] as Committed).values)[column] as number,
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
