import type { Bytes } from '@ninefold/base';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@ninefold/base';
import { encodeRlp } from '@ninefold/codec';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '@ninefold/crypto';
import type { Trie } from '../src/trie.ts';
import { EMPTY_TRIE_ROOT, emptyTrie, openTrie } from '../src/trie.ts';
import { thrownCode } from './thrown.ts';

const text = utf8ToBytes;

/** Nodes by hash, with a count of reads. */
class Nodes {
  readonly #byHash = new Map<string, Bytes>();
  reads = 0;

  get(hash: Bytes): Bytes | undefined {
    this.reads++;
    return this.#byHash.get(bytesToHex(hash));
  }

  /** Stores what `trie` has not saved yet; returns how many nodes that were. */
  save(trie: Trie): number {
    const nodes = trie.unsavedNodes();
    for (const { hash, rlp } of nodes) this.put(hash, rlp);
    trie.markSaved();
    return nodes.length;
  }

  put(hash: Bytes, rlp: Bytes): void {
    this.#byHash.set(bytesToHex(hash), rlp);
  }

  delete(hash: Bytes): void {
    this.#byHash.delete(bytesToHex(hash));
  }

  hashes(): string[] {
    return Array.from(this.#byHash.keys());
  }
}

const entries = (from: number, to: number): [Bytes, Bytes][] =>
  Array.from({ length: to - from }, (_, i) => [
    keccak256(text(`${from + i}`)),
    text(`value of ${from + i}, long enough for a node of its own`),
  ]);

const changes = fc.array(
  fc.tuple(
    fc.array(fc.constantFrom(0x00, 0x01, 0x10, 0xf0), { maxLength: 3 }).map((key) => Uint8Array.from(key)),
    fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }), { nil: undefined }),
  ),
  { maxLength: 8 },
);

describe('a trie in a store', () => {
  it('is the same trie', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 4 }), (history) => {
        const nodes = new Nodes();
        let inMemory = emptyTrie;
        let root = EMPTY_TRIE_ROOT;
        for (const batch of history) {
          inMemory = inMemory.update(batch);
          const stored = openTrie(root, nodes).update(batch);
          nodes.save(stored);
          root = stored.root();
          expect(root).toEqual(inMemory.root());
        }
        expect(Array.from(openTrie(root, nodes).entries())).toEqual(Array.from(inMemory.entries()));
        for (const [key, value] of inMemory.entries()) expect(openTrie(root, nodes).get(key)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every historical root readable', () => {
    const nodes = new Nodes();
    const roots: Bytes[] = [];
    let trie = emptyTrie;
    for (let i = 0; i < 20; i++) {
      trie = trie.update([[keccak256(text('counter')), text(`${i}`)], ...entries(10 * i, 10 * i + 10)]);
      nodes.save(trie);
      roots.push(trie.root());
    }
    for (const [i, root] of roots.entries()) {
      expect(openTrie(root, nodes).get(keccak256(text('counter')))).toEqual(text(`${i}`));
      expect(Array.from(openTrie(root, nodes).entries()).length).toBe(1 + 10 * (i + 1));
    }
  });

  it('writes only what is new', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update(entries(0, 500));
    expect(nodes.save(trie)).toBeGreaterThan(500);
    expect(trie.unsavedNodes()).toEqual([]);
    const [first] = entries(0, 1);
    const changed = trie.update([[first![0], text('another value, also too long to be embedded')]]);
    const fresh = changed.unsavedNodes();
    expect(fresh.length).toBeLessThan(8);
    expect(fresh.at(-1)?.hash).toEqual(changed.root());
    for (const { hash, rlp } of fresh) expect(keccak256(rlp)).toEqual(hash);
    // Until they are marked they belong to whatever is derived, too.
    expect(changed.update(entries(500, 501)).unsavedNodes().length).toBeGreaterThanOrEqual(fresh.length);
    expect(changed.unsavedNodes()).toEqual(fresh);
  });

  it('stores each node once under its hash', () => {
    const nodes = new Nodes();
    nodes.save(emptyTrie.update(entries(0, 100)));
    for (const hash of nodes.hashes()) expect(bytesToHex(keccak256(nodes.get(hexToBytes(hash))!))).toBe(hash);
  });

  it('stores a root that is short enough to be embedded', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update([[text('a'), text('b')]]);
    expect(nodes.save(trie)).toBe(1);
    expect(openTrie(trie.root(), nodes).get(text('a'))).toEqual(text('b'));
  });

  it('needs no node for the empty trie', () => {
    expect(openTrie(EMPTY_TRIE_ROOT.slice(), new Nodes()).update([])).toBeDefined();
    expect(openTrie(EMPTY_TRIE_ROOT, new Nodes()).get(text('a'))).toBeUndefined();
    expect(emptyTrie.unsavedNodes()).toEqual([]);
    emptyTrie.markSaved();
  });

  it('reads a node once when getting, and only the path', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update(entries(0, 500));
    nodes.save(trie);
    const opened = openTrie(trie.root(), nodes);
    const [[key, value]] = entries(0, 1) as [[Bytes, Bytes]];
    expect(opened.get(key)).toEqual(value);
    const reads = nodes.reads;
    expect(reads).toBeLessThan(6);
    expect(opened.get(key)).toEqual(value);
    expect(nodes.reads).toBe(reads);
  });

  it('does not keep what it walks over', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update(entries(0, 100));
    nodes.save(trie);
    const opened = openTrie(trie.root(), nodes);
    expect(Array.from(opened.entries()).length).toBe(100);
    const reads = nodes.reads;
    expect(Array.from(opened.entries()).length).toBe(100);
    expect(nodes.reads).toBe(2 * reads);
  });

  it('does not save again what was read and not changed', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update(entries(0, 100));
    nodes.save(trie);
    const opened = openTrie(trie.root(), nodes);
    expect(opened.update(entries(0, 100))).toBe(opened);
    for (const [key] of entries(0, 100)) opened.get(key);
    expect(opened.unsavedNodes()).toEqual([]);
  });
});

