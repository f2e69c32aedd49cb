import { type Bytes, concatBytes, equalBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { createReader, type Reader } from '../tx/reader.ts';
import { encodeTransaction, readTransaction, type Transaction } from '../tx/transaction.ts';
import { createWriter } from '../tx/writer.ts';

/** A step of the proof of history; one without transactions is a tick. */
export type Entry = {
  /** Hashes since the entry before, the last one taking in the transactions. */
  readonly hashes: number;
  /** The hash it ends with. */
  readonly hash: Bytes;
  readonly transactions: readonly Transaction[];
};

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root over all signatures of `transactions`; a lone last node is paired with itself. */
export function signaturesRoot(transactions: readonly Transaction[]): Bytes {
  let level = transactions.flatMap(({ signatures }) =>
    signatures.map((signature) => sha256(concatBytes(LEAF, signature))),
  );
  while (level.length > 1) {
    const above: Bytes[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Bytes;
      above.push(sha256(concatBytes(NODE, left, level[i + 1] ?? left)));
    }
    level = above;
  }
  return level[0] ?? new Uint8Array(32);
}

/** The hash after `hashes` steps from `start`, of which the last takes in `mixin`. */
function advance(start: Bytes, hashes: number, mixin: Bytes | undefined): Bytes {
  let hash = start;
  for (let i = 1; i < hashes; i++) hash = sha256(hash);
  if (mixin !== undefined) return sha256(concatBytes(hash, mixin));
  return hashes === 0 ? hash : sha256(hash);
}

/** What an entry of `transactions`, `hashes` steps after `start`, ends with. */
export function entryHash(start: Bytes, hashes: number, transactions: readonly Transaction[]): Bytes {
  return advance(start, hashes, transactions.length === 0 ? undefined : signaturesRoot(transactions));
}

/** Whether each entry follows from the one before; the first one from `start`. */
export function areEntriesValid(start: Bytes, entries: readonly Entry[]): boolean {
  let hash = start;
  for (const entry of entries) {
    if (!equalBytes(entryHash(hash, entry.hashes, entry.transactions), entry.hash)) return false;
    hash = entry.hash;
  }
  return true;
}

/** Makes the entries of slots. */
export type PohRecorder = {
  readonly hash: () => Bytes;
  /** An entry with transactions. */
  readonly record: (transactions: readonly Transaction[]) => Entry;
  /** The ticks that a slot still lacks. */
  readonly finishSlot: () => readonly Entry[];
  /** The same slot once more, as far as it has come, to go another way. */
  readonly fork: () => PohRecorder;
};

/** How far a recorder has come in its slot. */
type PohState = {
  readonly hash: Bytes;
  readonly hashesInTick: number;
  readonly ticks: number;
  readonly pending: readonly Entry[];
};

/**
 * A recorder from `start` on with `hashesPerTick` hashes in each tick.
 *
 * @param hashesPerTick one is enough for a chain that nobody else checks the pace of
 */
export function createPohRecorder(start: Bytes, hashesPerTick: number, ticksPerSlot: number): PohRecorder {
  return recorderAt({ hash: start, hashesInTick: 0, ticks: 0, pending: [] }, hashesPerTick, ticksPerSlot);
}

function recorderAt(state: PohState, hashesPerTick: number, ticksPerSlot: number): PohRecorder {
  let { hash, hashesInTick, ticks } = state;
  const pending = state.pending.slice();
  const step = (hashes: number, transactions: readonly Transaction[]): Entry => {
    hash = entryHash(hash, hashes, transactions);
    return { hashes, hash, transactions };
  };
  const tick = (): Entry => {
    const entry = step(hashesPerTick - hashesInTick, []);
    hashesInTick = 0;
    ticks += 1;
    return entry;
  };
  return {
    hash: () => hash,
    record(transactions) {
      // The last hash of a tick belongs to the tick itself, and the slot's last tick ends the slot.
      if (hashesInTick + 1 >= hashesPerTick && hashesPerTick > 1 && ticks + 1 < ticksPerSlot)
        pending.push(tick());
      if (hashesInTick + 1 < hashesPerTick) hashesInTick += 1;
      const entry = step(1, transactions);
      pending.push(entry);
      return entry;
    },
    finishSlot() {
      for (let left = ticksPerSlot - ticks; left > 0; left--) pending.push(tick());
      ticks = 0;
      return pending.splice(0);
    },
    fork: () => recorderAt({ hash, hashesInTick, ticks, pending }, hashesPerTick, ticksPerSlot),
  };
}

/**
 * Reads a batch of entries, as blocks carry them.
 *
 * @throws what `readTransaction` throws
 */
export function readEntries(reader: Reader): readonly Entry[] {
  const count = Number(reader.u64());
  const entries: Entry[] = [];
  while (entries.length < count) {
    const hashes = Number(reader.u64());
    const hash = reader.take(32);
    const transactions: Transaction[] = [];
    for (let left = Number(reader.u64()); left > 0; left--) transactions.push(readTransaction(reader));
    entries.push({ hashes, hash, transactions });
  }
  return entries;
}

/** @throws what `readEntries` throws, `SOLANA_TRAILING_BYTES` */
export function decodeEntries(bytes: Bytes): readonly Entry[] {
  const reader = createReader(bytes);
  const entries = readEntries(reader);
  reader.end();
  return entries;
}

/** The bytes of a batch of entries. */
export function encodeEntries(entries: readonly Entry[]): Bytes {
  const writer = createWriter();
  writer.u64(BigInt(entries.length));
  for (const { hashes, hash, transactions } of entries) {
    writer.u64(BigInt(hashes));
    writer.bytes(hash);
    writer.u64(BigInt(transactions.length));
    for (const transaction of transactions) writer.bytes(encodeTransaction(transaction));
  }
  return writer.finish();
}
