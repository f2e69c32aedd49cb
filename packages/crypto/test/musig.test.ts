import { bigintToBytes, bytesToHex, concatBytes, seededRng } from '@ninefold/base';
import { secp256k1 as nobleCurve } from '@noble/curves/secp256k1.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aggregateKeys,
  aggregateNonces,
  aggregatePartials,
  createSession,
  generateNonce,
  type MusigKey,
  plainKey,
  signDeterministically,
  signPartial,
  sortKeys,
  tweakKey,
  verifyPartial,
  xOnlyKey,
} from '../src/musig.ts';
import { verify } from '../src/schnorr.ts';
import { compress, N, publicKey } from '../src/secp256k1.ts';
import { addPoints, decompress, GENERATOR, multiplyPoint, negate } from '../src/secp256k1-points.ts';
import { codeOf } from './support/code-of.ts';

const word = (value: bigint) => bigintToBytes(value, 32);
const scalar = fc.bigInt({ min: 1n, max: N - 1n });
const compressed = (secret: Uint8Array) => compress(publicKey(secret));
const flat = (point: Uint8Array | undefined) => point && bytesToHex(point);

/** Signers with their keys and fresh nonces. */
function signers(count: number, seed: number) {
  const rng = seededRng(seed);
  return Array.from({ length: count }, () => {
    const privateKey = rng.bytes(32);
    const own = compressed(privateKey);
    return { privateKey, own, ...generateNonce({ random: rng.bytes(32), publicKey: own, privateKey }) };
  });
}

/** A signature all of them make, each part checked. */
function signTogether(parties: ReturnType<typeof signers>, key: MusigKey, message: Uint8Array) {
  const session = createSession(aggregateNonces(parties.map((p) => p.publicNonce)), key, message);
  const partials = parties.map(({ secretNonce, privateKey }) =>
    signPartial(session, secretNonce, privateKey),
  );
  partials.forEach((partial, i) => {
    expect(verifyPartial(session, partial, parties[i]!.publicNonce, i)).toBe(true);
  });
  return { session, partials, signature: aggregatePartials(session, partials) };
}

describe('points', () => {
  const oracle = (value: bigint) =>
    bytesToHex(nobleCurve.Point.BASE.multiply(value).toBytes(false).subarray(1));

  it('sums and multiples equal the oracle', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const [pa, pb] = [multiplyPoint(GENERATOR, a)!, multiplyPoint(GENERATOR, b)!];
        expect(flat(pa)).toBe(oracle(a));
        expect(flat(multiplyPoint(pa, b))).toBe(oracle((a * b) % N));
        if ((a + b) % N !== 0n) expect(flat(addPoints(pa, pb))).toBe(oracle((a + b) % N));
        expect(flat(addPoints(pa, pa))).toBe(oracle((2n * a) % N));
      }),
      { numRuns: 20 },
    );
  });

  it('the point at infinity', () => {
    const point = multiplyPoint(GENERATOR, 5n)!;
    expect(addPoints(point, negate(point))).toBeUndefined();
    expect(multiplyPoint(point, 0n)).toBeUndefined();
    expect(multiplyPoint(point, N)).toBeUndefined();
    expect(addPoints(undefined, point)).toBe(point);
    expect(addPoints(point, undefined)).toBe(point);
    expect(flat(multiplyPoint(point, -1n))).toBe(flat(negate(point)));
  });

  it('compressed keys: what is no point', () => {
    expect(flat(decompress(compress(GENERATOR)))).toBe(flat(GENERATOR));
    expect(decompress(concatBytes(Uint8Array.of(2), word(5n)))).toBeUndefined();
    expect(decompress(concatBytes(Uint8Array.of(4), word(1n)))).toBeUndefined();
    expect(decompress(new Uint8Array(32))).toBeUndefined();
  });
});

describe('a signature by several', () => {
  it('verifies as one by the aggregate key, with tweaks of both kinds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.array(fc.record({ tweak: scalar.map(word), xOnly: fc.boolean() }), { maxLength: 3 }),
        fc.uint8Array({ maxLength: 50 }),
        (count, seed, tweaks, message) => {
          const parties = signers(count, seed);
          const key = tweaks.reduce(tweakKey, aggregateKeys(parties.map(({ own }) => own)));
          const { signature } = signTogether(parties, key, message);
          expect(verify(message, signature, xOnlyKey(key))).toBe(true);
          expect(bytesToHex(plainKey(key).subarray(1))).toBe(bytesToHex(xOnlyKey(key)));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is by a key that depends on the order, but not once sorted', () => {
    const keys = signers(3, 1).map(({ own }) => own);
    const shuffled = [keys[2]!, keys[0]!, keys[1]!];
    expect(xOnlyKey(aggregateKeys(keys))).not.toEqual(xOnlyKey(aggregateKeys(shuffled)));
    expect(xOnlyKey(aggregateKeys(sortKeys(keys)))).toEqual(xOnlyKey(aggregateKeys(sortKeys(shuffled))));
  });

  it('has parts that fit one signer, nonce and message only', () => {
    const parties = signers(2, 7);
    const key = aggregateKeys(parties.map(({ own }) => own));
    const { session, partials } = signTogether(parties, key, word(1n));
    const [a, b] = parties.map(({ publicNonce }) => publicNonce) as [Uint8Array, Uint8Array];
    expect(verifyPartial(session, partials[0]!, a, 1)).toBe(false);
    expect(verifyPartial(session, partials[0]!, b, 0)).toBe(false);
    expect(verifyPartial(session, word(N), a, 0)).toBe(false);
    expect(verifyPartial(session, new Uint8Array(31), a, 0)).toBe(false);
    const other = createSession(aggregateNonces([a, b]), key, word(2n));
    expect(verifyPartial(other, partials[0]!, a, 0)).toBe(false);
  });

  it('can be finished by one signer without a stored nonce', () => {
    const [first, last] = signers(2, 9) as [ReturnType<typeof signers>[0], ReturnType<typeof signers>[0]];
    const key = aggregateKeys([first.own, last.own]);
    const message = word(3n);
    const options = { privateKey: last.privateKey, otherNonces: first.publicNonce, key, message };
    const done = signDeterministically(options);
    const session = createSession(aggregateNonces([first.publicNonce, done.publicNonce]), key, message);
    const signature = aggregatePartials(session, [
      signPartial(session, first.secretNonce, first.privateKey),
      done.partial,
    ]);
    expect(verify(message, signature, xOnlyKey(key))).toBe(true);
    expect(signDeterministically(options)).toEqual(done);
    expect(signDeterministically({ ...options, random: word(4n) })).not.toEqual(done);
  });
});

