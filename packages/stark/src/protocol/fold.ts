import { TREE_IDS } from '../commit/nodes.ts';
import type { MerkleTree } from '../commit/tree.ts';
import { commitTree } from '../commit/tree.ts';
import type { Ext } from '../field/extension.ts';
import type { Columns } from '../kernel/workspace.ts';
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
  const { kernel, field } = workspace;
  const { grinding } = key.parameters;
  const { groups, fold: plan } = layout;
  const trees: MerkleTree[] = [];
  const nonces = [work(transcript, grinding)];
  const circleChallenge = transcript.element(field);

  const foldCircle = (group: number): Columns => {
    const log = groups[group]?.log as number;
    const line = workspace.columns(field.degree, 2 ** (log - 1));
    const from = quotients[group] as Columns;
    const inverses = workspace.table('1/y', log);
    kernel.fold(
      line.address,
      line.stride,
      from.address,
      from.stride,
      inverses,
      workspace.place(circleChallenge),
      line.rows,
    );
    return line;
  };

  const line = foldCircle(0);
  plan.layers.forEach(({ log, fold }, i) => {
    context.poll();
    const grouped = groupedColumns(workspace, line, log, fold);
    const tree = commitTree(
      workspace,
      TREE_IDS.firstFold + i,
      grouped.map((address) => ({ address, log: log - fold })),
    );
    trees.push(tree);
    transcript.absorb(MESSAGES.foldRoot, tree.root);
    nonces.push(work(transcript, grinding));
    let challenge = transcript.element(field);
    for (let step = 0; step < fold; step++) {
      const size = log - step;
      kernel.fold(
        line.address,
        line.stride,
        line.address,
        line.stride,
        // A line's x are those of the circle domain of twice its size.
        workspace.table('1/x', size + 1),
        workspace.place(challenge),
        2 ** (size - 1),
      );
      challenge = field.mul(challenge, challenge);
    }
    const joining = groups.findIndex((group) => group.log - 1 === log - fold);
    if (joining > 0) {
      const factor = transcript.element(field);
      const other = foldCircle(joining);
      kernel.addScaled(
        line.address,
        line.stride,
        other.address,
        other.stride,
        workspace.place(factor),
        other.rows,
      );
    }
  });

  const values = Array.from({ length: 2 ** plan.finalLog }, (_, row) => readWide(workspace, line, row));
  const finalPolynomial = interpolateLine(field, values).slice(0, 2 ** plan.logFinal);
  transcript.absorb(MESSAGES.finalPolynomial, finalPolynomial.flat());
  return { trees, nonces, finalPolynomial };
}
