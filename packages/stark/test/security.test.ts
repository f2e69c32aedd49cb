import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parameters, SecurityShape } from '../src/index.ts';
import {
  createKey,
  PARAMETER_SETS,
  prove,
  securityOf,
  securityShape,
  securityText,
  verify,
} from '../src/index.ts';
import { regimeRounds } from '../src/protocol/security.ts';
import { createFoldPlan, createLayout } from '../src/protocol/layout.ts';
import { parameterCode, parametersOfCode } from '../src/protocol/parameters.ts';
import { SAMPLES } from '../src/samples.ts';

/** 2^20 rows and 300 columns, the shape the published tables use. */
const LARGE: Omit<SecurityShape, 'logDomain'> = {
  logHeight: 20,
  openings: 300,
  tables: 1,
  constraints: 300,
  maxDegree: 3,
  messages: 0,
  messageLength: 1,
  isLifted: false,
};

function at(
  parameters: Partial<Parameters>,
  shape: Partial<SecurityShape> = {},
): ReturnType<typeof securityOf> {
  const all = { ...PARAMETER_SETS.p100, grinding: 0, maxFold: 1, queries: 1000, ...parameters };
  return securityOf(all, { ...LARGE, logDomain: 20 + all.logBlowup, ...shape });
}

describe('the calculator', () => {
  const uniqueDecoding = (parameters: Partial<Parameters>): ReturnType<typeof regimeRounds> => {
    const all = { ...PARAMETER_SETS.p100, grinding: 0, maxFold: 1, queryGrinding: 20, ...parameters };
    return regimeRounds(all, { ...LARGE, logDomain: 20 + all.logBlowup }, undefined);
  };

  it.each([
    [4, 1, 193, 100],
    [4, 2, 118, 100],
    [4, 4, 88, 100],
    [6, 1, 261, 128],
    [6, 2, 160, 128],
    [6, 4, 119, 128],
  ] as const)(
    'finds the query count of degree %i, blowup 2^%i',
    (extensionDegree, logBlowup, queries, bits) => {
      const { queries: enough } = uniqueDecoding({ extensionDegree, logBlowup, queries });
      expect(enough).toBeGreaterThan(bits - 0.5);
      expect(uniqueDecoding({ extensionDegree, logBlowup, queries: queries - 2 }).queries).toBeLessThan(bits);
    },
  );

  it('finds the weakest other term of unique decoding', () => {
    // Batching 300 columns at 2^21 to 2^24 places, over 124 and 186 bits.
    expect([1, 2, 4].map((logBlowup) => Math.round(uniqueDecoding({ logBlowup }).batching))).toEqual([
      95, 94, 92,
    ]);
    expect(
      [1, 2, 4].map((logBlowup) => Math.round(uniqueDecoding({ logBlowup, extensionDegree: 6 }).batching)),
    ).toEqual([157, 156, 154]);
  });

  it('finds the terms of the Johnson bound', () => {
    const rounds = (logBlowup: number, queries: number, m: number): ReturnType<typeof regimeRounds> =>
      regimeRounds(
        { ...PARAMETER_SETS.p100, grinding: 0, maxFold: 1, queryGrinding: 20, logBlowup, queries },
        { ...LARGE, logDomain: 20 + logBlowup },
        m,
      );
    expect(rounds(2, 103, 3).queries).toBeGreaterThan(99);
    expect(Math.round(rounds(2, 103, 3).batching)).toBe(82);
    expect(rounds(4, 46, 3).queries).toBeGreaterThan(99);
    expect(Math.round(rounds(4, 46, 3).batching)).toBe(77);
  });

  it('has the figures of p100 that were computed by hand', () => {
    // 2^20 rows at blowup 2: |E| = 2^124, n = 2^21, rho = 1/2; 14 bits of work before each challenge.
    const shape = {
      ...LARGE,
      logDomain: 21,
      tables: 12,
      constraints: 250,
      messages: 2 ** 24,
      messageLength: 10,
    };
    const rounded = (m: number | undefined): Record<string, number> =>
      Object.fromEntries(
        Object.entries(regimeRounds(PARAMETER_SETS.p100, shape, m)).map(([name, bits]) => [
          name,
          Math.round(100 * bits) / 100,
        ]),
      );
    expect(rounded(undefined)).toEqual({
      // 124 - 24 - log2(10) + 14
      lookup: 110.68,
      // 124 - log2(3000) + 14
      constraints: 126.45,
      // 124 - log2(2 · 4 · 2^20 · 12) + 14
      point: 111.42,
      // 124 - 21 - log2(300) + 14
      batching: 108.77,
      // 124 - 21 - log2(7) + 14
      folding: 114.19,
      // 193 · 0.415 + 20
      queries: 100.1,
    });
    // At m = 3 a list has 4.95 codewords, and a line 2 · 3.5^5 / (3 · 2^-1.5) n exceptions.
    expect(rounded(3)).toEqual({
      lookup: 110.68,
      constraints: 124.14,
      point: 109.11,
      batching: 98.82,
      folding: 104.24,
      queries: 73.58,
    });
    expect(securityOf(PARAMETER_SETS.p100, shape)).toMatchObject({
      regime: 'unique decoding',
      hashBits: 128,
    });
  });

  it('gives no bits for queries that any word passes', () => {
    // At blowup 1 the agreement of the Johnson bound is above 1.
    expect(
      regimeRounds({ ...PARAMETER_SETS.p100, logBlowup: 0 }, { ...LARGE, logDomain: 20 }, 3).queries,
    ).toBe(0);
  });

  it('is never above what a collision of digests costs', () => {
    const report = at(
      { extensionDegree: 6, queries: 2000, grinding: 40, queryGrinding: 40 },
      { logDomain: 12 },
    );
    expect(report.provenBits).toBe(128);
    expect(report.heuristicBits).toBe(128);
  });

  it('takes the better regime', () => {
    // Blowup 16 with few queries: only Johnson's bound reaches its target, at m = 3.
    const report = at({ logBlowup: 4, queries: 46, queryGrinding: 23, grinding: 23 });
    expect(report.regime).toBe('Johnson');
    expect(report.provenBits).toBeGreaterThan(99);
    expect(report.provenBits).toBeLessThan(101.5);
  });

  it('loses bits with height, columns and messages, never gains', () => {
    const base = at({}, {}).provenBits;
    for (const shape of [
      { logDomain: 24 },
      { openings: 3000 },
      { tables: 1000, constraints: 10_000, logHeight: 24 },
      { messages: 2 ** 30, messageLength: 32 },
    ]) {
      expect(at({}, shape).provenBits).toBeLessThanOrEqual(base);
    }
  });

  it('gives stwo-cairo its three figures', () => {
    // 70 queries, blowup 2, 26 bits of work: 96 heuristic, 61 Johnson, 55 unique decoding.
    const report = at(
      { queries: 70, queryGrinding: 26, grinding: 26 },
      { logDomain: 10, logHeight: 9, openings: 2 },
    );
    expect(report.heuristicBits).toBeCloseTo(96, 0);
    expect(report.provenBits).toBeGreaterThan(55);
    expect(report.provenBits).toBeLessThanOrEqual(61.1);
  });
});

