import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT } from '@ninefold/vm-bitcoin-script';
import { BLOCK_RESERVED_WEIGHT, feeAt, type Policy } from '../spec/policy.ts';
import { ancestorsOf, descendantsOf, inDependencyOrder, type Mempool, type PoolEntry } from './mempool.ts';

/** Signature checks that are left for the coinbase. */
const RESERVED_SIGOPS = 400;

/** An entry with those it needs that are not chosen yet: what it pays as a whole. */
type Candidate = {
  readonly entry: PoolEntry;
  readonly needs: ReadonlySet<PoolEntry>;
  readonly fees: bigint;
  readonly vsize: number;
};

/**
 * What the next block should hold: again and again the entry that, with all it depends on, pays the
 * best rate. Parents stand before children.
 */
export function selectForBlock(pool: Mempool, policy: Policy): PoolEntry[] {
  const chosen = new Set<PoolEntry>();
  const refused = new Set<PoolEntry>();
  const heap = new CandidateHeap();
  const latest = new Map<PoolEntry, Candidate>();
  const offer = (entry: PoolEntry): void => {
    const needs = ancestorsOf([entry]);
    for (const need of needs) if (chosen.has(need)) needs.delete(need);
    const { fees, vsize } = pool.totalsOf(needs);
    const candidate = { entry, needs, fees, vsize };
    latest.set(entry, candidate);
    heap.push(candidate);
  };
  for (const entry of pool.entries()) offer(entry);
  let weight = BLOCK_RESERVED_WEIGHT;
  let sigops = RESERVED_SIGOPS;
  for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
    // Offered again since, with others to bring along.
    if (latest.get(best.entry) !== best || chosen.has(best.entry)) continue;
    if (best.fees < feeAt(policy.blockMinFeeRate, best.vsize)) break;
    let [moreWeight, moreSigops] = [0, 0];
    for (const need of best.needs) {
      moreWeight += need.weight;
      moreSigops += need.sigopCost;
    }
    const fits = weight + moreWeight <= MAX_BLOCK_WEIGHT && sigops + moreSigops <= MAX_BLOCK_SIGOPS_COST;
    if (!fits || [...best.needs].some((need) => refused.has(need))) {
      refused.add(best.entry);
      continue;
    }
    weight += moreWeight;
    sigops += moreSigops;
    for (const need of inDependencyOrder(best.needs)) chosen.add(need);
    for (const below of descendantsOf(best.needs)) if (!chosen.has(below)) offer(below);
  }
  return [...chosen];
}

/** A binary heap, the best rate on top; of equal rates the smaller id, so that blocks do not depend on chance. */
class CandidateHeap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(item, items[above] as Candidate)) break;
      items[at] = items[above] as Candidate;
      at = above;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      const right = items[below + 1];
      if (right !== undefined && isBefore(right, items[below] as Candidate)) below++;
      if (!isBefore(items[below] as Candidate, last)) break;
      items[at] = items[below] as Candidate;
      at = below;
    }
    items[at] = last;
    return top;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  const left = a.fees * BigInt(b.vsize);
  const right = b.fees * BigInt(a.vsize);
  return left === right ? a.entry.id < b.entry.id : left > right;
}
