import {
  base64ToBytes,
  bigintToBytes,
  type Bytes,
  bytesToBase64,
  bytesToBigint,
  concatBytes,
  equalBytes,
  isNinefoldError,
  utf8ToBytes,
} from '@ninefold/base';
import { encodeCompactSize } from '@ninefold/codec';
import { secp256k1 } from '@ninefold/crypto';
import { hash160, hash256 } from '@ninefold/vm-bitcoin-script';

/*
 * Messages signed by the key of a P2PKH address, the way wallets did before BIP 322.
 */

const MAGIC: Bytes = utf8ToBytes('Bitcoin Signed Message:\n');
/** First byte of a signature: this, the recovery id, and 4 for a compressed key. */
const HEADER = 27;
const COMPRESSED = 4;
const SIGNATURE_BYTES = 65;

/** What is signed. */
export function messageHash(message: string): Bytes {
  const text = utf8ToBytes(message);
  return hash256(concatBytes(encodeCompactSize(MAGIC.length), MAGIC, encodeCompactSize(text.length), text));
}

/** @returns base64 of header, r and s */
export function signMessage(message: string, privateKey: Bytes, compressed: boolean): string {
  const { r, s, yParity } = secp256k1.sign(messageHash(message), privateKey);
  const header = HEADER + yParity + (compressed ? COMPRESSED : 0);
  return bytesToBase64(concatBytes(Uint8Array.of(header), bigintToBytes(r, 32), bigintToBytes(s, 32)));
}

/**
 * Whether a signature is of a message by the key with that hash; `malformed` where it is not base64.
 */
export function verifyMessage(message: string, signature: string, keyHash: Bytes): boolean | 'malformed' {
  let bytes: Bytes;
  // White space and missing padding, which decoding would forgive, are malformed here.
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(signature) || signature.length % 4 !== 0) return 'malformed';
  try {
    bytes = base64ToBytes(signature);
  } catch (error) {
    if (isNinefoldError(error)) return 'malformed';
    throw error;
  }
  if (bytes.length !== SIGNATURE_BYTES) return false;
  const header = (bytes[0] as number) - HEADER;
  if (header < 0 || header > 7) return false;
  const r = bytesToBigint(bytes.subarray(1, 33));
  const s = bytesToBigint(bytes.subarray(33));
  const point = secp256k1.recover(messageHash(message), r, s, header & 3);
  if (point === undefined) return false;
  const key = (header & COMPRESSED) !== 0 ? secp256k1.compress(point) : concatBytes(Uint8Array.of(4), point);
  return equalBytes(hash160(key), keyHash);
}
