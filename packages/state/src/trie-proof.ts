import type { Bytes } from '@ninefold/base';
import { bytesToHex, defineErrors, equalBytes, isNinefoldError } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import { EMPTY_TRIE_ROOT, openTrie } from './trie.ts';

const fail = defineErrors({
  STATE_INVALID_PROOF: (c: { readonly root: Bytes; readonly reason: string }) =>
    `The proof does not belong to root ${bytesToHex(c.root)}: ${c.reason}`,
});

/**
 * The value that `proof` proves for `key` in the trie with this `root`; undefined when it proves
 * that there is none. The proof is what `Trie.prove` and `eth_getProof` give: the nodes from the
 * root down, no more and no fewer.
 *
 * @throws `STATE_INVALID_PROOF`
 * @example verifyProof(trie.root(), key, trie.prove(key)) // as trie.get(key)
 */
export function verifyProof(root: Bytes, key: Bytes, proof: readonly Bytes[]): Bytes | undefined {
  let used = 0;
  const next = (hash: Bytes): Bytes | undefined => {
    const rlp = proof[used];
    if (rlp === undefined || !equalBytes(keccak256(rlp), hash)) return undefined;
    used++;
    return rlp;
  };
  let value: Bytes | undefined;
  try {
    // Some nodes prove emptiness by the empty string, whose hash is the root.
    if (equalBytes(root, EMPTY_TRIE_ROOT)) next(root);
    else value = openTrie(root, { get: next }).get(key);
  } catch (cause) {
    if (!isNinefoldError(cause)) throw cause;
    throw fail('STATE_INVALID_PROOF', { root, reason: `node ${used}: ${cause.message}` }, { cause });
  }
  if (used < proof.length) {
    throw fail('STATE_INVALID_PROOF', { root, reason: `${proof.length - used} nodes too many` });
  }
  return value;
}
