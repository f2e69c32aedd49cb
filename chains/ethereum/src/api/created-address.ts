import type { Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { encodeRlp, rlpFromUint } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';

/** Address of the contract that `sender` creates by its transaction with `nonce`. */
export function createdAddress(sender: Hex, nonce: bigint): Hex {
  return bytesToHex(keccak256(encodeRlp([hexToBytes(sender), rlpFromUint(nonce)])).subarray(12));
}
