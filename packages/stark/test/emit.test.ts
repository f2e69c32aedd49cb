import * as fc from 'fast-check';
import { seededRng } from '@ninefold/base';
import { disassemble } from '@ninefold/wasm';
import { describe, expect, it } from 'vitest';
import type { AirBuilder, Chip, Expression, Machine } from '../src/index.ts';
import { createTable, defineBus, defineChip, defineMachine } from '../src/index.ts';
import type { ChipCode } from '../src/air/emit.ts';
import { emitChip } from '../src/air/emit.ts';
import { rowEvaluator } from '../src/air/check.ts';
import type { Node } from '../src/air/expression.ts';
import type { CompiledChip } from '../src/air/logup.ts';
import type { SlotTable } from '../src/air/slots.ts';
import { createSlotTable } from '../src/air/slots.ts';
import type { Ext, ExtensionField } from '../src/field/extension.ts';
import { extensionOf } from '../src/field/extension.ts';
import { P } from '../src/field/m31.ts';
import { instantiateChipModule } from '../src/kernel/tasks.ts';
import type { Workspace } from '../src/kernel/workspace.ts';
import { createWorkspace } from '../src/kernel/workspace.ts';

const ROWS = 16;
const PUBLIC = [7, P - 3];

/** A recipe for an expression: how deep, and which choice at each fork. */
type Recipe = readonly number[];

/** Builds an expression of degree at most 3 from a recipe, of columns, selectors, publics and constants. */
function build(air: AirBuilder, columns: readonly Expression[], recipe: Recipe): Expression {
  let at = 0;
  const choose = (limit: number): number => (recipe[at++ % recipe.length] ?? 0) % limit;
  const leaf = (): Expression => {
    const column = columns[choose(columns.length)] as Expression;
    switch (choose(8)) {
      case 0:
        return column.next();
      case 1:
        return [air.isFirst, air.isLast, air.isTransition][choose(3)] as Expression;
      case 2:
        return air.public(choose(2));
      case 3:
        return air.constant([2, 3, 256, P - 1, 65_537, 2 ** 30, 0][choose(7)] as number);
      default:
        return column;
    }
  };
  const grow = (depth: number): Expression => {
    if (depth === 0) return leaf();
    const a = grow(depth - 1);
    const b = choose(3) === 0 ? a : grow(depth - 1);
    switch (choose(4)) {
      case 0:
        return a.add(b);
      case 1:
        return a.sub(b);
      case 2:
        return a.degree + b.degree <= 3 ? a.mul(b) : a.sub(b.neg());
      default:
        return a.neg().add(b);
    }
  };
  return grow(3);
}

function machineOf(recipes: readonly Recipe[]): { readonly chip: Chip; readonly machine: Machine } {
  const bus = defineBus('bus', 2);
  const chip = defineChip('random', (air) => {
    const columns = [...air.columns('c', 3), air.preprocessed('fixed')];
    recipes.forEach((recipe, i) => air.assertZero(`constraint ${i}`, build(air, columns, recipe)));
    const [a, b, c] = columns as [Expression, Expression, Expression];
    air.send(bus, [a, b.next()], c);
    air.receive(bus, [b, 5], a);
    air.send(bus, [a.mul(b), c]);
  });
  return { chip, machine: defineMachine({ name: 'random', chips: [chip], publicCount: 2 }) };
}

function codeOf(
  compiled: CompiledChip,
  table: SlotTable,
  field: ExtensionField,
  { memory, kernel }: Workspace,
): ChipCode {
  const module = new WebAssembly.Module(emitChip(compiled, table, field));
  const exports = kernel as unknown as WebAssembly.Exports;
  const region = Math.ceil((kernel.heapBase.value as number) / 64) * 64;
  return instantiateChipModule(module, memory, { exports, region }) as unknown as ChipCode;
}

