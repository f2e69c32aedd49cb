import type { Bytes } from '@ninefold/base';
import { bytesToHex, compareBytes, EMPTY_BYTES, seededRng, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '@ninefold/crypto';
import { EMPTY_TRIE_ROOT, emptyTrie } from '../src/trie.ts';
import { TRIE_MAX_KEY_LENGTH } from '../src/trie-node.ts';
import { textbookRoot } from './textbook-trie.ts';
import { thrownCode } from './thrown.ts';

const text = utf8ToBytes;

/** Few different nibbles and lengths, so that keys meet, begin with each other and are set twice. */
const crowdedKeys = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf0), { maxLength: 4 })
  .map((key) => Uint8Array.from(key));
const hashedKeys = fc.nat(40).map((n) => keccak256(Uint8Array.of(n)));
const keys = fc.oneof(crowdedKeys, crowdedKeys, hashedKeys);
/** Around the sizes at which a node no longer fits into its parent. */
const values = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 24, maxLength: 34 }),
  fc.uint8Array({ minLength: 60, maxLength: 60 }),
);
const changes = fc.array(fc.tuple(keys, fc.option(values, { nil: undefined, freq: 3 })), { maxLength: 12 });

/** What a trie should contain, by hex key. */
class Model {
  readonly entries: ReadonlyMap<string, readonly [Bytes, Bytes]>;

  constructor(entries: ReadonlyMap<string, readonly [Bytes, Bytes]> = new Map()) {
    this.entries = entries;
  }

  update(batch: readonly (readonly [Bytes, Bytes | undefined])[]): Model {
    const next = new Map(this.entries);
    for (const [key, value] of batch) {
      if (value === undefined) next.delete(bytesToHex(key));
      else next.set(bytesToHex(key), [key, value]);
    }
    return new Model(next);
  }

  sorted(): (readonly [Bytes, Bytes])[] {
    return Array.from(this.entries.values()).sort(([a], [b]) => compareBytes(a, b));
  }
}

describe('roots', () => {
  it('has the well-known root when empty', () => {
    expect(emptyTrie.root()).toBe(EMPTY_TRIE_ROOT);
    expect(textbookRoot([])).toEqual(EMPTY_TRIE_ROOT);
  });

  it('agrees with a root from the wild', () => {
    const trie = emptyTrie.update([
      [text('do'), text('verb')],
      [text('dog'), text('puppy')],
      [text('doge'), text('coin')],
      [text('horse'), text('stallion')],
    ]);
    expect(bytesToHex(trie.root())).toBe(
      '0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84',
    );
  });

  it('agrees with the definition after any history', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (history) => {
        let trie = emptyTrie;
        let model = new Model();
        for (const batch of history) {
          trie = trie.update(batch);
          model = model.update(batch);
          expect(trie.root()).toEqual(textbookRoot(model.entries.values()));
        }
        expect(Array.from(trie.entries())).toEqual(model.sorted());
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of changes nor on batches', () => {
    fc.assert(
      fc.property(changes, fc.nat(), (batch, seed) => {
        const once = emptyTrie.update(batch);
        let oneByOne = emptyTrie;
        for (const change of batch) oneByOne = oneByOne.update([change]);
        expect(oneByOne.root()).toEqual(once.root());
        const final = Array.from(once.entries());
        const rng = seededRng(seed);
        const shuffled = final.map((entry) => [rng.u32(), entry] as const).sort(([a], [b]) => a - b);
        expect(emptyTrie.update(shuffled.map(([, entry]) => entry)).root()).toEqual(once.root());
      }),
    );
  });

  it('takes values larger than any buffer kept inside', () => {
    for (const length of [55, 56, 255, 256, 4096, 65_535, 70_000, 17_000_000]) {
      const entry = [text('key'), new Uint8Array(length).fill(7)] as const;
      expect(emptyTrie.update([entry]).root()).toEqual(textbookRoot([entry]));
    }
  });
});

describe('get', () => {
  it('finds what was set, and nothing else', () => {
    fc.assert(
      fc.property(changes, changes, fc.array(keys), (first, second, others) => {
        const trie = emptyTrie.update(first).update(second);
        const model = new Model().update(first).update(second);
        for (const key of [...[...first, ...second].map(([key]) => key), ...others]) {
          expect(trie.get(key)).toEqual(model.entries.get(bytesToHex(key))?.[1]);
        }
      }),
    );
  });

  it('tells keys apart that begin with each other', () => {
    const trie = emptyTrie.update([
      [EMPTY_BYTES, text('root')],
      [text('a'), text('1')],
      [text('aa'), text('2')],
    ]);
    expect(trie.get(EMPTY_BYTES)).toEqual(text('root'));
    expect(trie.get(text('a'))).toEqual(text('1'));
    expect(trie.get(text('aa'))).toEqual(text('2'));
    expect(trie.get(text('aaa'))).toBeUndefined();
    expect(trie.get(text('b'))).toBeUndefined();
    expect(emptyTrie.get(EMPTY_BYTES)).toBeUndefined();
  });
});

