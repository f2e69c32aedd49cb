import type { Hex } from '@ninefold/base';
import { isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PooledTransaction, SenderView } from '../../src/pool/pool.ts';
import { TransactionPool } from '../../src/pool/pool.ts';
import { effectiveTip, maxFeePerGas, upfrontCost } from '../../src/pool/price.ts';

const ETHER = 10n ** 18n;

function senderName(index: number): Hex {
  return `0x${(index + 1).toString(16).padStart(40, '0')}`;
}

let counter = 0;

type Wanted = { sender?: number; nonce?: number; cap?: number; tip?: number; value?: bigint };

/** A transaction with just what the pool looks at. */
function pooled({ sender = 0, nonce = 0, cap = 10, tip = 1, value = 0n }: Wanted = {}): PooledTransaction {
  const hash: Hex = `0x${(++counter).toString(16).padStart(64, '0')}`;
  return {
    hash,
    sender: senderName(sender),
    sidecar: undefined,
    transaction: {
      type: 2,
      chainId: 1n,
      nonce: BigInt(nonce),
      gasLimit: 21_000n,
      to: senderName(99),
      value,
      data: new Uint8Array(0),
      maxFeePerGas: BigInt(cap),
      maxPriorityFeePerGas: BigInt(tip),
      accessList: [],
      yParity: 0,
      r: 1n,
      s: 1n,
    },
  };
}

function blobs(sender: number, price: number, blobPrice: number): PooledTransaction {
  const { hash, transaction } = pooled({ sender, cap: price, tip: price });
  return {
    hash,
    sender: senderName(sender),
    sidecar: undefined,
    transaction: {
      ...transaction,
      type: 3,
      to: senderName(99),
      maxFeePerBlobGas: BigInt(blobPrice),
      blobVersionedHashes: [`0x01${'00'.repeat(31)}`],
    } as PooledTransaction['transaction'],
  };
}

const rich: SenderView = () => ({ nonce: 0n, balance: ETHER });

function at(nonces: Readonly<Record<number, number>>, balance = ETHER): SenderView {
  return (address) => ({ nonce: BigInt(nonces[Number(BigInt(address)) - 1] ?? 0), balance });
}

function codeOf(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return 'none';
}

function drain(pool: TransactionPool, baseFee = 0n, order: 'fees' | 'fifo' = 'fees'): readonly Hex[] {
  const cursor = pool.best(baseFee, order);
  const hashes: Hex[] = [];
  for (let next = cursor.next(); next !== undefined; next = cursor.next()) hashes.push(next.hash);
  return hashes;
}

describe('queues', () => {
  it('keeps transactions behind a gap until the gap is closed', () => {
    const pool = new TransactionPool(rich);
    const [first, second, third] = [pooled({ nonce: 0 }), pooled({ nonce: 1 }), pooled({ nonce: 2 })];
    pool.add(third);
    pool.add(first);
    expect(pool.counts()).toEqual({ pending: 1, queued: 1 });
    expect(pool.nextNonce(senderName(0))).toBe(1n);
    pool.add(second);
    expect(pool.counts()).toEqual({ pending: 3, queued: 0 });
    expect(pool.nextNonce(senderName(0))).toBe(3n);
    expect(
      pool
        .pending()
        .get(senderName(0))
        ?.map(({ hash }) => hash),
    ).toEqual([first.hash, second.hash, third.hash]);
  });

  it('tells who could be mined now, once each', () => {
    const pool = new TransactionPool(rich);
    const heard: Hex[] = [];
    pool.events.on('pending', ({ hash }) => heard.push(hash));
    const [first, second] = [pooled({ nonce: 0 }), pooled({ nonce: 1 })];
    pool.add(second);
    expect(heard).toEqual([]);
    pool.add(first);
    expect(heard).toEqual([first.hash, second.hash]);
  });

  it('lets later ones wait when one is removed', () => {
    const pool = new TransactionPool(rich);
    const first = pooled({ nonce: 0 });
    pool.add(first);
    pool.add(pooled({ nonce: 1 }));
    expect(pool.remove(first.hash)?.hash).toBe(first.hash);
    expect(pool.remove(first.hash)).toBeUndefined();
    expect(pool.counts()).toEqual({ pending: 0, queued: 1 });
    expect(pool.queued().get(senderName(0))).toHaveLength(1);
  });

  it('is empty after clear, for one sender or for all', () => {
    const pool = new TransactionPool(rich);
    for (const sender of [0, 1, 2]) pool.add(pooled({ sender }));
    pool.clear(senderName(1));
    expect(pool.size).toBe(2);
    pool.clear();
    expect(pool.size).toBe(0);
    expect(pool.pending().size).toBe(0);
  });

  it('knows its transactions by hash', () => {
    const pool = new TransactionPool(rich);
    const one = pooled();
    pool.add(one);
    expect(pool.get(one.hash)?.transaction).toBe(one.transaction);
    expect(pool.get(pooled().hash)).toBeUndefined();
  });
});

