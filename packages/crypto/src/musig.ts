import {
  bigintToBytes,
  type Bytes,
  bytesToBigint,
  compareBytes,
  concatBytes,
  defineErrors,
  EMPTY_BYTES,
  equalBytes,
  numberToBytes,
} from '@ninefold/base';
import { requireLength } from './checks.ts';
import { compress, N, publicKey } from './secp256k1.ts';
import {
  addPoints,
  decompress,
  GENERATOR,
  isOddPoint,
  modN,
  multiplyPoint,
  negate,
  type Point,
} from './secp256k1-points.ts';
import { type TaggedHash, taggedHash } from './tagged-hash.ts';

/*
 * MuSig2 (BIP 327): several signers make one Schnorr signature by one key, in two rounds. Names of
 * values are those of the BIP.
 */

/** What a signer gave that is not what it has to be. */
export type MusigContribution = 'pubkey' | 'pubnonce' | 'aggnonce' | 'aggothernonce' | 'psig';

const fail = defineErrors({
  MUSIG_INVALID_CONTRIBUTION: (c: {
    readonly contribution: MusigContribution;
    /** Place in the list; undefined for what belongs to no single signer. */
    readonly signer: number | undefined;
  }) => `The ${c.contribution}${c.signer === undefined ? '' : ` of signer ${c.signer}`} is not valid`,
  MUSIG_NO_SIGNERS: (_context: Readonly<Record<string, never>>) => 'There has to be one signer at least',
  MUSIG_TWEAK_RANGE: (_context: Readonly<Record<string, never>>) => 'A tweak is below the order of the curve',
  MUSIG_INFINITY: (_context: Readonly<Record<string, never>>) =>
    'The key that comes out would be the point at infinity',
  MUSIG_NONCE_USED: (_context: Readonly<Record<string, never>>) =>
    'A secret nonce out of range: it was used already. A second signature would give the key away',
  MUSIG_NOT_A_SIGNER: (_context: Readonly<Record<string, never>>) =>
    "The signer's key is not the one the nonce was made for, or not among those of the aggregate",
});

const KEY_BYTES = 33;
const NONCE_BYTES = 66;
/** k1, k2 and the signer's key. */
const SECRET_NONCE_BYTES = 97;
const INFINITY: Bytes = new Uint8Array(KEY_BYTES);

const lazyTag = (tag: string): TaggedHash => {
  let hash: TaggedHash | undefined;
  return (...parts) => (hash ??= taggedHash(tag))(...parts);
};
const hashKeys = lazyTag('KeyAgg list');
const hashCoefficient = lazyTag('KeyAgg coefficient');
const hashAux = lazyTag('MuSig/aux');
const hashNonce = lazyTag('MuSig/nonce');
const hashNonceCoefficient = lazyTag('MuSig/noncecoef');
const hashDeterministicNonce = lazyTag('MuSig/deterministic/nonce');
const hashChallenge = lazyTag('BIP0340/challenge');

/** The key several signers have together, with what tweaks have done to it. */
export type MusigKey = {
  readonly keys: readonly Bytes[];
  /** Q */
  readonly point: Point;
  /** 1 or -1, modulo the order. */
  readonly gacc: bigint;
  readonly tacc: bigint;
  /** Hash of all keys. */
  readonly keysHash: Bytes;
  /** The first key unlike the first in the list: its coefficient is 1. */
  readonly second: Bytes | undefined;
};

/** A shift of the aggregate key: by an x-only one as in BIP 341, or a plain one as in BIP 32. */
export type MusigTweak = { readonly tweak: Bytes; readonly xOnly: boolean };

/** Keys in the order of their bytes, so that it does not matter who names whom first. */
export function sortKeys(keys: readonly Bytes[]): Bytes[] {
  return [...keys].sort(compareBytes);
}

/**
 * The key of several signers, in the order of the list.
 *
 * @param keys compressed, 33 bytes each
 * @throws `MUSIG_INVALID_CONTRIBUTION`, `MUSIG_NO_SIGNERS`, `MUSIG_INFINITY`
 * @example xOnlyKey(tweakKey(aggregateKeys(sortKeys([a, b])), { tweak, xOnly: true }))
 */
