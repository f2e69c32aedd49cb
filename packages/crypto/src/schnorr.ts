import { bigintToBytes, type Bytes, bytesToBigint, concatBytes, equalBytes } from '@ninefold/base';
import { secp256k1Combine, secp256k1Parse } from '@ninefold/kernels';
import { requireLength } from './checks.ts';
import { overrideOf } from './engine.ts';
import { N, publicKey as fullPublicKey } from './secp256k1.ts';
import { type TaggedHash, taggedHash } from './tagged-hash.ts';

/*
 * Schnorr signatures over secp256k1 with keys of 32 bytes (BIP 340) and their tweaks (BIP 341).
 */

// Made on first use: a package without side effects hashes nothing when it is loaded.
let hashes:
  | { readonly challenge: TaggedHash; readonly aux: TaggedHash; readonly nonce: TaggedHash }
  | undefined;
const tagged = (): NonNullable<typeof hashes> =>
  (hashes ??= {
    challenge: taggedHash('BIP0340/challenge'),
    aux: taggedHash('BIP0340/aux'),
    nonce: taggedHash('BIP0340/nonce'),
  });

const mod = (value: bigint): bigint => {
  const rest = value % N;
  return rest < 0n ? rest + N : rest;
};

const isOdd = (point: Bytes): boolean => ((point[63] as number) & 1) === 1;

/**
 * Whether `signature` is one of `message` by the key with that x. False for an x of no point.
 *
 * @param signature 64 bytes
 * @param key 32 bytes
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function verify(message: Bytes, signature: Bytes, key: Bytes): boolean {
  requireLength('Schnorr signature', signature, 64);
  requireLength('x-only public key', key, 32);
  return (overrideOf('schnorrVerify') ?? verifyByKernel)(message, signature, key);
}

/** R = s·G − e·P has to have the x of the signature and an even y. */
function verifyByKernel(message: Bytes, signature: Bytes, key: Bytes): boolean {
  const point = liftX(key);
  if (point === undefined) return false;
  const rx = signature.subarray(0, 32);
  const e = bytesToBigint(tagged().challenge(rx, key, message));
  // An s that is not below the order is refused by the kernel.
  const r = secp256k1Combine(concatBytes(signature.subarray(32), bigintToBytes(mod(-e), 32), point));
  return r !== undefined && !isOdd(r) && equalBytes(r.subarray(0, 32), rx);
}

/** The point with this x and an even y, 64 bytes; undefined when there is none. */
function liftX(key: Bytes): Bytes | undefined {
  return secp256k1Parse(concatBytes(EVEN, key));
}

const EVEN = Uint8Array.of(2);
const ONE = bigintToBytes(1n, 32);

/**
 * Signs a message; the signature depends on nothing but the arguments.
 *
 * @param privateKey 32 bytes
 * @param aux 32 bytes of fresh randomness, or zeros
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function sign(message: Bytes, privateKey: Bytes, aux: Bytes = new Uint8Array(32)): Bytes {
  requireLength('auxiliary randomness', aux, 32);
  const point = fullPublicKey(privateKey);
  const key = point.subarray(0, 32);
  const secret = evenSecret(privateKey, point);
  const masked = bigintToBytes(secret ^ bytesToBigint(tagged().aux(aux)), 32);
  const nonce = bigintToBytes(mod(bytesToBigint(tagged().nonce(masked, key, message))), 32);
  const noncePoint = fullPublicKey(nonce);
  const k = evenSecret(nonce, noncePoint);
  const rx = noncePoint.subarray(0, 32);
  const e = bytesToBigint(tagged().challenge(rx, key, message));
  return concatBytes(rx, bigintToBytes(mod(k + e * secret), 32));
}

/** The secret of the one of ±`point` whose y is even. */
function evenSecret(secret: Bytes, point: Bytes): bigint {
  const value = bytesToBigint(secret);
  return isOdd(point) ? N - value : value;
}

/**
 * The x of a private key's point, 32 bytes.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function publicKey(privateKey: Bytes): Bytes {
  return fullPublicKey(privateKey).slice(0, 32);
}

/**
 * x and parity of y of lift_x(`key`) + `tweak`·G; undefined when `key` is no point's x, the tweak is
 * not below the order, or the sum is the point at infinity.
 *
 * @param key 32 bytes
 * @param tweak 32 bytes
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function tweakPublicKey(
  key: Bytes,
  tweak: Bytes,
): { readonly key: Bytes; readonly parity: 0 | 1 } | undefined {
  requireLength('x-only public key', key, 32);
  requireLength('tweak', tweak, 32);
  const lifted = liftX(key);
  const point = lifted && secp256k1Combine(concatBytes(tweak, ONE, lifted));
  return point && { key: point.slice(0, 32), parity: isOdd(point) ? 1 : 0 };
}

/**
 * The private key of {@link tweakPublicKey}'s point.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY` also when the sum is 0
 */
export function tweakPrivateKey(privateKey: Bytes, tweak: Bytes): Bytes {
  requireLength('tweak', tweak, 32);
  const secret = evenSecret(privateKey, fullPublicKey(privateKey));
  const tweaked = bigintToBytes(mod(secret + bytesToBigint(tweak)), 32);
  fullPublicKey(tweaked);
  return tweaked;
}
