import { blake2s } from '@noble/hashes/blake2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import * as fc from 'fast-check';
import { seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { checkOpening, openingSize, placeQueries, widthsOf } from '../src/commit/open.ts';
import { countSent, openedMembers, withoutKnown } from '../src/commit/members.ts';
import { nodePersonal, rowLevels, rowsOf, rowsSent } from '../src/commit/nodes.ts';
import { commitTree } from '../src/commit/tree.ts';
import { extensionOf } from '../src/field/extension.ts';
import { P } from '../src/field/m31.ts';
import { HASHERS, type HashName, MAX_HASH_WORDS, personalKind } from '../src/kernel/hasher.ts';
import { verifierMemory } from '../src/kernel/verifier.ts';
import { createWorkspace } from '../src/kernel/workspace.ts';
import { MESSAGES, Transcript } from '../src/protocol/transcript.ts';

const rng = seededRng(11);

type Reference = (personal: readonly [number, number], words: ArrayLike<number>) => number[];

/** The hashes of another author, on words. */
const REFERENCES: Readonly<Record<HashName, Reference>> = {
  blake2s: (personal, words) => {
    const digest = blake2s(new Uint8Array(Uint32Array.from(words).buffer), {
      personalization: new Uint8Array(Uint32Array.of(...personal).buffer),
    });
    return Array.from(new Uint32Array(digest.slice().buffer));
  },
  keccak256: (personal, words) => {
    const packed = new DataView(new ArrayBuffer(4 * (words.length + 2)));
    [...personal, ...Array.from(words)].forEach((word, i) => packed.setUint32(4 * i, word));
    const digest = new DataView(keccak_256(new Uint8Array(packed.buffer)).slice().buffer);
    return Array.from({ length: 8 }, (_, i) => digest.getUint32(4 * i));
  },
};

const NAMES = Object.keys(HASHERS) as HashName[];

describe.each(NAMES)('the hash %s', (name) => {
  const { hashWords, findNonce, checkNonce } = HASHERS[name];
  const reference = REFERENCES[name];

  it('is what it is called, personalised', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff), { maxLength: 100 }), fc.nat(), fc.nat(), (words, a, b) => {
        expect(Array.from(hashWords([a, b], words))).toEqual(reference([a, b], words));
      }),
    );
    // Around the lengths of blocks: 16 words, and 34 less the purpose's two.
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 34, 65, 66, 67, 1000]) {
      const words = Array.from({ length }, () => rng.u32());
      expect(Array.from(hashWords([0, 0], words.slice(0, 3), words.slice(3)))).toEqual(
        reference([0, 0], words),
      );
    }
    expect(() => hashWords([0, 0], new Uint32Array(MAX_HASH_WORDS + 1))).toThrow(RangeError);
    expect(personalKind('node')).toBe(0x65646f6e);
  });

  it('finds work and checks it', () => {
    const seed = Uint32Array.from({ length: 8 }, () => rng.u32());
    const personal = [5, 6] as const;
    const nonce = findNonce(personal, seed, 10, 0, 2 ** 16)!;
    expect(reference(personal, [...seed, nonce, 0])[0]! % 2 ** 10).toBe(0);
    expect(checkNonce(personal, seed, 10, nonce)).toBe(true);
    expect(checkNonce(personal, seed, 10, nonce + 1)).toBe(false);
    // The first one: none before has the work.
    for (let other = 0; other < nonce; other++) expect(checkNonce(personal, seed, 10, other)).toBe(false);
    expect(findNonce(personal, seed, 32, 0, 64)).toBeUndefined();
    expect(findNonce(personal, seed, 10, 0, nonce)).toBeUndefined();
    expect(checkNonce(personal, seed, 0, 12345)).toBe(true);
  });
});

