import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** Keys whose decoded form is kept: the same few pay for most transactions. */
const REMEMBERED_KEYS = 4096;

/** What comes before an ed25519 key in its DER form. */
const DER_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * y coordinates of the points whose order divides eight, little-endian and without the sign: 0, 1,
 * -1, those of order eight, and 0 and 1 once more with the field's prime added.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set(
  [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ].map((hex) => Buffer.from(hex, 'hex').toString('latin1')),
);

function hasSmallOrder(point: Uint8Array): boolean {
  // Their lowest bytes are few: nearly all points are none of them at the first look.
  const low = point[0] as number;
  if (low > 1 && low !== 0x26 && low !== 0xc7 && low < 0xec) return false;
  const unsigned = Buffer.from(point);
  unsigned[31] = (unsigned[31] as number) & 0x7f;
  return SMALL_ORDER.has(unsigned.toString('latin1'));
}

const keys = new Map<string, KeyObject | undefined>();

/** The decoded key; `undefined` when it is no point. */
function keyObject(key: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
  if (keys.has(name)) return keys.get(name);
  if (keys.size >= REMEMBERED_KEYS) keys.clear();
  const object = decodeKey(key);
  keys.set(name, object);
  return object;
}

function decodeKey(key: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.concat([DER_PREFIX, key]), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

/**
 * Whether `signature` (64 bytes) is one of `message` by `key` (32 bytes) under the strict rule of
 * `verifyEd25519`, checked by OpenSSL. OpenSSL alone takes keys and points of small order.
 *
 * PERF: about 100 µs, a tenth of what the portable one takes.
 */
export function verifyEd25519Native(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== 64 || key.length !== 32) return false;
  if (hasSmallOrder(key) || hasSmallOrder(signature.subarray(0, 32))) return false;
  const object = keyObject(key);
  return object !== undefined && verify(null, message, object, signature);
}
