import { bigintToBytes, concatBytes, utf8ToBytes } from '@ninefold/base';
import { isEd25519Point, keccak256, secp256k1, verifyEd25519 } from '@ninefold/crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InstructionFailure } from '../src/host/failure.ts';
import { MAX_SECP256R1_SIGNATURES, PRECOMPILES } from '../src/host/programs/precompiles.ts';
import { PROGRAM } from '../src/spec/addresses.ts';

const SECRET = new Uint8Array(32).fill(5);
const MESSAGE = utf8ToBytes('message');
const SELF = 0xffff;

function errorOf(program: string, data: Uint8Array, instructions: readonly Uint8Array[] = [data]): unknown {
  try {
    PRECOMPILES.get(program)!(data, instructions);
    return undefined;
  } catch (error) {
    if (error instanceof InstructionFailure) return error.error;
    throw error;
  }
}

const u16s = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);

/** An instruction with one signature: offsets, then signature, key and message. */
function instruction(signature: Uint8Array, key: Uint8Array, message: Uint8Array, index = SELF): Uint8Array {
  const start = index === SELF ? 16 : 0;
  const offsets = u16s(start, index, start + 64, index, start + 64 + key.length, message.length, index);
  const head = concatBytes(Uint8Array.of(1, 0), offsets);
  return index === SELF ? concatBytes(head, signature, key, message) : head;
}

const changed = (bytes: Uint8Array, at: number, by = 1): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ by;
  return copy;
};

describe('ed25519', () => {
  const key = ed25519.getPublicKey(SECRET);
  const signature = ed25519.sign(MESSAGE, SECRET);

  it('verifies strictly', () => {
    expect(verifyEd25519(signature, MESSAGE, key)).toBe(true);
    expect(verifyEd25519(signature, utf8ToBytes('other'), key)).toBe(false);
    expect(verifyEd25519(changed(signature, 0), MESSAGE, key)).toBe(false);
    expect(isEd25519Point(key)).toBe(true);
  });

  it('refuses S at or above the order, and points of small order', () => {
    let s = 0n;
    for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(signature[i]!);
    const raised = concatBytes(
      signature.subarray(0, 32),
      bigintToBytes(s + ed25519.Point.Fn.ORDER, 32).reverse(),
    );
    expect(verifyEd25519(raised, MESSAGE, key)).toBe(false);
    const identity = ed25519.Point.ZERO.toBytes();
    expect(verifyEd25519(concatBytes(identity, new Uint8Array(32)), MESSAGE, identity)).toBe(false);
  });

  it('is a program', () => {
    const data = instruction(signature, key, MESSAGE);
    const error = (bytes: Uint8Array) => errorOf(PROGRAM.ed25519, bytes);
    expect(error(data)).toBeUndefined();
    expect(error(changed(data, 16))).toEqual({ Custom: 2 });
    expect(error(changed(data, 2, 0x80))).toEqual({ Custom: 3 });
    expect(error(data.subarray(0, 15))).toEqual({ Custom: 4 });
    expect(error(new Uint8Array(2))).toBeUndefined();
    expect(error(new Uint8Array(3))).toEqual({ Custom: 4 });
    expect(error(new Uint8Array(0))).toEqual({ Custom: 4 });
    const noPoint = changed(data, 16 + 64, 0);
    noPoint.set(new Uint8Array(32).fill(2), 16 + 64);
    expect(error(noPoint)).toEqual({ Custom: isEd25519Point(new Uint8Array(32).fill(2)) ? 2 : 0 });
  });

  it('reads other instructions', () => {
    const other = concatBytes(signature, key, MESSAGE);
    const data = instruction(signature, key, MESSAGE, 1);
    expect(errorOf(PROGRAM.ed25519, data, [data, other])).toBeUndefined();
    expect(errorOf(PROGRAM.ed25519, data, [data])).toEqual({ Custom: 3 });
  });
});

