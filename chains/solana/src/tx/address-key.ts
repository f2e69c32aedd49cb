import type { Bytes } from '@ninefold/base';
import { binaryText, knownAddress } from '@ninefold/vm-svm';

/** An address, or other bytes, as a map's key: one character a byte. */
export type AddressKey = string;

const ADDRESS_BYTES = 32;

/** @example addressKey(address) === addressKey(address.slice()) */
export function addressKey(address: Bytes): AddressKey {
  return address.length === ADDRESS_BYTES ? knownAddress(address).key : binaryText(address);
}

/** The address of an {@link addressKey}. */
export function keyAddress(key: AddressKey): Bytes {
  const address = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) address[i] = key.charCodeAt(i);
  return address;
}
