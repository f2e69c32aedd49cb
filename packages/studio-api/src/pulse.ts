import type { ChainNews } from './chain.ts';
import type { Pulse } from './types.ts';

/** Blocks whose counts are remembered, of each network: ten minutes of a fast chain. */
export const REMEMBERED_BLOCKS = 6000;

type Beat = { readonly at: number; readonly txs: number; readonly failed: number };

/** How busy a network was, from when its blocks came in. */
export class PulseMeter {
  readonly #beats: Beat[] = [];

  add({ blocks }: ChainNews, now: number): void {
    for (const { txCount, failed } of blocks) this.#beats.push({ at: now, txs: txCount, failed });
    if (this.#beats.length > REMEMBERED_BLOCKS) {
      this.#beats.splice(0, this.#beats.length - REMEMBERED_BLOCKS);
    }
  }

  /** The last `seconds` up to `now`, in buckets that end with the running one. */
  read(net: string, now: number, seconds: number, bucketMs: number): Pulse {
    const count = Math.max(1, Math.ceil((seconds * 1000) / bucketMs));
    const end = (Math.floor(now / bucketMs) + 1) * bucketMs;
    const t0 = end - count * bucketMs;
    const txs = new Array<number>(count).fill(0);
    const failed = new Array<number>(count).fill(0);
    const blocks = new Array<number>(count).fill(0);
    for (const beat of this.#beats) {
      const at = Math.floor((beat.at - t0) / bucketMs);
      if (at < 0 || at >= count) continue;
      txs[at] = (txs[at] as number) + beat.txs;
      failed[at] = (failed[at] as number) + beat.failed;
      blocks[at] = (blocks[at] as number) + 1;
    }
    return { net, t0, bucketMs, txs, failed, blocks };
  }
}
