import { bytesToHex, seededRng } from '@ninefold/base';
import { type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashCoins } from '../src/ledger/coins.ts';
import { TransactionIndex } from '../src/ledger/transaction-index.ts';
import { BitcoinNode } from '../src/node.ts';
import { isReject } from '../src/pool/accept.ts';
import type { PoolEntry } from '../src/pool/mempool.ts';
import { nodeScene, outputOf, P2TR, spend, type Spendable } from './support.ts';

const idsOf = (node: BitcoinNode): string[] => [...node.pool.entries()].map(({ id }) => id).sort();
const idOf = (tx: Transaction): string => bytesToHex(txidOf(tx).toReversed()).slice(2);

/** All that a node knows which does not depend on the way it came there. */
const stateOf = (node: BitcoinNode): object => ({
  tip: node.chain.tip.hash,
  coins: bytesToHex(hashCoins(node.chain.coins)),
  count: node.chain.coins.size,
  pool: idsOf(node),
  poolFees: node.pool.fees,
  poolSize: node.pool.vsize,
  index: node.index.size,
});

/** Random payments from ripe coins and from each other. */
function fill(node: BitcoinNode, sources: readonly Spendable[], seed: number, count: number): void {
  const rng = seededRng(seed);
  const open = [...sources];
  for (let i = 0; i < count; i++) {
    const from = open.splice(rng.below(open.length), 1)[0];
    if (from === undefined) return;
    const result = node.accept(
      spend([from], { fee: BigInt(500 + rng.below(5000)), count: 1 + rng.below(2) }),
    );
    if (isReject(result)) continue;
    result.entry.tx.outputs.forEach((_, vout) => open.push(outputOf(result.entry, vout)));
  }
}

