import { bytesToHex } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { createEvm } from '../src/run.ts';
import type { FrameEnd, FrameStart, Tracer } from '../src/types.ts';
import type { Item } from './support/asm.ts';
import { asm } from './support/asm.ts';
import { run } from './support/run.ts';
import type { RunOptions } from './support/run.ts';
import { addressOf, BLOCK, CONTRACT, createWorld, SENDER, transactionWith, word } from './support/world.ts';

type Seen = {
  readonly pc: number;
  readonly op: number;
  readonly depth: number;
  readonly gas: bigint;
  readonly cost: bigint;
};

function steps(items: readonly Item[], given: RunOptions = {}): Seen[] {
  const seen: Seen[] = [];
  const tracer: Tracer = {
    step: ({ pc, opcode, depth, gas, cost }) => void seen.push({ pc, op: opcode, depth, gas, cost }),
  };
  run(items, { ...given, options: { tracer } });
  return seen;
}

const costs = (items: readonly Item[], given?: RunOptions): bigint[] =>
  steps(items, given).map(({ cost }) => cost);

describe('steps', () => {
  it('come before each instruction with pc, gas and cost', () => {
    const seen = steps([1, 2, 'ADD', 'STOP'], { transaction: { gasLimit: 22_000n } });
    expect(seen).toEqual([
      { pc: 0, op: 0x60, depth: 1, gas: 1000n, cost: 3n },
      { pc: 2, op: 0x60, depth: 1, gas: 997n, cost: 3n },
      { pc: 4, op: 0x01, depth: 1, gas: 994n, cost: 3n },
      { pc: 5, op: 0x00, depth: 1, gas: 991n, cost: 0n },
    ]);
  });

  it('see stack, memory, refund, return data and address on demand', () => {
    const snapshots: unknown[] = [];
    const tracer: Tracer = {
      step(step) {
        if (step.opcode !== 0x00) return;
        snapshots.push({
          height: step.stackHeight,
          stack: [step.stack(0), step.stack(1), step.stack(2)],
          size: step.memorySize,
          memory: bytesToHex(step.memory(30, 4)),
          refund: step.refund,
          address: step.address(),
          returned: bytesToHex(step.returnData()),
        });
      },
    };
    const identity: readonly Item[] = [0, 0, 4, 28, 4, 1000, 'STATICCALL'];
    run([0xabcdefn, 0, 'MSTORE', 0, 1, 'SSTORE', ...identity, 1n << 255n, 'STOP'], {
      self: { storage: { [word(1)]: word(9) } },
      options: { tracer },
    });
    expect(snapshots).toEqual([
      {
        height: 2,
        stack: [1n << 255n, 1n, 0n],
        size: 32,
        memory: '0xcdef0000',
        refund: 4800n,
        address: CONTRACT,
        returned: '0x00abcdef',
      },
    ]);
  });

  it('carry the whole dynamic cost', () => {
    expect(costs([0, 'SLOAD', 0, 'SLOAD'])).toEqual([3n, 2100n, 3n, 100n, 0n]);
    expect(costs([1, 0, 'SSTORE'])).toEqual([3n, 3n, 22_100n, 0n]);
    expect(costs([1000, 'MLOAD'])).toEqual([3n, 3n + 33n * 3n + 2n, 0n]);
    expect(costs([256, 2, 'EXP'])).toEqual([3n, 3n, 110n, 0n]);
    expect(costs([33, 0, 'KECCAK256'])).toEqual([3n, 3n, 30n + 12n + 6n, 0n]);
    expect(costs([0x99, 'BALANCE', 0x99, 'EXTCODESIZE'])).toEqual([3n, 2600n, 3n, 100n, 0n]);
    expect(costs([5, 4, 'LOG0'])).toEqual([3n, 3n, 375n + 40n + 3n, 0n]);
    expect(costs([0x99, 'SELFDESTRUCT'])).toEqual([3n, 7600n]);
    expect(costs([32, 0, 0, 'CREATE']).slice(0, 4)).toEqual([3n, 3n, 3n, 32_000n + 2n + 3n]);
  });

  it('of calls carry what is forwarded', () => {
    const callee = { [addressOf(0x77)]: { code: '0x00' as const } };
    const call: readonly Item[] = [0, 0, 0, 0, 0, 0x77, 5000, 'CALL'];
    expect(costs(call, { accounts: callee }).slice(7, 9)).toEqual([2600n + 5000n, 0n]);
  });

  it('that fail are reported with their cost', () => {
    expect(costs(['POP'])).toEqual([2n]);
    expect(costs(['0x0c'])).toEqual([0n]);
    expect(costs([0, 'SLOAD'], { transaction: { gasLimit: 21_100n } })).toEqual([3n, 2100n]);
    expect(costs([1000, 'MLOAD'], { transaction: { gasLimit: 21_010n } })).toEqual([3n, 104n]);
    expect(costs([1n << 200n, 'MLOAD'])).toEqual([3n, 3n]);
    expect(costs([1, 0, 'SSTORE'], { transaction: { gasLimit: 22_000n } })).toEqual([3n, 3n, 0n]);
  });
});