describe('what is refused', () => {
  const parties = signers(2, 11);
  const keys = parties.map(({ own }) => own);
  const key = aggregateKeys(keys);
  const session = createSession(aggregateNonces(parties.map((p) => p.publicNonce)), key, word(1n));
  const [signer] = parties as [(typeof parties)[0]];

  it('a nonce for a second time', () => {
    const nonce = signer.secretNonce.slice();
    signPartial(session, nonce, signer.privateKey);
    expect(nonce.subarray(0, 64).every((byte) => byte === 0)).toBe(true);
    expect(codeOf(() => signPartial(session, nonce, signer.privateKey))).toBe('MUSIG_NONCE_USED');
    const beyond = concatBytes(word(N), word(1n), signer.own);
    expect(codeOf(() => signPartial(session, beyond, signer.privateKey))).toBe('MUSIG_NONCE_USED');
  });

  it("another's nonce and strangers, before anything is used up", () => {
    const nonce = signer.secretNonce.slice();
    expect(codeOf(() => signPartial(session, nonce, parties[1]!.privateKey))).toBe('MUSIG_NOT_A_SIGNER');
    expect(nonce).toEqual(signer.secretNonce);
    const stranger = word(77n);
    const own = generateNonce({ random: word(1n), publicKey: compressed(stranger) }).secretNonce;
    expect(codeOf(() => signPartial(session, own, stranger))).toBe('MUSIG_NOT_A_SIGNER');
  });

  it('keys, nonces and parts of other forms, naming whose they are', () => {
    const code = 'MUSIG_INVALID_CONTRIBUTION';
    expect(codeOf(() => aggregateKeys([]))).toBe('MUSIG_NO_SIGNERS');
    expect(codeOf(() => aggregateKeys([keys[0]!, new Uint8Array(33)]))).toBe(code);
    expect(codeOf(() => aggregateKeys([new Uint8Array(32)]))).toBe(code);
    expect(codeOf(() => aggregateNonces([new Uint8Array(66)]))).toBe(code);
    expect(codeOf(() => aggregateNonces([new Uint8Array(65)]))).toBe(code);
    expect(codeOf(() => createSession(new Uint8Array(67), key, word(1n)))).toBe(code);
    expect(codeOf(() => verifyPartial(session, word(1n), signer.publicNonce, 2))).toBe(code);
    expect(codeOf(() => aggregatePartials(session, [word(1n), word(N)]))).toBe(code);
    expect(codeOf(() => aggregatePartials(session, [new Uint8Array(33)]))).toBe(code);
    try {
      aggregatePartials(session, [word(1n), word(N)]);
    } catch (error) {
      expect(error).toMatchObject({ context: { contribution: 'psig', signer: 1 } });
    }
  });

  it('tweaks out of range, and one that leads to infinity', () => {
    expect(codeOf(() => tweakKey(key, { tweak: word(N), xOnly: true }))).toBe('MUSIG_TWEAK_RANGE');
    expect(codeOf(() => tweakKey(key, { tweak: word(1n).subarray(1), xOnly: true }))).toBe(
      'CRYPTO_INVALID_LENGTH',
    );
    const plain = { ...key, point: GENERATOR };
    expect(codeOf(() => tweakKey(plain, { tweak: word(N - 1n), xOnly: false }))).toBe('MUSIG_INFINITY');
  });

  it('lengths of what a nonce is made from', () => {
    const own = signer.own;
    const random = word(1n);
    const code = 'CRYPTO_INVALID_LENGTH';
    expect(codeOf(() => generateNonce({ random: word(1n).subarray(1), publicKey: own }))).toBe(code);
    expect(codeOf(() => generateNonce({ random, publicKey: own.subarray(1) }))).toBe(code);
    expect(codeOf(() => generateNonce({ random, publicKey: own, aggregateKey: own }))).toBe(code);
    expect(codeOf(() => generateNonce({ random, publicKey: own, privateKey: own }))).toBe(code);
  });
});

describe('an aggregate nonce at infinity', () => {
  it('is 33 zeros, and signing goes on with the generator', () => {
    const [signer] = signers(1, 13) as [ReturnType<typeof signers>[0]];
    const half = signer.publicNonce.subarray(33);
    const opposite = half.slice();
    opposite[0] = half[0] === 2 ? 3 : 2;
    const sum = aggregateNonces([concatBytes(half, half), concatBytes(opposite, opposite)]);
    expect(sum.every((byte) => byte === 0)).toBe(true);
    const session = createSession(sum, aggregateKeys([signer.own]), word(1n));
    expect(session.nonce).toEqual(GENERATOR);
  });
});
