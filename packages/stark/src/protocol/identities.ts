import { evaluateConstraints } from '../air/evaluate.ts';
import { selectorExt, vanishingExt } from '../circle/domain.ts';
import type { ExtPoint } from '../circle/point.ts';
import { doubleExtX } from '../circle/point.ts';
import type { ColumnTree } from '../air/expression.ts';
import type { Ext } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import type { PlacedChip, PlacedColumn, TreeName } from './layout.ts';
import type { SegmentProof } from './proof.ts';
import { check } from './statement.ts';
import type { VerifierContext } from './verifier-context.ts';

/** Opened values of a chip by tree or of a group's composition, by column: at the point, and one row further. */
type OpenedColumns = readonly [own: Ext[], next: Ext[]];

/** At the point, the combined constraints of a height have to be what vanishes on its traces times their quotient. */
export function checkIdentities(
  context: VerifierContext,
  proof: SegmentProof,
  talking: readonly PlacedChip[],
  point: ExtPoint,
  combination: Ext,
): void {
  const { field, layout } = context;
  const opened = openedValues(context, proof);
  layout.groups.forEach(({ chips, logHeight, logPieces }, g) => {
    let combined = field.zero;
    let weight = field.one;
    for (const index of chips) {
      const placed = layout.chips[index] as PlacedChip;
      const claimed = proof.claimedSums[talking.indexOf(placed)] ?? field.zero;
      const columns = (tree: ColumnTree): OpenedColumns => opened[tree][index] as OpenedColumns;
      const own = chipConstraints(context, placed, columns, claimed, point, combination);
      combined = field.add(combined, field.mul(weight, own));
      for (let i = 0; i < placed.compiled.constraints.length; i++) weight = field.mul(weight, combination);
    }
    const vanishes = vanishingExt(field, point.x, logHeight);
    const [coordinates] = opened.composition[g] as OpenedColumns;
    // Piece p stands for coefficients from p N on: their basis has the factors of p's bits, which go on
    // doubling x where the trace's own ends, at what vanishes on the trace.
    let pieces = Array.from({ length: 2 ** logPieces }, (_, piece): Ext => {
      let value = field.zero;
      for (let k = 0; k < field.degree; k++) {
        const coordinate = coordinates[piece * field.degree + k] as Ext;
        value = field.add(value, field.mul(field.unit(k), coordinate));
      }
      return value;
    });
    for (let factor = vanishes; pieces.length > 1; factor = doubleExtX(field, factor)) {
      const by = factor;
      const before = pieces;
      pieces = Array.from({ length: before.length / 2 }, (_, i) =>
        field.add(before[2 * i] as Ext, field.mul(before[2 * i + 1] as Ext, by)),
      );
    }
    check(
      field.eq(combined, field.mul(vanishes, pieces[0] as Ext)),
      `the constraints of ${chips.map((chip) => `'${layout.chips[chip]?.compiled.chip.name}'`).join(', ')} do not hold`,
    );
  });
}

/** A chip's constraints at the point, combined by powers of `combination`. */
function chipConstraints(
  { field, memory, lookup, publicValues }: VerifierContext,
  { compiled, logHeight }: PlacedChip,
  columns: (tree: ColumnTree) => OpenedColumns,
  claimed: Ext,
  point: ExtPoint,
  combination: Ext,
): Ext {
  return evaluateConstraints(
    memory,
    field,
    compiled,
    (leaf) => {
      switch (leaf.op) {
        case 'constant':
          return field.from(leaf.value);
        case 'column':
          return columns(leaf.tree)[leaf.offset][leaf.index] as Ext;
        case 'selector':
          return selectorExt(field, leaf.row, point, logHeight);
        case 'public':
          return field.from(publicValues[leaf.index] as number);
        case 'challenge':
          return lookup[leaf.index] as Ext;
        default:
          return field.scale(claimed, invM31(2 ** logHeight));
      }
    },
    combination,
  );
}

/** The opened values by tree and owner. */
function openedValues(
  { field, layout }: VerifierContext,
  proof: SegmentProof,
): Readonly<Record<TreeName, readonly OpenedColumns[]>> {
  const none = (length: number): OpenedColumns[] => Array.from({ length }, () => [[], []]);
  const chips = layout.chips.length;
  const opened = {
    preprocessed: none(chips),
    main: none(chips),
    interaction: none(chips),
    composition: none(layout.groups.length),
  };
  layout.groups.forEach(({ openings }, g) => {
    const words = proof.opened[g] as Uint32Array;
    openings.forEach(({ tree, place, next }, i) => {
      const { owner, column } = layout.trees[tree][place] as PlacedColumn;
      const value = field.zero.map((_, k) => words[i * field.degree + k] as number);
      (opened[tree][owner] as OpenedColumns)[next ? 1 : 0][column] = value;
    });
  });
  return opened;
}
