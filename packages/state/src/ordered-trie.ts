import type { Bytes } from '@ninefold/base';
import { encodeRlp, rlpFromUint } from '@ninefold/codec';
import { emptyTrie } from './trie.ts';

/**
 * The root of the trie that maps rlp(0), rlp(1), … to `values`, none of them empty: how a block
 * commits to its transactions, receipts and withdrawals.
 */
export function orderedTrieRoot(values: readonly Bytes[]): Bytes {
  return emptyTrie.update(values.map((value, index) => [encodeRlp(rlpFromUint(index)), value])).root();
}
