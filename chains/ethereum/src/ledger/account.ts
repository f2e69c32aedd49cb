import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { Account } from '@ninefold/vm-evm';
import { encodeInSlab } from '../tx/encode-fields.ts';
import { decodeStructure, FieldReader } from '../tx/fields.ts';

/** keccak-256 of nothing: the code hash of an account without code. */
export const EMPTY_CODE_HASH: Hex = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';

/** An account that does not exist, once it gets something. */
export const EMPTY_ACCOUNT: Account = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH };

/** What the state trie holds under an account's hashed address. */
export function encodeAccount(account: Account, storageRoot: Bytes): Bytes {
  const { nonce, balance, codeHash } = account;
  return encodeInSlab([nonce, balance, storageRoot, codeHash]);
}

/** The inverse of {@link encodeAccount}. */
export function decodeAccount(bytes: Bytes): { readonly account: Account; readonly storageRoot: Bytes } {
  const fields = new FieldReader(decodeStructure(bytes, 'account'), 'account', 4);
  const nonce = fields.uint('nonce', 8);
  const balance = fields.uint('balance', 32);
  const storageRoot = fields.fixed('storageRoot', 32);
  return { account: { nonce, balance, codeHash: fields.hex('codeHash', 32) }, storageRoot };
}

/** Hash of some code, as accounts name it. */
export function codeHashOf(code: Bytes): Hex {
  return code.length === 0 ? EMPTY_CODE_HASH : bytesToHex(keccak256(code));
}

// Addresses, slots and topics come back again and again; a hash is slower than a look-up.
const HASHED_KEYS_LIMIT = 1 << 17;
const hashedKeys = new Map<Hex, Bytes>();

/**
 * keccak-256 of the bytes of an address, slot or topic: where the secure tries keep it, what it sets in
 * a bloom filter. Do not write to the result.
 */
export function hashedKey(key: Hex): Bytes {
  let hashed = hashedKeys.get(key);
  if (hashed === undefined) {
    if (hashedKeys.size >= HASHED_KEYS_LIMIT) hashedKeys.clear();
    hashed = keccak256(hexToBytes(key));
    hashedKeys.set(key, hashed);
  }
  return hashed;
}

/** What a storage trie holds for a word: RLP of its bytes without leading zeros; nothing for zero. */
export function encodeSlot(value: Hex): Bytes {
  const number = BigInt(value);
  return number === 0n ? EMPTY_BYTES : encodeInSlab(number);
}

/** The inverse of {@link encodeSlot} for a value that is there. */
export function decodeSlot(bytes: Bytes): Hex {
  const value = new FieldReader([decodeStructure(bytes, 'account')], 'account', 1).uint('slot', 32);
  return `0x${value.toString(16).padStart(64, '0')}`;
}