describe('the sets', () => {
  it('reach their targets at 2^20 rows, 1000 columns and many messages', () => {
    for (const set of Object.values(PARAMETER_SETS)) {
      const report = securityOf(set, {
        ...LARGE,
        openings: 1000,
        tables: 64,
        messages: 2 ** 26,
        messageLength: 9,
        logDomain: 20 + set.logBlowup,
      });
      expect(report.provenBits, set.name).toBeGreaterThanOrEqual(set.targetBits);
      expect(report.secure).toBe(set.name !== 'dev');
      expect(securityText(report).includes('INSECURE')).toBe(set.name === 'dev');
    }
  });

  it('have codes that stay', () => {
    const names = ['p100', 'p128', 'evm', 'dev'] as const;
    expect(names.map(parameterCode)).toEqual([0, 1, 2, 3]);
    expect(names.map((_, code) => parametersOfCode(code)?.name)).toEqual(names);
    expect(parametersOfCode(4)).toBeUndefined();
  });

  it('are kept to: neither prover nor verifier goes below the target', () => {
    const { machine, trace, publicValues } = SAMPLES.fibonacci();
    const weak = { ...PARAMETER_SETS.p100, queries: 50 };
    const key = createKey(machine, {}, weak);
    expect(() => prove(key, [{ trace, publicValues }])).toThrow(
      expect.objectContaining({ code: 'STARK_INSECURE' }),
    );
    const low = createKey(machine, {}, { ...weak, targetBits: 0 });
    const proof = prove(low, [{ trace, publicValues }]);
    verify(low.verifyingKey, [publicValues], proof);
    expect(() => verify(key.verifyingKey, [publicValues], proof)).toThrow(
      expect.objectContaining({ code: 'STARK_INVALID_PROOF' }),
    );
  });
});

