import { evaluateConstraints } from '../air/evaluate.ts';
import { selectorExt, vanishingExt } from '../circle/domain.ts';
import type { ExtPoint } from '../circle/point.ts';
import { doubleExtX } from '../circle/point.ts';
import type { Ext } from '../field/extension.ts';
import { invM31 } from '../field/m31.ts';
import type { PlacedChip, PlacedColumn, TreeName } from './layout.ts';
import type { SegmentProof } from './proof.ts';
import { check } from './statement.ts';
import type { VerifierContext } from './verifier-context.ts';

/** A chip's opened values by tree and, within, by column: at the point, and one row further. */
type OpenedChip = Record<TreeName, readonly [own: Ext[], next: Ext[]]>;

/** At the point, each chip's combined constraints have to be what vanishes on its trace times its quotient. */
export function checkIdentities(
  { field, memory, layout, lookup, publicValues }: VerifierContext,
  proof: SegmentProof,
  talking: readonly PlacedChip[],
  point: ExtPoint,
  combination: Ext,
): void {
  const openedChips = openedValues(layout.chips.length);
  layout.groups.forEach(({ openings }, g) => {
    const words = proof.opened[g] as Uint32Array;
    openings.forEach(({ tree, place, next }, i) => {
      const { chip, column } = layout.trees[tree][place] as PlacedColumn;
      const value = field.zero.map((_, k) => words[i * field.degree + k] as number);
      (openedChips[chip] as OpenedChip)[tree][next ? 1 : 0][column] = value;
    });
  });
  layout.chips.forEach((placed, chip) => {
    const { compiled, logHeight } = placed;
    const opened = openedChips[chip] as OpenedChip;
    const claimed = proof.claimedSums[talking.indexOf(placed)] ?? field.zero;
    const combined = evaluateConstraints(
      memory,
      field,
      compiled,
      (leaf) => {
        switch (leaf.op) {
          case 'constant':
            return field.from(leaf.value);
          case 'column':
            return opened[leaf.tree][leaf.offset][leaf.index] as Ext;
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
    const vanishes = vanishingExt(field, point.x, logHeight);
    // Piece p stands for coefficients from p N on: their basis has the factors of p's bits, which go on
    // doubling x where the trace's own ends, at what vanishes on the trace.
    let pieces = Array.from({ length: 2 ** compiled.logPieces }, (_, piece): Ext => {
      let value = field.zero;
      for (let k = 0; k < field.degree; k++) {
        const coordinate = opened.composition[0][piece * field.degree + k] as Ext;
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
      `the constraints of chip '${compiled.chip.name}' do not hold`,
    );
  });
}

function openedValues(chips: number): OpenedChip[] {
  return Array.from({ length: chips }, () => ({
    preprocessed: [[], []],
    main: [[], []],
    interaction: [[], []],
    composition: [[], []],
  }));
}
