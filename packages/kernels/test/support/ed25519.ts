import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Bytes, concatBytes, equalBytes } from '@ninefold/base';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

export const { Point } = ed25519;
export type Point = InstanceType<typeof Point>;
/** The order of the base point, and the field's prime. */
export const L: bigint = Point.Fn.ORDER;
export const P: bigint = Point.Fp.ORDER;

export const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;

/** 32 little-endian bytes, or as many as asked for. */
export function toLittleEndian(value: bigint, length = 32): Bytes {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

export function fromLittleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** The number that is hashed from R, the key and the message. */
export function challenge(r: Bytes, key: Bytes, message: Bytes): bigint {
  return fromLittleEndian(sha512(concatBytes(r, key, message))) % L;
}

function decode(bytes: Bytes): Point | undefined {
  try {
    return Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

/** The strict rule, written down with the arithmetic of another library. */
export function verifyByOracle(signature: Bytes, message: Bytes, key: Bytes): boolean {
  const r = signature.subarray(0, 32);
  const s = fromLittleEndian(signature.subarray(32));
  const [A, R] = [decode(key), decode(r)];
  if (s >= L || A === undefined || R === undefined || A.isSmallOrder() || R.isSmallOrder()) return false;
  const expected = Point.BASE.multiplyUnsafe(s).add(A.negate().multiplyUnsafe(challenge(r, key, message)));
  return equalBytes(expected.toBytes(), r);
}

export function isPointByOracle(bytes: Bytes): boolean {
  return decode(bytes) !== undefined;
}

/** A point of order eight: its multiples are all points of small order. */
export const TORSION: Point = Point.fromHex(
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
);
export const SMALL_ORDER: readonly Point[] = Array.from({ length: 8 }, (_, i) =>
  TORSION.multiplyUnsafe(BigInt(i)),
);

/** Whoever signs: a key and how it signs, by Node. */
export type Signer = { readonly key: Bytes; readonly sign: (message: Bytes) => Bytes };

// What comes before a secret in its DER form.
const SECRET_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signer whose secret is made of a number. */
export function signerOf(number: number): Signer {
  const secret = new Uint8Array(32);
  new DataView(secret.buffer).setUint32(0, number);
  const privateKey: KeyObject = createPrivateKey({
    key: Buffer.concat([SECRET_PREFIX, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    key: new Uint8Array(der.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** A signature (R, r + k a) by the secret number a, for a key and an R that need not be multiples of the base. */
export function signWith(a: bigint, r: bigint, key: Bytes, R: Bytes, message: Bytes): Bytes {
  return concatBytes(R, toLittleEndian(mod(r + challenge(R, key, message) * a, L)));
}
