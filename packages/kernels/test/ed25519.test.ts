import { bytesToHex, concatBytes, hexToBytes, seededRng } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  curve25519IsPoint,
  ED25519_BATCH,
  ed25519Verify,
  ed25519VerifyAll,
  type SignedMessage,
} from '../src/ed25519.ts';
import {
  fromLittleEndian,
  isPointByOracle,
  L,
  P,
  Point,
  signerOf,
  signWith,
  SMALL_ORDER,
  toLittleEndian,
  TORSION,
  verifyByOracle,
} from './support/ed25519.ts';

const signer = signerOf(1);
const message = new TextEncoder().encode('a message');
const signature = signer.sign(message);

/** Sightings of a key after which everything that may be remembered of it is. */
const SIGHTINGS = 6;

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const scalar = fc.bigInt({ min: 1n, max: L - 1n });

const flipped = (source: Uint8Array, bit: number): Uint8Array => {
  const copy = source.slice();
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

const withSign = (y: bigint, sign: 0 | 1): Uint8Array => toLittleEndian(y | (BigInt(sign) << 255n));

/** The answers of all sightings of a key. */
const answers = (...[sig, text, key]: Parameters<typeof ed25519Verify>): boolean[] =>
  Array.from({ length: SIGHTINGS }, () => ed25519Verify(sig, text, key));
const always = (answer: boolean): boolean[] => new Array<boolean>(SIGHTINGS).fill(answer);

describe('ed25519Verify', () => {
  it.each([
    [
      '0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '0x',
      '0xe5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '0x72',
      '0x92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ])('takes the signature of RFC 8032 by %s', (key, text, expected) => {
    expect(ed25519Verify(hexToBytes(expected), hexToBytes(text), hexToBytes(key))).toBe(true);
  });

  it('takes messages of all lengths around the borders of what is hashed at once', () => {
    for (let length = 0; length < 330; length++) {
      const text = new Uint8Array(length).fill(length);
      expect(ed25519Verify(signer.sign(text), text, signer.key), String(length)).toBe(true);
    }
  });

  it('takes a message of a megabyte', () => {
    const text = new Uint8Array(1 << 20).fill(3);
    const signed = signer.sign(text);
    expect(ed25519Verify(signed, text, signer.key)).toBe(true);
    text[12_345] = 4;
    expect(ed25519Verify(signed, text, signer.key)).toBe(false);
  });

  it('answers every sighting of a key alike', () => {
    const text = new Uint8Array(40);
    for (let number = 100; number < 110; number++) {
      const { key, sign } = signerOf(number);
      for (let i = 0; i < 2 * SIGHTINGS; i++) {
        text[0] = i;
        const signed = sign(text);
        expect(ed25519Verify(signed, text, key)).toBe(true);
        expect(ed25519Verify(flipped(signed, (67 * i) % 512), text, key)).toBe(false);
      }
    }
  });

  it('refuses what was changed in any bit of signature, key or message', () => {
    for (let bit = 0; bit < 512; bit++)
      expect(ed25519Verify(flipped(signature, bit), message, signer.key)).toBe(false);
    for (let bit = 0; bit < 256; bit++)
      expect(ed25519Verify(signature, message, flipped(signer.key, bit))).toBe(false);
    for (let bit = 0; bit < 8 * message.length; bit++)
      expect(ed25519Verify(signature, flipped(message, bit), signer.key)).toBe(false);
    expect(ed25519Verify(signature, message, signer.key)).toBe(true);
  });

  it('leaves its arguments as they are', () => {
    const parts = [signature.slice(), message.slice(), signer.key.slice()] as const;
    ed25519Verify(...parts);
    expect(parts.map(bytesToHex)).toEqual([signature, message, signer.key].map(bytesToHex));
  });

  it.each([0, 1, 2, 7, 14])('refuses S with %d times the order added', (times) => {
    const s = fromLittleEndian(signature.subarray(32)) + BigInt(times) * L;
    const raised = concatBytes(signature.subarray(0, 32), toLittleEndian(s));
    expect(answers(raised, message, signer.key)).toEqual(always(times === 0));
  });

  it('refuses other lengths', () => {
    expect(ed25519Verify(signature.subarray(1), message, signer.key)).toBe(false);
    expect(ed25519Verify(concatBytes(signature, Uint8Array.of(0)), message, signer.key)).toBe(false);
    expect(ed25519Verify(signature, message, signer.key.subarray(1))).toBe(false);
    expect(ed25519Verify(signature, message, new Uint8Array(0))).toBe(false);
  });

  it('takes views into other memory', () => {
    const all = concatBytes(Uint8Array.of(9), signature, message, signer.key);
    const end = 65 + message.length;
    expect(ed25519Verify(all.subarray(1, 65), all.subarray(65, end), all.subarray(end))).toBe(true);
  });

  it('agrees with the oracle on signatures by random numbers', () => {
    fc.assert(
      fc.property(scalar, scalar, bytes(20), fc.nat({ max: 1023 }), (a, r, text, bit) => {
        const key = Point.BASE.multiplyUnsafe(a).toBytes();
        const R = Point.BASE.multiplyUnsafe(r).toBytes();
        const signed = signWith(a, r, key, R, text);
        expect(answers(signed, text, key)).toEqual(always(true));
        const changed = bit < 512 ? flipped(signed, bit) : signed;
        const other = bit < 768 ? key : flipped(key, bit & 255);
        expect(ed25519Verify(changed, text, other)).toBe(verifyByOracle(changed, text, other));
      }),
      { numRuns: 40 },
    );
  });
});

describe('the strict rule', () => {
  it('refuses keys of small order, for which anybody finds signatures', () => {
    for (const key of SMALL_ORDER.map((point) => point.toBytes())) {
      for (let r = 1n; r < 9n; r++) {
        const R = Point.BASE.multiplyUnsafe(r).toBytes();
        expect(answers(concatBytes(R, toLittleEndian(r)), message, key)).toEqual(always(false));
      }
    }
  });

  it('refuses an R of small order, though the equation may hold', () => {
    // With S = k a the equation asks for the neutral element.
    for (const point of SMALL_ORDER) {
      const forged = signWith(5n, 0n, Point.BASE.multiplyUnsafe(5n).toBytes(), point.toBytes(), message);
      expect(answers(forged, message, Point.BASE.multiplyUnsafe(5n).toBytes())).toEqual(always(false));
    }
  });

  it('refuses points of small order written with y from p on or a sign that x = 0 has not', () => {
    const odd = [
      ...[0n, 1n, P - 1n, P, P + 1n].flatMap((y) => [withSign(y, 0), withSign(y, 1)]),
      ...SMALL_ORDER.map((point) => point.toBytes()),
    ];
    for (const point of odd) {
      for (const other of [...odd, signer.key]) {
        const forged = concatBytes(point, new Uint8Array(32));
        expect(ed25519Verify(forged, message, other)).toBe(false);
        expect(ed25519Verify(concatBytes(other, new Uint8Array(32)), message, point)).toBe(false);
      }
    }
  });

  it('agrees with the oracle on all y that are not below p', () => {
    for (let y = P; y < 1n << 255n; y++) {
      for (const sign of [0, 1] as const) {
        const point = withSign(y, sign);
        expect(curve25519IsPoint('edwards', point)).toBe(isPointByOracle(point));
        for (const [r, key] of [
          [point, signer.key],
          [signature.subarray(0, 32), point],
        ] as const) {
          const forged = concatBytes(r, signature.subarray(32));
          expect(ed25519Verify(forged, message, key)).toBe(verifyByOracle(forged, message, key));
        }
      }
    }
  });

  it('uses no cofactor: keys and R with a part of small order count as what they are', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(
        scalar,
        scalar,
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        bytes(4),
        (a, r, ofKey, ofR, text) => {
          const key = Point.BASE.multiplyUnsafe(a).add(SMALL_ORDER[ofKey]!).toBytes();
          const R = Point.BASE.multiplyUnsafe(r).add(SMALL_ORDER[ofR]!).toBytes();
          const signed = signWith(a, r, key, R, text);
          const expected = verifyByOracle(signed, text, key);
          seen.add(expected);
          expect(answers(signed, text, key)).toEqual(always(expected));
        },
      ),
      { numRuns: 60 },
    );
    expect(seen.size).toBe(2);
  });

  it('takes keys with a part of small order exactly when the challenge removes it', () => {
    const a = 77n;
    const key = Point.BASE.multiplyUnsafe(a).add(TORSION).toBytes();
    let taken = 0;
    for (let i = 0; i < 64; i++) {
      const text = Uint8Array.of(i);
      const R = Point.BASE.multiplyUnsafe(1000n + BigInt(i)).toBytes();
      const signed = signWith(a, 1000n + BigInt(i), key, R, text);
      const answer = ed25519Verify(signed, text, key);
      expect(answer).toBe(verifyByOracle(signed, text, key));
      taken += Number(answer);
    }
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(32);
  });

  it('agrees with the oracle on bytes without any meaning', () => {
    const word = fc.oneof(
      bytes(32),
      fc
        .constantFrom(0n, 1n, 2n, L - 1n, L, L + 1n, P - 1n, P, P + 1n, (1n << 255n) - 1n, 1n << 255n)
        .map((n) => toLittleEndian(n)),
      fc.constantFrom(...SMALL_ORDER).map((point) => point.toBytes()),
      fc.constant(signer.key),
    );
    fc.assert(
      fc.property(word, word, word, bytes(3), (r, s, key, text) => {
        const forged = concatBytes(r, s);
        expect(ed25519Verify(forged, text, key)).toBe(verifyByOracle(forged, text, key));
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is remembered of keys', () => {
  it('changes no answer when there are more keys than it has room for', () => {
    // More than there are tables, and more than are remembered at all.
    const signers = Array.from({ length: 530 }, (_, i) => signerOf(1000 + i));
    const signed = signers.map(({ sign }) => sign(message));
    for (const keys of [signers.slice(0, 90), signers]) {
      for (let round = 0; round < SIGHTINGS; round++) {
        for (const [i, { key }] of keys.entries()) {
          const isRight = (i + round) % 3 !== 0;
          const given = signed[isRight ? i : (i + 1) % signers.length] as Uint8Array;
          expect(ed25519Verify(given, message, key)).toBe(isRight);
        }
      }
    }
    // By now those that had tables first have none, or others' tables are theirs again.
    for (const [i, { key }] of signers.slice(0, 90).entries())
      expect(answers(signed[i]!, message, key)).toEqual(always(true));
  });

  it('holds for keys of small order among others', () => {
    const R = Point.BASE.toBytes();
    const forged = concatBytes(R, toLittleEndian(1n));
    for (let round = 0; round < SIGHTINGS; round++) {
      for (const point of SMALL_ORDER) expect(ed25519Verify(forged, message, point.toBytes())).toBe(false);
      expect(ed25519Verify(signature, message, signer.key)).toBe(true);
    }
  });

  it('holds for keys that are no points', () => {
    const rng = seededRng(4);
    const keys = Array.from({ length: 60 }, () => rng.bytes(32)).filter((key) => !isPointByOracle(key));
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) expect(answers(signature, message, key)).toEqual(always(false));
  });
});

describe('ed25519VerifyAll', () => {
  const signed = Array.from({ length: 50 }, (_, i): SignedMessage => {
    const text = new Uint8Array(7 * i).fill(i);
    const { key, sign } = signerOf(20 + (i % 7));
    return { signature: sign(text), message: text, key };
  });

  it.each([0, 1, 2, ED25519_BATCH - 1, ED25519_BATCH, ED25519_BATCH + 1, 2 * ED25519_BATCH, 50])(
    'answers for each of %d',
    (count) => {
      expect(ed25519VerifyAll(signed.slice(0, count))).toEqual(new Array(count).fill(true));
    },
  );

  it('tells right from wrong in any mixture', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 50 }), (faults) => {
        const mixed = faults.map((fault, i): SignedMessage => {
          const right = signed[i] as SignedMessage;
          if (fault === 1) return { ...right, signature: flipped(right.signature, 11 * i) };
          if (fault === 2) return { ...right, key: new Uint8Array(31) };
          if (fault === 3) return { ...right, key: new Uint8Array(32) };
          return right;
        });
        const expected = faults.map((fault) => fault === 0 || fault === 4);
        expect(ed25519VerifyAll(mixed)).toEqual(expected);
        expect(mixed.map(({ signature: s, message: m, key }) => ed25519Verify(s, m, key))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
