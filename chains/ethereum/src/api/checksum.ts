import type { Hex } from '@ninefold/base';
import { utf8ToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';

/**
 * An address with the checksum of EIP-55 in its capitals, as geth prints it in messages.
 *
 * @example checksumAddress('0xc000…') // '0xC000…'
 */
export function checksumAddress(address: Hex): string {
  const digits = address.slice(2);
  const hash = keccak256(utf8ToBytes(digits));
  let text = '0x';
  for (let i = 0; i < digits.length; i++) {
    const nibble = ((hash[i >> 1] as number) >> (i % 2 === 0 ? 4 : 0)) & 15;
    const digit = digits[i] as string;
    text += nibble >= 8 ? digit.toUpperCase() : digit;
  }
  return text;
}