export function aggregateKeys(keys: readonly Bytes[]): MusigKey {
  const [first] = keys;
  if (first === undefined) throw fail('MUSIG_NO_SIGNERS', {});
  const points = keys.map((key, signer) => requirePoint(key, 'pubkey', signer));
  const keysHash = hashKeys(...keys);
  const second = keys.find((key) => !equalBytes(key, first));
  let sum: Point | undefined;
  for (const [i, point] of points.entries()) {
    const coefficient = coefficientOf(keys[i] as Bytes, keysHash, second);
    sum = addPoints(sum, multiplyPoint(point, coefficient));
  }
  if (sum === undefined) throw fail('MUSIG_INFINITY', {});
  return { keys, point: sum, gacc: 1n, tacc: 0n, keysHash, second };
}

function coefficientOf(key: Bytes, keysHash: Bytes, second: Bytes | undefined): bigint {
  if (second !== undefined && equalBytes(key, second)) return 1n;
  return modN(bytesToBigint(hashCoefficient(keysHash, key)));
}

function requirePoint(key: Bytes, contribution: MusigContribution, signer: number | undefined): Point {
  const point = decompress(key);
  if (point === undefined) throw fail('MUSIG_INVALID_CONTRIBUTION', { contribution, signer });
  return point;
}

/**
 * Shifts the aggregate key.
 *
 * @throws `CRYPTO_INVALID_LENGTH`, `MUSIG_TWEAK_RANGE`, `MUSIG_INFINITY`
 */
export function tweakKey(key: MusigKey, { tweak, xOnly }: MusigTweak): MusigKey {
  requireLength('tweak', tweak, 32);
  const t = bytesToBigint(tweak);
  if (t >= N) throw fail('MUSIG_TWEAK_RANGE', {});
  const flips = xOnly && isOddPoint(key.point);
  const point = addPoints(flips ? negate(key.point) : key.point, multiplyPoint(GENERATOR, t));
  if (point === undefined) throw fail('MUSIG_INFINITY', {});
  const sign = (value: bigint): bigint => (flips ? modN(-value) : value);
  return { ...key, point, gacc: sign(key.gacc), tacc: modN(t + sign(key.tacc)) };
}

/** The aggregate key as Schnorr signatures are verified by: 32 bytes. */
export function xOnlyKey({ point }: MusigKey): Bytes {
  return point.slice(0, 32);
}

/** The aggregate key with its parity: 33 bytes. */
export function plainKey({ point }: MusigKey): Bytes {
  return compress(point);
}

/** A signer's nonce for one signature: the public part is sent to the others. */
export type MusigNonce = {
  /** 97 bytes; signing zeroes them. Never to be copied, stored or used for another message. */
  readonly secretNonce: Bytes;
  /** 66 bytes */
  readonly publicNonce: Bytes;
};

/**
 * Makes a nonce. Only `random` has to be given besides the key; what else is known makes it safer
 * against weak randomness.
 *
 * @param options `random`: 32 bytes, fresh for every call; `publicKey`: the signer's, 33 bytes
 * @throws `CRYPTO_INVALID_LENGTH`
 */
export function generateNonce(options: {
  readonly random: Bytes;
  readonly publicKey: Bytes;
  readonly privateKey?: Bytes | undefined;
  /** x-only, 32 bytes */
  readonly aggregateKey?: Bytes | undefined;
  readonly message?: Bytes | undefined;
  readonly extra?: Bytes | undefined;
}): MusigNonce {
  const { random, privateKey, message, aggregateKey = EMPTY_BYTES, extra = EMPTY_BYTES } = options;
  requireLength('randomness of a nonce', random, 32);
  requireLength('public key', options.publicKey, KEY_BYTES);
  if (aggregateKey.length !== 0) requireLength('x-only public key', aggregateKey, 32);
  const seed = privateKey === undefined ? random : mask(privateKey, hashAux(random));
  const prefixed =
    message === undefined
      ? Uint8Array.of(0)
      : concatBytes(Uint8Array.of(1), numberToBytes(message.length, 8), message);
  const scalarOf = (i: number): bigint =>
    modN(
      bytesToBigint(
        hashNonce(
          seed,
          Uint8Array.of(options.publicKey.length),
          options.publicKey,
          Uint8Array.of(aggregateKey.length),
          aggregateKey,
          prefixed,
          numberToBytes(extra.length, 4),
          extra,
          Uint8Array.of(i),
        ),
      ),
    );
  return nonceOf(scalarOf(0), scalarOf(1), options.publicKey);
}