describe('update', () => {
  it('leaves the trie it starts from as it was', () => {
    fc.assert(
      fc.property(changes, changes, changes, (first, left, right) => {
        const trie = emptyTrie.update(first);
        const entries = Array.from(trie.entries());
        const [a, b] = [trie.update(left), trie.update(right)];
        expect(Array.from(trie.entries())).toEqual(entries);
        expect(trie.root()).toEqual(textbookRoot(entries));
        expect(Array.from(a.entries())).toEqual(new Model().update(first).update(left).sorted());
        expect(Array.from(b.entries())).toEqual(new Model().update(first).update(right).sorted());
      }),
    );
  });

  it('gives the very same trie when nothing changes', () => {
    fc.assert(
      fc.property(changes, keys, (batch, absent) => {
        const trie = emptyTrie.update(batch);
        expect(trie.update([])).toBe(trie);
        expect(trie.update(trie.entries())).toBe(trie);
        expect(trie.update(Array.from(trie.entries(), ([key, value]) => [key, value.slice()]))).toBe(trie);
        if (trie.get(absent) === undefined) expect(trie.update([[absent, undefined]])).toBe(trie);
      }),
    );
  });

  it('counts the last of equal keys, and takes an empty value for none', () => {
    const key = text('key');
    const other = [text('other'), text('value')] as const;
    const trie = emptyTrie.update([[key, text('1')], other, [text('key'), text('2')]]);
    expect(trie.get(key)).toEqual(text('2'));
    expect(trie.update([[key, EMPTY_BYTES]]).root()).toEqual(emptyTrie.update([other]).root());
    expect(
      trie
        .update([
          [key, text('3')],
          [key, undefined],
        ])
        .get(key),
    ).toBeUndefined();
  });

  it('ends where it began when all is removed', () => {
    fc.assert(
      fc.property(changes, (batch) => {
        const trie = emptyTrie.update(batch);
        const emptied = trie.update(Array.from(trie.entries(), ([key]) => [key, undefined]));
        expect(emptied.root()).toEqual(EMPTY_TRIE_ROOT);
        expect(Array.from(emptied.entries())).toEqual([]);
      }),
    );
  });

  it('takes keys up to its limit and refuses longer ones', () => {
    const chain = Array.from(
      { length: TRIE_MAX_KEY_LENGTH + 1 },
      (_, length) => [new Uint8Array(length), text(`${length}`)] as const,
    );
    const trie = emptyTrie.update(chain);
    expect(trie.root()).toEqual(textbookRoot(chain));
    expect(Array.from(trie.entries()).length).toBe(chain.length);
    const tooLong = new Uint8Array(TRIE_MAX_KEY_LENGTH + 1);
    expect(thrownCode(() => trie.update([[tooLong, text('x')]]))).toBe('STATE_KEY_TOO_LONG');
    expect(trie.get(tooLong)).toBeUndefined();
  });
});

describe('entries', () => {
  const bounds = fc.option(keys, { nil: undefined });

  it('gives what a sorted list would', () => {
    const limits = fc.option(fc.nat(5), { nil: undefined });
    fc.assert(
      fc.property(changes, bounds, bounds, fc.boolean(), limits, (batch, gte, lt, reverse, limit) => {
        const inRange = new Model()
          .update(batch)
          .sorted()
          .filter(([key]) => !gte || compareBytes(key, gte) >= 0)
          .filter(([key]) => !lt || compareBytes(key, lt) < 0);
        if (reverse) inRange.reverse();
        const found = Array.from(emptyTrie.update(batch).entries({ gte, lt, reverse, limit }));
        expect(found).toEqual(inRange.slice(0, limit));
      }),
      { numRuns: 500 },
    );
  });

  it('can be left early', () => {
    const trie = emptyTrie.update([
      [text('a'), text('1')],
      [text('b'), text('2')],
    ]);
    for (const [key] of trie.entries()) {
      expect(key).toEqual(text('a'));
      break;
    }
  });
});
