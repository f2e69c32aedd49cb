import type { Machine, Trace } from '@ninefold/stark';
import { createTable, defineBus, defineChip, defineMachine, mulM31, P } from '@ninefold/stark';

/** Columns that one quartet of constraints reads: a, b, x = a b + 1, y = x a + b². */
const QUARTET = 4;

/**
 * A table like a machine's: products of columns, a few links to the next row and, if asked for, messages
 * that a row sends and receives.
 *
 * @param columns a multiple of four
 * @param lookups pairs of messages a row; 8 base columns of the lookup argument each pair
 */
export function wideTable(
  logHeight: number,
  columns: number,
  lookups: number,
): { readonly machine: Machine; readonly trace: Trace } {
  const bus = defineBus('pairs', 2);
  const chip = defineChip('wide', (air) => {
    const cells = air.columns('c', columns);
    for (let i = 0; i < columns; i += QUARTET) {
      const [a, b, x, y] = cells.slice(i, i + QUARTET) as [
        (typeof cells)[0],
        (typeof cells)[0],
        (typeof cells)[0],
        (typeof cells)[0],
      ];
      air.assertEqual(`x ${i}`, x, a.mul(b).add(1));
      air.assertEqual(`y ${i}`, y, x.mul(a).add(b.mul(b)));
      if (i % 16 === 0) air.when(air.isTransition, () => air.assertEqual(`next a ${i}`, a.next(), y));
    }
    for (let i = 0; i < lookups; i++) {
      const message = [(2 * i) % columns, (2 * i + 1) % columns].map((c) => cells[c] as (typeof cells)[0]);
      air.send(bus, message);
      air.receive(bus, message);
    }
  });
  const table = createTable(chip, logHeight);
  const sum = (a: number, b: number): number => (a + b) % P;
  for (let i = 0; i < columns; i += QUARTET) {
    const [as, bs, xs, ys] = table.columns.slice(i, i + QUARTET) as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let a = i + 1;
    for (let row = 0; row < 2 ** logHeight; row++) {
      const b = (row * 7 + i) % 1000;
      const x = sum(mulM31(a, b), 1);
      const y = sum(mulM31(x, a), mulM31(b, b));
      as[row] = a;
      bs[row] = b;
      xs[row] = x;
      ys[row] = y;
      a = i % 16 === 0 ? y : (row * 31 + 5) % P;
    }
  }
  return { machine: defineMachine({ name: 'wide', chips: [chip] }), trace: { wide: table } };
}
