import { type Bytes, bytesToHex, hexToBytes } from '@ninefold/base';
import {
  hash256,
  isCoinbase,
  MAX_SCRIPT_SIZE,
  OP,
  type OutPoint,
  type Transaction,
  type TxOutput,
  WireWriter,
} from '@ninefold/vm-bitcoin-script';

/** An output nobody has spent. */
export type Coin = TxOutput & {
  /** Of the block that made it. */
  readonly height: number;
  readonly coinbase: boolean;
};

/** What to put back when a block is taken off again: the coins its transactions spent, in order. */
export type Undo = readonly { readonly key: string; readonly coin: Coin }[];

/** Name of a coin in maps: the transaction's id as it is hashed, and the output's number. */
export function coinKey({ txid, vout }: OutPoint): string {
  return `${bytesToHex(txid)}:${vout}`;
}

/** Whether no input can ever spend the script's output, so that it is no coin. */
export function isUnspendable(script: Bytes): boolean {
  return script[0] === OP.OP_RETURN || script.length > MAX_SCRIPT_SIZE;
}

/**
 * The coins there are. Changes of a block are collected in a {@link CoinsOverlay} first, so that one
 * that turns out to be invalid leaves nothing behind.
 */
export class Coins {
  readonly #coins: Map<string, Coin> = new Map();

  get size(): number {
    return this.#coins.size;
  }

  /** The same coins, to be changed on their own. Takes time for each coin. */
  copy(): Coins {
    const copy = new Coins();
    for (const [key, coin] of this.#coins) copy.#coins.set(key, coin);
    return copy;
  }

  get(key: string): Coin | undefined {
    return this.#coins.get(key);
  }

  entries(): IterableIterator<[string, Coin]> {
    return this.#coins.entries();
  }

  /** Takes over what an overlay has changed. */
  apply({ changes }: CoinsOverlay): void {
    for (const [key, coin] of changes) {
      if (coin === undefined) this.#coins.delete(key);
      else this.#coins.set(key, coin);
    }
  }

  /** Takes a block's coins away, and puts back those it spent. */
  revert(transactions: readonly { readonly txid: Bytes; readonly outputs: number }[], undo: Undo): void {
    // What the block itself made and spent is put back first, and then taken away with the rest.
    for (const { key, coin } of undo) this.#coins.set(key, coin);
    for (const { txid, outputs } of transactions) {
      for (let vout = 0; vout < outputs; vout++) this.#coins.delete(coinKey({ txid, vout }));
    }
  }
}

/** Coins as they would be after some transactions. */
export class CoinsOverlay {
  readonly #base: Coins;
  /** Key to coin, or to undefined where it is spent. */
  readonly changes: Map<string, Coin | undefined> = new Map();
  readonly spent: { readonly key: string; readonly coin: Coin }[] = [];

  constructor(base: Coins) {
    this.#base = base;
  }

  get(key: string): Coin | undefined {
    return this.changes.has(key) ? this.changes.get(key) : this.#base.get(key);
  }

  /** Spends the inputs' coins, which are there, and adds the outputs. */
  add(tx: Transaction, txid: Bytes, height: number): void {
    const coinbase = isCoinbase(tx);
    if (!coinbase) {
      for (const { prevout } of tx.inputs) {
        const key = coinKey(prevout);
        this.spent.push({ key, coin: this.get(key) as Coin });
        this.changes.set(key, undefined);
      }
    }
    tx.outputs.forEach((output, vout) => {
      if (isUnspendable(output.scriptPubKey)) return;
      this.changes.set(coinKey({ txid, vout }), { ...output, height, coinbase });
    });
  }
}

/**
 * A hash over all coins: the `hash_serialized_3` of `gettxoutsetinfo`. Two nodes with the same coins
 * have the same.
 */
export function hashCoins(coins: Coins): Bytes {
  const sorted = [...coins.entries()]
    .map(([key, coin]) => {
      const [txid, vout] = key.split(':') as [string, string];
      return { txid, vout: Number(vout), coin };
    })
    .sort((a, b) => (a.txid === b.txid ? a.vout - b.vout : a.txid < b.txid ? -1 : 1));
  const writer = new WireWriter();
  for (const { txid, vout, coin } of sorted) {
    writer.raw(hexToBytes(txid)).u32(vout);
    writer.u32(coin.height * 2 + (coin.coinbase ? 1 : 0));
    writer.i64(coin.value).blob(coin.scriptPubKey);
  }
  return hash256(writer.finish());
}
