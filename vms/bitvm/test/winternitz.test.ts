import type { Bytes } from '@ninefold/base';
import { encodeScriptNumber, hash160 } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksumDigits,
  messageDigits,
  recoverWinternitz,
  signWinternitz,
  winternitzDigits,
  winternitzPublicKey,
  winternitzScriptSize,
  winternitzWitness,
  writeWinternitz,
} from '../src/chunk/winternitz.ts';
import { writeScript } from '../src/engine/script-writer.ts';
import { codeOf } from './support/code-of.ts';
import { runLeaf } from './support/spend.ts';

const SECRET = new Uint8Array(20).fill(9);

/** Checks a signature and that the digits below are the message's. */
function script(publicKey: readonly Bytes[], message: Bytes): Bytes {
  return writeScript(winternitzScriptSize(message.length) + 8 * message.length + 1, (part) => {
    writeWinternitz(part, publicKey, message.length);
    for (const byte of message) {
      part.number(byte & 15).op(0x9d);
      part.number(byte >> 4).op(0x9d);
    }
    part.op(0x51);
  });
}

describe('digits', () => {
  it('go from the last byte to the first, a checksum behind', () => {
    expect(winternitzDigits(Uint8Array.of(0x04, 0x16, 0xe3, 0x8a))).toEqual([
      8, 10, 14, 3, 1, 6, 0, 4,
      // 15·8 − 46 = 74
      4, 10,
    ]);
    expect([1, 4, 16, 32, 64].map(checksumDigits)).toEqual([2, 2, 3, 3, 3]);
    expect(messageDigits(32)).toBe(64);
  });

  it('of no two messages are all below another: a signature cannot be moved on', () => {
    const message = fc.uint8Array({ minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(message, message, (a, b) => {
        if (a.join() === b.join()) return;
        const [x, y] = [winternitzDigits(a), winternitzDigits(b)];
        expect(x.every((digit, i) => digit <= y[i]!)).toBe(false);
      }),
    );
  });
});

describe('signatures', () => {
  it('are chains of HASH160', () => {
    const message = Uint8Array.of(0x0f);
    const [zero, fifteen] = signWinternitz(SECRET, message);
    // Digit 0 of the key is made of the secret alone, digit 1 of it and a 1.
    expect(zero).toEqual(hash160(SECRET));
    let chain = hash160(Uint8Array.from([...SECRET, 1]));
    for (let i = 0; i < 15; i++) chain = hash160(chain);
    expect(fifteen).toEqual(chain);
    expect(winternitzPublicKey(SECRET, 1)[1]).toEqual(chain);
  });

  it('give their message back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (message) => {
        const key = winternitzPublicKey(SECRET, message.length);
        expect(recoverWinternitz(key, signWinternitz(SECRET, message), message.length)).toEqual(message);
      }),
      { numRuns: 20 },
    );
  });

  it('of other keys, or moved on, are refused', () => {
    const message = Uint8Array.of(1, 2);
    const key = winternitzPublicKey(SECRET, 2);
    const signature = signWinternitz(SECRET, message);
    const moved = signature.map((hash, i) => (i === 0 ? hash160(hash) : hash));
    expect(codeOf(() => recoverWinternitz(key, moved, 2))).toBe('WINTERNITZ_INVALID_DIGIT');
    expect(codeOf(() => recoverWinternitz(key, signature.toReversed(), 2))).toBe('WINTERNITZ_INVALID_DIGIT');
    expect(codeOf(() => recoverWinternitz(key, signature.slice(1), 2))).toBe('WINTERNITZ_WRONG_LENGTH');
    expect(codeOf(() => recoverWinternitz(key.slice(1), signature, 2))).toBe('WINTERNITZ_WRONG_LENGTH');
  });
});

describe('the script', () => {
  it('leaves the digits of a signed message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (message) => {
        const key = winternitzPublicKey(SECRET, message.length);
        const witness = winternitzWitness(message, signWinternitz(SECRET, message));
        expect(runLeaf(script(key, message), witness)).toBeUndefined();
      }),
      { numRuns: 15 },
    );
  });

  it('refuses every other digit and every changed hash', () => {
    const message = Uint8Array.of(0x2c, 0xf0);
    const key = winternitzPublicKey(SECRET, 2);
    const leaf = script(key, message);
    const witness = winternitzWitness(message, signWinternitz(SECRET, message));
    const digits = winternitzDigits(message);
    digits.forEach((digit, i) => {
      for (const other of [digit + 1, digit - 1, digit + 16].filter((value) => value >= 0)) {
        const changed = witness.slice();
        changed[2 * i + 1] = encodeScriptNumber(other);
        const fault = runLeaf(leaf, changed);
        // 15 stands for all that is larger: then it is the same digit.
        if (digit === 15 && other > 15) expect(fault).toBeUndefined();
        else expect(fault).toBe('EQUALVERIFY');
      }
      const changed = witness.slice();
      changed[2 * i] = hash160(changed[2 * i]!);
      expect(runLeaf(leaf, changed)).toBe('EQUALVERIFY');
      changed[2 * i] = new Uint8Array(21);
      expect(runLeaf(leaf, changed)).toBe('EQUALVERIFY');
    });
  });

  it('refuses a message whose checksum was kept', () => {
    const message = Uint8Array.of(0x21);
    const key = winternitzPublicKey(SECRET, 1);
    const signature = signWinternitz(SECRET, message);
    // Anybody can move digit 0 on, but not the checksum back.
    const forged = [hash160(signature[0]!), ...signature.slice(1)];
    const digits = winternitzDigits(message).map((digit, i) => (i === 0 ? digit + 1 : digit));
    const witness = forged.flatMap((hash, i) => [hash, encodeScriptNumber(digits[i]!)]);
    expect(runLeaf(script(key, Uint8Array.of(0x31)), witness)).toBe('NUMEQUALVERIFY');
  });

  it('takes negative digits for 0', () => {
    const message = Uint8Array.of(0x00);
    const key = winternitzPublicKey(SECRET, 1);
    const witness = winternitzWitness(message, signWinternitz(SECRET, message)).slice();
    witness[1] = encodeScriptNumber(-3);
    expect(runLeaf(script(key, message), witness)).toBeUndefined();
  });

  it('keeps to the size that is announced', () => {
    for (const bytes of [1, 4, 32, 64]) {
      const key = winternitzPublicKey(SECRET, bytes);
      const part = writeScript(winternitzScriptSize(bytes), (writer) => writeWinternitz(writer, key, bytes));
      expect(part.length).toBeLessThanOrEqual(winternitzScriptSize(bytes));
    }
  });
});
