import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES, utf8ToBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '@ninefold/crypto';
import { EMPTY_TRIE_ROOT, emptyTrie, openTrie } from '../src/trie.ts';
import { verifyProof } from '../src/trie-proof.ts';
import { thrownCode } from './thrown.ts';

const text = utf8ToBytes;

const keys = fc.oneof(
  fc.array(fc.constantFrom(0x00, 0x01, 0x10, 0xf0), { maxLength: 3 }).map((key) => Uint8Array.from(key)),
  fc.nat(20).map((n) => keccak256(Uint8Array.of(n))),
);
const entries = fc.array(fc.tuple(keys, fc.uint8Array({ minLength: 1, maxLength: 40 })), { maxLength: 12 });

const trie = emptyTrie.update(
  Array.from({ length: 200 }, (_, i) => [keccak256(text(`${i}`)), text(`value ${i} `.repeat(4))]),
);
const present = keccak256(text('7'));
const absent = keccak256(text('nobody'));

describe('proofs', () => {
  it('prove each value and each absence', () => {
    fc.assert(
      fc.property(entries, fc.array(keys), (batch, others) => {
        const trie = emptyTrie.update(batch);
        for (const key of [...batch.map(([key]) => key), ...others]) {
          expect(verifyProof(trie.root(), key, trie.prove(key))).toEqual(trie.get(key));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('come out of a store as well', () => {
    fc.assert(
      fc.property(entries, fc.array(keys), (batch, others) => {
        const trie = emptyTrie.update(batch);
        const nodes = new Map(trie.unsavedNodes().map(({ hash, rlp }) => [hash.join(), rlp]));
        for (const key of [...batch.map(([key]) => key), ...others]) {
          const opened = openTrie(trie.root(), { get: (hash) => nodes.get(hash.join()) });
          expect(opened.prove(key)).toEqual(trie.prove(key));
        }
      }),
    );
  });

  it('of the empty trie are empty, or the node that some clients send', () => {
    expect(emptyTrie.prove(present)).toEqual([]);
    expect(verifyProof(EMPTY_TRIE_ROOT, present, [])).toBeUndefined();
    expect(verifyProof(EMPTY_TRIE_ROOT, present, [Uint8Array.of(0x80)])).toBeUndefined();
    expect(thrownCode(() => verifyProof(EMPTY_TRIE_ROOT, present, [EMPTY_BYTES]))).toBe(
      'STATE_INVALID_PROOF',
    );
  });
});

describe('verifyProof refuses', () => {
  const refused = (root: Bytes, key: Bytes, proof: readonly Bytes[]): void => {
    expect(thrownCode(() => verifyProof(root, key, proof))).toBe('STATE_INVALID_PROOF');
  };

  it.each([present, absent])('every changed byte', (key) => {
    const proof = trie.prove(key);
    for (const [i, node] of proof.entries()) {
      for (let at = 0; at < node.length; at++) {
        const changed = node.slice();
        changed[at] = (changed[at] as number) ^ (1 << (at % 8));
        refused(trie.root(), key, proof.with(i, changed));
      }
    }
  });

  it('another root', () => {
    const other = trie.update([[absent, text('somebody')]]).root();
    refused(other, present, trie.prove(present));
    refused(EMPTY_TRIE_ROOT, present, trie.prove(present));
  });

  it('missing, doubled, swapped and additional nodes', () => {
    const proof = trie.prove(present);
    refused(trie.root(), present, []);
    for (let i = 0; i < proof.length; i++) {
      refused(trie.root(), present, proof.toSpliced(i, 1));
      refused(trie.root(), present, proof.toSpliced(i, 0, proof[i]!));
    }
    refused(trie.root(), present, proof.toReversed());
    refused(trie.root(), present, [...proof, Uint8Array.of(0x80)]);
  });

  it('the proof of another key', () => {
    refused(trie.root(), absent, trie.prove(present));
  });

  it('nodes that are no nodes', () => {
    const junk = text('not a node');
    refused(keccak256(junk), present, [junk]);
  });
});
