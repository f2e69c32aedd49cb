import type { Hex } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from './support/asm.ts';
import { asm } from './support/asm.ts';
import { run } from './support/run.ts';
import { addressOf, CONTRACT, word } from './support/world.ts';

// What a frame does, in order, and how it ends.
type Effect =
  | { readonly kind: 'store'; readonly slot: number; readonly value: number }
  | { readonly kind: 'transient'; readonly slot: number; readonly value: number }
  | { readonly kind: 'log'; readonly topic: number }
  | { readonly kind: 'pay'; readonly value: number }
  | { readonly kind: 'call'; readonly frame: Frame };
type Frame = { readonly effects: readonly Effect[]; readonly end: 'STOP' | 'REVERT' | 'INVALID' };

const PAYEE = addressOf(0x9a1d);
const SLOTS = 3;
const MAX_CALLS = 5;
/** Enough for every call of a frame to lose all it is given. */
const gasAt = (depth: number): bigint => 2n ** BigInt(60 - 6 * depth);

const { frame } = fc.letrec<{ frame: Frame; effect: Effect }>((tie) => ({
  frame: fc.record({
    effects: fc.array(tie('effect'), { maxLength: 5 }),
    end: fc.constantFrom('STOP' as const, 'STOP' as const, 'REVERT' as const, 'INVALID' as const),
  }),
  effect: fc.oneof(
    { depthSize: 'small', maxDepth: MAX_CALLS, withCrossShrink: true },
    fc.record({
      kind: fc.constantFrom('store' as const, 'transient' as const),
      slot: fc.nat(SLOTS - 1),
      value: fc.nat(3),
    }),
    fc.record({ kind: fc.constant('log' as const), topic: fc.nat(255) }),
    fc.record({ kind: fc.constant('pay' as const), value: fc.nat(3) }),
    fc.record({ kind: fc.constant('call' as const), frame: tie('frame') }),
  ),
}));

type State = {
  readonly storage: readonly number[];
  readonly transient: readonly number[];
  readonly logs: readonly number[];
  readonly paid: number;
};

/** The model: state is a value, so a failed frame simply has no effect. */
function model(frame: Frame, state: State): State {
  const after = frame.effects.reduce((now, effect) => applied(effect, now), state);
  return frame.end === 'STOP' ? after : state;
}

function applied(effect: Effect, state: State): State {
  if (effect.kind === 'call') return model(effect.frame, state);
  if (effect.kind === 'pay') return { ...state, paid: state.paid + effect.value };
  if (effect.kind === 'log') return { ...state, logs: [...state.logs, effect.topic] };
  if (effect.kind === 'store') return { ...state, storage: state.storage.with(effect.slot, effect.value) };
  return { ...state, transient: state.transient.with(effect.slot, effect.value) };
}

/** One contract per frame, all run on the first one's storage by DELEGATECALL. */
function compile(frame: Frame, contracts: Map<Hex, { readonly code: Hex }>, depth = 0): readonly Item[] {
  const items: Item[] = [];
  for (const effect of frame.effects) {
    if (effect.kind === 'store') items.push(effect.value, effect.slot, 'SSTORE');
    else if (effect.kind === 'transient') items.push(effect.value, effect.slot, 'TSTORE');
    else if (effect.kind === 'log') items.push(effect.topic, 0, 0, 'LOG1');
    else if (effect.kind === 'pay') items.push(0, 0, 0, 0, effect.value, BigInt(PAYEE), 0, 'CALL', 'POP');
    else {
      const code = asm(...compile(effect.frame, contracts, depth + 1));
      const address = addressOf(0x1000 + contracts.size);
      contracts.set(address, { code });
      items.push(0, 0, 0, 0, BigInt(address), gasAt(depth + 1), 'DELEGATECALL', 'POP');
    }
  }
  if (frame.end === 'REVERT') items.push(0, 0, 'REVERT');
  else items.push(frame.end);
  return items;
}

