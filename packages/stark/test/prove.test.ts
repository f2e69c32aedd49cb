import { describe, expect, it } from 'vitest';
import type { ProvePhase, Trace } from '../src/index.ts';
import {
  createKey,
  createTable,
  defineBus,
  defineChip,
  defineMachine,
  PARAMETER_SETS,
  prove,
  verify,
} from '../src/index.ts';
import { cloneTrace, fibonacci, memory, rangeCheck, SAMPLES, walk } from '../src/samples.ts';

const code = (code: string): object => expect.objectContaining({ code });
const invalid = code('STARK_INVALID_PROOF');

describe('proofs', () => {
  it.each(Object.entries(SAMPLES))('of %s are accepted', (_name, make) => {
    const { machine, trace, fixed, publicValues } = make();
    const key = createKey(machine, fixed, 'dev');
    const proof = prove(key, [{ trace, publicValues }]);
    expect(verify(key.verifyingKey, [publicValues], proof)).toMatchObject({
      parameters: 'dev',
      secure: false,
    });
  });

  it.each(['p100', 'p128', 'evm'] as const)('with the parameters %s are accepted', (set) => {
    const { machine, trace, fixed } = memory();
    const key = createKey(machine, fixed, set);
    const report = verify(key.verifyingKey, [[]], prove(key, [{ trace }]));
    expect(report.provenBits).toBeGreaterThanOrEqual(set === 'p128' ? 128 : 100);
    expect(report.secure).toBe(true);
  });

  it.each([3, 4, 7, 10, 11])('of 2^%i rows are accepted', (logHeight) => {
    const { machine, trace, publicValues } = fibonacci(logHeight);
    const key = createKey(machine, {}, 'dev');
    verify(key.verifyingKey, [publicValues], prove(key, [{ trace, publicValues }]));
  });

  it.each([
    [3, 4],
    [4, 4],
    [8, 3],
    [9, 6],
    [5, 10],
  ])('of tables of 2^%i and 2^%i rows are accepted', (words, table) => {
    const { machine, trace, fixed } = rangeCheck(words, table);
    const key = createKey(machine, fixed, 'dev');
    verify(key.verifyingKey, [[]], prove(key, [{ trace }]));
  });

  it('of constraints of degree 5 and 9 are accepted', () => {
    for (const maxDegree of [5, 9] as const) {
      const chip = defineChip('power', (air) => {
        const [a, b] = [air.column('a'), air.column('b')];
        let power = a;
        for (let i = 1; i < maxDegree; i++) power = power.mul(a);
        air.assertEqual('power', power, b);
      });
      const table = createTable(chip, 3);
      for (let row = 0; row < 8; row++) {
        table.column('a')[row] = row % 3;
        table.column('b')[row] = (row % 3) ** maxDegree;
      }
      const machine = defineMachine({ name: 'power', chips: [chip], maxDegree });
      expect(() => createKey(machine, {}, 'dev')).toThrow(code('STARK_INVALID_PARAMETERS'));
      // The blowup is what matters here; work takes time.
      const set = { ...PARAMETER_SETS.evm, targetBits: 0, grinding: 0, queryGrinding: 0 };
      const key = createKey(machine, {}, set);
      verify(key.verifyingKey, [[]], prove(key, [{ trace: { power: table } }]));
      const wrong = cloneTrace({ power: table });
      wrong['power']!.columns[1]![2] = 5;
      expect(() => verify(key.verifyingKey, [[]], prove(key, [{ trace: wrong }]))).toThrow(invalid);
    }
  });

  it('balance buses over segments', () => {
    const first = walk();
    const end = first.publicValues[2]!;
    // The second segment goes on where the first one ended, at the same time in its own count.
    const trace = cloneTrace(first.trace);
    const columns = trace['steps']!.columns;
    let value = end;
    for (let row = 0; row < 8; row++) {
      columns[1]![row] = value;
      value = (2 * value + 1) % 0x7fffffff;
    }
    const key = createKey(first.machine, {}, 'dev');
    const segments = [
      { trace: first.trace, publicValues: first.publicValues },
      { trace, publicValues: [end, 8, value] },
    ];
    const proof = prove(key, segments);
    const statements = segments.map(({ publicValues }) => publicValues);
    verify(key.verifyingKey, statements, proof);
    expect(() => verify(key.verifyingKey, statements.toReversed(), proof)).toThrow(invalid);
    expect(() =>
      verify(key.verifyingKey, statements, { ...proof, segments: proof.segments.toReversed() }),
    ).toThrow(invalid);
    expect(() => verify(key.verifyingKey, [statements[0]!], proof)).toThrow(invalid);
  });

  it('balance messages between segments', () => {
    const bus = defineBus('relay', 1);
    const chip = defineChip('relay', (air) => {
      const [value, out] = [air.column('value'), air.flag('out')];
      const used = air.flag('used');
      air.send(bus, [value], out.mul(used));
      air.receive(bus, [value], out.not().mul(used));
    });
    const machine = defineMachine({ name: 'relay', chips: [chip] });
    const table = (out: number, value: number): Trace => {
      const made = createTable(chip, 3);
      made.column('out').fill(out);
      made.column('value')[2] = value;
      made.column('used')[2] = 1;
      return { relay: made };
    };
    const key = createKey(machine, {}, 'dev');
    verify(key.verifyingKey, [[], []], prove(key, [{ trace: table(1, 5) }, { trace: table(0, 5) }]));
    const unequal = prove(key, [{ trace: table(1, 5) }, { trace: table(0, 6) }]);
    expect(() => verify(key.verifyingKey, [[], []], unequal)).toThrow(invalid);
  });
});

