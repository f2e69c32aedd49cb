import type { Hex } from '@ninefold/base';
import { createMemoryStore } from '@ninefold/state';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chain, ChainSnapshot } from '../../src/ledger/types.ts';
import { accounts, createTestChain, mine, RECEIVER, transfer, word } from './harness.ts';

// Which state a block leaves must not depend on who was asked what before: the cache in front of the
// tries wanders from block to block, and heads move, return and fork.

const SLOTS: readonly Hex[] = [word(1), word(2), word(3)];

/** What can be read of the state after a block. */
type Reading = {
  readonly sender: unknown;
  readonly receiver: unknown;
  readonly slots: readonly (Hex | undefined)[];
};

function read(chain: Chain, hash: Hex): Reading {
  const world = chain.worldAt(hash);
  return {
    sender: world.account(accounts[0]!),
    receiver: world.account(RECEIVER),
    slots: SLOTS.map((slot) => world.storage(RECEIVER, slot)),
  };
}

type Step =
  | { readonly kind: 'mine'; readonly slot: number; readonly value: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'build'; readonly slot: number }
  | { readonly kind: 'read' | 'head'; readonly block: number }
  | { readonly kind: 'amend'; readonly balance: number }
  | { readonly kind: 'snapshot' | 'revert' | 'fork' };

const slot = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('mine' as const), slot, value: fc.nat({ max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('empty' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('build' as const), slot }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('read' as const, 'head' as const),
      block: fc.nat({ max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('amend' as const), balance: fc.nat({ max: 9 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('snapshot' as const, 'revert' as const, 'fork' as const),
    }),
  },
);

/** Runs the steps and compares every block's state with what it was when the block came. */
async function play(first: Chain, steps: readonly Step[]): Promise<void> {
  let chain = first;
  const opened = [first];
  let expected = new Map<Hex, Reading>([[chain.head().hash, read(chain, chain.head().hash)]]);
  let saved:
    | { readonly chain: Chain; readonly at: ChainSnapshot; readonly expected: typeof expected }
    | undefined;
  const nonce = (): bigint => chain.worldAt(chain.head().hash).account(accounts[0]!)?.nonce ?? 0n;
  const writing = (index: number, value: number): ReturnType<typeof transfer> =>
    transfer(0, nonce(), { writes: [[SLOTS[index]!, word(value)]] });
  const note = (): void => void expected.set(chain.head().hash, read(chain, chain.head().hash));

  for (const each of steps) {
    switch (each.kind) {
      case 'mine':
        mine(chain, [writing(each.slot, each.value)]);
        note();
        break;
      case 'empty':
        mine(chain);
        note();
        break;
      case 'build': {
        // A block that is sealed and thrown away takes nothing from the head.
        const builder = chain.createBuilder({ timestamp: chain.head().block.header.timestamp + 1n });
        builder.add(writing(each.slot, 77));
        expect(builder.seal().world.storage(RECEIVER, SLOTS[each.slot]!)).toBe(word(77));
        break;
      }
      case 'read':
      case 'head': {
        const hash = [...expected.keys()][each.block % expected.size]!;
        if (each.kind === 'head') chain.setHead(hash);
        else expect(read(chain, hash)).toEqual(expected.get(hash));
        break;
      }
      case 'amend': {
        const account = chain.worldAt(chain.head().hash).account(accounts[0]!)!;
        const change = {
          account: { ...account, balance: account.balance + BigInt(each.balance) },
          storageCleared: false,
          storage: new Map<Hex, Hex>(),
        };
        chain.amendHead({ accounts: new Map([[accounts[0]!, change]]), codes: new Map() });
        note();
        break;
      }
      case 'snapshot':
        saved = { chain, at: chain.snapshot(), expected: new Map(expected) };
        break;
      case 'revert':
        if (saved?.chain !== chain) break;
        chain.revert(saved.at);
        expected = new Map(saved.expected);
        break;
      case 'fork':
        // The child goes on where its parent stands; the parent's states stay as they are.
        chain = chain.fork();
        opened.push(chain);
        break;
    }
  }
  for (const [hash, reading] of expected) expect(read(chain, hash)).toEqual(reading);
  for (const each of opened.toReversed()) await each.close();
}

describe('the state after each block stays what it was', () => {
  it('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) =>
        play(createTestChain(), steps),
      ),
      { numRuns: 60 },
    );
  });

  it('in a store', async () => {
    // A fork of a durable chain does not follow what its parent's store goes on to lose or gain.
    const durable = fc.array(
      step.filter(({ kind }) => kind !== 'fork' && kind !== 'amend'),
      { minLength: 5, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(durable, (steps) => play(createTestChain({ store: createMemoryStore() }), steps)),
      { numRuns: 30 },
    );
  });
});
