import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KECCAK_TREE } from '../../src/proofs/plonky3/keccak.ts';
import { rowsHold } from '../../src/proofs/plonky3/merkle.ts';
import type { OpenedRows } from '../../src/proofs/plonky3/merkle.ts';
import { createTree } from './tree.ts';
import type { WholeMatrix } from './tree.ts';

const matrix = (log: number, width: number, seed: number): WholeMatrix => ({
  log,
  rows: Array.from({ length: 2 ** log }, (_, i) =>
    Array.from({ length: width }, (__, c) => seed + i * 7 + c),
  ),
});

const MATRICES = [matrix(4, 2, 1), matrix(4, 1, 100), matrix(2, 3, 200), matrix(0, 1, 300)];
const TREE = createTree(KECCAK_TREE, MATRICES);

const open = (places: readonly number[]): OpenedRows[] =>
  MATRICES.map(({ log, rows }) => ({
    log,
    cells: places.map((place) => rows[place >> (4 - log)] as number[]),
  }));

describe('opened rows', () => {
  const places = fc.array(fc.nat(15), { minLength: 1, maxLength: 6 });

  it('hold, whichever they are', () => {
    fc.assert(
      fc.property(places, (chosen) => {
        expect(rowsHold(KECCAK_TREE, TREE.root, open(chosen), chosen, TREE.siblings(chosen))).toBe(true);
      }),
    );
  });

  it('do not hold at other places, with another cell, or with other siblings', () => {
    fc.assert(
      fc.property(places, fc.nat(), fc.nat(), (chosen, m, q) => {
        const siblings = TREE.siblings(chosen);
        const holds = (
          rows: readonly OpenedRows[],
          at: readonly number[],
          digests: readonly Uint8Array[],
          root = TREE.root,
        ): boolean => rowsHold(KECCAK_TREE, root, rows, at, digests);
        const moved = chosen.with(q % chosen.length, (chosen[q % chosen.length] as number) ^ 1);
        expect(holds(open(chosen), moved, TREE.siblings(moved))).toBe(false);
        const changed = open(chosen).map((rows, i) =>
          i === m % MATRICES.length
            ? {
                ...rows,
                cells: rows.cells.with(q % chosen.length, [9, 9, 9].slice(0, rows.cells[0]?.length)),
              }
            : rows,
        );
        expect(holds(changed, chosen, siblings)).toBe(false);
        expect(holds(open(chosen), chosen, [...siblings, TREE.root])).toBe(false);
        if (siblings.length > 0) expect(holds(open(chosen), chosen, siblings.slice(1))).toBe(false);
        expect(holds(open(chosen), chosen, siblings, new Uint8Array(32))).toBe(false);
      }),
    );
  });

  it('are the same where two queries meet', () => {
    const rows = [{ log: 1, cells: [[1], [2]] }];
    const { root } = createTree(KECCAK_TREE, [{ log: 1, rows: [[1], [2]] }]);
    expect(rowsHold(KECCAK_TREE, root, rows, [0, 1], [])).toBe(true);
    expect(rowsHold(KECCAK_TREE, root, rows, [0, 0], [KECCAK_TREE.leaf([2])])).toBe(false);
  });
});
