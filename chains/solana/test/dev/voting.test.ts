import { sha256 } from '@ninefold/crypto';
import { utf8ToBytes } from '@ninefold/base';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLS_KEY } from '../../src/dev/validator.ts';
import { type Tower, withVote } from '../../src/dev/voting.ts';
import { IdlRegistry } from '../../src/dev/idls.ts';

const EMPTY: Tower = { votes: [], root: undefined };
const after = (slots: readonly bigint[]): Tower => slots.reduce(withVote, EMPTY);
const shown = ({ votes }: Tower) => votes.map(({ slot, confirmations }) => [slot, confirmations]);

describe('a tower', () => {
  it('deepens with each vote', () => {
    expect(shown(after([1n]))).toEqual([[1n, 1]]);
    expect(shown(after([1n, 2n, 3n]))).toEqual([
      [1n, 3],
      [2n, 2],
      [3n, 1],
    ]);
  });

  it('lets go of votes that have expired', () => {
    // The lockout of 3 ends with slot 5, that of 2 with 6.
    expect(shown(after([1n, 2n, 3n, 6n]))).toEqual([
      [1n, 3],
      [2n, 2],
      [6n, 1],
    ]);
    expect(shown(after([1n, 2n, 3n, 100n]))).toEqual([[100n, 1]]);
  });

  it('roots what has 31 votes on it', () => {
    const slots = Array.from({ length: 33 }, (_, i) => BigInt(i + 1));
    const full = after(slots.slice(0, 31));
    expect(full.votes).toHaveLength(31);
    expect(full.root).toBeUndefined();
    const rooted = after(slots);
    expect(rooted.votes).toHaveLength(31);
    expect(rooted.root).toBe(2n);
  });

  it('is a stack: newer votes are shallower, and all of its slots ascend', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 40n }), { maxLength: 60 }), (steps) => {
        let slot = 0n;
        const { votes, root } = after(steps.map((step) => (slot += step)));
        for (let i = 1; i < votes.length; i++) {
          expect(votes[i]!.slot).toBeGreaterThan(votes[i - 1]!.slot);
          expect(votes[i]!.confirmations).toBeLessThan(votes[i - 1]!.confirmations);
        }
        if (root !== undefined) expect(root).toBeLessThan(votes[0]!.slot);
      }),
    );
  });
});

it("the validator's BLS key is the one of its secret", () => {
  const secret = sha256(utf8ToBytes('ninefold solana bls')).slice();
  secret[0]! &= 0x3f;
  expect(bls12_381.longSignatures.getPublicKey(secret).toBytes()).toEqual(BLS_KEY);
});

describe('interface descriptions', () => {
  it('are the latest of those that count in a slot', () => {
    const slots = fc.array(fc.nat(50), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(slots, fc.nat(60), (given, asked) => {
        const idls = new IdlRegistry();
        const latest = new Map<number, number>();
        for (const [i, slot] of given.entries()) {
          idls.register({ address: 'a', i }, slot);
          latest.set(slot, i);
        }
        const known = [...latest.keys()].filter((slot) => slot <= asked);
        const expected = known.length === 0 ? undefined : { address: 'a', i: latest.get(Math.max(...known)) };
        expect(idls.activeAt('a', asked)).toEqual(expected);
        expect(idls.activeAt('b', asked)).toBeUndefined();
      }),
    );
  });
});
