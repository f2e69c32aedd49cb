import type { Bytes } from '@ninefold/base';
import { bytesToHex, compareBytes, EMPTY_BYTES, equalBytes, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyRange, KvOperation, KvReader, KvStore } from '../src/kv-store.ts';
import { KV_MAX_KEY_LENGTH } from '../src/kv-store.ts';
import { thrownCode } from './thrown.ts';

const text = utf8ToBytes;
const put = (key: Bytes, value: Bytes): KvOperation => ({ type: 'put', key, value });
const remove = (key: Bytes): KvOperation => ({ type: 'delete', key });

/** Few of them, of all lengths, with bytes at both ends of the order. */
const keys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xff), { minLength: 1, maxLength: 3 })
  .map((key) => Uint8Array.from(key));
const values = fc.uint8Array({ maxLength: 20 });
const operations = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(keys, values).map(([key, value]) => put(key, value)) },
  { weight: 1, arbitrary: keys.map(remove) },
);
const batches = fc.array(operations, { maxLength: 10 });
const bounds = fc.option(keys, { nil: undefined });
const ranges: fc.Arbitrary<KeyRange> = fc.record(
  { gte: bounds, lt: bounds, reverse: fc.boolean(), limit: fc.nat(6) },
  { requiredKeys: [] },
);

/** What a store contains after some batches. */
class Model {
  readonly #entries = new Map<string, readonly [Bytes, Bytes]>();

  apply(batch: readonly KvOperation[]): void {
    for (const operation of batch) {
      const { key } = operation;
      if (operation.type === 'put') this.#entries.set(bytesToHex(key), [key, operation.value]);
      else this.#entries.delete(bytesToHex(key));
    }
  }

  get(key: Bytes): Bytes | undefined {
    return this.#entries.get(bytesToHex(key))?.[1];
  }

  range({ gte, lt, reverse, limit }: KeyRange = {}): (readonly [Bytes, Bytes])[] {
    const found = Array.from(this.#entries.values())
      .filter(([key]) => !gte || compareBytes(key, gte) >= 0)
      .filter(([key]) => !lt || compareBytes(key, lt) < 0)
      .sort(([a], [b]) => compareBytes(a, b));
    if (reverse) found.reverse();
    return found.slice(0, limit);
  }

  /** The operations that remove everything. */
  clear(): KvOperation[] {
    return Array.from(this.#entries.values(), ([key]) => remove(key));
  }
}

/**
 * The laws of every `KvStore`: call it at the top level of a test file. `make` gives an empty store
 * each time; it is closed here.
 */
export function storeLaws(name: string, make: () => Promise<KvStore> | KvStore): void {
  describe(`store laws of ${name}`, () => {
    let store: KvStore;

    beforeAll(async () => {
      store = await make();
    });
    beforeEach(async () => {
      await store.commit(Array.from(store.range(), ([key]) => remove(key)));
    });
    afterAll(async () => {
      await store.close();
    });

    const expectSame = (reader: KvReader, model: Model, range: KeyRange, wanted: readonly Bytes[]): void => {
      expect(Array.from(reader.range(range))).toEqual(model.range(range));
      expect(Array.from(reader.range())).toEqual(model.range());
      for (const key of wanted) expect(reader.get(key)).toEqual(model.get(key));
      expect(reader.getMany(wanted)).toEqual(wanted.map((key) => model.get(key)));
    };

    it('does what a sorted map would do, and so do its snapshots', async () => {
      await fc.assert(
        fc.asyncProperty(batches, batches, ranges, fc.array(keys), async (first, second, range, wanted) => {
          const before = new Model();
          const after = new Model();
          await store.commit(first);
          before.apply(first);
          after.apply(first);
          const snapshot = store.snapshot();
          expectSame(store, before, range, wanted);
          await store.commit(second, { durable: second.length % 2 === 0 });
          after.apply(second);
          expectSame(store, after, range, wanted);
          expectSame(snapshot, before, range, wanted);
          snapshot.close();
          await store.commit(after.clear());
        }),
        { numRuns: 100 },
      );
    });

    it('applies commits in the order of the calls, awaited or not', async () => {
      const key = text('counter');
      const commits = Array.from({ length: 20 }, (_, i) => store.commit([put(key, text(`${i}`))]));
      await Promise.all(commits);
      expect(store.get(key)).toEqual(text('19'));
    });

    it('gives plain byte arrays that nothing later overwrites', async () => {
      const large = new Uint8Array(300_000).fill(7);
      await store.commit([put(text('a'), text('1')), put(text('b'), text('22')), put(text('c'), large)]);
      const read = store.getMany([text('a'), text('b'), text('c'), text('d')]);
      const entries = Array.from(store.range());
      await store.commit([put(text('a'), text('x')), put(text('b'), text('yy')), remove(text('c'))]);
      store.get(text('a'));
      expect(read.map((value) => value?.length)).toEqual([1, 2, large.length, undefined]);
      expect(read.slice(0, 2)).toEqual([text('1'), text('22')]);
      expect(entries.map(([key]) => key)).toEqual([text('a'), text('b'), text('c')]);
      for (const [i, [, value]] of entries.entries()) expect(equalBytes(value, read[i]!)).toBe(true);
      expect(equalBytes(read[2]!, large)).toBe(true);
      for (const bytes of [...read.slice(0, 3), ...entries.flat()]) {
        expect(bytes?.constructor).toBe(Uint8Array);
      }
    });

    it('keeps empty values apart from none', async () => {
      await store.commit([put(text('empty'), EMPTY_BYTES)]);
      expect(store.get(text('empty'))).toEqual(EMPTY_BYTES);
      expect(Array.from(store.range())).toEqual([[text('empty'), EMPTY_BYTES]]);
      expect(store.get(text('none'))).toBeUndefined();
    });

    it('iterates over the moment the iteration began', async () => {
      await store.commit([put(text('a'), text('1')), put(text('b'), text('2')), put(text('c'), text('3'))]);
      const seen: Bytes[] = [];
      for (const [key] of store.range()) {
        if (seen.length === 0) await store.commit([remove(text('b')), put(text('d'), text('4'))]);
        seen.push(key);
      }
      expect(seen).toEqual([text('a'), text('b'), text('c')]);
    });

    it('lets an iteration be left early', async () => {
      await store.commit([put(text('a'), text('1')), put(text('b'), text('2'))]);
      for (const [key] of store.range({ reverse: true })) {
        expect(key).toEqual(text('b'));
        break;
      }
      expect(Array.from(store.range({ limit: 0 }))).toEqual([]);
    });

    it('takes keys up to the limit and refuses others, with nothing applied', async () => {
      const longest = new Uint8Array(KV_MAX_KEY_LENGTH).fill(0xff);
      await store.commit([put(longest, text('value'))]);
      expect(store.get(longest)).toEqual(text('value'));
      expect(Array.from(store.range({ gte: longest }))).toEqual([[longest, text('value')]]);
      for (const key of [EMPTY_BYTES, new Uint8Array(KV_MAX_KEY_LENGTH + 1)]) {
        const commit = store.commit([put(text('other'), text('value')), put(key, text('value'))]);
        await expect(commit).rejects.toMatchObject({ code: 'STATE_INVALID_KEY' });
        expect(store.get(key)).toBeUndefined();
        expect(Array.from(store.range({ gte: key })).length).toBe(1);
      }
      expect(store.get(text('other'))).toBeUndefined();
    });

    it('takes an empty batch', async () => {
      await store.commit([], { durable: true });
      expect(Array.from(store.range())).toEqual([]);
    });

    it('refuses reads from a closed snapshot, and can close it twice', () => {
      const snapshot = store.snapshot();
      snapshot.close();
      snapshot.close();
      expect(thrownCode(() => snapshot.get(text('a')))).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => snapshot.getMany([]))).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => Array.from(snapshot.range()))).toBe('STATE_STORE_CLOSED');
    });

