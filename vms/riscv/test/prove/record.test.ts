import { invM31, mulM31, P } from '@ninefold/stark';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REGISTER_CELLS } from '../../src/prove/buses.ts';
import { createCells, inputWords, placeInPage, touch } from '../../src/prove/cells.ts';
import { MAX_WORD_GAP, SOURCE } from '../../src/prove/chips/memory-ends.ts';
import { invertColumn } from '../../src/prove/inverses.ts';
import type { PreparedRow } from '../../src/prove/lower.ts';
import type { MemoryStep } from '../../src/prove/chips/memory-step.ts';
import { addStep, createStepLog, stepFields, visitSteps } from '../../src/prove/step-log.ts';
import { type Limbs, SHAPES } from '../../src/prove/words.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';

describe('inverses of a column', () => {
  it('are those of its values, zeros apart', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(P - 1)), { maxLength: 40 }), (values) => {
        const column = Uint32Array.from(values);
        invertColumn(column);
        expect(Array.from(column)).toEqual(values.map((value) => (value === 0 ? 0 : invM31(value))));
        for (const [i, value] of values.entries())
          if (value !== 0) expect(mulM31(value, column[i] as number)).toBe(1);
      }),
    );
  });
});

describe.each<Xlen>([32, 64])('cells of RV%i', (xlen) => {
  const shape = SHAPES[xlen];
  const limbs = (value: number): Limbs => Array.from({ length: shape.limbs }, (_, i) => value + i);
  const zero: Limbs = new Array<number>(shape.limbs).fill(0);
  const none: ReadonlyMap<number, Limbs> = new Map();

  it('are the same words as objects and side by side', () => {
    const cells = createCells(shape, none, none);
    expect(cells.registers.times.length).toBe(REGISTER_CELLS);
    const register = cells.register(7);
    expect(touch(register, 9, limbs(0xfff0))).toEqual({ previousTime: 0, previous: zero });
    expect(touch(cells.register(7), 12)).toEqual({ previousTime: 9, previous: limbs(0xfff0) });
    expect(cells.registers.times[7]).toBe(12);
    expect(cells.registers.low[7]).toBe(0xfff1_fff0);
    if (xlen === 64) expect(cells.registers.high[7]).toBe(0xfff3_fff2);

    const word = cells.word(1, 5000);
    touch(word, 6, limbs(3));
    const page = cells.page(0, 5000);
    expect(page.low[placeInPage(5000)]).toBe(4 * 65_536 + 3);
    expect(cells.page(0, 5001)).toBe(page);
    expect(cells.page(0, 50_000)).not.toBe(page);
    expect(cells.word(1, 5000).value).toEqual(limbs(3));
    expect(cells.word(1, 5001).time).toBe(0);
  });

  it('begin as the image, the input or zero', () => {
    const input = inputWords(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), shape);
    const first = 0x4000_0000 / shape.bytes;
    expect(input.get(first)).toEqual([0x0201, 0x0403, 0x0605, 0x0807].slice(0, shape.limbs));
    expect(input.get(first + 8 / shape.bytes)).toEqual([9, ...zero.slice(1)]);
    const image = new Map([[10, limbs(1)]]);
    const cells = createCells(shape, image, new Map([...input, [10, limbs(7)], [first + 1000, zero]]));
    expect(cells.word(1, 10).value).toEqual(limbs(1));
    const last = first + 8 / shape.bytes;
    for (const index of [last, first + 1000, 12]) touch(cells.word(1, index), 4, limbs(2));
    const ends = cells.memoryEnds();
    expect(Array.from(ends.index)).toEqual([10, 12, last, first + 1000]);
    expect(Array.from(ends.source)).toEqual([SOURCE.IMAGE, SOURCE.ZERO, SOURCE.INPUT, SOURCE.ZERO]);
    expect(Array.from(ends.time)).toEqual([0, 4, 4, 4]);
    const halves = shape.limbs / 2;
    expect(ends.first[0]).toBe(2 * 65_536 + 1);
    expect(ends.last[0]).toBe(2 * 65_536 + 1);
    expect(ends.first[2 * halves]).toBe(9);
    expect(ends.last[2 * halves]).toBe(3 * 65_536 + 2);
  });

  it('end in ascending order, with words in between where the way is long', () => {
    const cells = createCells(shape, none, none);
    const far = xlen === 32 ? [0, 2 ** 30 - 1] : [0, 2 ** 29 - 1];
    for (const index of far.toReversed()) touch(cells.word(1, index), 4);
    if (xlen === 64) touch(cells.word(3, 2), 8);
    const { count, high, index } = cells.memoryEnds();
    const between = xlen === 32 ? [MAX_WORD_GAP] : [];
    expect(Array.from(index.subarray(0, 2 + between.length))).toEqual([0, ...between, far[1]]);
    expect(count).toBe(3);
    if (xlen === 64) expect([high[2], index[2]]).toEqual([2, 2]);
  });
});

describe('a log of steps', () => {
  it.each([
    [32, 0],
    [32, 2],
    [64, 1],
  ] as const)('gives back what RV%i wrote, with %i words of memory', (xlen, memoryWords) => {
    const shape = SHAPES[xlen];
    const fields = stepFields(shape, memoryWords);
    const log = createStepLog(fields);
    // More than the largest piece.
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      addStep(log);
      const { words, at } = log;
      for (let field = 0; field < fields.size; field++) words[at + field] = (i * 31 + field * 65_537) >>> 0;
      words[at + fields.program] = i % 2;
    }
    expect(log.count).toBe(count);
    const program = [{ pc: 1 }, { pc: 2 }] as unknown as PreparedRow[];
    const value = (row: number, field: number): Limbs => {
      const halves = Array.from({ length: shape.limbs / 2 }, (_, i) => row * 31 + (field + i) * 65_537);
      return halves.flatMap((half) => [half & 0xffff, half >>> 16]);
    };
    let row = 0;
    let asked = 0;
    const visit = (step: MemoryStep): void => {
      if (row % 997 === 0) {
        expect(step.row).toBe(row);
        expect(step.program).toBe(program[row % 2]);
        expect([step.a, step.b, step.c]).toEqual([fields.a, fields.b, fields.c].map((at) => value(row, at)));
        expect(step.rs1).toEqual({ previousTime: row * 31 + fields.rs1Time * 65_537, previous: step.a });
        expect(step.rd.previous).toEqual(value(row, fields.overwritten));
        expect(step.words.length).toBe(memoryWords);
        for (const [i, word] of step.words.entries()) {
          const at = fields.memory + i * fields.memorySize;
          expect(word.previousTime).toBe(row * 31 + at * 65_537);
          expect(word.previous).toEqual(value(row, at + 1));
          expect(word.next).toEqual(value(row, at + 1 + shape.limbs / 2));
        }
      }
      row++;
    };
    visitSteps(log, program, shape, memoryWords, visit, () => void asked++);
    expect(asked).toBe(log.pieces.length);
    expect(row).toBe(count);
  });
});
