import { sha256 } from '@ninefold/crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LATTICE_LANES,
  decodeLattice,
  encodeLattice,
  latticeOf,
  replaceInLattice,
} from '../src/bank/lattice.ts';
import {
  areEntriesValid,
  createPohRecorder,
  decodeEntries,
  encodeEntries,
  type Entry,
  entryHash,
  signaturesRoot,
} from '../src/bank/poh.ts';
import { entriesOfShreds } from '../src/bank/shreds.ts';
import { account, at, PAYER, payerTransaction, transfer } from './support/world.ts';

const moves = [1n, 2n, 3n].map((lamports) =>
  payerTransaction([transfer(PAYER.address, at(2), lamports)], at(9)),
);
const [first, second] = moves as [(typeof moves)[number], (typeof moves)[number]];
const join = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe('entries', () => {
  it('hash as often as they say', () => {
    expect(entryHash(at(1), 0, [])).toEqual(at(1));
    expect(entryHash(at(1), 2, [])).toEqual(sha256(sha256(at(1))));
  });

  it('take signatures in with the last hash', () => {
    const leaf = sha256(join(Uint8Array.of(0), first.signatures[0]!));
    expect(signaturesRoot([first])).toEqual(leaf);
    expect(entryHash(at(1), 2, [first])).toEqual(sha256(join(sha256(at(1)), leaf)));
    const other = sha256(join(Uint8Array.of(0), second.signatures[0]!));
    expect(signaturesRoot([first, second])).toEqual(sha256(join(Uint8Array.of(1), leaf, other)));
  });

  it('pair a lone last node with itself', () => {
    const leaves = moves.map(({ signatures }) => sha256(join(Uint8Array.of(0), signatures[0]!)));
    const node = (a: Uint8Array, b: Uint8Array): Uint8Array => sha256(join(Uint8Array.of(1), a, b));
    const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
    expect(signaturesRoot(moves)).toEqual(node(node(a, b), node(c, c)));
  });

  it('come back from their bytes', () => {
    const recorder = createPohRecorder(at(1), 4, 8);
    recorder.record([first]);
    const entries = recorder.finishSlot();
    const decoded = decodeEntries(encodeEntries(entries));
    expect(decoded).toEqual(entries);
    expect(areEntriesValid(at(1), decoded)).toBe(true);
  });

  it('do not come back cut off or with more behind', () => {
    const data = encodeEntries([{ hashes: 1, hash: at(1), transactions: [first] }]);
    expect(() => decodeEntries(data.subarray(0, -1))).toThrow();
    expect(() => decodeEntries(join(data, Uint8Array.of(0)))).toThrow();
  });
});

describe('a recorder', () => {
  it.each([1, 2, 8])(
    'with %d hashes in a tick makes entries that follow from each other',
    (hashesPerTick) => {
      const recorder = createPohRecorder(at(1), hashesPerTick, 8);
      for (const move of moves) recorder.record([move]);
      const slot = recorder.finishSlot();
      expect(areEntriesValid(at(1), slot)).toBe(true);
      expect(slot.filter(({ transactions }) => transactions.length === 0)).toHaveLength(8);
      expect(slot.at(-1)?.transactions).toEqual([]);
      expect(recorder.hash()).toEqual(slot.at(-1)?.hash);
      const next = recorder.finishSlot();
      expect(next).toHaveLength(8);
      expect(areEntriesValid(slot.at(-1)!.hash, next)).toBe(true);
    },
  );

  it('keeps to the pace: ticks come after as many hashes each', () => {
    const recorder = createPohRecorder(at(1), 4, 8);
    for (let i = 0; i < 10; i++) recorder.record([moves[i % 3]!]);
    let since = 0;
    for (const { hashes, transactions } of recorder.finishSlot()) {
      since += hashes;
      if (transactions.length > 0) continue;
      expect(since).toBe(4);
      since = 0;
    }
  });

  it.each([1, 4, 100])('goes on alike from where it was copied, with %d hashes a tick', (hashesPerTick) => {
    const recorder = createPohRecorder(at(1), hashesPerTick, 8);
    recorder.record([first]);
    const copy = recorder.fork();
    const other = recorder.fork();
    recorder.record([second]);
    copy.record([second]);
    const entries = recorder.finishSlot();
    expect(copy.finishSlot()).toEqual(entries);
    expect(areEntriesValid(at(1), entries)).toBe(true);
    other.finishSlot();
    expect(other.hash()).not.toEqual(recorder.hash());
    // The next slot begins alike as well.
    expect(copy.finishSlot()).toEqual(recorder.finishSlot());
  });

  it('makes what any change breaks', () => {
    const recorder = createPohRecorder(at(1), 2, 4);
    recorder.record([first]);
    const entries = recorder.finishSlot();
    const change = (index: number, more: Partial<Entry>): readonly Entry[] =>
      entries.map((entry, i) => (i === index ? { ...entry, ...more } : entry));
    for (let i = 0; i < entries.length; i++) {
      expect(areEntriesValid(at(1), change(i, { hash: at(5) }))).toBe(false);
      expect(areEntriesValid(at(1), change(i, { hashes: entries[i]!.hashes + 1 }))).toBe(false);
    }
    expect(areEntriesValid(at(2), entries)).toBe(false);
    expect(areEntriesValid(at(1), change(0, { transactions: [second] }))).toBe(false);
  });
});