describe('refusals', () => {
  it('the same transaction twice', () => {
    const pool = new TransactionPool(rich);
    const one = pooled();
    pool.add(one);
    expect(codeOf(() => pool.add(one))).toBe('ETH_POOL_ALREADY_KNOWN');
  });

  it('a nonce that is used up', () => {
    const pool = new TransactionPool(at({ 0: 5 }));
    expect(codeOf(() => pool.add(pooled({ nonce: 4 })))).toBe('ETH_POOL_NONCE_TOO_LOW');
    expect(codeOf(() => pool.add(pooled({ nonce: 5 })))).toBe('none');
  });

  it('what the sender cannot pay, to the wei', () => {
    const cost = upfrontCost(pooled({ value: 7n }).transaction);
    const view: SenderView = () => ({ nonce: 0n, balance: cost });
    expect(codeOf(() => new TransactionPool(view).add(pooled({ value: 7n })))).toBe('none');
    expect(codeOf(() => new TransactionPool(view).add(pooled({ value: 8n })))).toBe(
      'ETH_POOL_INSUFFICIENT_FUNDS',
    );
  });

  it('more than one sender may have', () => {
    const pool = new TransactionPool(rich, { perSender: 2, total: 10 });
    pool.add(pooled({ nonce: 0 }));
    pool.add(pooled({ nonce: 1 }));
    expect(codeOf(() => pool.add(pooled({ nonce: 2 })))).toBe('ETH_POOL_SENDER_FULL');
    expect(codeOf(() => pool.add(pooled({ sender: 1 })))).toBe('none');
  });

  it('more than there is room for, unless it pays more than the cheapest', () => {
    const pool = new TransactionPool(rich, { perSender: 10, total: 2 });
    const cheap = pooled({ sender: 0, tip: 2 });
    pool.add(cheap);
    pool.add(pooled({ sender: 1, tip: 5 }));
    expect(codeOf(() => pool.add(pooled({ sender: 2, tip: 2 })))).toBe('ETH_POOL_FULL');
    expect(codeOf(() => pool.add(pooled({ sender: 2, tip: 3 })))).toBe('none');
    expect(pool.get(cheap.hash)).toBeUndefined();
    expect(pool.size).toBe(2);
  });
});

describe('replacement', () => {
  it.each([
    { cap: 109, tip: 110, accepted: false },
    { cap: 110, tip: 109, accepted: false },
    { cap: 110, tip: 110, accepted: true },
    { cap: 1000, tip: 100, accepted: false },
  ])('of 100/100 by $cap/$tip: $accepted', ({ cap, tip, accepted }) => {
    const pool = new TransactionPool(rich);
    const old = pooled({ cap: 100, tip: 100 });
    pool.add(old);
    const offer = pooled({ cap, tip });
    expect(codeOf(() => pool.add(offer))).toBe(accepted ? 'none' : 'ETH_POOL_REPLACEMENT_UNDERPRICED');
    expect(pool.get(old.hash) === undefined).toBe(accepted);
    expect(pool.size).toBe(1);
  });

  it('takes a tenth more, rounded down, and at least one wei', () => {
    const takes = (old: number, offer: number): boolean => {
      const pool = new TransactionPool(rich);
      pool.add(pooled({ cap: old, tip: old }));
      return codeOf(() => pool.add(pooled({ cap: offer, tip: offer }))) === 'none';
    };
    // 110 % of 15 is 16.5: geth compares with 16.
    expect([takes(15, 16), takes(19, 20), takes(20, 21), takes(20, 22)]).toEqual([true, true, false, true]);
    expect([takes(5, 5), takes(5, 6), takes(0, 0), takes(0, 1)]).toEqual([false, true, false, true]);
  });

  it('is heard of as a new pending transaction and a dropped one', () => {
    const pool = new TransactionPool(rich);
    const heard: string[] = [];
    pool.events.on('pending', ({ hash }) => heard.push(`pending ${hash}`));
    pool.events.on('dropped', ({ hash }) => heard.push(`dropped ${hash}`));
    const [old, offer] = [pooled({ cap: 10, tip: 10 }), pooled({ cap: 20, tip: 20 })];
    pool.add(old);
    pool.add(offer);
    expect(heard).toEqual([`pending ${old.hash}`, `dropped ${old.hash}`, `pending ${offer.hash}`]);
  });

  it('of blobs takes twice every price', () => {
    const pool = new TransactionPool(rich);
    pool.add(blobs(0, 10, 10));
    expect(codeOf(() => pool.add(blobs(0, 20, 19)))).toBe('ETH_POOL_REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(blobs(0, 19, 20)))).toBe('ETH_POOL_REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(pooled({ cap: 50, tip: 50 })))).toBe('ETH_POOL_REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(blobs(0, 20, 20)))).toBe('none');
  });
});