describe('the journal', () => {
  it('undoes exactly what failed frames did: storage, transient storage, logs, balances', () => {
    fc.assert(
      fc.property(frame, (root) => {
        const contracts = new Map<Hex, { readonly code: Hex }>();
        const body = compile({ ...root, end: 'STOP' }, contracts).slice(0, -1);
        // The transient slots are shown by storing them, shifted to be told from zero.
        const shown = Array.from(
          { length: SLOTS },
          (_, i) => [i, 'TLOAD', 100 + i, 'SSTORE'] as const,
        ).flat();
        const initial = { storage: [1, 0, 2], transient: [0, 0, 0], logs: [], paid: 0 };
        const outcome = run([...body, ...shown], {
          self: { balance: 1000n, storage: { [word(0)]: word(1), [word(2)]: word(2) } },
          accounts: Object.fromEntries(contracts),
          transaction: { gasLimit: 2n ** 62n },
        });
        expect(outcome.status).toBe('success');
        const expected = model({ ...root, end: 'STOP' }, initial);

        const storage = outcome.changes.accounts.get(CONTRACT)?.storage ?? new Map();
        initial.storage.forEach((before, slot) => {
          const after = expected.storage[slot] as number;
          expect(storage.get(word(slot))).toBe(after === before ? undefined : word(after));
        });
        expected.transient.forEach((value, slot) => {
          expect(storage.get(word(100 + slot))).toBe(value === 0 ? undefined : word(value));
        });
        expect(outcome.logs.map(({ topics }) => Number(topics[0]))).toEqual(expected.logs);
        const paid = outcome.changes.accounts.get(PAYEE)?.account?.balance ?? 0n;
        expect(paid).toBe(BigInt(expected.paid));
      }),
      { numRuns: 300 },
    );
  });

  it('grows with the changes: many slots, many logs, many accounts', () => {
    const items: Item[] = [];
    for (let i = 0; i < 400; i++) items.push(i + 1, i, 'SSTORE', 0x5000 + i, 'BALANCE', 0, 0, 'LOG1');
    const outcome = run(items, { transaction: { gasLimit: 2n ** 40n } });
    expect(outcome.changes.accounts.get(CONTRACT)?.storage.size).toBe(400);
    expect(outcome.logs).toHaveLength(400);
    expect(outcome.logs[399]?.topics).toEqual([word(0)]);
  });
});

describe('touched empty accounts (EIP-161)', () => {
  const empty = addressOf(0xe117);
  const call: readonly Item[] = [0, 0, 0, 0, 0, BigInt(empty), 1000, 'CALL'];

  it('vanish, and are made before it', () => {
    const given = { accounts: { [empty]: {} } };
    expect(run(call, { ...given, fork: 'byzantium' }).changes.accounts.get(empty)?.account).toBeUndefined();
    expect(run(call, { ...given, fork: 'byzantium' }).changes.accounts.has(empty)).toBe(true);
    expect(run(call, { fork: 'byzantium' }).changes.accounts.has(empty)).toBe(false);
    expect(run(call, { fork: 'homestead' }).changes.accounts.get(empty)?.account).toMatchObject({
      balance: 0n,
    });
  });

  it('stay when the frame that touched them failed, but RIPEMD-160’s does not', () => {
    const ripemd = addressOf(3);
    const fork = 'byzantium';
    const failing = (target: Hex): Hex => asm(0, 0, 0, 0, 0, BigInt(target), 1000, 'CALL', 'INVALID');
    const outer: readonly Item[] = [0, 0, 0, 0, 0, 0xfa11, 100_000, 'CALL'];
    const outcome = (target: Hex): ReturnType<typeof run> =>
      run(outer, { fork, accounts: { [target]: {}, [addressOf(0xfa11)]: { code: failing(target) } } });
    expect(outcome(empty).changes.accounts.has(empty)).toBe(false);
    expect(outcome(ripemd).changes.accounts.get(ripemd)).toMatchObject({ account: undefined });
  });
});