/** Runs the generated code of a chip over a random table and compares it with the interpretation of its graph. */
function compare(degree: 4 | 6, recipes: readonly Recipe[], seed: number): void {
  const rng = seededRng(seed);
  const { chip, machine } = machineOf(recipes);
  const compiled = machine.chips[0] as CompiledChip;
  const field = extensionOf(degree);
  const table = createSlotTable(compiled, degree, 3);
  const workspace = createWorkspace(degree, 3);
  const random = (): Ext => field.zero.map(() => rng.below(P));
  const column = (): Uint32Array => Uint32Array.from({ length: ROWS }, () => rng.below(P));

  const main = createTable(chip, 4);
  const fixed = createTable(chip, 4, 'preprocessed');
  for (const words of [...main.columns, ...fixed.columns]) words.set(column());
  const interaction = Array.from({ length: compiled.wideColumns * degree }, column);
  const challenges = [random(), random(), random()];
  const share = random();
  const coefficients = compiled.constraints.map(random);

  const source = { main: main.columns, preprocessed: fixed.columns, interaction };
  const selector = (row: number): number[] => Array.from({ length: ROWS }, (_, i) => (i === row ? 1 : 0));
  const place = (words: ArrayLike<number>): number =>
    workspace.place([...Array.from(words), words[0] as number]);
  const pointers = table.slots.map((slot) =>
    slot.kind === 'selector'
      ? place(selector(slot.row === 'first' ? 0 : ROWS - 1))
      : place(source[slot.tree][slot.index] as Uint32Array),
  );
  const results = workspace.columns((1 + compiled.groups.length) * degree, ROWS);
  const resultAt = (k: number): number => results.address + k * results.stride;
  // Constraints find the next row's place in a table, fractions read it four bytes on.
  const next = place(Array.from({ length: ROWS }, (_, row) => 4 * ((row + 1) % ROWS)));
  const evaluated = workspace.place([
    ...pointers,
    ...Array.from({ length: degree }, (_, k) => resultAt(k)),
    next,
  ]);
  const inOrder = workspace.place(
    table.slots.map((slot, i) => (pointers[i] as number) + (slot.kind === 'column' ? 4 * slot.offset : 0)),
  );
  const scalars = workspace.place([
    ...challenges.flat(),
    ...share,
    ...coefficients.flat().map((word) => 2 * word),
    ...PUBLIC,
  ]);
  const code = codeOf(compiled, table, field, workspace);
  const read = (row: number, from: number): Ext =>
    field.zero.map((_, k) => workspace.words()[resultAt(from + k) / 4 + row] as number);

  // The interpretation: the row checker's values for the chip's own nodes, and E for the rest.
  const evaluate = rowEvaluator(chip, main, fixed, PUBLIC);
  const expected = (row: number): Ext[] => {
    const own = evaluate(row);
    const next = (row + 1) % ROWS;
    const values: Ext[] = [];
    compiled.graph.nodes.forEach((node: Node, id) => {
      const at = (operand: number): Ext => values[operand] as Ext;
      switch (node.op) {
        case 'add':
          values[id] = field.add(at(node.a), at(node.b));
          break;
        case 'sub':
          values[id] = field.sub(at(node.a), at(node.b));
          break;
        case 'mul':
          values[id] = field.mul(at(node.a), at(node.b));
          break;
        case 'neg':
          values[id] = field.neg(at(node.a));
          break;
        case 'wide':
          values[id] = field.zero.map(
            (_, k) => interaction[node.index * degree + k]?.[node.offset === 0 ? row : next] as number,
          );
          break;
        case 'challenge':
          values[id] = challenges[node.index] as Ext;
          break;
        case 'share':
          values[id] = share;
          break;
        case 'constant':
          values[id] = field.from(node.value);
          break;
        default:
          // Leaves that the chip itself has: their number is the same in both graphs.
          values[id] = field.from(own[id] as number);
      }
    });
    return values;
  };

  workspace.clear(results.address, 2 * degree * results.stride);
  code.constraints(evaluated, scalars, 0, 4 * ROWS);
  for (let row = 0; row < ROWS; row++) {
    const values = expected(row);
    const combined = compiled.constraints.reduce(
      (sum, { expression }, i) =>
        field.add(sum, field.mul(coefficients[i] as Ext, values[expression] as Ext)),
      field.zero,
    );
    expect(read(row, 0)).toEqual(combined);
  }
  const { address: total, stride } = results;
  const targets = total + degree * stride;
  workspace.clear(total, degree * stride);
  code.fractions(inOrder, scalars, targets, stride, total, stride, 0, 4 * ROWS);
  for (let row = 0; row < ROWS; row++) {
    const values = expected(row);
    const fractions = compiled.groups.map(({ numerator, denominator }) =>
      field.mul(values[numerator] as Ext, field.inv(values[denominator] as Ext)),
    );
    fractions.forEach((fraction, group) => expect(read(row, (1 + group) * degree)).toEqual(fraction));
    expect(read(row, 0)).toEqual(fractions.reduce(field.add, field.zero));
  }
}

const recipe = fc.array(fc.nat(1000), { minLength: 4, maxLength: 24 });

describe('generated code', () => {
  it.each([4, 6] as const)('over the extension of degree %i is what the graph says', (degree) => {
    fc.assert(
      fc.property(fc.array(recipe, { minLength: 1, maxLength: 8 }), fc.nat(1000), (recipes, seed) =>
        compare(degree, recipes, seed),
      ),
      { numRuns: degree === 4 ? 40 : 15 },
    );
  });

  it('is cut into functions of bounded size', () => {
    const recipes = Array.from({ length: 200 }, (_, i) => [i, 3 * i + 1, 7, i * i, 2, 5 * i]);
    compare(4, recipes, 1);
    const { machine } = machineOf(recipes);
    const compiled = machine.chips[0] as CompiledChip;
    const field = extensionOf(4);
    const bytes = emitChip(compiled, createSlotTable(compiled, 4, 3), field);
    const text = disassemble(bytes);
    // A function for each run of constraints and for each fraction, with one loop; two that call them.
    const functions = text.match(/^ *\(func /gm)!.length;
    expect(functions).toBeGreaterThan(5 + compiled.groups.length + 2);
    expect(text.match(/ loop/g)!.length).toBe(functions);
    expect(text.match(/\(export "(constraints|fractions)"/g)).toHaveLength(2);
    expect(text.match(/\(import/g)).toHaveLength(3);
  });

  it('leaves rows outside its range alone', () => {
    const chip = defineChip('c', (air) => air.assertZero('a', air.column('a')));
    const compiled = defineMachine({ name: 'm', chips: [chip] }).chips[0] as CompiledChip;
    const field = extensionOf(4);
    const table = createSlotTable(compiled, 4, 0);
    const workspace = createWorkspace(4, 3);
    const column = workspace.place(new Array<number>(16).fill(1));
    const results = workspace.columns(4, 16);
    workspace.clear(results.address, 4 * results.stride);
    const pointers = workspace.place([
      column,
      ...[0, 1, 2, 3].map((k) => results.address + k * results.stride),
    ]);
    // share, then the doubled coefficient
    const scalars = workspace.place([0, 0, 0, 0, 2, 4, 6, 8]);
    codeOf(compiled, table, field, workspace).constraints(pointers, scalars, 16, 32);
    const read = (k: number): number[] =>
      Array.from(
        workspace
          .words()
          .subarray((results.address + k * results.stride) / 4)
          .subarray(0, 16),
      );
    for (let k = 0; k < 4; k++) {
      expect(read(k)).toEqual(Array.from({ length: 16 }, (_, i) => (i >= 4 && i < 8 ? k + 1 : 0)));
    }
  });
});