describe('the prover', () => {
  it('cannot prove what is not true', () => {
    for (const [name, make] of Object.entries(SAMPLES)) {
      const { machine, trace, fixed, publicValues } = make();
      const key = createKey(machine, fixed, 'dev');
      const wrong = cloneTrace(trace);
      const [table] = Object.values(wrong);
      table!.columns[0]![1] = (table!.columns[0]![1]! + 1) % 0x7fffffff;
      const proof = prove(key, [{ trace: wrong, publicValues }]);
      expect(() => verify(key.verifyingKey, [publicValues], proof), name).toThrow(invalid);
    }
  });

  it('refuses traces of the wrong form', () => {
    const { machine, trace, fixed } = rangeCheck();
    const key = createKey(machine, fixed, 'dev');
    const refused = (segments: Parameters<typeof prove>[1], expected: string): void =>
      expect(() => prove(key, segments)).toThrow(code(expected));
    refused([], 'STARK_INVALID_MACHINE');
    refused([{ trace, publicValues: [1] }], 'STARK_INVALID_MACHINE');
    refused([{ trace: { words: trace['words']! } }], 'STARK_INVALID_TRACE');
    refused([{ trace: { ...trace, other: trace['words']! } }], 'STARK_INVALID_TRACE');
    refused(
      [{ trace: { ...trace, table: { logHeight: 3, columns: [new Uint32Array(8)] } } }],
      'STARK_INVALID_TRACE',
    );
    expect(() => createKey(machine, {}, 'dev')).toThrow(code('STARK_INVALID_TRACE'));
  });

  it('tells its phases, can be cancelled and keeps to its memory', () => {
    const { machine, trace, publicValues } = fibonacci();
    const key = createKey(machine, {}, 'dev');
    const phases: ProvePhase[] = [];
    prove(key, [{ trace, publicValues }], { onProgress: (phase) => void phases.push(phase) });
    expect(phases).toEqual(['main', 'interaction', 'composition', 'openings', 'folding', 'queries']);
    let asked = 0;
    expect(() => prove(key, [{ trace, publicValues }], { isCancelled: () => ++asked > 3 })).toThrow(
      code('STARK_CANCELLED'),
    );
    const big = fibonacci(12);
    expect(() =>
      prove(key, [{ trace: big.trace, publicValues: big.publicValues }], { memoryLimit: 2 ** 18 }),
    ).toThrow(code('STARK_OUT_OF_MEMORY'));
  });

  it('makes the tables of one segment at a time', () => {
    const { machine, trace, fixed } = memory();
    const key = createKey(machine, fixed, 'dev');
    const logHeights = Object.fromEntries(
      Object.entries(trace).map(([name, { logHeight }]) => [name, logHeight]),
    );
    const made: number[] = [];
    const phases: string[] = [];
    const deferred = [0, 1, 2].map((i) => ({
      trace: {
        logHeights,
        make: (): Trace => {
          made.push(i);
          return cloneTrace(trace);
        },
      },
    }));
    const proof = prove(key, deferred, {
      onProgress: (phase, segment, segments) => void phases.push(`${phase} ${segment} of ${segments}`),
    });
    expect(proof).toEqual(prove(key, [{ trace }, { trace }, { trace }]));
    verify(key.verifyingKey, [[], [], []], proof);
    // The first one's columns are still there when it is proved.
    expect(made).toEqual([2, 1, 0, 1, 2]);
    expect(phases.filter((phase) => phase.startsWith('main'))).toEqual(
      made.map((segment) => `main ${segment} of 3`),
    );
    expect(phases.at(-1)).toBe('queries 2 of 3');
  });

  it('refuses tables that are not what they were said to be', () => {
    const { machine, trace, fixed } = rangeCheck();
    const key = createKey(machine, fixed, 'dev');
    const heights = Object.fromEntries(Object.entries(trace).map(([name, table]) => [name, table.logHeight]));
    const refused = (logHeights: Record<string, number>, made: Trace = trace): void =>
      expect(() => prove(key, [{ trace: { logHeights, make: () => made } }])).toThrow(
        code('STARK_INVALID_TRACE'),
      );
    refused({});
    refused({ ...heights, other: 3 });
    refused({ ...heights, words: heights['words']! + 1 });
    refused({ ...heights, words: 99 });
    refused({ ...heights, table: 3 });
    refused(heights, { table: trace['table']! });
  });

  it('refuses more messages than can be counted', () => {
    const { machine, fixed } = rangeCheck();
    const key = createKey(machine, fixed, 'dev');
    const trace = {
      logHeights: { words: 22, table: (fixed['table'] as { readonly logHeight: number }).logHeight },
      make: (): Trace => ({}),
    };
    const segments = Array.from({ length: 1024 }, () => ({ trace }));
    expect(() => prove(key, segments)).toThrow(code('STARK_TOO_MANY_MESSAGES'));
  });

  it('is deterministic', () => {
    const { machine, trace, fixed } = memory();
    const key = createKey(machine, fixed, 'dev');
    expect(prove(key, [{ trace }])).toEqual(prove(key, [{ trace }]));
  });
});
