import { bytesToHex, compareBytes, seededRng, utf8ToBytes } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../src/memory-store.ts';
import { SortedMap } from '../src/sorted-map.ts';
import { storeLaws } from './store-laws.ts';

storeLaws('the memory store', createMemoryStore);

describe('the memory store', () => {
  it('shows a commit as soon as the call returns', () => {
    const store = createMemoryStore();
    void store.commit([{ type: 'put', key: utf8ToBytes('a'), value: utf8ToBytes('1') }]);
    expect(store.get(utf8ToBytes('a'))).toEqual(utf8ToBytes('1'));
  });
});

describe('SortedMap', () => {
  const number = (n: number): Uint8Array => Uint8Array.of(n >> 16, n >> 8, n);

  it('stays balanced under sorted insertion and removal', () => {
    let map = SortedMap.empty<number>();
    for (let i = 0; i < 50_000; i++) map = map.set(number(i), i);
    expect(map.size).toBe(50_000);
    // Unbalanced this would take minutes, and the recursion overflow the stack.
    for (let i = 0; i < 49_990; i++) map = map.delete(number(i));
    expect(Array.from(map.entries(), ([, value]) => value)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => 49_990 + i),
    );
  });

  it('agrees with a map over a long random history, and keeps old versions', () => {
    const rng = seededRng(7);
    const model = new Map<string, number>();
    let map = SortedMap.empty<number>();
    const kept: { readonly map: SortedMap<number>; readonly model: ReadonlyMap<string, number> }[] = [];
    for (let i = 0; i < 5000; i++) {
      const key = number(rng.below(800));
      if (rng.below(3) === 0) {
        map = map.delete(key);
        model.delete(bytesToHex(key));
      } else {
        map = map.set(key, i);
        model.set(bytesToHex(key), i);
      }
      expect(map.size).toBe(model.size);
      if (i % 500 === 0) kept.push({ map, model: new Map(model) });
    }
    kept.push({ map, model });
    for (const version of kept) {
      const entries = Array.from(version.map.entries());
      expect(new Map(entries.map(([key, value]) => [bytesToHex(key), value]))).toEqual(version.model);
      expect(entries.toSorted(([a], [b]) => compareBytes(a, b))).toEqual(entries);
    }
  });

  it('gives itself when there is nothing to delete', () => {
    const map = SortedMap.empty<number>().set(number(1), 1).set(number(2), 2);
    expect(map.delete(number(3))).toBe(map);
    expect(map.delete(number(0))).toBe(map);
  });
});
