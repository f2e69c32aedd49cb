import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import type { Columns, Workspace } from '../kernel/workspace.ts';
import { interpolateLine } from './line.ts';
import { groupedColumns } from './openings.ts';
import type { ProverContext } from './prover-context.ts';
import { work } from './prover-context.ts';
import { readWide } from './prover-columns.ts';
import type { Transcript } from './transcript.ts';
import { MESSAGES } from './transcript.ts';

// FRI on the circle (eprint 2024/278, section 4). The quotients, largest first, are folded once from the
// circle to a line; the line is folded on, and when it has come to the size of the next quotient's line,
// that one joins with a random factor of its own.

/** Everything folding adds to a proof. */
export type Folds = {
  readonly trees: readonly MerkleTree[];
  readonly nonces: readonly number[];
  readonly finalPolynomial: readonly Ext[];
};

/** @param quotients of the layout's groups; the transcript has absorbed their root */
export function proveFolds(
  context: ProverContext,
  quotients: readonly Columns[],
  transcript: Transcript,
): Folds {
  const { workspace, layout, key } = context;
  const { field } = workspace;
  const { grinding } = key.parameters;
  const { groups, fold: plan } = layout;
  const trees: MerkleTree[] = [];
  const nonces = [work(workspace, transcript, grinding)];
  const circleChallenge = transcript.element(field);

  const foldCircle = (group: number): Columns => {
    const log = groups[group]?.log as number;
    return foldColumns(
      workspace,
      quotients[group] as Columns,
      workspace.table('1/y', log),
      circleChallenge,
      2 ** (log - 1),
    );
  };

  let line = foldCircle(0);
  plan.layers.forEach(({ log, fold }, i) => {
    const grouped = groupedColumns(workspace, line, log, fold);
    const tree = commitTree(
      workspace,
      TREE_IDS.firstFold + i,
      grouped.map((address) => ({ address, log: log - fold })),
    );
    trees.push(tree);
    transcript.absorb(MESSAGES.foldRoot, tree.root);
    nonces.push(work(workspace, transcript, grinding));
    let challenge = transcript.element(field);
    for (let step = 0; step < fold; step++) {
      const size = log - step;
      // A line's x are those of the circle domain of twice its size.
      line = foldColumns(workspace, line, workspace.table('1/x', size + 1), challenge, 2 ** (size - 1));
      challenge = field.mul(challenge, challenge);
    }
    const joining = groups.findIndex((group) => group.log - 1 === log - fold);
    if (joining > 0) {
      const factor = workspace.place(transcript.element(field));
      addScaled(workspace, line, foldCircle(joining), factor);
    }
  });

  const values = Array.from({ length: 2 ** plan.finalLog }, (_, row) => readWide(workspace, line, row));
  const finalPolynomial = interpolateLine(field, values).slice(0, 2 ** plan.logFinal);
  transcript.absorb(MESSAGES.finalPolynomial, finalPolynomial.flat());
  return { trees, nonces, finalPolynomial };
}

/** What a fold weighs in words of other work. */
const FOLD_WORDS = 16;

/** Folds columns once into new ones: those of the old could not be overwritten by several threads. */
function foldColumns(
  workspace: Workspace,
  from: Columns,
  inverses: number,
  challenge: Ext,
  rows: number,
): Columns {
  const to = workspace.columns(workspace.field.degree, rows);
  const factor = workspace.place(challenge);
  for (const { start, count } of workspace.ranges(rows, FOLD_WORDS)) {
    const [target, source] = [to.address + 4 * start, from.address + 8 * start];
    workspace.run(
      FOLD_WORDS * count,
      'fold',
      target,
      to.stride,
      source,
      from.stride,
      inverses + 4 * start,
      factor,
      count,
    );
  }
  workspace.join();
  return to;
}

/** to += factor · from. */
function addScaled(workspace: Workspace, to: Columns, from: Columns, factor: number): void {
  for (const { start, count } of workspace.ranges(to.rows, FOLD_WORDS)) {
    const [target, source] = [to.address + 4 * start, from.address + 4 * start];
    workspace.run(FOLD_WORDS * count, 'addScaled', target, to.stride, source, from.stride, factor, count);
  }
  workspace.join();
}