describe('the order of a block', () => {
  it('is by effective tip, then by arrival', () => {
    const pool = new TransactionPool(rich);
    const low = pooled({ sender: 0, cap: 100, tip: 1 });
    const capped = pooled({ sender: 1, cap: 12, tip: 9 });
    const high = pooled({ sender: 2, cap: 100, tip: 5 });
    const late = pooled({ sender: 3, cap: 100, tip: 5 });
    for (const each of [low, capped, high, late]) pool.add(each);
    // At a base fee of 10 the second one has only 2 left for a tip.
    expect(drain(pool, 10n)).toEqual([high.hash, late.hash, capped.hash, low.hash]);
    expect(drain(pool, 10n, 'fifo')).toEqual([low.hash, capped.hash, high.hash, late.hash]);
  });

  it('keeps each sender in order of nonce even when a later one pays more', () => {
    const pool = new TransactionPool(rich);
    const first = pooled({ sender: 0, nonce: 0, tip: 1 });
    const second = pooled({ sender: 0, nonce: 1, tip: 9 });
    const other = pooled({ sender: 1, tip: 5 });
    for (const each of [first, second, other]) pool.add(each);
    expect(drain(pool)).toEqual([other.hash, first.hash, second.hash]);
  });

  it('ends with what cannot pay the base fee', () => {
    const pool = new TransactionPool(rich);
    const good = pooled({ sender: 0, nonce: 0, cap: 20 });
    pool.add(good);
    pool.add(pooled({ sender: 0, nonce: 1, cap: 5 }));
    pool.add(pooled({ sender: 0, nonce: 2, cap: 20 }));
    pool.add(pooled({ sender: 1, cap: 5 }));
    expect(drain(pool, 10n)).toEqual([good.hash]);
    expect(drain(pool, 10n, 'fifo')).toEqual([good.hash]);
  });

  it('leaves out a sender on demand', () => {
    const pool = new TransactionPool(rich);
    pool.add(pooled({ sender: 0, nonce: 0, tip: 9 }));
    pool.add(pooled({ sender: 0, nonce: 1, tip: 9 }));
    const other = pooled({ sender: 1, tip: 1 });
    pool.add(other);
    const cursor = pool.best(0n);
    cursor.next();
    cursor.skipSender();
    expect(cursor.next()?.hash).toBe(other.hash);
    expect(cursor.next()).toBeUndefined();
  });
});

describe('a new head', () => {
  it('takes included, overtaken and unpayable ones out', () => {
    const pool = new TransactionPool(rich);
    pool.add(pooled({ sender: 0, nonce: 0 }));
    const next = pooled({ sender: 0, nonce: 1 });
    pool.add(next);
    pool.add(pooled({ sender: 1, nonce: 0 }));
    pool.reset((address) => ({ nonce: 1n, balance: address === senderName(0) ? ETHER : 0n }));
    expect(drain(pool)).toEqual([next.hash]);
    expect(pool.size).toBe(1);
  });

  it('brings back what an abandoned block held, as far as it still fits', () => {
    const pool = new TransactionPool(at({ 0: 2 }));
    const waiting = pooled({ nonce: 2 });
    pool.add(waiting);
    const [first, second, overtaken] = [
      pooled({ nonce: 0 }),
      pooled({ nonce: 1 }),
      pooled({ sender: 1, nonce: 0 }),
    ];
    pool.reset(at({ 0: 0, 1: 1 }), [first, second, overtaken]);
    expect(drain(pool)).toEqual([first.hash, second.hash, waiting.hash]);
    expect(pool.get(overtaken.hash)).toBeUndefined();
  });

  it('can be followed by a return to a snapshot', () => {
    const pool = new TransactionPool(rich);
    const [first, second] = [pooled({ nonce: 0 }), pooled({ nonce: 1 })];
    pool.add(second);
    pool.add(first);
    const snapshot = pool.snapshot();
    pool.clear();
    pool.add(pooled({ sender: 1 }));
    pool.restore(snapshot, rich);
    expect(drain(pool)).toEqual([first.hash, second.hash]);
    expect(pool.size).toBe(2);
  });
});

