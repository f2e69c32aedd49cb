import { bigintToBytes, type Bytes, bytesToBigint, concatBytes, defineErrors } from '@ninefold/base';
import {
  secp256k1Derive,
  secp256k1Parse,
  secp256k1Recover,
  secp256k1Sign,
  secp256k1Verify,
  sha256,
} from '@ninefold/kernels';
import { requireLength } from './checks.ts';
import { overrideOf, type Secp256k1Signature } from './engine.ts';
import { nonces } from './rfc6979.ts';

const fail = defineErrors({
  CRYPTO_INVALID_PRIVATE_KEY: (_context: Readonly<Record<string, never>>) =>
    'A private key lies between 1 and the order of the curve less 1',
});

/** Order n of the group. */
export const N: bigint = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** Largest `s` that Ethereum accepts from Homestead on (EIP-2). */
export const HALF_N: bigint = N >> 1n;

const isScalar = (value: bigint): boolean => value > 0n && value < N;

/**
 * Signs a hash with the nonce of RFC 6979 and a low `s`.
 *
 * @param hash 32 bytes
 * @param privateKey 32 bytes
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function sign(hash: Bytes, privateKey: Bytes): Secp256k1Signature {
  requireLength('message hash', hash, 32);
  requireLength('private key', privateKey, 32);
  const signature = (overrideOf('secp256k1Sign') ?? signByKernel)(hash, privateKey);
  if (signature === undefined) throw fail('CRYPTO_INVALID_PRIVATE_KEY', {});
  return signature;
}

/**
 * The public key, x and y in 64 bytes, whose signature (r, s) of `hash` is; undefined when there is
 * none: r or s is 0 or not below n, no point has that x, or the key would be the point at infinity.
 * A high `s` is accepted: whether it may be is the caller's rule.
 *
 * @param hash 32 bytes
 * @param yParity 0 or 1; 2 and 3 say besides that the point's x is r + n
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function recover(hash: Bytes, r: bigint, s: bigint, yParity: number): Bytes | undefined {
  requireLength('message hash', hash, 32);
  if (!isScalar(r) || !isScalar(s) || (yParity & 3) !== yParity) return undefined;
  return (overrideOf('secp256k1Recover') ?? recoverByKernel)(hash, r, s, yParity);
}

/**
 * The public key of a private key: x and y in 64 bytes.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function publicKey(privateKey: Bytes): Bytes {
  requireLength('private key', privateKey, 32);
  const key = (overrideOf('secp256k1PublicKey') ?? secp256k1Derive)(privateKey);
  if (key === undefined) throw fail('CRYPTO_INVALID_PRIVATE_KEY', {});
  return key;
}

/**
 * Whether (r, s) is a signature of `hash` by the key. False as well for a high `s` and for a key
 * that is no point of the curve.
 *
 * @param hash 32 bytes
 * @param key 64 bytes, x and y
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function verify(hash: Bytes, r: bigint, s: bigint, key: Bytes): boolean {
  requireLength('message hash', hash, 32);
  requireLength('public key', key, 64);
  if (!isScalar(r) || s <= 0n || s > HALF_N) return false;
  return (overrideOf('secp256k1Verify') ?? verifyByKernel)(hash, r, s, key);
}

/**
 * Whether `compact` is a signature of `hash` by `key`, as Bitcoin's consensus checks it: a high `s`
 * counts, and so does any SEC 1 form of a key. False for a key that is no point.
 *
 * @param hash 32 bytes
 * @param compact r and s, 64 bytes
 * @param key compressed, uncompressed or hybrid
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function verifySec1(hash: Bytes, compact: Bytes, key: Bytes): boolean {
  requireLength('message hash', hash, 32);
  requireLength('compact signature', compact, 64);
  if (key.length !== 33 && key.length !== 65) return false;
  return (overrideOf('secp256k1VerifySec1') ?? verifySec1ByKernel)(hash, compact, key);
}

function signByKernel(hash: Bytes, privateKey: Bytes): Secp256k1Signature | undefined {
  if (!isScalar(bytesToBigint(privateKey))) return undefined;
  const z = bytesToBigint(hash);
  const digest = z < N ? hash : bigintToBytes(z - N, WORD);
  for (const nonce of nonces(privateKey, digest)) {
    const blind = sha256(concatBytes(nonce, privateKey));
    const signature = secp256k1Sign(concatBytes(hash, privateKey, nonce, blind));
    if (signature === undefined) continue;
    return {
      r: bytesToBigint(signature.subarray(0, WORD)),
      s: bytesToBigint(signature.subarray(WORD, 2 * WORD)),
      yParity: signature[2 * WORD] === 0 ? 0 : 1,
    };
  }
}

const WORD = 32;
/** Hash, r, s and a key for the kernel. All calls share it: they are synchronous. */
const input: Bytes = new Uint8Array(5 * WORD);
const recoverInput: Bytes = input.subarray(0, 3 * WORD);
const inputView = new DataView(input.buffer);

function putWord(at: number, value: bigint): void {
  for (let i = 24; i >= 0; i -= 8, value >>= 64n) inputView.setBigUint64(at + i, BigInt.asUintN(64, value));
}

function recoverByKernel(hash: Bytes, r: bigint, s: bigint, recoveryId: number): Bytes | undefined {
  input.set(hash);
  putWord(WORD, r);
  putWord(2 * WORD, s);
  return secp256k1Recover(recoverInput, recoveryId);
}

function verifyByKernel(hash: Bytes, r: bigint, s: bigint, key: Bytes): boolean {
  input.set(hash);
  putWord(WORD, r);
  putWord(2 * WORD, s);
  input.set(key, 3 * WORD);
  return secp256k1Verify(input);
}

function verifySec1ByKernel(hash: Bytes, compact: Bytes, key: Bytes): boolean {
  const point = secp256k1Parse(key);
  if (point === undefined) return false;
  input.set(hash);
  input.set(compact, WORD);
  input.set(point, 3 * WORD);
  return secp256k1Verify(input);
}

/** The compressed form, 33 bytes, of a key of 64 bytes. */
export function compress(key: Bytes): Bytes {
  requireLength('public key', key, 64);
  const compressed = new Uint8Array(33);
  compressed[0] = 2 | ((key[63] as number) & 1);
  compressed.set(key.subarray(0, 32), 1);
  return compressed;
}

/** The key of 64 bytes that a SEC 1 form stands for; undefined when it is none, or no point. */
export function parse(key: Bytes): Bytes | undefined {
  return secp256k1Parse(key);
}