describe('a reorganisation', () => {
  it('and its reverse leave all as it was', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), (seed, depth) => {
        const { node, coinbase } = nodeScene();
        const ripe = Array.from({ length: 8 }, (_, i) => coinbase(i + 1));
        for (let i = 0; i < depth; i++) {
          fill(node, ripe.splice(0, 2), seed + i, 6);
          node.generate(1, P2TR);
        }
        fill(node, ripe, seed + 9, 6);
        const before = stateOf(node);
        const from = node.chain.at(node.chain.tip.height - depth + 1)!.hash;
        node.chain.invalidate(from);
        expect(node.pool.size).toBeGreaterThanOrEqual((before as { pool: string[] }).pool.length);
        node.chain.reconsider(from);
        expect(stateOf(node)).toEqual(before);
      }),
      { numRuns: 10 },
    );
  });

  it('gives the same coins as the new branch alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 3 }), (seed, depth) => {
        const { node, coinbase, clock } = nodeScene();
        const ripe = Array.from({ length: 6 }, (_, i) => coinbase(i + 1));
        const other = new BitcoinNode({ clock, parent: node });
        fill(node, ripe.slice(0, 4), seed, 8);
        node.generate(depth, P2TR);
        fill(other, ripe.slice(2), seed + 1, 8);
        other.generate(depth + 1, P2TR);
        const start = node.chain.tip.height - depth;
        for (let height = start + 1; height <= other.chain.tip.height; height++) {
          node.submitBlock(other.chain.at(height)!.block);
        }
        const { tip, coins, count, index } = stateOf(other) as Record<string, unknown>;
        expect(stateOf(node)).toMatchObject({ tip, coins, count, index });
        // What waits could be mined: each next block is valid.
        node.generate(2, P2TR);
        expect(new TransactionIndex(node.chain).size).toBe(node.index.size);
      }),
      { numRuns: 10 },
    );
  });

  it('that fails gives back what its blocks held, and is heard of', () => {
    const { node, coinbase, clock } = nodeScene();
    const kept = node.send(spend([coinbase(1)]));
    const other = new BitcoinNode({ clock, parent: node });
    node.generate(1, P2TR);
    const { tip } = node.chain;
    // Another block of that height with a payment of its own, then one that pays its miner too much.
    const elsewhere = other.send(spend([coinbase(2)]));
    other.pool.remove([other.pool.get(kept.id) as PoolEntry], 'expiry');
    other.generate(1, P2TR);
    const greedy = other.makeBlock(P2TR, [], 1n);
    expect(node.submitBlock(other.chain.tip.block)).toBe('inconclusive');
    let heard = 0;
    node.chain.events.on('settled', () => heard++);
    expect(node.submitBlock(greedy)).toBe('bad-cb-amount');
    expect(node.chain.tip).toBe(tip);
    expect(heard).toBe(1);
    expect(idsOf(node)).toEqual([elsewhere.id]);
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
    expect(node.find(elsewhere.id)?.place?.block.height).toBe(tip.height + 1);
  });

  it('takes away what depends on a reward that is gone', () => {
    const { node, coinbase } = nodeScene({ blocks: 101 });
    const entry = node.send(spend([coinbase(2)]));
    const child = node.send(spend([outputOf(entry)]));
    expect(idsOf(node)).toEqual([entry.id, child.id].sort());
    // At height 101 the second reward is not ripe.
    node.chain.invalidate(node.chain.tip.hash);
    expect(idsOf(node)).toEqual([]);
  });

  it('takes away what is locked again, in height and in time', () => {
    const { node, coinbase, clock } = nodeScene({ blocks: 108 });
    for (let i = 0; i < 12; i++) {
      clock.advance(60_000);
      node.generate(1, P2TR);
    }
    const { tip } = node.chain;
    const byHeight = node.send(spend([coinbase(1)], { locktime: tip.height, sequence: 0 }));
    const byTime = node.send(spend([coinbase(2)], { locktime: tip.medianTime - 1, sequence: 0 }));
    const relative = node.send(spend([coinbase(20)], { sequence: tip.height - 19 }));
    expect(node.pool.size).toBe(3);
    node.chain.invalidate(tip.hash);
    expect(idsOf(node)).toEqual([]);
    node.generate(1, P2TR);
    for (const { tx } of [byHeight, byTime, relative]) {
      expect(isReject(node.accept(tx))).toBe(false);
    }
  });

  it('puts children before parents, and a copy of the node still has both', () => {
    const { node, coinbase, clock } = nodeScene();
    const parent = spend([coinbase(1)]);
    node.send(parent);
    node.generate(1, P2TR);
    const child = spend([outputOf(parent)]);
    node.send(child);
    node.chain.invalidate(node.chain.tip.hash);
    expect([...node.pool.entries()].map(({ tx }) => tx)).toEqual([child, parent]);
    const copy = new BitcoinNode({ clock, parent: node });
    expect(idsOf(copy)).toEqual([idOf(parent), idOf(child)].sort());
    expect(stateOf(copy)).toEqual(stateOf(node));
    expect(copy.template().map(({ tx }) => tx)).toEqual([parent, child]);
  });

  it('leaves the copy of a node alone', () => {
    const { node, coinbase, clock } = nodeScene();
    node.send(spend([coinbase(1)]));
    const copy = new BitcoinNode({ clock, parent: node });
    const before = stateOf(copy);
    node.generate(3, P2TR);
    node.chain.invalidate(node.chain.at(100)!.hash);
    expect(stateOf(copy)).toEqual(before);
  });
});

describe('what was added to a fee', () => {
  it('is forgotten with the block that holds the transaction, not before', () => {
    const { node, coinbase } = nodeScene();
    const entry = node.send(spend([coinbase(1)], { fee: 200n }));
    node.pool.prioritise(entry.id, 5000n);
    expect(node.pool.modifiedFee(entry)).toBe(5200n);
    const other = node.send(spend([coinbase(2)]));
    node.generateBlock(P2TR, [other.tx]);
    expect([...node.pool.deltas()]).toEqual([[entry.id, 5000n]]);
    node.generate(1, P2TR);
    expect([...node.pool.deltas()]).toEqual([]);
    node.chain.invalidate(node.chain.tip.hash);
    expect(node.pool.modifiedFee(node.pool.get(entry.id)!)).toBe(200n);
  });

  it('also of what never came, and cancels out', () => {
    const { node } = nodeScene();
    node.pool.prioritise('ab', 7n);
    node.pool.prioritise('ab', -3n);
    expect(node.pool.deltaOf('ab')).toBe(4n);
    node.pool.prioritise('ab', -4n);
    expect(node.pool.deltas().size).toBe(0);
  });
});
