import { type Bytes, manualClock, type Rng } from '@ninefold/base';
import { BitcoinChain, type BlockEntry, coinKey, mineBlock, regtestParams } from '@ninefold/chain-bitcoin';
import {
  assembleScript,
  isCoinbase,
  plainInput,
  type Transaction,
  type TxOutput,
  txidOf,
  wtxidOf,
  hashToHex,
} from '@ninefold/vm-bitcoin-script';
import type { ChainView, DisputeWatch, Sighting } from '@ninefold/vm-bitvm';

const START = 1_700_000_000;
const MATURITY = 100;
const ANYONE = assembleScript('1');

/** A transaction that waits for a block. */
type Waiting = { readonly tx: Transaction; readonly since: number };

/**
 * A chain whose miners are moody: transactions wait, conflicts are decided by chance, blocks are taken
 * back. Only what is valid gets in: the chain's own rules decide.
 */
export class World {
  readonly chain: BitcoinChain;
  readonly #clock = manualClock(START * 1000);
  readonly #rng: Rng;
  readonly #waiting: Map<string, Waiting> = new Map();
  #extra = 0;
  #faucet: { readonly txid: Bytes; readonly vout: number; readonly value: bigint };

  constructor(rng: Rng) {
    this.#rng = rng;
    this.chain = new BitcoinChain(regtestParams(), this.#clock);
    for (let i = 0; i <= MATURITY; i++) this.mineEmpty();
    const [coinbase] = (this.chain.at(1) as BlockEntry).block.transactions as [Transaction];
    this.#faucet = { txid: txidOf(coinbase), vout: 0, value: coinbase.outputs[0]?.value ?? 0n };
  }

  /** Pays outputs out of the first block's reward; the coins are in a block when this returns. */
  pay(outputs: readonly TxOutput[]): Transaction {
    const { txid, vout, value } = this.#faucet;
    const rest = outputs.reduce((left, output) => left - output.value, value);
    const tx: Transaction = {
      version: 2,
      inputs: [plainInput({ txid, vout })],
      outputs: [...outputs, { value: rest, scriptPubKey: ANYONE }],
      locktime: 0,
    };
    this.#put([tx]);
    this.#faucet = { txid: txidOf(tx), vout: outputs.length, value: rest };
    return tx;
  }

  /** Takes a transaction as a node would: again and again without harm. */
  broadcast(tx: Transaction): void {
    const id = hashToHex(wtxidOf(tx));
    if (!this.#waiting.has(id)) this.#waiting.set(id, { tx, since: this.chain.tip.height });
  }

  /**
   * Mines a block of what waits: each transaction by chance, after `patience` blocks for sure.
   */
  mine(chance: number, patience: number): void {
    const height = this.chain.tip.height;
    const chosen: Transaction[] = [];
    for (const { tx, since } of this.#shuffled()) {
      const isLucky = this.#rng.below(1000) < 1000 * chance || height - since >= patience;
      if (isLucky && this.#fits([...chosen, tx])) chosen.push(tx);
    }
    this.#put(chosen);
  }

  mineEmpty(): void {
    this.#put([]);
  }

  /** Takes the last blocks back and mines one more than there were; their transactions wait again. */
  reorganise(depth: number, chance: number, patience: number): void {
    const from = this.chain.tip.height - depth + 1;
    for (let height = from; height <= this.chain.tip.height; height++) {
      for (const tx of (this.chain.at(height) as BlockEntry).block.transactions) {
        if (!isCoinbase(tx)) this.#waiting.set(hashToHex(wtxidOf(tx)), { tx, since: 0 });
      }
    }
    this.chain.invalidate((this.chain.at(from) as BlockEntry).hash);
    for (let i = 0; i <= depth; i++) this.mine(chance, patience);
  }

  /** What concerns a dispute, in blocks from a height on and waiting. */
  view(watch: DisputeWatch, from: number): ChainView {
    const sightings: Sighting[] = [];
    for (let height = from; height <= this.chain.tip.height; height++) {
      for (const tx of (this.chain.at(height) as BlockEntry).block.transactions) {
        if (watch.concerns(tx)) sightings.push({ tx, height });
      }
    }
    for (const { tx } of this.#waiting.values()) {
      if (watch.concerns(tx) && this.#fits([tx])) sightings.push({ tx, height: undefined });
    }
    return { tip: this.chain.tip.height, sightings };
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.clear();
  }

  #shuffled(): readonly Waiting[] {
    const list = [...this.#waiting.values()];
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.#rng.below(i + 1);
      [list[i], list[j]] = [list[j] as Waiting, list[i] as Waiting];
    }
    return list;
  }

  /** Whether a block of these would be valid next. */
  #fits(transactions: readonly Transaction[]): boolean {
    const last = transactions[transactions.length - 1] as Transaction;
    const isKnown = (key: string): boolean =>
      this.chain.coins.get(key) !== undefined ||
      transactions.some(
        (tx) => tx !== last && key.startsWith(coinKey({ txid: txidOf(tx), vout: 0 }).slice(0, 66)),
      );
    // Cheaper than a block, and what most often fails.
    if (!last.inputs.every(({ prevout }) => isKnown(coinKey(prevout)))) return false;
    return this.chain.testNext(this.#block(transactions)) === undefined;
  }

  #block(transactions: readonly Transaction[]): NonNullable<ReturnType<typeof mineBlock>> {
    const block = mineBlock(this.chain, {
      scriptPubKey: ANYONE,
      transactions,
      time: Math.floor(this.#clock.now() / 1000),
      extra: Uint8Array.of(4, this.#extra & 0xff, (this.#extra >> 8) & 0xff, (this.#extra >> 16) & 0xff, 0),
    });
    if (block === undefined) throw new Error('no nonce fits');
    return block;
  }

  #put(transactions: readonly Transaction[]): void {
    this.#clock.advance(60_000);
    this.#extra++;
    const refused = this.chain.submit(this.#block(transactions));
    if (refused !== undefined) throw new Error(`the block is not valid: ${refused}`);
    for (const tx of transactions) this.#waiting.delete(hashToHex(wtxidOf(tx)));
  }
}
