import { type Bytes, concatBytes, equalBytes } from '@ninefold/base';
import { hash256 } from '@ninefold/vm-bitcoin-script';
import { base58 } from '@scure/base';

/** First byte of private keys on test networks; mainnet's is 0x80. */
export const WIF_TEST: number = 0xef;
export const WIF_MAIN: number = 0x80;
/** Longest text that can be one of these keys: decoding takes quadratic time. */
const MAX_WIF_LENGTH = 60;

/** A private key with the form of public key it stands for. */
export type WifKey = { readonly privateKey: Bytes; readonly compressed: boolean };

/** A private key as wallets import it. */
export function encodeWif({ privateKey, compressed }: WifKey, prefix: number): string {
  const payload = concatBytes(Uint8Array.of(prefix), privateKey, Uint8Array.of(...(compressed ? [1] : [])));
  return base58.encode(concatBytes(payload, hash256(payload).subarray(0, 4)));
}

/** The way back; undefined for what is no key of that network. */
export function decodeWif(text: string, prefix: number): WifKey | undefined {
  if (text.length > MAX_WIF_LENGTH || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(text)) return undefined;
  const bytes = base58.decode(text);
  const payload = bytes.subarray(0, -4);
  if (payload[0] !== prefix || !equalBytes(bytes.subarray(-4), hash256(payload).subarray(0, 4))) {
    return undefined;
  }
  if (payload.length === 34 && payload[33] === 1) {
    return { privateKey: payload.slice(1, 33), compressed: true };
  }
  return payload.length === 33 ? { privateKey: payload.slice(1), compressed: false } : undefined;
}
