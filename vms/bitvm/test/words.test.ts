import type { Bytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Emitter } from '../src/chunk/emitter.ts';
import { type Word, type WordFeatures, WordMachine } from '../src/chunk/words.ts';
import { runLeaf } from './support/spend.ts';

const ALL: WordFeatures = { shifts: [1, 2, 3], and: true };
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const rotr = (x: number, bits: number): number => ((x >>> bits) | (x << (32 - bits))) >>> 0;

/** Runs a computation as a script: whether its result is what is expected. */
function computes(
  inputs: readonly number[],
  expected: number,
  emit: (machine: WordMachine, words: readonly Word[], script: Emitter) => Word,
): boolean {
  const script = new Emitter();
  const machine = new WordMachine(script, ALL);
  const constant = (value: number): Word =>
    Array.from({ length: 8 }, (_, i) => script.constant((value >>> (4 * i)) & 15));
  const words = inputs.map(constant);
  const result = emit(machine, words, script);
  script.leaveOnly(machine.differ(result, constant(expected)));
  const fault = runLeaf(script.finish(), []);
  expect(script.highest).toBeLessThan(1000);
  expect([undefined, 'EVAL_FALSE']).toContain(fault);
  return fault === 'EVAL_FALSE';
}

const check = (
  arity: number,
  compute: (...words: number[]) => number,
  emit: (machine: WordMachine, words: readonly Word[], script: Emitter) => Word,
): void =>
  fc.assert(
    fc.property(fc.array(u32, { minLength: arity, maxLength: arity }), u32, (words, other) => {
      const expected = compute(...words) >>> 0;
      expect(computes(words, expected, emit)).toBe(true);
      if (other !== expected) expect(computes(words, other, emit)).toBe(false);
    }),
    { numRuns: 12 },
  );

describe('words', () => {
  it('are combined bit by bit', () => {
    check(
      2,
      (a, b) => a ^ b,
      (machine, [a, b]) => machine.xor(a!, b!),
    );
    check(
      2,
      (a, b) => a ^ b,
      (machine, [a, b]) => machine.xorInto(a!, b!),
    );
    check(
      2,
      (a, b) => a ^ b,
      (machine, [a, b]) => machine.xorLast(a!, b!),
    );
    check(
      2,
      (a, b) => a & b,
      (machine, [a, b]) => machine.and(a!, b!),
    );
  });

  it('turn by any number of bits', () => {
    for (const bits of [2, 6, 7, 11, 13, 17, 18, 19, 25]) {
      check(
        1,
        (a) => rotr(a, bits),
        (machine, [a]) => machine.rotate(a!, bits),
      );
      check(
        1,
        (a) => rotr(a, bits),
        (machine, [a]) => machine.rotateLast(a!, bits),
      );
    }
    for (const bits of [4, 8, 12, 16]) {
      check(
        1,
        (a) => rotr(a, bits),
        (machine, [a]) => machine.rotateLast(a!, bits),
      );
    }
    check(
      1,
      (a) => rotr(a, 2) ^ rotr(a, 22),
      (machine, [a]) => machine.xorRotations(a!, 2, 22),
    );
    check(
      1,
      (a) => rotr(a, 4) ^ rotr(a, 20),
      (machine, [a]) => machine.xorRotations(a!, 4, 20),
    );
  });

  it('shift to the right', () => {
    for (const bits of [1, 3, 4, 10, 31])
      check(
        1,
        (a) => a >>> bits,
        (machine, [a]) => machine.shiftRight(a!, bits),
      );
  });

  it('add up modulo 2^32, constants among them', () => {
    check(
      2,
      (a, b) => a + b,
      (machine, [a, b]) => machine.add({ word: a!, last: true }, { word: b!, last: false }),
    );
    check(
      5,
      (a, b, c, d, e) => a + b + c + d + e + 0xfedcba98,
      (machine, words) =>
        machine.add(...words.map((word) => ({ word, last: true })), { constant: 0xfedcba98 }),
    );
    const most = 0xffffffff;
    expect(
      computes([most, most, most, most, most, most], (6 * most) >>> 0, (machine, words) =>
        machine.add(...words.map((word) => ({ word, last: false }))),
      ),
    ).toBe(true);
  });

  it('stay where they are unless they are used up', () => {
    check(
      2,
      (a, b) => (a ^ b) + a,
      (machine, [a, b]) => machine.add({ word: machine.xor(a!, b!), last: true }, { word: a!, last: true }),
    );
  });
});

describe('the emitter', () => {
  const run = (build: (script: Emitter) => void, items: readonly Bytes[] = []): string | undefined => {
    const script = new Emitter();
    build(script);
    return runLeaf(script.finish(), items);
  };

  it('finds values wherever they lie', () => {
    const values = [5, 17, 0, 300, 1, 16, 70_000];
    for (let at = 0; at < values.length; at++) {
      for (const move of ['copy', 'raise'] as const) {
        const fault = run((script) => {
          const named = values.map((value) => script.constant(value));
          script[move](named[at]!);
          script.constant(values[at]!);
          script.leaveOnly(script.op(2, 0x9c));
        });
        expect([move, at, fault]).toEqual([move, at, undefined]);
      }
      const dropped = run((script) => {
        const named = values.map((value) => script.constant(value));
        script.drop(named[at]!);
        const next = named[at === 0 ? 1 : 0]!;
        script.copy(next);
        script.constant(values[at === 0 ? 1 : 0]!);
        script.leaveOnly(script.op(2, 0x9c));
      });
      expect(dropped).toBeUndefined();
    }
  });

  it('looks tables up', () => {
    const table = [9, 8, 7, 200];
    table.forEach((expected, index) => {
      const fault = run((script) => {
        const first = script.table(table);
        script.constant(33);
        script.constant(index);
        script.lookUp(first);
        script.constant(expected);
        script.leaveOnly(script.op(2, 0x9c));
      });
      expect(fault).toBeUndefined();
    });
  });

  it('keeps account of both stacks', () => {
    const script = new Emitter();
    script.take(3);
    script.stash();
    expect([script.depth, script.highest]).toEqual([3, 3]);
    script.unstash();
    const [top] = script.inline(Uint8Array.of(0x93), 2, 1, 5);
    expect([script.depth, script.highest]).toEqual([2, 8]);
    expect(script.top()).toBe(top);
    expect(() => script.copy(99 as never)).toThrow(/on the stack/);
  });

  it('grows with its script', () => {
    const script = new Emitter();
    for (let i = 0; i < 6000; i++) script.drop(script.constant(1));
    script.constant(1);
    expect(script.finish()).toHaveLength(12_001);
  });
});
