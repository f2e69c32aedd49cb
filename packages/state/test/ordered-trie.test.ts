import { bytesToHex } from '@ninefold/base';
import { encodeRlp, rlpFromUint } from '@ninefold/codec';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderedTrieRoot } from '../src/ordered-trie.ts';
import { EMPTY_TRIE_ROOT } from '../src/trie.ts';
import { textbookRoot } from './textbook-trie.ts';

it('is the empty root without values', () => {
  expect(orderedTrieRoot([])).toEqual(EMPTY_TRIE_ROOT);
});

it.each([1, 2, 127, 128, 129, 200, 256, 257, 300])('agrees with the definition for %i values', (count) => {
  const values = Array.from({ length: count }, (_, i) => new Uint8Array(1 + ((i * 37) % 90)).fill(i));
  const entries = values.map((value, i) => [encodeRlp(rlpFromUint(i)), value] as const);
  expect(bytesToHex(orderedTrieRoot(values))).toBe(bytesToHex(textbookRoot(entries)));
});

it('depends on the order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 }), (values) => {
      const reversed = values.toReversed();
      const same = values.every((value, i) => bytesToHex(value) === bytesToHex(reversed[i]!));
      expect(bytesToHex(orderedTrieRoot(values)) === bytesToHex(orderedTrieRoot(reversed))).toBe(same);
    }),
  );
});
