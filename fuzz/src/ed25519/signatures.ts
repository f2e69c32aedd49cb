import { createHash } from 'node:crypto';
import { type Bytes, concatBytes, hexToBytes, type Rng } from '@ninefold/base';
import { curve25519Add, curve25519SumOfProducts, type SignedMessage } from '@ninefold/crypto';

/** The order of the base point and the field's prime (RFC 8032, section 5.1). */
export const L: bigint = 2n ** 252n + 27742317777372353535851937790883648493n;
export const P: bigint = 2n ** 255n - 19n;

const BASE: Bytes =
  toLittleEndian(46316835694926478169428394003475163141307993866256225615783033603165251855960n);

/** A point of order eight. */
const OF_ORDER_EIGHT: Bytes = hexToBytes(
  '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
);

/** y of the points whose order divides eight. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = (() => {
  const y = fromLittleEndian(OF_ORDER_EIGHT);
  return new Set([0n, 1n, P - 1n, y, P - y]);
})();

/** The multiples of a point of order eight. */
const TORSION: readonly Bytes[] = (() => {
  const points = [toLittleEndian(1n)];
  while (points.length < 8) points.push(sum(points.at(-1) as Bytes, OF_ORDER_EIGHT));
  return points;
})();

/** A number in 32 little-endian bytes. */
export function toLittleEndian(value: bigint): Bytes {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i++) view.setBigUint64(8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
  return bytes;
}

function fromLittleEndian(bytes: Bytes): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;

function sum(left: Bytes, right: Bytes): Bytes {
  const bytes = curve25519Add('edwards', left, right);
  if (bytes === undefined) throw new TypeError('no point');
  return bytes;
}

/** Whether 32 bytes name a point whose order divides eight, by any y and sign that name it. */
export function hasSmallOrder(bytes: Bytes): boolean {
  return SMALL_ORDER_Y.has(mod(fromLittleEndian(bytes) & (2n ** 255n - 1n), P));
}

/** A point whose multiple of the base is known, with a part of small order. */
type Known = { readonly factor: bigint; readonly torsion: number; readonly bytes: Bytes };

function knownPoint(rng: Rng, torsion: number): Known {
  const factor = fromLittleEndian(rng.bytes(32)) % L;
  const multiple = curve25519SumOfProducts('edwards', toLittleEndian(factor), BASE) as Bytes;
  return { factor, torsion, bytes: sum(multiple, TORSION[torsion] as Bytes) };
}

/** Makes signatures, right ones and such as are made to be taken for right, all from a seed. */
export type SignatureMaker = {
  /** Another key: mostly one that can sign. */
  readonly nextKey: () => void;
  /** A signature for the key, and in what way it was made. */
  readonly next: () => { readonly signed: SignedMessage; readonly kind: SignatureKind };
};

/** How a signature is made; most are wrong. */
export const SIGNATURE_KINDS = [
  'right',
  'right where parts of small order cancel',
  'R with a part of small order',
  'S with the order added',
  'S at an edge',
  'R of small order',
  'R with y from p on',
  'a bit changed',
  'any bytes',
] as const;

export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

/** Points R that are used again and again: with other messages, other challenges follow. */
const POOL = 64;

/** Messages that are tried for a challenge by which parts of small order cancel: one in eight does. */
const ATTEMPTS = 64;

const EDGES: readonly bigint[] = [
  0n,
  1n,
  L - 1n,
  L,
  L + 1n,
  2n ** 252n,
  2n ** 253n,
  2n ** 255n,
  2n ** 256n - 1n,
];

export function createSignatureMaker(rng: Rng): SignatureMaker {
  const pool = Array.from({ length: POOL }, (_, i) => knownPoint(rng, i % 8));
  let key: Known = pool[0] as Known;

  const challengeOf = (r: Bytes, message: Bytes): bigint =>
    mod(
      fromLittleEndian(
        new Uint8Array(createHash('sha512').update(r).update(key.bytes).update(message).digest()),
      ),
      L,
    );
  const sign = (r: Pick<Known, 'factor' | 'bytes'>, message: Bytes, more = 0n): SignedMessage => {
    const s = mod(r.factor + challengeOf(r.bytes, message) * key.factor, L) + more;
    return { signature: concatBytes(r.bytes, toLittleEndian(s)), message, key: key.bytes };
  };
  const messageOf = (): Bytes => rng.bytes(rng.below(48));
  const whole = (): Known => pool[8 * rng.below(POOL / 8)] as Known;
  const cancelling = (): SignedMessage => {
    for (let i = 0; i < ATTEMPTS; i++) {
      const [r, message] = [rng.pick(pool), messageOf()];
      if ((BigInt(r.torsion) + challengeOf(r.bytes, message) * BigInt(key.torsion)) % 8n === 0n)
        return sign(r, message);
    }
    return sign(whole(), messageOf());
  };
  const flipped = (bytes: Bytes): Bytes => {
    const copy = bytes.slice();
    if (copy.length > 0) copy[rng.below(copy.length)]! ^= 1 << rng.below(8);
    return copy;
  };
  const damaged = (): SignedMessage => {
    const right = cancelling();
    const part = rng.pick(['signature', 'signature', 'message', 'key'] as const);
    return { ...right, [part]: flipped(right[part]) };
  };
  const make = (kind: SignatureKind): SignedMessage => {
    switch (kind) {
      case 'right':
        return sign(whole(), messageOf());
      case 'right where parts of small order cancel':
        return cancelling();
      case 'R with a part of small order':
        return sign(rng.pick(pool), messageOf());
      case 'S with the order added':
        return sign(whole(), messageOf(), BigInt(1 + rng.below(14)) * L);
      case 'S at an edge':
        return {
          ...sign(whole(), messageOf()),
          signature: concatBytes(whole().bytes, toLittleEndian(rng.pick(EDGES))),
        };
      case 'R of small order':
        return sign({ factor: 0n, bytes: rng.pick(TORSION) }, messageOf());
      case 'R with y from p on':
        return sign(
          { factor: 0n, bytes: toLittleEndian(P + BigInt(rng.below(19)) + (BigInt(rng.below(2)) << 255n)) },
          messageOf(),
        );
      case 'a bit changed':
        return damaged();
      default:
        return { signature: rng.bytes(64), message: messageOf(), key: key.bytes };
    }
  };

  return {
    nextKey() {
      const choice = rng.below(16);
      if (choice === 0) key = { factor: 0n, torsion: 0, bytes: rng.pick(TORSION) };
      else if (choice === 1) key = { factor: 0n, torsion: 0, bytes: rng.bytes(32) };
      else if (choice === 2) {
        const y = P + BigInt(rng.below(19)) + (BigInt(rng.below(2)) << 255n);
        key = { factor: 0n, torsion: 0, bytes: toLittleEndian(y) };
      } else key = knownPoint(rng, choice < 9 ? 0 : rng.below(8));
    },
    next() {
      // Every other one is made to be right.
      const kind = rng.pick(rng.below(2) === 0 ? SIGNATURE_KINDS.slice(0, 2) : SIGNATURE_KINDS);
      return { signed: make(kind), kind };
    },
  };
}