function mask(secret: Bytes, hash: Bytes): Bytes {
  requireLength('private key', secret, 32);
  return secret.map((byte, i) => byte ^ (hash[i] as number));
}

function nonceOf(k1: bigint, k2: bigint, key: Bytes): MusigNonce {
  const [a, b] = [bigintToBytes(k1, 32), bigintToBytes(k2, 32)];
  return {
    secretNonce: concatBytes(a, b, key),
    publicNonce: concatBytes(compress(publicKey(a)), compress(publicKey(b))),
  };
}

/** The two points of a nonce; the aggregate may have the point at infinity as 33 zeros. */
function readNonce(
  nonce: Bytes,
  contribution: MusigContribution,
  signer: number | undefined,
): readonly [Point | undefined, Point | undefined] {
  if (nonce.length !== NONCE_BYTES) throw fail('MUSIG_INVALID_CONTRIBUTION', { contribution, signer });
  const read = (part: Bytes): Point | undefined =>
    contribution === 'aggnonce' && equalBytes(part, INFINITY)
      ? undefined
      : requirePoint(part, contribution, signer);
  return [read(nonce.subarray(0, KEY_BYTES)), read(nonce.subarray(KEY_BYTES))];
}

const writePoint = (point: Point | undefined): Bytes => (point === undefined ? INFINITY : compress(point));

/**
 * The nonces of all signers as one, 66 bytes. Needs no secret: anyone may do it.
 *
 * @throws `MUSIG_INVALID_CONTRIBUTION`
 */
export function aggregateNonces(publicNonces: readonly Bytes[]): Bytes {
  let sums: readonly [Point | undefined, Point | undefined] = [undefined, undefined];
  for (const [signer, nonce] of publicNonces.entries()) {
    const [r1, r2] = readNonce(nonce, 'pubnonce', signer);
    sums = [addPoints(sums[0], r1), addPoints(sums[1], r2)];
  }
  return concatBytes(writePoint(sums[0]), writePoint(sums[1]));
}

/** One message to be signed by one aggregate key with one aggregate nonce. */
export type MusigSession = {
  readonly key: MusigKey;
  readonly message: Bytes;
  readonly b: bigint;
  /** R */
  readonly nonce: Point;
  readonly e: bigint;
};

/**
 * What all signers have to agree on before they sign.
 *
 * @throws `MUSIG_INVALID_CONTRIBUTION` of the aggregate nonce
 */
export function createSession(aggregateNonce: Bytes, key: MusigKey, message: Bytes): MusigSession {
  const [r1, r2] = readNonce(aggregateNonce, 'aggnonce', undefined);
  const x = xOnlyKey(key);
  const b = modN(bytesToBigint(hashNonceCoefficient(aggregateNonce, x, message)));
  const nonce = addPoints(r1, r2 && multiplyPoint(r2, b)) ?? GENERATOR;
  const e = modN(bytesToBigint(hashChallenge(nonce.subarray(0, 32), x, message)));
  return { key, message, b, nonce, e };
}

/**
 * A signer's part of the signature, 32 bytes. The secret nonce is zeroed: it signs once.
 *
 * @throws `MUSIG_NONCE_USED`, `MUSIG_NOT_A_SIGNER`, `CRYPTO_INVALID_LENGTH`, `CRYPTO_INVALID_PRIVATE_KEY`
 */
