import { seededRng } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from '../src/persistent-map.ts';

// The hash packs four 16-bit characters into 32 bits by shifting, so these three are one to it.
const COLLIDING = ['\u0100\u0000\u0001\u0000', '\u0000\u0001\u0001\u0000', '\u0100\u0100\u0000\u0000'];

const keys = fc.oneof(fc.constantFrom(...COLLIDING, '', 'a', 'ab'), fc.nat(60).map(String));
const actions = fc.array(fc.tuple(keys, fc.option(fc.nat(3), { nil: undefined })), { maxLength: 80 });

function expectSame<Value>(map: PersistentMap<Value>, model: ReadonlyMap<string, Value>): void {
  expect(map.size).toBe(model.size);
  expect(new Map(map.entries())).toEqual(model);
  expect(Array.from(map).length).toBe(model.size);
}

describe('PersistentMap', () => {
  it('does what a copied Map would do, in every version', () => {
    fc.assert(
      fc.property(actions, (script) => {
        let map = PersistentMap.empty<number>();
        let model = new Map<string, number>();
        const versions = [{ map, model }];
        for (const [key, value] of script) {
          const known = model.get(key);
          const had = model.has(key);
          model = new Map(model);
          if (value === undefined) model.delete(key);
          else model.set(key, value);
          const next = value === undefined ? map.delete(key) : map.set(key, value);
          // Nothing changed: nothing new.
          expect(next === map).toBe(value === undefined ? !had : had && known === value);
          map = next;
          expect(map.get(key)).toBe(value);
          expect(map.has(key)).toBe(value !== undefined);
          versions.push({ map, model });
        }
        for (const version of versions) expectSame(version.map, version.model);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps keys with one hash apart', () => {
    const [a, b, c] = COLLIDING as [string, string, string];
    const both = PersistentMap.from([
      [a, 1],
      [b, 2],
    ]);
    expect([both.get(a), both.get(b), both.get(c), both.has(c)]).toEqual([1, 2, undefined, false]);
    expect(both.delete(c)).toBe(both);
    const three = both.set(c, 3).set('other', 4);
    expect(new Map(three)).toEqual(
      new Map([
        [a, 1],
        [b, 2],
        [c, 3],
        ['other', 4],
      ]),
    );
    expect(new Map(three.set(b, 5).delete(a).delete(c))).toEqual(
      new Map([
        [b, 5],
        ['other', 4],
      ]),
    );
    expect(both.size).toBe(2);
  });

  it('tells a key with the value undefined from no key', () => {
    const map = PersistentMap.empty<undefined>().set('a', undefined);
    expect([map.has('a'), map.has('b'), map.size]).toEqual([true, false, 1]);
    expect(map.set('a', undefined)).toBe(map);
  });

  it('holds many keys and gives them up again', () => {
    const rng = seededRng(3);
    const model = new Map(Array.from({ length: 20_000 }, (_, i) => [`0x${rng.u32().toString(16)}${i}`, i]));
    const full = PersistentMap.from(model);
    expectSame(full, model);
    let map = full;
    for (const key of model.keys()) map = map.delete(key);
    expectSame(map, new Map());
    for (const [key, value] of model) expect(full.get(key)).toBe(value);
  });
});
