import type { Bytes } from '@ninefold/base';

/** An address as a map's key: one character a byte. */
export type AddressKey = string;

/** @example addressKey(address) === addressKey(address.slice()) */
export function addressKey(address: Bytes): AddressKey {
  return String.fromCharCode.apply(null, address as unknown as number[]);
}

/** The address of an {@link addressKey}. */
export function keyAddress(key: AddressKey): Bytes {
  return Uint8Array.from(key, (character) => character.charCodeAt(0));
}
