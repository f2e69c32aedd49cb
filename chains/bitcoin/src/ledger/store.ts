import {
  type Bytes,
  bytesToUtf8,
  concatBytes,
  defineErrors,
  isNinefoldError,
  numberToBytes,
  utf8ToBytes,
} from '@ninefold/base';
import type { KvOperation, KvStore } from '@ninefold/state';
import {
  blockHashOf,
  decodeBlock,
  decodeTransaction,
  encodeBlock,
  encodeTransaction,
  hashToHex,
} from '@ninefold/vm-bitcoin-script';
import type { BitcoinNode } from '../node.ts';

/*
 * What is kept of a node: its blocks in the order they came, what was judged of them, the mempool, and
 * its wallets. The coins follow from the blocks: they are made again at the start, every script run.
 */

const fail = defineErrors({
  BITCOIN_STORE_CORRUPT: (c: { readonly problem: string }) =>
    `The stored Bitcoin chain is damaged: ${c.problem}. Restore it from a copy, or start with an empty folder`,
  BITCOIN_STORE_FAILED: (c: { readonly reason: string }) =>
    `The Bitcoin chain cannot be written: ${c.reason}`,
});

/** First byte of keys: what an entry is. */
const BLOCK = 0x01;
const JUDGEMENT = 0x02;
const WAITING = 0x03;
const WALLETS = 0x04;
const FORMAT = 0x00;
const FORMAT_VERSION = 'ninefold-bitcoin-1';

const keyOf = (kind: number, rest: Bytes = new Uint8Array(0)): Bytes =>
  concatBytes(Uint8Array.of(kind), rest);
const formatKey = keyOf(FORMAT);
const walletsKey = keyOf(WALLETS);

/** What wallets are written as and read from. */
export type StoredWallets = {
  readonly save: () => string;
  readonly load: (text: string) => void;
};

/** Writes what happens to a node, and gives it back at the next start. */
export class NodeStore {
  readonly #store: KvStore;
  readonly #node: BitcoinNode;
  readonly #wallets: StoredWallets;
  #batch: KvOperation[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;
  #blocks = 0;
  #judgements = 0;
  #lastWallets = '';

  constructor(store: KvStore, node: BitcoinNode, wallets: StoredWallets) {
    this.#store = store;
    this.#node = node;
    this.#wallets = wallets;
  }

  /**
   * Brings a fresh node to where the store ends, then writes on.
   *
   * @throws `BITCOIN_STORE_CORRUPT`
   */
  open(): void {
    const format = this.#store.get(formatKey);
    if (format === undefined) {
      this.#put(formatKey, utf8ToBytes(FORMAT_VERSION));
      this.#put(keyOf(BLOCK, numberToBytes(0, 6)), encodeBlock(this.#node.chain.params.genesis));
    } else this.#load(bytesToUtf8(format));
    this.#listen();
  }

  #load(format: string): void {
    if (format !== FORMAT_VERSION) {
      throw fail('BITCOIN_STORE_CORRUPT', {
        problem: `its format is ${JSON.stringify(format.slice(0, 40))}`,
      });
    }
    const node = this.#node;
    const mockTime = node.mockTime;
    // What was accepted once is not too far in the future now, whatever the clock says.
    node.setMockTime(0xffffffff);
    this.#replayBlocks();
    for (const [, value] of this.#entries(JUDGEMENT)) {
      this.#judgements++;
      const hash = bytesToUtf8(value.subarray(1));
      if (node.chain.entry(hash) === undefined)
        throw fail('BITCOIN_STORE_CORRUPT', { problem: `there is no block ${hash}` });
      if (value[0] === 1) node.chain.invalidate(hash);
      else node.chain.reconsider(hash);
    }
    node.setMockTime(mockTime);
    const text = this.#store.get(walletsKey);
    if (text !== undefined) {
      this.#lastWallets = bytesToUtf8(text);
      this.#wallets.load(this.#lastWallets);
    }
    this.#restoreMempool();
  }

  #replayBlocks(): void {
    const { chain } = this.#node;
    for (const [, value] of this.#entries(BLOCK)) {
      const block = this.#read(() => decodeBlock(value), `block ${this.#blocks}`);
      const hash = hashToHex(blockHashOf(block.header));
      if (this.#blocks++ === 0) {
        if (chain.at(0)?.hash !== hash)
          throw fail('BITCOIN_STORE_CORRUPT', { problem: 'it begins with another first block' });
        continue;
      }
      const result = chain.submit(block);
      const isKnown = chain.entry(hash) !== undefined;
      if (!isKnown)
        throw fail('BITCOIN_STORE_CORRUPT', { problem: `block ${hash} is refused: ${result ?? ''}` });
    }
  }

  /** Parents may stand behind their children: rounds, until none comes in any more. */
  #restoreMempool(): void {
    let waiting = [...this.#entries(WAITING)].map(([, value]) =>
      this.#read(() => decodeTransaction(value), 'a transaction'),
    );
    for (let before = -1; waiting.length !== before;) {
      before = waiting.length;
      waiting = waiting.filter((tx) => !this.#node.restore(tx));
    }
  }

  *#entries(kind: number): Iterable<readonly [Bytes, Bytes]> {
    yield* this.#store.range({ gte: keyOf(kind), lt: keyOf(kind + 1) });
  }

  #read<Value>(decode: () => Value, what: string): Value {
    try {
      return decode();
    } catch (cause) {
      if (!isNinefoldError(cause)) throw cause;
      throw fail('BITCOIN_STORE_CORRUPT', { problem: `${what} cannot be read` }, { cause });
    }
  }

  #listen(): void {
    const { chain, pool } = this.#node;
    if (this.#blocks === 0) this.#blocks = 1;
    chain.events.on('accepted', ({ block }) =>
      this.#put(keyOf(BLOCK, numberToBytes(this.#blocks++, 6)), encodeBlock(block)),
    );
    chain.events.on('judged', ({ hash, invalid }) => {
      const value = concatBytes(Uint8Array.of(invalid ? 1 : 0), utf8ToBytes(hash));
      this.#put(keyOf(JUDGEMENT, numberToBytes(this.#judgements++, 6)), value);
    });
    pool.events.on('added', ({ txid, tx }) => this.#put(keyOf(WAITING, txid), encodeTransaction(tx)));
    pool.events.on('removed', ({ entry }) =>
      this.#batch.push({ type: 'delete', key: keyOf(WAITING, entry.txid) }),
    );
  }

  #put(key: Bytes, value: Bytes): void {
    this.#batch.push({ type: 'put', key, value });
  }

  /**
   * Resolves when all that has happened is on disk.
   *
   * @throws `BITCOIN_STORE_FAILED`, and from then on at every call
   */
  async flushed(): Promise<void> {
    const wallets = this.#wallets.save();
    if (wallets !== this.#lastWallets) {
      this.#lastWallets = wallets;
      this.#put(walletsKey, utf8ToBytes(wallets));
    }
    const batch = this.#batch;
    this.#batch = [];
    // Batches are written in order: each waits for the one before.
    this.#writing = this.#write(batch, this.#writing);
    await this.#writing;
    if (this.#failure !== undefined) {
      const reason = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
      throw fail('BITCOIN_STORE_FAILED', { reason }, { cause: this.#failure });
    }
  }

  async #write(batch: readonly KvOperation[], before: Promise<void>): Promise<void> {
    await before;
    if (batch.length === 0 || this.#failure !== undefined) return;
    try {
      await this.#store.commit(batch, { durable: true });
    } catch (error) {
      this.#failure = error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.#store.close();
    }
  }
}
