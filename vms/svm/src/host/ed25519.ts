import { type Bytes, concatBytes, equalBytes } from '@ninefold/base';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

function littleEndian(bytes: Bytes): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

/** A point as the reference library decodes it: y need not be reduced; `undefined` for none. */
function decode(bytes: Bytes): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(bytes, true);
  } catch {
    return undefined;
  }
}

/** Whether 32 bytes are a point that a key can be. */
export function isEd25519Key(key: Bytes): boolean {
  return decode(key) !== undefined;
}

/**
 * Whether `signature` (64 bytes) is one of `message` by `key` under the strict rule: S below the
 * order, neither key nor R of small order, and R exactly what the equation without cofactor gives.
 */
export function verifyEd25519(signature: Bytes, message: Bytes, key: Bytes): boolean {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const A = decode(key);
  const R = decode(r);
  if (s >= ORDER || A === undefined || R === undefined || A.isSmallOrder() || R.isSmallOrder()) return false;
  const k = littleEndian(sha512(concatBytes(r, key, message))) % ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).add(A.negate().multiplyUnsafe(k));
  return equalBytes(expected.toBytes(), r);
}