describe.each(NAMES)('trees of %s', (name) => {
  const workspace = createWorkspace(4, 6, { hash: name });
  const reference = REFERENCES[name];

  it('hash nodes as they say', () => {
    const columns = [3, 2, 3].map((log) => ({ address: workspace.columns(1, 8).address, log }));
    const values = columns.map(({ log }) => Array.from({ length: 2 ** log }, () => rng.below(P)));
    columns.forEach(({ address }, i) => workspace.words().set(values[i]!, address / 4));
    const { root } = commitTree(workspace, 9, columns);
    const node = (depth: number, row: number): number[] => {
      const own = values.filter((_, i) => columns[i]!.log === depth).map((column) => column[row]!);
      const children = depth < 3 ? [...node(depth + 1, 2 * row), ...node(depth + 1, 2 * row + 1)] : [];
      return reference(nodePersonal(9, depth < 3, own.length > 0), [...children, ...own]);
    };
    expect(Array.from(root)).toEqual(node(0, 0));
  });

  it('open at any rows, in columns of any heights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(127), { minLength: 1, maxLength: 9 }),
        (logs, queries) => {
          const mark = workspace.mark();
          const logQueries = Math.max(...logs) + 1;
          const within = queries.map((query) => query % 2 ** logQueries);
          const columns = logs.map((log) => ({ address: workspace.columns(1, 2 ** log).address, log }));
          for (const { address, log } of columns) {
            for (let i = 0; i < 2 ** log; i++) workspace.words()[address / 4 + i] = rng.below(P);
          }
          const tree = commitTree(workspace, 3, columns);
          const { values, siblings } = tree.open(within, logQueries);
          const memory = verifierMemory(4);
          const levels = placeQueries(memory, within, logQueries, Math.max(...logs));
          const claim = { hasher: HASHERS[name], id: 3, root: tree.root, widths: widthsOf(columns), levels };
          expect({ values: values.length, siblings: siblings.length }).toEqual(openingSize(claim));
          const check = (words: Uint32Array, digests: Uint32Array, id = 3): ReturnType<typeof checkOpening> =>
            checkOpening(memory, { ...claim, id }, { values: words, siblings: digests });
          const places = check(values, siblings)!;
          for (const log of new Set(logs)) {
            const own = columns.filter((column) => column.log === log);
            const expected = rowsOf(within, logQueries, log).flatMap((row) =>
              own.map(({ address }) => workspace.words()[address / 4 + row]!),
            );
            const from = places[log]! / 4;
            expect(Array.from(memory.words().subarray(from, from + expected.length))).toEqual(expected);
          }
          expect(check(values.with(0, values[0]! ^ 1), siblings)).toBeUndefined();
          expect(check(values.with(0, values[0]! + P), siblings)).toBeUndefined();
          expect(check(values, siblings, 4)).toBeUndefined();
          if (siblings.length > 0) {
            expect(check(values, siblings.with(3, siblings[3]! ^ 1))).toBeUndefined();
          }
          workspace.release(mark);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are opened whole where a trace is short', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 3, max: 5 }), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 2 }),
        fc.array(fc.nat(127), { minLength: 1, maxLength: 60 }),
        (heights, logBlowup, queries) => {
          const mark = workspace.mark();
          const columns = heights.map((height) => {
            const log = height + logBlowup;
            const { address } = workspace.columns(1, 2 ** log);
            for (let i = 0; i < 2 ** height; i++) workspace.words()[address / 4 + i] = rng.below(P);
            workspace.extend(address, address, height, log);
            return { address, log };
          });
          const logQueries = Math.max(...columns.map(({ log }) => log));
          const within = queries.map((query) => query % 2 ** logQueries);
          const tree = commitTree(workspace, 3, columns);
          const { values, siblings } = tree.open(within, logQueries, logBlowup);
          const memory = verifierMemory(4);
          const levels = placeQueries(memory, within, logQueries, logQueries);
          const widths = widthsOf(columns);
          const claim = { hasher: HASHERS[name], id: 3, root: tree.root, widths, levels, logBlowup };
          expect({ values: values.length, siblings: siblings.length }).toEqual(openingSize(claim));
          expect(values.length).toBeLessThanOrEqual(tree.open(within, logQueries).values.length);
          const places = checkOpening(memory, claim, { values, siblings })!;
          for (const log of new Set(columns.map((column) => column.log))) {
            const own = columns.filter((column) => column.log === log);
            const expected = rowsOf(within, logQueries, log).flatMap((row) =>
              own.map(({ address }) => workspace.words()[address / 4 + row]!),
            );
            const from = places[log]! / 4;
            expect(Array.from(memory.words().subarray(from, from + expected.length))).toEqual(expected);
          }
          const changed = values.with(rng.below(values.length), rng.below(P));
          if (changed.some((word, i) => word !== values[i])) {
            expect(checkOpening(memory, claim, { values: changed, siblings })).toBeUndefined();
          }
          workspace.release(mark);
        },
      ),
      { numRuns: 40 },
    );
    expect(rowsSent(16, 4, 1)).toBe(8);
    expect(rowsSent(9, 4, 1)).toBe(8);
    expect(rowsSent(8, 4, 1)).toBe(8);
    expect(rowsSent(17, 5, 1)).toBe(17);
    expect(rowsSent(18, 5, 1)).toBe(16);
    expect(rowsSent(193, 21, 1)).toBe(193);
    expect(rowsSent(193, 4, undefined)).toBe(193);
  });

  it('leave out the members that are known', () => {
    // Places 4 and 5 of 2^4, and 2 of 2^3 which stands in rows of the same depth.
    const layers = [
      { log: 4, fold: 2 },
      { log: 3, fold: 1 },
      { log: 1, fold: 1 },
    ];
    const members = openedMembers((log) => rowsOf([4, 5], 4, log), layers);
    expect(Array.from(members)).toEqual([1, 1, 0, 0, 3, 2, 5, 4]);
    expect(countSent(members)).toBe(4);
    const values = Uint32Array.from({ length: 2 * members.length }, (_, i) => i);
    expect(Array.from(withoutKnown(values, members, 2))).toEqual([4, 5, 6, 7, 10, 11, 14, 15]);
  });

  it('know which rows queries fall on', () => {
    expect(rowsOf([7, 6, 0, 7], 3, 3)).toEqual([0, 6, 7]);
    expect(rowsOf([7, 6, 0, 7], 3, 2)).toEqual([0, 3]);
    expect(rowsOf([7, 6, 0, 7], 3, 0)).toEqual([0]);
    // Depth by depth the same; also where the tree is taller than the queries' domain.
    for (const log of [2, 3, 5]) {
      rowLevels([7, 6, 0, 7], 3, log).forEach((rows, depth) =>
        expect(rows).toEqual(rowsOf([7, 6, 0, 7], 3, depth)),
      );
    }
  });
});

