import { isNinefoldError } from '@ninefold/base';
import { decodeBlock, type Transaction } from '@ninefold/vm-bitcoin-script';
import type { ChainView, DisputeWatch, Sighting } from '@ninefold/vm-bitvm';
import type { BitcoinRpc } from './bitcoin-rpc.ts';

type FollowedBlock = { readonly hash: string; readonly concerned: readonly Transaction[] };

/** Keeps up with a node's blocks and mempool, and knows what in them concerns a dispute. */
export class ChainFollower {
  readonly #rpc: BitcoinRpc;
  readonly #watch: DisputeWatch;
  readonly #from: number;
  /** From the first height on. */
  readonly #blocks: FollowedBlock[] = [];
  /** What waits, by id; what does not concern the dispute as undefined, so that it is asked for once. */
  #waiting: Map<string, Transaction | undefined> = new Map();

  /** @param from height of the first block that may concern the dispute */
  constructor(rpc: BitcoinRpc, watch: DisputeWatch, from: number) {
    this.#rpc = rpc;
    this.#watch = watch;
    this.#from = from;
  }

  /**
   * What the node sees now.
   *
   * @throws `BITVM_RPC_…`
   */
  async poll(): Promise<ChainView> {
    const tip = await this.#followBlocks();
    await this.#followMempool();
    const sightings: Sighting[] = [];
    this.#blocks.forEach(({ concerned }, i) => {
      for (const tx of concerned) sightings.push({ tx, height: this.#from + i });
    });
    for (const tx of this.#waiting.values()) if (tx !== undefined) sightings.push({ tx, height: undefined });
    return { tip, sightings };
  }

  async #followBlocks(): Promise<number> {
    const tip = await this.#rpc.height();
    this.#blocks.length = Math.min(this.#blocks.length, Math.max(0, tip - this.#from + 1));
    // Blocks that were taken back.
    for (; this.#blocks.length > 0; this.#blocks.pop()) {
      const last = this.#blocks[this.#blocks.length - 1] as FollowedBlock;
      if ((await this.#rpc.blockHash(this.#from + this.#blocks.length - 1)) === last.hash) break;
    }
    for (let height = this.#from + this.#blocks.length; height <= tip; height++) {
      const hash = await this.#rpc.blockHash(height);
      const { transactions } = decodeBlock(await this.#rpc.block(hash));
      this.#blocks.push({ hash, concerned: transactions.filter((tx) => this.#watch.concerns(tx)) });
    }
    return tip;
  }

  async #followMempool(): Promise<void> {
    const waiting = new Map<string, Transaction | undefined>();
    for (const id of await this.#rpc.mempool()) {
      if (this.#waiting.has(id)) {
        waiting.set(id, this.#waiting.get(id));
        continue;
      }
      try {
        const tx = await this.#rpc.transaction(id);
        waiting.set(id, this.#watch.concerns(tx) ? tx : undefined);
      } catch (error) {
        // It may have got into a block in between: then the next poll finds it there.
        if (!isNinefoldError(error, 'BITVM_RPC_FAILED')) throw error;
      }
    }
    this.#waiting = waiting;
  }
}
