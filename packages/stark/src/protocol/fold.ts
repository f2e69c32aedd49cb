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

// FRI on the circle (eprint 2024/278, section 4). The quotients are folded from the circle to lines, and those above
// the first committed line on to its size; that line is folded on. The lines of smaller quotients join the committed line that is next in
// size, each lifted and with a random factor of its own. A lifted word f(pi^j(x)) has the rate of f and, within half
// of the minimum distance, is as far from a codeword: the codeword c(x) next to it is unique, so that it is c(-x) too
// and a codeword in pi(x); and folding gives f back.

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

  const foldQuotient = (group: number): Columns => {
    const log = groups[group]?.log as number;
    const circle = workspace.table('1/y', log);
    const line = foldColumns(workspace, quotients[group] as Columns, circle, circleChallenge, 2 ** (log - 1));
    const folds = (plan.quotientFolds[group] as number) - 1;
    return foldLine(workspace, line, log - 1, folds, field.mul(circleChallenge, circleChallenge));
  };
  const join = (line: Columns, joining: readonly number[]): void => {
    for (const group of joining) {
      const factor = workspace.place(transcript.element(field));
      addLifted(workspace, line, foldQuotient(group), factor);
    }
  };

  let line = foldQuotient(0);
  plan.layers.forEach(({ log, fold, joining }, i) => {
    join(line, joining);
    const grouped = groupedColumns(workspace, line, log, fold);
    const tree = commitTree(
      workspace,
      TREE_IDS.firstFold + i,
      grouped.map((address) => ({ address, log: log - fold })),
    );
    trees.push(tree);
    transcript.absorb(MESSAGES.foldRoot, tree.root);
    nonces.push(work(workspace, transcript, grinding));
    line = foldLine(workspace, line, log, fold, transcript.element(field));
  });
  join(line, plan.joining);

  const values = Array.from({ length: 2 ** plan.finalLog }, (_, row) => readWide(workspace, line, row));
  const finalPolynomial = interpolateLine(field, values).slice(0, 2 ** plan.logFinal);
  transcript.absorb(MESSAGES.finalPolynomial, finalPolynomial.flat());
  return { trees, nonces, finalPolynomial };
}

/** What a fold weighs in words of other work. */
const FOLD_WORDS = 16;

/** Folds a line so often, by a challenge and its squares. */
function foldLine(workspace: Workspace, line: Columns, log: number, folds: number, challenge: Ext): Columns {
  const { field } = workspace;
  let [folded, by] = [line, challenge];
  for (let size = log; size > log - folds; size--) {
    // A line's x are those of the circle domain of twice its size.
    folded = foldColumns(workspace, folded, workspace.table('1/x', size + 1), by, 2 ** (size - 1));
    by = field.mul(by, by);
  }
  return folded;
}

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

/** to += factor · from, whose every value is added at all places of `to` that fold to its own. */
function addLifted(workspace: Workspace, to: Columns, from: Columns, factor: number): void {
  const mark = workspace.mark();
  const scaled = workspace.columns(from.count, from.rows);
  workspace.clear(scaled.address, from.count * scaled.stride);
  const lift = Math.log2(to.rows / from.rows);
  for (const { start, count } of workspace.ranges(from.rows, FOLD_WORDS)) {
    const [target, source] = [scaled.address + 4 * start, from.address + 4 * start];
    workspace.run(FOLD_WORDS * count, 'addScaled', target, scaled.stride, source, from.stride, factor, count);
  }
  workspace.join();
  for (const { start, count } of workspace.ranges(to.rows, from.count)) {
    const target = to.address + 4 * start;
    workspace.run(
      from.count * count,
      'addRepeated',
      target,
      to.stride,
      scaled.address,
      scaled.stride,
      start,
      lift,
      count,
    );
  }
  workspace.join();
  workspace.release(mark);
}
