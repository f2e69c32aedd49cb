import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { hashFields } from '../tx/encode-fields.ts';

/** Address of the contract that `sender` creates by its transaction with `nonce`. */
export function createdAddress(sender: Hex, nonce: bigint): Hex {
  return bytesToHex(hashFields([sender, nonce]).subarray(12));
}
