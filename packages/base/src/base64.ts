import type { Bytes } from './bytes.ts';
import { defineErrors } from './errors.ts';

const fail = defineErrors({
  BASE_INVALID_BASE64: (context: { readonly value: string }) =>
    `Invalid base64 ${JSON.stringify(context.value.slice(0, 40))}: expected the standard alphabet with padding`,
});

/**
 * Decodes standard base64; built on `atob`, which Node and browsers share. As in `atob`, white
 * space is skipped and padding may be missing.
 *
 * @throws `BASE_INVALID_BASE64`
 */
export function base64ToBytes(text: string): Bytes {
  const binary = decodeBinary(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function decodeBinary(text: string): string {
  try {
    return atob(text);
  } catch (cause) {
    throw fail('BASE_INVALID_BASE64', { value: text }, { cause });
  }
}

/** Standard base64 with padding: `bytesToBase64(Uint8Array.of(1)) === 'AQ=='`. */
export function bytesToBase64(bytes: Bytes): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
