import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { bytesToHex, seededRng } from '@ninefold/base';
import { curve25519IsPoint, useCryptoEngine, verifyEd25519 } from '@ninefold/crypto';
import { describe, expect, it } from 'vitest';
import { runSignatureCampaign } from '../src/ed25519/campaign.ts';
import {
  createSignatureMaker,
  hasSmallOrder,
  P,
  SIGNATURE_KINDS,
  type SignatureKind,
  toLittleEndian,
} from '../src/ed25519/signatures.ts';

const COUNT = 400;

/** Everything that a maker makes of a seed, as text. */
function made(seed: number): string {
  const maker = createSignatureMaker(seededRng(seed));
  const hash = createHash('sha256');
  for (let i = 0; i < 20; i++) {
    maker.nextKey();
    const { signed, kind } = maker.next();
    hash.update(kind).update(signed.signature).update(signed.message).update(signed.key);
  }
  return hash.digest('hex');
}

describe('signatures from a seed', () => {
  it('follow from it', () => {
    expect(made(5)).toBe(made(5));
    expect(made(5)).not.toBe(made(6));
  });

  it('are of all kinds, and right where that is their name', () => {
    const maker = createSignatureMaker(seededRng(1));
    const seen = new Map<SignatureKind, Set<boolean>>();
    for (let i = 0; i < COUNT; i++) {
      if (i % 4 === 0) maker.nextKey();
      const { signed, kind } = maker.next();
      expect(signed.signature).toHaveLength(64);
      expect(signed.key).toHaveLength(32);
      const answer = verifyEd25519(signed.signature, signed.message, signed.key);
      seen.set(kind, (seen.get(kind) ?? new Set()).add(answer));
    }
    expect([...seen.keys()].toSorted()).toEqual([...SIGNATURE_KINDS].toSorted());
    for (const kind of ['right', 'right where parts of small order cancel'] as const)
      expect(seen.get(kind)).toContain(true);
    for (const kind of [
      'S with the order added',
      'R of small order',
      'R with y from p on',
      'any bytes',
    ] as const)
      expect([...(seen.get(kind) ?? [])]).toEqual([false]);
  });
});

describe('the rule for small orders', () => {
  it('knows the eight points by all names that they have', () => {
    const names = [0n, 1n, P - 1n, P, P + 1n].flatMap((y) => [y, y + 2n ** 255n]).map(toLittleEndian);
    for (const name of names) expect(hasSmallOrder(name), bytesToHex(name)).toBe(true);
    const ofOrderEight = Buffer.from(
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'hex',
    );
    expect(hasSmallOrder(new Uint8Array(ofOrderEight))).toBe(true);
  });

  it('knows no other points', () => {
    for (let y = 2n; y < 60n; y++) expect(hasSmallOrder(toLittleEndian(y))).toBe(false);
    const { publicKey } = keyPair(3);
    expect(curve25519IsPoint('edwards', publicKey)).toBe(true);
    expect(hasSmallOrder(publicKey)).toBe(false);
  });
});

function keyPair(number: number): {
  readonly publicKey: Uint8Array;
  readonly sign: (m: Uint8Array) => Uint8Array;
} {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, number),
  ]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    publicKey: new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  };
}

describe('a campaign', () => {
  it('finds nothing', () => {
    const report = runSignatureCampaign({
      firstSeed: 7,
      goOn: (signatures) => signatures < COUNT,
      onFinding: ({ seed, kind }) => expect.unreachable(`seed ${seed}, ${kind}`),
    });
    expect(report.signatures).toBeGreaterThanOrEqual(COUNT);
    expect(report.findings).toEqual([]);
    expect(report.right['right']).toBeGreaterThan(50);
    expect(report.right['right where parts of small order cancel']).toBeGreaterThan(20);
  });

  it('notices a verifier that forgets one rule', () => {
    const takesSmallOrders = useCryptoEngine({
      ed25519Verify: (signature, message, key) => {
        const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
        return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
      },
    });
    try {
      const told: string[] = [];
      const report = runSignatureCampaign({
        firstSeed: 7,
        goOn: (signatures) => signatures < COUNT,
        onFinding: ({ kind }) => void told.push(kind),
      });
      expect(report.findings.map(({ kind }) => kind)).toEqual(told);
      expect(told).toContain('R of small order');
      for (const { expected, answers, bytes } of report.findings) {
        expect([expected, ...answers]).toEqual([false, true, true, true]);
        expect(bytes.map((hex) => hex.length)).toEqual([130, expect.any(Number), 66]);
      }
    } finally {
      takesSmallOrders();
    }
  });

  it('takes what Node signs', () => {
    const { publicKey, sign: signed } = keyPair(9);
    const message = new Uint8Array(33).fill(4);
    for (let i = 0; i < 6; i++) expect(verifyEd25519(signed(message), message, publicKey)).toBe(true);
  });
});