describe('layouts', () => {
  it('fold to the final polynomial, and have smaller tables join where they fit', () => {
    const set = { ...PARAMETER_SETS.dev, maxFold: 3, logFinal: 2 };
    expect(createFoldPlan([13, 11, 9, 6, 5, 4], set)).toEqual({
      // 2^11 is folded to the first committed line, the others once.
      quotientFolds: [3, 1, 1, 1, 1, 1],
      layers: [
        { log: 10, fold: 3, joining: [1, 2] },
        { log: 7, fold: 3, joining: [3] },
        { log: 4, fold: 1, joining: [4] },
      ],
      joining: [5],
      finalLog: 3,
      logFinal: 2,
    });
    expect(createFoldPlan([13, 12, 11], set).quotientFolds).toEqual([3, 2, 1]);
    expect(createFoldPlan([4], PARAMETER_SETS.p100)).toEqual({
      quotientFolds: [1],
      layers: [],
      joining: [],
      finalLog: 3,
      logFinal: 2,
    });
    // Nothing is committed to between the quotients and the final polynomial.
    expect(createFoldPlan([6, 5], set)).toMatchObject({ quotientFolds: [3, 2], layers: [], joining: [1] });
  });

  it('have every line join once, at a size that is not below its own', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 4, max: 23 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 7 }),
        (sizes, maxFold, logFinal) => {
          const logs = sizes.sort((a, b) => b - a);
          const plan = createFoldPlan(logs, { ...PARAMETER_SETS.dev, maxFold, logFinal });
          const { quotientFolds, layers, finalLog } = plan;
          const stops = [...layers, { log: finalLog, joining: plan.joining }];
          const joined = stops.flatMap(({ joining }) => joining);
          expect(joined.sort((a, b) => a - b)).toEqual(logs.map((_, group) => group).slice(1));
          for (const { log, joining } of stops) {
            for (const group of joining) {
              expect(logs[group]! - quotientFolds[group]!).toBeLessThanOrEqual(log);
            }
          }
          layers.forEach(({ log, fold }, i) => expect(stops[i + 1]!.log).toBe(log - fold));
          expect(stops[0]!.log).toBe(logs[0]! - quotientFolds[0]!);
          expect(Math.max(...quotientFolds)).toBeLessThanOrEqual(Math.max(1, maxFold));
        },
      ),
    );
  });

  it('share the composition columns of a height', () => {
    const { machine } = SAMPLES.memory();
    const layout = createLayout(machine, [4, 4, 5], [undefined, undefined, 5], PARAMETER_SETS.p100);
    expect(layout.groups.map(({ chips }) => chips)).toEqual([[2], [0, 1]]);
    expect(layout.trees.composition.map(({ owner }) => owner)).toEqual([
      ...new Array<number>(8).fill(0),
      ...new Array<number>(8).fill(1),
    ]);
  });

  it('say whether a line is lifted: then nothing but unique decoding is proven', () => {
    const { machine } = SAMPLES.memory();
    const shapeOf = (heights: readonly number[]): SecurityShape => {
      const layout = createLayout(machine, heights, [undefined, undefined, heights[2]], PARAMETER_SETS.p128);
      return securityShape(machine, [layout]);
    };
    expect(shapeOf([9, 8, 8]).isLifted).toBe(false);
    const lifted = shapeOf([14, 8, 8]);
    expect(lifted.isLifted).toBe(true);
    expect(securityOf(PARAMETER_SETS.p128, { ...lifted, isLifted: false }).regime).toBe('Johnson');
    const { regime, provenBits } = securityOf(PARAMETER_SETS.p128, lifted);
    expect(regime).toBe('unique decoding');
    expect(provenBits).toBe(128);
  });

  it('describe all segments to the calculator', () => {
    const { machine } = SAMPLES.memory();
    const layout = createLayout(machine, [4, 3, 5], [undefined, undefined, 5], PARAMETER_SETS.p100);
    expect(securityShape(machine, [layout, layout])).toMatchObject({
      logDomain: 6,
      logHeight: 5,
      tables: 6,
      messages: 2 * (3 * 16 + 3 * 8 + 32),
      messageLength: 4,
    });
  });
});
