import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanJson } from '@ninefold/rpc';

const limits = { depth: 256, nodes: 1_000_000 };
const ids = (text: string): readonly (string | undefined)[] => scanJson(text, limits).ids;

describe('ids', () => {
  it.each([
    ['{"id":1}', ['1']],
    ['{"id" : \n 1.0 }', ['1.0']],
    ['{"a":{"id":5},"id":9007199254740993}', ['9007199254740993']],
    ['{"id":1e3,"method":"x"}', ['1e3']],
    ['{"id":"a\\"b\\\\"}', ['"a\\"b\\\\"']],
    ['{"id":null}', ['null']],
    ['{"id":{"a":1}}', [undefined]],
    ['{"id":[1]}', [undefined]],
    ['{"method":"id","params":["id"]}', []],
    ['[{"id":1},{"id":2}]', ['1', '2']],
    ['[{"x":1},{"id":"\\u0031"}]', [undefined, '"\\u0031"']],
    ['[1,[2,3],{"params":[1,{"id":7}],"id":-0}]', [undefined, undefined, '-0']],
    ['{"\\u0069d":7}', ['7']],
    ['{"i\\u0064":8}', ['8']],
    ['{"id":1,"id":2}', ['2']],
    ['{"idx":1}', []],
  ])('are cut from %s', (text, expected) => {
    expect(Array.from(ids(text))).toEqual(expected);
  });

  it('have the text of any JSON scalar, wherever the member stands', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(null),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), scalar, fc.boolean()), {
          minLength: 1,
        }),
        fc.constantFrom(0, 2),
        (calls, indent) => {
          const batch = calls.map(([rest, id, first]) => (first ? { id, ...rest, id2: 1 } : { ...rest, id }));
          const expected = batch.map((call) => (isScalar(call.id) ? JSON.stringify(call.id) : undefined));
          const found = ids(JSON.stringify(batch, null, indent));
          expect(batch.map((_, i) => found[i])).toEqual(expected);
          expect(ids(JSON.stringify(batch[0], null, indent))[0]).toBe(expected[0]);
        },
      ),
    );
  });
});

describe('limits', () => {
  it('holds at the depth and refuses one more', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(scanJson(nested(5), { depth: 5, nodes: 100 }).tooLarge).toBe(false);
    expect(scanJson(nested(6), { depth: 5, nodes: 100 }).tooLarge).toBe(true);
    expect(scanJson('{"a":'.repeat(6), { depth: 5, nodes: 100 }).tooLarge).toBe(true);
  });

  it('counts members and containers', () => {
    expect(scanJson('[1,2,3]', { depth: 5, nodes: 4 }).tooLarge).toBe(false);
    expect(scanJson('[1,2,3,4]', { depth: 5, nodes: 4 }).tooLarge).toBe(true);
  });

  it('does not look into strings', () => {
    expect(scanJson('["[[[[,,,,", "\\"[[[["]', { depth: 1, nodes: 3 }).tooLarge).toBe(false);
  });

  it('is total and never refuses what is shallow', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'id', ' ', '1') }),
        (text) => {
          expect(scanJson(text, limits).tooLarge).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is linear on hostile texts', () => {
    for (const text of ['{' + '"id":a'.repeat(200_000), '"' + '\\"'.repeat(500_000), '"\\'.repeat(500_000)]) {
      const start = performance.now();
      scanJson(text, limits);
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });
});

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number';
}
