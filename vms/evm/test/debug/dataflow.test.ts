import { type Bytes, bytesToHex, hexToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dataflow, type PlacedValue, type Source } from '../../src/debug/dataflow.ts';
import { createRecording, type RecordedRun } from '../../src/debug/recording.ts';
import type { Hex } from '@ninefold/base';
import type { Item } from '../support/asm.ts';
import { asm, RETURN_TOP } from '../support/asm.ts';
import { run } from '../support/run.ts';
import { addressOf, CONTRACT, word, type WorldAccount } from '../support/world.ts';

const CALLEE = addressOf(0xca11ee);
const MASK = 2n ** 256n;
const wrap = (value: bigint): bigint => ((value % MASK) + MASK) % MASK;

type Recorded = { readonly flow: Dataflow; readonly run: RecordedRun; readonly data: Bytes };

/** Runs a program with every step recorded. */
function record(
  items: readonly Item[],
  data: Hex = '0x',
  accounts: Readonly<Record<Hex, WorldAccount>> = {},
  self: WorldAccount = {},
): Recorded {
  const codes: Record<Hex, Hex> = { [CONTRACT]: asm(...items) };
  for (const [address, { code = '0x' }] of Object.entries(accounts)) codes[address as Hex] = code;
  const recording = createRecording({
    fork: 'osaka',
    codeOf: (address) => hexToBytes(codes[address] ?? '0x'),
    full: true,
    maxSteps: 100_000,
  });
  const input = hexToBytes(data);
  const outcome = run(items, {
    accounts,
    self,
    transaction: { data: input, gasLimit: 5_000_000n },
    options: { tracer: recording.tracer },
  });
  expect(outcome.status).toBe('success');
  const recorded = recording.finish();
  return { flow: new Dataflow(recorded), run: recorded, data: input };
}

/** The item of the first operand of the last instruction called `mnemonic`. */
function operandOf({ flow }: Recorded, mnemonic: string, index = 0): PlacedValue {
  for (let step = flow.reader.steps - 1; step >= 0; step--) {
    const operand = flow.operands(step)[index];
    if (flow.specOf(step)?.mnemonic === mnemonic && operand !== undefined) return operand;
  }
  throw new Error(`no ${mnemonic} in the run`);
}

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  ADD: (a, b) => a + b,
  MUL: (a, b) => a * b,
  SUB: (a, b) => a - b,
  AND: (a, b) => a & b,
  OR: (a, b) => a | b,
  XOR: (a, b) => a ^ b,
  LT: (a, b) => BigInt(a < b),
  EQ: (a, b) => BigInt(a === b),
};

/** An instruction that fits on a stack of some height, and the height behind it. */
const MOVES: readonly {
  readonly takes: number;
  readonly leaves: number;
  readonly items: (n: number) => Item[];
}[] = [
  { takes: 0, leaves: 1, items: (n) => [BigInt(n)] },
  { takes: 0, leaves: 1, items: (n) => [32 * (n % 4), 'CALLDATALOAD'] },
  { takes: 0, leaves: 1, items: () => ['CALLER'] },
  { takes: 0, leaves: 1, items: (n) => [32 * (n % 4), 'MLOAD'] },
  { takes: 0, leaves: 1, items: (n) => [n % 4, 'SLOAD'] },
  { takes: 1, leaves: 0, items: (n) => [32 * (n % 4), 'MSTORE'] },
  { takes: 1, leaves: 0, items: (n) => [n % 4, 'SSTORE'] },
  { takes: 0, leaves: 0, items: (n) => [32, 32 * (n % 4), 32 * ((n >> 2) % 4), 'MCOPY'] },
  { takes: 0, leaves: 0, items: (n) => [32, 32 * (n % 4), 32 * ((n >> 2) % 4), 'CALLDATACOPY'] },
  ...Object.keys(BINARY).map((name) => ({ takes: 2, leaves: 1, items: () => [name] })),
  ...[1, 2, 5].map((n) => ({ takes: n, leaves: n + 1, items: () => [`DUP${n}`] })),
  ...[1, 3].map((n) => ({ takes: n + 1, leaves: n + 1, items: () => [`SWAP${n}`] })),
];

/** Programs that never fail: words in memory and calldata are aligned. */
const anyProgram = fc
  .array(fc.tuple(fc.nat(MOVES.length - 1), fc.nat(255)), { minLength: 1, maxLength: 60 })
  .map((choices) => {
    const items: Item[] = [];
    let height = 0;
    for (const [choice, n] of choices) {
      const { takes, leaves, items: make } = MOVES[choice]!;
      if (takes > height) continue;
      items.push(...make(n));
      height += leaves - takes;
    }
    return [...items, 'STOP'];
  });
