import { bytesToBigint, bytesToHex, hexToBytes } from '@ninefold/base';
import type { Hex } from '@ninefold/base';
import { createTraceReader, createTraceWriter, STEP_FLAGS } from '@ninefold/trace';
import type { TraceReader } from '@ninefold/trace';
import { describe, expect, it } from 'vitest';
import { createTraceRecorder, EVM_TRACE_OPTIONS, UNITS_PER_PROGRAM } from '../src/engine/recorder.ts';
import type { TracedProgram } from '../src/engine/recorder.ts';
import type { Tracer } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { asm, storeCode } from './support/asm.ts';
import { run } from './support/run.ts';
import type { RunOptions } from './support/run.ts';
import { addressOf, CONTRACT, word } from './support/world.ts';

type Snapshot = {
  readonly pc: number;
  readonly cost: number;
  readonly depth: number;
  readonly stack: readonly bigint[];
  readonly memory: Hex;
};

/** A run as the recorder and a plain tracer see it. */
function record(
  items: readonly Item[],
  given: RunOptions = {},
): { readonly reader: TraceReader; readonly programs: readonly TracedProgram[]; readonly seen: Snapshot[] } {
  const writer = createTraceWriter(EVM_TRACE_OPTIONS);
  const recorder = createTraceRecorder(writer, given.fork ?? 'osaka');
  const seen: Snapshot[] = [];
  const tracer: Tracer = {
    ...recorder.tracer,
    step(step) {
      seen.push({
        pc: step.pc,
        cost: Number(step.cost),
        depth: step.depth,
        stack: Array.from({ length: step.stackHeight }, (_, i) => step.stack(step.stackHeight - 1 - i)),
        memory: bytesToHex(step.memory(0, step.memorySize)),
      });
      recorder.tracer.step?.(step);
    },
  };
  run(items, { ...given, options: { tracer } });
  return { reader: createTraceReader(writer.finish()), programs: recorder.programs, seen };
}

/** The trace gives back, for every step, what was seen then. */
function expectReplay({ reader, seen }: ReturnType<typeof record>): void {
  expect(reader.steps).toBe(seen.length);
  seen.forEach((expected, at) => {
    const step = reader.step(at);
    expect([step.unit % UNITS_PER_PROGRAM, step.cost, step.sp]).toEqual([
      expected.pc,
      expected.cost,
      expected.stack.length,
    ]);
    const stack = reader
      .slots(at, step.frame, step.sp)
      .map((bytes) => bytesToBigint(bytes.slice().reverse()));
    expect(stack).toEqual(expected.stack);
    const length = reader.memoryLength(at, step.frame);
    expect(bytesToHex(reader.memory(at, step.frame, 0, length))).toBe(expected.memory);
  });
}

const CALLEE = addressOf(0xca11);
const call: readonly Item[] = [40, 16, 0, 0, 0, BigInt(CALLEE), 100_000, 'CALL'];

describe('a recorded run', () => {
  it.each<readonly [string, readonly Item[]]>([
    ['arithmetic and stack', [1, 2, 'ADD', 3, 'DUP2', 'SWAP2', 'MUL', 'SUB', 'POP']],
    ['memory', [0xff, 33, 'MSTORE', 1, 100, 'MSTORE8', 40, 0, 64, 'MCOPY', 300, 'MLOAD', 'MSIZE']],
    ['copies', [40, 3, 5, 'CODECOPY', 10, 0, 70, 'CALLDATACOPY', 8, 1, 0, BigInt(CONTRACT), 'EXTCODECOPY']],
    ['a loop', [5, 'JUMPDEST', 1, 'SWAP1', 'SUB', 'DUP1', 2, 'JUMPI', 'STOP']],
    ['storage', [7, 1, 'SSTORE', 1, 'SLOAD', 9, 1, 'TSTORE', 1, 'TLOAD']],
    ['a call and its output', [...call, 'RETURNDATASIZE', 4, 2, 0, 'RETURNDATACOPY']],
    ['a creation', [...storeCode(asm(1, 0, 'MSTORE', 3, 0, 'RETURN')), 10, 22, 0, 'CREATE', 'POP']],
    ['a failure', [1, 'POP', 'POP', 'STOP']],
  ])('replays exactly: %s', (_name, items) => {
    const code = asm((1n << 255n) + 7n, 0, 'MSTORE', 24, 0, 'RETURN');
    expectReplay(record(items, { accounts: { [CALLEE]: { code } } }));
  });

  it('replays DUPN, SWAPN and EXCHANGE', () => {
    const items = [...Array.from({ length: 20 }, (_, i) => i), '0xe680', '0xe780', '0xe88e', 'POP'];
    expectReplay(record(items, { fork: 'amsterdam' }));
  });

  it('knows its programs and frames', () => {
    const { reader, programs } = record(call, { accounts: { [CALLEE]: { code: asm(1, 'POP') } } });
    expect(programs).toEqual([
      { address: CONTRACT, initcode: false },
      { address: CALLEE, initcode: false },
    ]);
    expect(reader.frames.map(({ program, depth }) => [program, depth])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(reader.step(8).unit).toBe(UNITS_PER_PROGRAM);
  });

  it('holds state as it is at each step, and takes back what failed frames wrote', () => {
    const failing = asm(5, 1, 'SSTORE', 'INVALID');
    const delegate: readonly Item[] = [0, 0, 0, 0, BigInt(CALLEE), 100_000, 'DELEGATECALL'];
    const items = [3, 1, 'SSTORE', ...delegate, 1, 'SLOAD'];
    const { reader } = record(items, { accounts: { [CALLEE]: { code: failing } } });
    const value = (step: number): string | undefined => {
      const found = reader.state(step, hexToBytes(CONTRACT), hexToBytes(word(1)));
      return found && bytesToHex(found);
    };
    const last = reader.steps - 1;
    expect(value(0)).toBeUndefined();
    expect(value(3)).toBe(word(3));
    // The failing frame's last step sees its write.
    expect(value(13)).toBe(word(5));
    expect(value(last)).toBe(word(3));
  });

  it('flags what steps do', () => {
    const { reader } = record([
      1,
      1,
      'SSTORE',
      0,
      0,
      'LOG0',
      1,
      15,
      'JUMPI',
      'JUMPDEST',
      'CALLVALUE',
      'INVALID',
    ]);
    const flags = Array.from({ length: reader.steps }, (_, i) => reader.step(i).flags);
    expect(flags[2]).toBe(STEP_FLAGS.stateWrite);
    expect(flags[5]).toBe(STEP_FLAGS.event);
    expect(flags[8]).toBe(STEP_FLAGS.jumpTaken);
    expect((flags.at(-1) as number) & STEP_FLAGS.failure).toBe(STEP_FLAGS.failure);
  });
});