describe('a damaged store', () => {
  it('names the missing node', () => {
    const nodes = new Nodes();
    const trie = emptyTrie.update(entries(0, 50));
    nodes.save(trie);
    for (const hash of nodes.hashes()) {
      const bytes = hexToBytes(hash);
      const rlp = nodes.get(bytes)!;
      nodes.delete(bytes);
      const walk = (): unknown => Array.from(openTrie(trie.root(), nodes).entries());
      expect(walk).toThrow(expect.objectContaining({ code: 'STATE_MISSING_NODE', context: { hash: bytes } }));
      nodes.put(bytes, rlp);
    }
  });

  it('needs the node that takes the place of a branch', () => {
    const nodes = new Nodes();
    const long = (name: string): Bytes => text(`${name}: a value that is far too long to be embedded`);
    const [a, b] = [Uint8Array.of(0x00), Uint8Array.of(0x10)];
    const trie = emptyTrie.update([
      [a, long('a')],
      [b, long('b')],
    ]);
    nodes.save(trie);
    expect(
      openTrie(trie.root(), nodes)
        .update([[a, undefined]])
        .root(),
    ).toEqual(emptyTrie.update([[b, long('b')]]).root());
    const [, second] = nodes.hashes();
    nodes.delete(hexToBytes(second!));
    expect(thrownCode(() => openTrie(trie.root(), nodes).update([[a, undefined]]))).toBe(
      'STATE_MISSING_NODE',
    );
  });

  const hash = new Uint8Array(32).fill(9);
  const string = (length: number): Bytes => new Uint8Array(length).fill(0x81);
  const none = Array.from({ length: 16 }, () => string(0));
  it.each([
    ['no RLP', hexToBytes('0xb9')],
    ['a string', encodeRlp(text('node'))],
    ['a list of three', encodeRlp([string(1), string(1), string(1)])],
    ['an unknown path', encodeRlp([hexToBytes('0x40'), string(1)])],
    ['a path that is a list', encodeRlp([[], string(1)])],
    ['a leaf without value', encodeRlp([hexToBytes('0x20'), string(0)])],
    ['a leaf with a list for a value', encodeRlp([hexToBytes('0x20'), []])],
    ['an extension without path', encodeRlp([hexToBytes('0x00'), string(32)])],
    ['an extension without child', encodeRlp([hexToBytes('0x11'), string(0)])],
    ['a child hash of 31 bytes', encodeRlp([hexToBytes('0x11'), string(31)])],
    ['a child hash of 33 bytes', encodeRlp([string(33), ...none])],
    ['a branch value that is a list', encodeRlp([...none, []])],
    ['a damaged embedded child', encodeRlp([[hexToBytes('0x40'), string(1)], ...none])],
    ['an embedded child of 32 bytes', encodeRlp([[hexToBytes('0x20'), string(29)], ...none])],
  ])('refuses %s', (_, rlp) => {
    const nodes = new Nodes();
    nodes.put(hash, rlp);
    expect(thrownCode(() => openTrie(hash, nodes).get(text('key')))).toBe('STATE_CORRUPT_NODE');
  });

  it('keeps an embedded child of 31 bytes', () => {
    const nodes = new Nodes();
    const child = [hexToBytes('0x20'), string(28)];
    const rlp = encodeRlp([child, child, ...none.slice(1)]);
    nodes.put(keccak256(rlp), rlp);
    const trie = openTrie(keccak256(rlp), nodes);
    expect(trie.get(Uint8Array.of(0x00))).toBeUndefined();
    expect(trie.prove(Uint8Array.of(0x00))).toEqual([rlp]);
    // The 31 bytes come back when the node around them is written anew.
    const changed = trie.update([[Uint8Array.of(0x25), text('value')]]);
    expect(changed.root()).not.toEqual(trie.root());
    expect(changed.update([[Uint8Array.of(0x25), undefined]]).root()).toEqual(trie.root());
  });

  it.each([0, 31, 33, 5_000])('has no trie whose root has %i bytes', (length) => {
    expect(thrownCode(() => openTrie(new Uint8Array(length), new Nodes()))).toBe('STATE_MISSING_NODE');
  });

  it('does not follow a node that contains itself for ever', () => {
    const nodes = new Nodes();
    nodes.put(hash, encodeRlp([...Array.from({ length: 16 }, () => hash), string(0)]));
    const trie = openTrie(hash, nodes);
    expect(trie.get(text('key'))).toBeUndefined();
    expect(thrownCode(() => Array.from(trie.entries()))).toBe('STATE_CORRUPT_NODE');
  });
});