const anyData = fc.uint8Array({ minLength: 128, maxLength: 128 }).map(bytesToHex);

describe('the origin of a stack item', () => {
  const valuesOf = (recorded: Recorded, { inputs }: Source): bigint[] =>
    inputs.map((input) => BigInt(recorded.flow.valueAt(input)));

  it('is an earlier step that made just that value out of what it took in', () => {
    fc.assert(
      fc.property(anyProgram, anyData, (items, data) => {
        const recorded = record(items, data, {}, { storage: { [word(1)]: word(0x5eed) } });
        const { flow } = recorded;
        for (let step = 0; step < flow.reader.steps; step++) {
          for (const operand of flow.operands(step)) {
            const source = flow.sourceOf(operand);
            expect(source.step).toBeLessThan(step);
            const value = BigInt(flow.valueAt(operand));
            // Moves change nothing.
            if (source.kind !== 'input') expect(BigInt(source.value)).toBe(value);
            const compute = BINARY[source.mnemonic];
            if (source.kind === 'computed') {
              const [a, b] = valuesOf(recorded, source) as [bigint, bigint];
              expect(wrap(compute!(a, b))).toBe(value);
            } else if (source.kind === 'input') {
              expect(BigInt(bytesToHex(recorded.data.slice(source.calldata, source.calldata! + 32)))).toBe(
                value,
              );
            } else if (source.kind === 'written') {
              expect(source.mnemonic).toBe('SSTORE');
              expect(valuesOf(recorded, source)).toEqual([value]);
            } else if (source.kind === 'storage')
              expect(value).toBe(source.slot!.key === word(1) ? 0x5eedn : 0n);
            else if (source.kind === 'environment') expect(source.mnemonic).toBe('CALLER');
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is followed to its end by a chain, whose every link is taken in by the one before', () => {
    fc.assert(
      fc.property(anyProgram, anyData, (items, data) => {
        const recorded = record(items, data);
        const { flow } = recorded;
        const last = flow.reader.steps - 1;
        for (const operand of flow.operands(Math.max(0, last - 1))) {
          const chain = flow.chain(operand, 1000);
          chain.forEach((source, i) => {
            const next = chain[i + 1];
            if (next === undefined) expect(source.inputs).toEqual([]);
            else expect(source.inputs.map((input) => flow.sourceOf(input).step)).toContain(next.step);
          });
          expect(flow.chain(operand, 1)).toHaveLength(1);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('those who use a stack item', () => {
  it('come later and take in that very value', () => {
    fc.assert(
      fc.property(anyProgram, anyData, (items, data) => {
        const { flow } = record(items, data);
        for (let step = 0; step < flow.reader.steps; step++) {
          const { frame, sp } = flow.reader.step(step);
          if (sp === 0) continue;
          const place = { in: 'stack', frame, slot: sp - 1 } as const;
          const value = flow.valueAt({ place, step });
          for (const use of flow.uses(step, frame, sp - 1, 50)) {
            expect(use).toBeGreaterThanOrEqual(step);
            expect(flow.operands(use).map((operand) => flow.valueAt(operand))).toContain(value);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are not those who throw it away', () => {
    const { flow } = record([7, 'DUP1', 'POP', 'DUP1', 5, 'ADD', 'POP', 'POP', 'STOP']);
    // 0 PUSH 7, 1 DUP1, 2 POP, 3 DUP1, 4 PUSH 5, 5 ADD …
    expect(flow.uses(1, 0, 0, 10)).toEqual([5]);
  });
});

describe('through calls', () => {
  /** STATICCALL or so of CALLEE with the word on top of the stack; leaves what it returns. */
  const ask = (kind: 'CALL' | 'CALLCODE' | 'STATICCALL' | 'DELEGATECALL', how: 'copy' | 'output'): Item[] => [
    0,
    'MSTORE',
    ...(how === 'output' ? [32, 64] : [0, 0]),
    32,
    0,
    ...(kind === 'CALL' || kind === 'CALLCODE' ? [0] : []),
    BigInt(CALLEE),
    'GAS',
    kind,
    'POP',
    ...(how === 'copy' ? [32, 0, 64, 'RETURNDATACOPY'] : []),
    64,
    'MLOAD',
  ];

  it.each([
    ['CALL', 'copy'],
    ['CALL', 'output'],
    ['CALLCODE', 'copy'],
    ['STATICCALL', 'output'],
    ['STATICCALL', 'copy'],
    ['DELEGATECALL', 'copy'],
    ['DELEGATECALL', 'output'],
  ] as const)('%s with its answer by %s leads to the calldata of the transaction', (kind, how) => {
    const callee = asm(0, 'CALLDATALOAD', 3, 'MUL', ...RETURN_TOP);
    const recorded = record(
      [32, 'CALLDATALOAD', ...ask(kind, how), 1, 'SSTORE', 'STOP'],
      `0x${word(1).slice(2)}${word(14).slice(2)}`,
      { [CALLEE]: { code: callee } },
    );
    const chain = recorded.flow.chain(operandOf(recorded, 'SSTORE', 1), 10);
    expect(chain.map(({ kind: each, mnemonic, value }) => [each, mnemonic, BigInt(value)])).toEqual([
      ['computed', 'MUL', 42n],
      ['input', expect.any(String), 14n],
    ]);
    expect(chain[1]?.calldata).toBe(32);
  });

  it('the last of several callees answers', () => {
    const callee = asm(0, 'CALLDATALOAD', ...RETURN_TOP);
    const recorded = record(
      [11, ...ask('STATICCALL', 'copy'), 'POP', 22, ...ask('STATICCALL', 'copy'), 1, 'SSTORE', 'STOP'],
      '0x',
      { [CALLEE]: { code: callee } },
    );
    const [source] = recorded.flow.chain(operandOf(recorded, 'SSTORE', 1), 10);
    expect([source?.kind, BigInt(source!.value)]).toEqual(['constant', 22n]);
  });

  it('a delegate writes its caller’s storage', () => {
    const callee = asm(0, 'CALLDATALOAD', 5, 'SSTORE', 'STOP');
    const recorded = record(
      [9, ...ask('DELEGATECALL', 'copy').slice(0, -6), 5, 'SLOAD', 0, 'MSTORE', 'STOP'],
      '0x',
      {
        [CALLEE]: { code: callee },
      },
    );
    const [source] = recorded.flow.chain(operandOf(recorded, 'MSTORE', 1), 10);
    expect(source).toMatchObject({ kind: 'written', slot: { account: CONTRACT, key: word(5) } });
    expect(recorded.flow.accountOf(source!.step)).toBe(CONTRACT);
  });

  it('a write that was undone by a revert is nobody’s origin', () => {
    const callee = asm(0, 'CALLDATALOAD', 5, 'SSTORE', 0, 0, 'REVERT');
    const recorded = record(
      [9, ...ask('DELEGATECALL', 'copy').slice(0, -6), 5, 'SLOAD', 0, 'MSTORE', 'STOP'],
      '0x',
      { [CALLEE]: { code: callee } },
      { storage: { [word(5)]: word(77) } },
    );
    const [source] = recorded.flow.chain(operandOf(recorded, 'MSTORE', 1), 10);
    expect(source).toMatchObject({ kind: 'storage', value: word(77) });
  });

  it('what a precompile answers comes from outside', () => {
    const identity: Item[] = [13, 0, 'MSTORE', 32, 64, 32, 0, 4, 'GAS', 'STATICCALL', 'POP', 64, 'MLOAD'];
    const recorded = record([...identity, 1, 'SSTORE', 'STOP']);
    expect(recorded.flow.sourceOf(operandOf(recorded, 'SSTORE', 1)).kind).toBe('environment');
  });
});

describe('hashes', () => {
  it('are made of the words that were hashed, up to four of them', () => {
    const recorded = record([5, 0, 'MSTORE', 6, 32, 'MSTORE', 64, 0, 'KECCAK256', 0, 'SSTORE', 'STOP']);
    const source = recorded.flow.sourceOf(operandOf(recorded, 'SSTORE', 1));
    expect(source).toMatchObject({ kind: 'computed', mnemonic: 'KECCAK256' });
    expect(source.inputs.map((input) => BigInt(recorded.flow.valueAt(input)))).toEqual([5n, 6n]);
    const long = record([160, 0, 'KECCAK256', 0, 'SSTORE', 'STOP']);
    expect(long.flow.sourceOf(operandOf(long, 'SSTORE', 1)).inputs).toEqual([]);
  });
});

describe('what only cleans a value', () => {
  it('is passed through when the other side is constant', () => {
    const recorded = record([0, 'CALLDATALOAD', 0xff, 'AND', 0, 'ADD', 1, 'SSTORE', 'STOP'], word(0x2a));
    expect(recorded.flow.sourceOf(operandOf(recorded, 'SSTORE', 1))).toMatchObject({
      kind: 'input',
      calldata: 0,
    });
  });

  it('stops where the value is another', () => {
    const recorded = record([0, 'CALLDATALOAD', 0x0f, 'AND', 1, 'SSTORE', 'STOP'], word(0x2a));
    expect(recorded.flow.sourceOf(operandOf(recorded, 'SSTORE', 1))).toMatchObject({
      kind: 'computed',
      mnemonic: 'AND',
      value: word(0x0a),
    });
  });
});
