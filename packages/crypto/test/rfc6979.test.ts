import { bytesToHex, concatBytes, hexToBytes } from '@ninefold/base';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256, nonces } from '../src/rfc6979.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('hmacSha256', () => {
  it('equals the oracle for messages in any number of parts', () => {
    fc.assert(
      fc.property(bytes32, fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }), (key, parts) => {
        expect(hmacSha256(key, ...parts)).toEqual(hmac(sha256, key, concatBytes(...parts)));
      }),
    );
  });
});

describe('nonces', () => {
  const key = hexToBytes(`0x${'00'.repeat(31)}01`);
  const digest = sha256(new TextEncoder().encode('Satoshi Nakamoto'));

  it('begin with the one that everybody signs this message with', () => {
    const [first] = nonces(key, digest);
    expect(bytesToHex(first!)).toBe('0x8f8a276c19f4149656b280621e358cce24f5f52542772691ee69063b74f15d15');
  });

  it('never end and never come twice', () => {
    const seen = new Set<string>();
    for (const nonce of nonces(key, digest)) if (seen.add(bytesToHex(nonce)).size === 20) break;
    expect(seen.size).toBe(20);
  });

  it('depend on key and digest alone', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (someKey, someDigest) => {
        const [a] = nonces(someKey, someDigest);
        const [b] = nonces(someKey.slice(), someDigest.slice());
        const [c] = nonces(someDigest, someKey);
        expect(a).toEqual(b);
        if (bytesToHex(someKey) !== bytesToHex(someDigest)) expect(a).not.toEqual(c);
      }),
    );
  });
});