describe('secp256r1', () => {
  const key = p256.getPublicKey(SECRET, true);
  const signature = p256.sign(MESSAGE, SECRET, { lowS: true });

  it('is a program', () => {
    const data = instruction(signature, key, MESSAGE);
    const error = (bytes: Uint8Array) => errorOf(PROGRAM.secp256r1, bytes);
    expect(error(data)).toBeUndefined();
    expect(error(changed(data, data.length - 1))).toEqual({ Custom: 2 });
    expect(error(changed(data, 16 + 64, 8))).toEqual({ Custom: 0 });
    expect(error(new Uint8Array(2))).toEqual({ Custom: 4 });
    expect(error(Uint8Array.of(MAX_SECP256R1_SIGNATURES + 1, ...new Uint8Array(200)))).toEqual({ Custom: 4 });
  });

  it('refuses the higher of the two roots', () => {
    const order = p256.Point.Fn.ORDER;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
    const high = concatBytes(signature.subarray(0, 32), bigintToBytes(order - s, 32));
    expect(errorOf(PROGRAM.secp256r1, instruction(high, key, MESSAGE))).toEqual({ Custom: 2 });
  });
});

describe('secp256k1', () => {
  const { r, s, yParity } = secp256k1.sign(keccak256(MESSAGE), SECRET);
  const address = keccak256(secp256k1.publicKey(SECRET)).subarray(12);
  const parts = concatBytes(
    bigintToBytes(r, 32),
    bigintToBytes(s, 32),
    Uint8Array.of(yParity),
    address,
    MESSAGE,
  );
  const offsets = (index: number, start: number): Uint8Array => {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, 1);
    view.setUint16(1, start, true);
    view.setUint8(3, index);
    view.setUint16(4, start + 65, true);
    view.setUint8(6, index);
    view.setUint16(7, start + 85, true);
    view.setUint16(9, MESSAGE.length, true);
    view.setUint8(11, index);
    return bytes;
  };
  const data = concatBytes(offsets(0, 12), parts);

  it('is a program', () => {
    const error = (bytes: Uint8Array) => errorOf(PROGRAM.secp256k1, bytes);
    expect(error(data)).toBeUndefined();
    expect(error(changed(data, data.length - 1))).toEqual({ Custom: 2 });
    expect(error(changed(data, 12 + 65))).toEqual({ Custom: 2 });
    expect(error(changed(data, 12 + 64, 4))).toEqual({ Custom: 1 });
    expect(error(changed(data, 3))).toEqual({ Custom: 4 });
    expect(error(changed(data, 6))).toEqual({ Custom: 3 });
    expect(error(changed(data, 2))).toEqual({ Custom: 2 });
    expect(error(new Uint8Array(1))).toBeUndefined();
    expect(error(new Uint8Array(2))).toEqual({ Custom: 4 });
    expect(error(new Uint8Array(0))).toEqual({ Custom: 4 });
  });

  it('reads other instructions', () => {
    const head = offsets(1, 0);
    expect(errorOf(PROGRAM.secp256k1, head, [head, parts])).toBeUndefined();
  });
});

describe('hostile offsets', () => {
  const programs = [PROGRAM.ed25519, PROGRAM.secp256k1, PROGRAM.secp256r1] as const;

  it('give one of the five errors, or none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...programs),
        fc.nat(3),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 120 }),
        (program, count, rest, other) => {
          const data = concatBytes(Uint8Array.of(count), rest);
          const error = errorOf(program, data, [data, other]);
          if (error !== undefined) expect([0, 1, 2, 3, 4]).toContain((error as { Custom: number }).Custom);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('may not leave their instruction, field by field', () => {
    const key = ed25519.getPublicKey(SECRET);
    const data = instruction(ed25519.sign(MESSAGE, SECRET), key, MESSAGE);
    // Offsets of signature, its instruction, key, its instruction, message, its length, its instruction.
    for (let field = 0; field < 7; field++) {
      const wrong = data.slice();
      new DataView(wrong.buffer).setUint16(2 + 2 * field, 0xfffe, true);
      expect(errorOf(PROGRAM.ed25519, wrong), `field ${field}`).toEqual({ Custom: 3 });
    }
  });

  it('are as many as the count says', () => {
    const key = ed25519.getPublicKey(SECRET);
    const data = instruction(ed25519.sign(MESSAGE, SECRET), key, MESSAGE);
    data[0] = 20;
    expect(errorOf(PROGRAM.ed25519, data)).toEqual({ Custom: 4 });
    expect(errorOf(PROGRAM.secp256k1, Uint8Array.of(2, ...new Uint8Array(21)))).toEqual({ Custom: 4 });
    expect(errorOf(PROGRAM.secp256r1, Uint8Array.of(2, ...new Uint8Array(28)))).toEqual({ Custom: 4 });
  });
});