    it('shows a batch when its promise resolves, also to who was reading all the while', async () => {
      for (let i = 0; i < 200; i++) {
        const key = text(`${i}`);
        const commit = store.commit([put(key, text('new'))]);
        store.get(key);
        const again = commit.then(() => store.get(key));
        for (let turn = 0; turn < i % 4; turn++) {
          await Promise.resolve();
          store.get(key);
        }
        expect(await again).toEqual(text('new'));
        expect(Array.from(store.range({ gte: key, limit: 1 }))).toEqual([[key, text('new')]]);
      }
    });

    it('keeps snapshots of one moment apart, too', async () => {
      await store.commit([put(text('a'), text('1')), put(text('b'), text('2'))]);
      const [first, second] = [store.snapshot(), store.snapshot()];
      const iterator = first.range()[Symbol.iterator]();
      expect(iterator.next().done).toBe(false);
      first.close();
      expect(thrownCode(() => iterator.next())).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => first.get(text('a')))).toBe('STATE_STORE_CLOSED');
      await store.commit([remove(text('a'))]);
      expect(second.get(text('a'))).toEqual(text('1'));
      expect(Array.from(second.range()).length).toBe(2);
      second.close();
    });

    it('keeps many snapshots apart', async () => {
      const key = text('n');
      const snapshots = [];
      for (let i = 0; i < 30; i++) {
        await store.commit([put(key, text(`${i}`))]);
        snapshots.push(store.snapshot());
      }
      for (const [i, snapshot] of snapshots.entries()) {
        expect(snapshot.get(key)).toEqual(text(`${i}`));
        snapshot.close();
      }
    });
  });

  describe(`a closed ${name}`, () => {
    it('refuses everything but closing it again', async () => {
      const store = await make();
      const pending = store.commit([put(text('a'), text('1'))]);
      const snapshot = store.snapshot();
      await store.close();
      await store.close();
      await pending;
      expect(thrownCode(() => store.get(text('a')))).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => store.getMany([text('a')]))).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => Array.from(store.range()))).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => store.snapshot())).toBe('STATE_STORE_CLOSED');
      expect(thrownCode(() => snapshot.get(text('a')))).toBe('STATE_STORE_CLOSED');
      snapshot.close();
      await expect(store.commit([])).rejects.toMatchObject({ code: 'STATE_STORE_CLOSED' });
    });
  });
}