describe('frames', () => {
  function framesOf(items: readonly Item[], given: RunOptions = {}): (FrameStart | FrameEnd)[] {
    const events: (FrameStart | FrameEnd)[] = [];
    const tracer: Tracer = {
      enter: (frame) => void events.push(frame),
      exit: (frame) => void events.push(frame),
    };
    run(items, { ...given, options: { tracer } });
    return events;
  }

  it('nest, with parties, value, gas and data', () => {
    const callee = addressOf(0x77);
    const items: readonly Item[] = [0xaa, 0, 'MSTORE', 0, 0, 1, 31, 3, 0x77, 5000, 'CALL'];
    const events = framesOf(items, {
      self: { balance: 9n },
      accounts: { [callee]: { code: asm(2, 0, 'REVERT'), balance: 1n } },
      transaction: { gasLimit: 100_000n },
    });
    expect(events).toEqual([
      {
        kind: 'CALL',
        depth: 1,
        from: SENDER,
        to: CONTRACT,
        value: 0n,
        gas: 79_000n,
        input: new Uint8Array(0),
      },
      {
        kind: 'CALL',
        depth: 2,
        from: CONTRACT,
        to: callee,
        value: 3n,
        gas: 7300n,
        input: Uint8Array.of(0xaa),
      },
      { depth: 2, status: 'revert', halt: undefined, gasUsed: 9n, output: new Uint8Array(2) },
      {
        depth: 1,
        status: 'success',
        halt: undefined,
        gasUsed: expect.any(BigInt),
        output: new Uint8Array(0),
      },
    ]);
  });

  it('include precompiles, creations, SELFDESTRUCT and calls that cannot be made', () => {
    const precompile: readonly Item[] = [0, 0, 0, 0, 4, 1000, 'STATICCALL'];
    const creation: readonly Item[] = [0, 0, 0, 'CREATE'];
    const unpaid: readonly Item[] = [0, 0, 0, 0, 99, 0x77, 0, 'CALL'];
    const items: readonly Item[] = [...precompile, ...creation, ...unpaid, 0x88, 'SELFDESTRUCT'];
    const kinds = framesOf(items).map((event) =>
      'kind' in event ? event.kind : (event.halt ?? event.status),
    );
    expect(kinds).toEqual([
      'CALL',
      'STATICCALL',
      'success',
      'CREATE',
      'success',
      'CALL',
      'INSUFFICIENT_BALANCE',
      'SELFDESTRUCT',
      'success',
      'success',
    ]);
  });
});

describe('logs and reads', () => {
  it('are told as they happen', () => {
    const events: string[] = [];
    const tracer: Tracer = {
      log: ({ address, topics, data }, depth) =>
        void events.push(`${depth} ${address} ${topics.length} ${data.length}`),
      readAccount: (address) => void events.push(address),
      readStorage: (address, slot) => void events.push(`${address} ${slot}`),
    };
    run([0x99, 'BALANCE', 3, 'SLOAD', 3, 'SLOAD', 7, 2, 0, 'LOG1'], { options: { tracer } });
    expect(events).toEqual([
      SENDER,
      CONTRACT,
      addressOf(0x99),
      `${CONTRACT} ${word(3)}`,
      `1 ${CONTRACT} 1 2`,
    ]);
  });
});

describe('tracing', () => {
  it('does not change the outcome', () => {
    const items: readonly Item[] = [
      1,
      0,
      'SSTORE',
      0,
      'SLOAD',
      0,
      'MSTORE',
      7,
      32,
      0,
      'LOG1',
      32,
      0,
      'RETURN',
    ];
    expect(run(items, { options: { tracer: { step: () => undefined } } })).toEqual(run(items));
  });

  it('may be broken off by a hook that throws', () => {
    const evm = createEvm();
    const world = createWorld({
      [SENDER]: { balance: 10n ** 18n },
      [CONTRACT]: { code: asm(1, 0, 'SSTORE') },
    });
    let count = 0;
    const tracer: Tracer = {
      step() {
        if (++count === 2) throw new Error('enough');
      },
    };
    expect(() => evm.transact(transactionWith(), BLOCK, world, { tracer })).toThrow('enough');
    expect(evm.transact(transactionWith(), BLOCK, world, { tracer })).toEqual(
      evm.transact(transactionWith(), BLOCK, world),
    );
  });

  it('of system calls', () => {
    const evm = createEvm();
    const world = createWorld({ [CONTRACT]: { code: asm('CALLER', 0, 'MSTORE', 32, 0, 'RETURN') } });
    let seen = 0;
    const outcome = evm.systemCall(CONTRACT, new Uint8Array(0), BLOCK, world, {
      tracer: { step: () => void seen++ },
    });
    expect(outcome.status).toBe('success');
    expect(bytesToHex(outcome.output)).toBe(word(BigInt('0xfffffffffffffffffffffffffffffffffffffffe')));
    expect(seen).toBe(6);
    expect(evm.systemCall(addressOf(0x404), new Uint8Array(0), BLOCK, world).status).toBe('missing-code');
  });
});
