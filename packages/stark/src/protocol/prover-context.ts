import type { CompiledChip } from '../air/logup.ts';
import type { Trace } from '../air/trace.ts';
import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import { fail } from '../errors.ts';
import type { Ext } from '../field/extension.ts';
import type { NonceSearch } from '../kernel/hasher.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import type { VerifyingKey } from './keys.ts';
import type { Layout, TreeName } from './layout.ts';
import { addressOf } from './prover-columns.ts';
import type { ChipProgram } from './program.ts';
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
  /** Values on the evaluation domain by tree and, within, by owner. */
  readonly columns: Record<TreeName, (Columns | undefined)[]>;
  /** Generated code of the layout's chips. */
  readonly programs: ReadonlyMap<CompiledChip, ChipProgram>;
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
    layout.trees[tree].map(({ owner, column, log }) => ({
      address: addressOf(columns[owner] as Columns, column),
      log,
    })),
  );
}

/** Finds a nonce or, which does not happen, says that there is none. */
export function work(workspace: Workspace, transcript: Transcript, bits: number): number {
  const nonce = transcript.grind(bits, (...search) => findNonceTogether(workspace, ...search));
  if (nonce === undefined)
    throw fail('STARK_INVALID_PARAMETERS', { what: `no nonce has ${bits} bits of work` });
  return nonce;
}

/** As `findNonce`, by all threads: the first of what they find is the first there is. */
function findNonceTogether(
  workspace: Workspace,
  ...[[kind, index], seed, bits, from, count]: Parameters<NonceSearch>
): number | undefined {
  const mark = workspace.mark();
  const seeds = workspace.place(seed);
  const share = Math.ceil(count / workspace.threads);
  const results = workspace.allocate(4 * workspace.threads);
  for (let t = 0; t < workspace.threads; t++) {
    const first = from + t * share;
    const end = Math.min(first + share, from + count);
    const to = results + 4 * t;
    workspace.run(HASH_WORDS * share, workspace.hasher.grindTask, to, seeds, bits, first, end, kind, index);
  }
  workspace.join();
  let found: number | undefined;
  for (let t = workspace.threads - 1; t >= 0; t--) {
    const end = Math.min(from + (t + 1) * share, from + count);
    const nonce = workspace.words()[results / 4 + t] as number;
    if (nonce < end) found = nonce;
  }
  workspace.release(mark);
  return found;
}

/** What a hash weighs in words of other work. */
const HASH_WORDS = 16;