export function signPartial(session: MusigSession, secretNonce: Bytes, privateKey: Bytes): Bytes {
  requireLength('secret nonce', secretNonce, SECRET_NONCE_BYTES);
  const k1 = bytesToBigint(secretNonce.subarray(0, 32));
  const k2 = bytesToBigint(secretNonce.subarray(32, 64));
  const owner = secretNonce.slice(64);
  if (k1 === 0n || k2 === 0n || k1 >= N || k2 >= N) throw fail('MUSIG_NONCE_USED', {});
  const { key, b, nonce, e } = session;
  const own = compress(publicKey(privateKey));
  if (!equalBytes(own, owner) || !key.keys.some((other) => equalBytes(other, own))) {
    throw fail('MUSIG_NOT_A_SIGNER', {});
  }
  secretNonce.fill(0, 0, 64);
  const k = isOddPoint(nonce) ? modN(-k1 - b * k2) : modN(k1 + b * k2);
  const d = keySign(key) * bytesToBigint(privateKey);
  const a = coefficientOf(own, key.keysHash, key.second);
  return bigintToBytes(modN(k + e * a * d), 32);
}

/** g·gacc: whether signers sign with their keys or with the opposite ones. */
function keySign({ point, gacc }: MusigKey): bigint {
  return isOddPoint(point) ? modN(-gacc) : gacc;
}

/**
 * Whether a signer's part is right.
 *
 * @param signer place of the key in the list of the aggregate
 * @throws `MUSIG_INVALID_CONTRIBUTION` when the nonce or the key is no point
 */
export function verifyPartial(
  session: MusigSession,
  partial: Bytes,
  publicNonce: Bytes,
  signer: number,
): boolean {
  const { key, b, nonce, e } = session;
  const [r1, r2] = readNonce(publicNonce, 'pubnonce', signer);
  const own = key.keys[signer] ?? EMPTY_BYTES;
  const point = requirePoint(own, 'pubkey', signer);
  const s = bytesToBigint(partial);
  if (partial.length !== 32 || s >= N) return false;
  const effective = addPoints(r1, r2 && multiplyPoint(r2, b));
  const signed = effective && isOddPoint(nonce) ? negate(effective) : effective;
  const factor = e * coefficientOf(own, key.keysHash, key.second) * keySign(key);
  const expected = addPoints(signed, multiplyPoint(point, factor));
  const actual = multiplyPoint(GENERATOR, s);
  return equalBytes(writePoint(actual), writePoint(expected));
}

/**
 * The signature, 64 bytes: the sum of all parts. Not verified here.
 *
 * @throws `MUSIG_INVALID_CONTRIBUTION`
 */
export function aggregatePartials(session: MusigSession, partials: readonly Bytes[]): Bytes {
  const { key, nonce, e } = session;
  let sum = 0n;
  for (const [signer, partial] of partials.entries()) {
    const s = bytesToBigint(partial);
    if (partial.length !== 32 || s >= N) {
      throw fail('MUSIG_INVALID_CONTRIBUTION', { contribution: 'psig', signer });
    }
    sum += s;
  }
  const g = isOddPoint(key.point) ? -1n : 1n;
  return concatBytes(nonce.subarray(0, 32), bigintToBytes(modN(sum + e * g * key.tacc), 32));
}

/**
 * The last signer's turn without a secret nonce to keep: nonce and part in one step, from what all
 * others have sent. Safe for one signer only.
 *
 * @param otherNonces the aggregate of all other signers' nonces
 * @throws as {@link signPartial}, `MUSIG_INVALID_CONTRIBUTION`
 */
export function signDeterministically(options: {
  readonly privateKey: Bytes;
  readonly otherNonces: Bytes;
  readonly key: MusigKey;
  readonly message: Bytes;
  readonly random?: Bytes | undefined;
}): { readonly publicNonce: Bytes; readonly partial: Bytes } {
  const { privateKey, otherNonces, key, message, random } = options;
  const seed = random === undefined ? privateKey : mask(privateKey, hashAux(random));
  const scalarOf = (i: number): bigint => {
    const length = numberToBytes(message.length, 8);
    const hash = hashDeterministicNonce(seed, otherNonces, xOnlyKey(key), length, message, Uint8Array.of(i));
    return modN(bytesToBigint(hash));
  };
  const { secretNonce, publicNonce } = nonceOf(scalarOf(0), scalarOf(1), compress(publicKey(privateKey)));
  readNonce(otherNonces, 'aggothernonce', undefined);
  const session = createSession(aggregateNonces([publicNonce, otherNonces]), key, message);
  return { publicNonce, partial: signPartial(session, secretNonce, privateKey) };
}