/** The pool's rules in the plainest form: a list, searched from end to end. */
class NaivePool {
  readonly list: PooledTransaction[] = [];
  readonly nonces: number[] = [0, 0, 0];

  add(offer: PooledTransaction): string {
    const index = Number(BigInt(offer.sender)) - 1;
    const { transaction } = offer;
    if (transaction.nonce < BigInt(this.nonces[index] as number)) return 'ETH_POOL_NONCE_TOO_LOW';
    const rival = this.list.findIndex(
      (each) => each.sender === offer.sender && each.transaction.nonce === transaction.nonce,
    );
    if (rival < 0) {
      this.list.push(offer);
      return 'none';
    }
    const old = (this.list[rival] as PooledTransaction).transaction;
    const more = (a: bigint, b: bigint): boolean => a > b && a >= (b * 110n) / 100n;
    const tip = (each: typeof old): bigint => (each as { maxPriorityFeePerGas: bigint }).maxPriorityFeePerGas;
    if (!more(maxFeePerGas(transaction), maxFeePerGas(old)) || !more(tip(transaction), tip(old))) {
      return 'ETH_POOL_REPLACEMENT_UNDERPRICED';
    }
    this.list.splice(rival, 1);
    this.list.push(offer);
    return 'none';
  }

  remove(hash: Hex): void {
    const at = this.list.findIndex((each) => each.hash === hash);
    if (at >= 0) this.list.splice(at, 1);
  }

  mine(sender: number): void {
    const next = BigInt(this.nonces[sender] as number);
    const found = this.list.find(
      (each) => each.sender === senderName(sender) && each.transaction.nonce === next,
    );
    if (found === undefined) return;
    this.nonces[sender] = (this.nonces[sender] as number) + 1;
    this.remove(found.hash);
  }

  ready(): PooledTransaction[] {
    return this.list.filter((each) => {
      const index = Number(BigInt(each.sender)) - 1;
      for (let nonce = BigInt(this.nonces[index] as number); nonce < each.transaction.nonce; nonce++) {
        if (!this.list.some((other) => other.sender === each.sender && other.transaction.nonce === nonce)) {
          return false;
        }
      }
      return true;
    });
  }

  /** By repeated search for the best one whose predecessors are taken. */
  order(baseFee: bigint): readonly Hex[] {
    const left = this.ready();
    const order: Hex[] = [];
    const over = new Set<Hex>();
    for (;;) {
      let best: PooledTransaction | undefined;
      for (const each of left) {
        const earlier = left.some(
          (other) => other.sender === each.sender && other.transaction.nonce < each.transaction.nonce,
        );
        if (earlier || over.has(each.sender)) continue;
        if (
          best === undefined ||
          effectiveTip(each.transaction, baseFee) > effectiveTip(best.transaction, baseFee)
        ) {
          best = each;
        }
      }
      if (best === undefined) return order;
      left.splice(left.indexOf(best), 1);
      if (effectiveTip(best.transaction, baseFee) < 0n) over.add(best.sender);
      else order.push(best.hash);
    }
  }
}

describe('laws', () => {
  const action = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        sender: fc.nat(2),
        nonce: fc.nat(6),
        cap: fc.integer({ min: 1, max: 40 }),
        tip: fc.integer({ min: 1, max: 40 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat(20) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('mine' as const), sender: fc.nat(2) }) },
  );

  it('behaves as a list that is searched from end to end', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.bigInt(0n, 40n), (actions, baseFee) => {
        const naive = new NaivePool();
        const view = (): SenderView => at({ ...naive.nonces });
        const pool = new TransactionPool(view());
        for (const step of actions) {
          if (step.do === 'add') {
            const offer = pooled(step);
            expect(codeOf(() => pool.add(offer))).toBe(naive.add(offer));
          } else if (step.do === 'remove') {
            const victim = naive.list[step.which];
            if (victim === undefined) continue;
            naive.remove(victim.hash);
            expect(pool.remove(victim.hash)?.hash).toBe(victim.hash);
          } else {
            naive.mine(step.sender);
            pool.reset(view());
          }
          expect(pool.size).toBe(naive.list.length);
          expect(pool.counts().pending).toBe(naive.ready().length);
        }
        expect(drain(pool, baseFee)).toEqual(naive.order(baseFee));
      }),
      { numRuns: 200 },
    );
  });
});
