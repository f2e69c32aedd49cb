import type { Mempool } from './mempool.ts';

/** Confirmed transactions that an estimate needs. */
const LEAST_SAMPLES = 50;
/** Of the latest confirmations, so many are looked at. */
const KEPT_SAMPLES = 2000;
/** An estimate is the rate that this share of samples has got by with in time. */
const SUCCESS_SHARE = 0.85;

type Sample = { readonly rate: number; readonly blocks: number };

/**
 * Rates that have got transactions into blocks within some time: learned from those that have
 * waited here.
 */
export class FeeEstimator {
  readonly #samples: Sample[] = [];

  /** Listens to what leaves for a block. */
  constructor(pool: Mempool, height: () => number) {
    pool.events.on('removed', ({ entry, reason }) => {
      if (reason !== 'block') return;
      const blocks = height() - entry.height;
      if (blocks < 1) return;
      this.#samples.push({ rate: Number((entry.fee * 1000n) / BigInt(entry.vsize)), blocks });
      if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
    });
  }

  /** Satoshi for 1000 virtual bytes; undefined while there is not enough to tell. */
  estimate(target: number): bigint | undefined {
    if (this.#samples.length < LEAST_SAMPLES) return undefined;
    const sorted = [...this.#samples].sort((a, b) => b.rate - a.rate);
    let inTime = 0;
    let best: number | undefined;
    // From the highest rate down, as long as most have come in time.
    for (const [i, { rate, blocks }] of sorted.entries()) {
      if (blocks <= target) inTime++;
      if (inTime / (i + 1) < SUCCESS_SHARE) break;
      best = rate;
    }
    return best === undefined ? undefined : BigInt(best);
  }
}