describe.each(NAMES)('the transcript of %s', (name) => {
  it('draws canonical elements and indices in range', () => {
    const transcript = new Transcript(name);
    transcript.absorb(MESSAGES.bundle, [1]);
    for (const degree of [4, 6] as const) {
      const field = extensionOf(degree);
      for (let i = 0; i < 20; i++) expect(field.isElement(transcript.element(field))).toBe(true);
    }
    const indices = transcript.indices(50, 5);
    expect(indices).toHaveLength(50);
    expect(indices.every((index) => index >= 0 && index < 32)).toBe(true);
    expect(transcript.indices(3, 32).every((index) => index < 2 ** 32)).toBe(true);
  });

  it('forks, and its forks go their own ways', () => {
    const transcript = new Transcript(name);
    const twin = transcript.fork();
    const field = extensionOf(4);
    expect(twin.element(field)).toEqual(transcript.element(field));
    twin.absorb(MESSAGES.segment, [0]);
    expect(twin.element(field)).not.toEqual(transcript.element(field));
  });

  it('asks for work and takes only that', () => {
    const transcript = new Transcript(name);
    const twin = transcript.fork();
    const nonce = transcript.grind(8)!;
    expect(twin.fork().checkGrind(8, nonce)).toBe(true);
    expect(twin.fork().checkGrind(8, nonce + 1)).toBe(false);
    expect(twin.checkGrind(8, nonce)).toBe(true);
    expect(twin.state()).toEqual(transcript.state());
    expect(transcript.grind(0)).toBe(0);
    expect(twin.checkGrind(0, 1)).toBe(false);
    expect(twin.checkGrind(0, 0)).toBe(true);
  });
});