describe('shreds', () => {
  const shred = (payload: Uint8Array, flags: number): Uint8Array => {
    const data = new Uint8Array(1203);
    data.set(payload, 88);
    data[85] = flags;
    new DataView(data.buffer).setUint16(86, 88 + payload.length, true);
    return data;
  };
  const entries: readonly Entry[] = [{ hashes: 1, hash: at(1), transactions: [first] }];
  const bytes = encodeEntries(entries);

  it('carry batches of entries in pieces', () => {
    const cut = bytes.length >> 1;
    const pieces = [shred(bytes.subarray(0, cut), 0), shred(bytes.subarray(cut), 0x40), shred(bytes, 0xc0)];
    expect(entriesOfShreds(pieces)).toEqual([...entries, ...entries]);
  });

  it.each([0, 50, 87])('of %d bytes are none', (length) => {
    expect(() => entriesOfShreds([new Uint8Array(length)])).toThrow(
      expect.objectContaining({ code: 'SOLANA_INVALID_SHRED' }),
    );
  });

  it('that say more than they have are none', () => {
    const lying = shred(bytes, 0x40);
    new DataView(lying.buffer).setUint16(86, 1204, true);
    expect(() => entriesOfShreds([lying])).toThrow(expect.objectContaining({ code: 'SOLANA_INVALID_SHRED' }));
  });
});

describe('lattice hashes', () => {
  const one = latticeOf(at(1), account({ lamports: 1n }));

  it('come back from their bytes', () => {
    expect(encodeLattice(one)).toHaveLength(2048);
    expect(decodeLattice(encodeLattice(one))).toEqual(one);
  });

  it('tell apart everything that an account has', () => {
    const values = [
      one,
      latticeOf(at(2), account({ lamports: 1n })),
      latticeOf(at(1), account({ lamports: 2n })),
      latticeOf(at(1), account({ lamports: 1n, data: Uint8Array.of(0) })),
      latticeOf(at(1), account({ lamports: 1n, owner: at(3) })),
      latticeOf(at(1), account({ lamports: 1n, isExecutable: true })),
    ].map((lattice) => encodeLattice(lattice).join());
    expect(new Set(values).size).toBe(values.length);
    expect(latticeOf(at(1), account({ lamports: 1n, rentEpoch: 5n }))).toEqual(one);
  });

  it('are nothing for no account', () => {
    expect(latticeOf(at(1), undefined)).toEqual(new Uint16Array(LATTICE_LANES));
    expect(latticeOf(at(1), account({ lamports: 0n }))).toEqual(new Uint16Array(LATTICE_LANES));
  });

  it('add up in any order, and can be taken out again', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6]), (order) => {
        const none = new Uint16Array(LATTICE_LANES);
        const value = (byte: number): Uint16Array => latticeOf(at(byte), account({ lamports: BigInt(byte) }));
        const sum = new Uint16Array(LATTICE_LANES);
        for (const byte of order) replaceInLattice(sum, none, value(byte));
        const sorted = new Uint16Array(LATTICE_LANES);
        for (const byte of order.toSorted()) replaceInLattice(sorted, none, value(byte));
        expect(sum).toEqual(sorted);
        for (const byte of order) replaceInLattice(sum, value(byte), none);
        expect(sum).toEqual(none);
      }),
      { numRuns: 10 },
    );
  });
});
