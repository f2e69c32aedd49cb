import { generateKeyPairSync, sign } from 'node:crypto';
import { seededRng } from '@ninefold/base';
import { verifyEd25519 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { verifyEd25519Native } from '../src/ed25519.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'));
const message = new TextEncoder().encode('a message');
const signature = new Uint8Array(sign(null, message, privateKey));

const changed = (bytes: Uint8Array, at: number, mask = 1): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
};

/** The order of the group, little-endian. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

const valueOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

describe('native signature checks', () => {
  it('take what was signed', () => {
    expect(verifyEd25519Native(signature, message, key)).toBe(true);
  });

  it('refuse what was changed anywhere', () => {
    for (let at = 0; at < 64; at++)
      expect(verifyEd25519Native(changed(signature, at), message, key)).toBe(false);
    for (let at = 0; at < 32; at++)
      expect(verifyEd25519Native(signature, message, changed(key, at))).toBe(false);
    expect(verifyEd25519Native(signature, changed(message, 0), key)).toBe(false);
  });

  it('refuse the other number that would do', () => {
    const s = valueOf(signature.subarray(32)) + ORDER;
    expect(
      verifyEd25519Native(Uint8Array.from([...signature.subarray(0, 32), ...littleEndian(s)]), message, key),
    ).toBe(false);
  });

  it('refuse other lengths', () => {
    expect(verifyEd25519Native(signature.subarray(1), message, key)).toBe(false);
    expect(verifyEd25519Native(signature, message, key.subarray(1))).toBe(false);
  });

  it('agree with the portable ones on points of small order and on those written too long', () => {
    const prime = 2n ** 255n - 19n;
    const rng = seededRng(1);
    const points = Array.from({ length: 40 }, (_, i) => {
      const y = i < 20 ? prime + BigInt(i) - 1n : BigInt(rng.below(3));
      const point = littleEndian(y);
      point[31] = (point[31] as number) | (i % 2 === 0 ? 0 : 0x80);
      return point;
    });
    for (const point of points) {
      const forged = Uint8Array.from([...point, ...littleEndian(BigInt(rng.below(2)))]);
      for (const signer of [point, key])
        expect(verifyEd25519Native(forged, message, signer)).toBe(verifyEd25519(forged, message, signer));
    }
  });
});
