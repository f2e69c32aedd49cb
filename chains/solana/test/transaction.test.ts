import { isNinefoldError } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReader } from '../src/tx/reader.ts';
import { createTransaction, decodeTransaction, encodeTransaction } from '../src/tx/transaction.ts';
import { createWriter } from '../src/tx/writer.ts';
import { anyMessage } from './support/arbitraries.ts';

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (isNinefoldError(error)) return error.code;
    throw error;
  }
  return 'none';
};

describe('integers', () => {
  it('are little-endian and unsigned', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.bigInt(0n, 2n ** 64n - 1n),
        (a, b, c) => {
          const writer = createWriter();
          writer.u16(a);
          writer.u32(b);
          writer.u64(c);
          // Read from the middle of other bytes, as from a block.
          const reader = createReader(Uint8Array.of(7, ...writer.finish()).subarray(1));
          expect([reader.u16(), reader.u32(), reader.u64()]).toEqual([a, b, c]);
          reader.end();
        },
      ),
    );
  });
});

describe('compact lengths', () => {
  it('come back', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), (value) => {
        const writer = createWriter();
        writer.compact(value);
        const bytes = writer.finish();
        expect(bytes.length).toBe(value < 0x80 ? 1 : value < 0x4000 ? 2 : 3);
        expect(createReader(bytes).compact()).toBe(value);
      }),
    );
  });

  it.each([
    [[0x80, 0x00], 'SOLANA_INVALID_LENGTH'],
    [[0x80, 0x80, 0x00], 'SOLANA_INVALID_LENGTH'],
    [[0xff, 0xff, 0x04], 'SOLANA_INVALID_LENGTH'],
    [[0x80, 0x80, 0x80, 0x01], 'SOLANA_INVALID_LENGTH'],
    [[0x80], 'SOLANA_TRUNCATED'],
    [[], 'SOLANA_TRUNCATED'],
  ])('%j is refused: %s', (bytes, code) => {
    expect(codeOf(() => createReader(Uint8Array.from(bytes)).compact())).toBe(code);
  });

  it('reads the largest', () => {
    expect(createReader(Uint8Array.of(0xff, 0xff, 0x03)).compact()).toBe(0xffff);
  });
});

describe('fields', () => {
  it.each([
    ['u8', 256],
    ['u16', 65_536],
    ['u32', 2 ** 32],
    ['u8', -1],
    ['u16', 1.5],
    ['compact', 65_536],
  ] as const)('%s refuses %d', (field, value) => {
    expect(codeOf(() => createWriter()[field](value))).toBe('SOLANA_FIELD_RANGE');
  });

  it('u64 refuses what is beyond', () => {
    expect(codeOf(() => createWriter().u64(2n ** 64n))).toBe('SOLANA_FIELD_RANGE');
    expect(codeOf(() => createWriter().u64(-1n))).toBe('SOLANA_FIELD_RANGE');
  });

  it('are little-endian and come back', () => {
    const writer = createWriter();
    writer.u8(1);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.u64(0x08090a0b0c0d0e0fn);
    const bytes = writer.finish();
    expect([...bytes]).toEqual([1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8]);
    const reader = createReader(bytes);
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
      1,
      0x0203,
      0x04050607,
      0x08090a0b0c0d0e0fn,
    ]);
    reader.end();
  });
});

describe('transactions', () => {
  const signaturesFor = (count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => new Uint8Array(64).fill(i + 1));

  it('of every format come back as they were', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const transaction = createTransaction(message, signaturesFor(message.header.signatures));
        expect(decodeTransaction(encodeTransaction(transaction))).toEqual(transaction);
      }),
    );
  });

  it('with bytes missing or left over are refused', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (message, at) => {
        const bytes = encodeTransaction(createTransaction(message, signaturesFor(message.header.signatures)));
        const cut = codeOf(() => decodeTransaction(bytes.subarray(0, at % bytes.length)));
        expect(['SOLANA_TRUNCATED', 'SOLANA_MESSAGE_VERSION', 'SOLANA_SIGNATURES_MISPLACED']).toContain(cut);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(codeOf(() => decodeTransaction(longer))).toBe('SOLANA_TRAILING_BYTES');
      }),
    );
  });

  it('of any bytes are read or refused with a code', () => {
    const first = fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0x81, 0x82, 0xff);
    fc.assert(
      fc.property(first, fc.uint8Array({ maxLength: 400 }), (head, rest) => {
        const bytes = Uint8Array.of(head, ...rest);
        const code = codeOf(() => decodeTransaction(bytes));
        expect(code === 'none' || code.startsWith('SOLANA_')).toBe(true);
      }),
    );
  });

  it('does not change with the input', () => {
    const [message] = fc.sample(anyMessage, { numRuns: 1, seed: 1 });
    const bytes = encodeTransaction(
      createTransaction(message as NonNullable<typeof message>, signaturesFor(message!.header.signatures)),
    );
    const decoded = decodeTransaction(bytes);
    const before = encodeTransaction(decoded);
    bytes.fill(0xee);
    expect(encodeTransaction(decoded)).toEqual(before);
  });

  it('of version 1 keep their signatures behind', () => {
    const message = {
      version: 1,
      header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 0 },
      keys: [new Uint8Array(32)],
      blockhash: new Uint8Array(32),
      instructions: [],
      config: { priorityFee: 7n },
    } as const;
    const bytes = encodeTransaction(createTransaction(message, signaturesFor(1)));
    expect([...bytes.subarray(0, 8)]).toEqual([0x81, 1, 0, 0, 3, 0, 0, 0]);
    expect(bytes.length).toBe(8 + 32 + 2 + 32 + 8 + 64);
    const misplaced = Uint8Array.of(0, ...bytes.subarray(0, -64));
    expect(codeOf(() => decodeTransaction(misplaced))).toBe('SOLANA_SIGNATURES_MISPLACED');
  });

  it.each([0x01, 0x02, 0x20, 0x8000_0000])('refuses the configuration mask %d', (mask) => {
    const bytes = new Uint8Array(200);
    bytes.set([0x81, 1, 0, 0]);
    new DataView(bytes.buffer).setUint32(4, mask, true);
    expect(codeOf(() => decodeTransaction(bytes))).toBe('SOLANA_CONFIG_MASK');
  });

  it('refuses versions beyond 1', () => {
    expect(codeOf(() => decodeTransaction(Uint8Array.of(0x82, 0, 0, 0)))).toBe('SOLANA_MESSAGE_VERSION');
    expect(codeOf(() => decodeTransaction(Uint8Array.of(0, 0xff, 0, 0)))).toBe('SOLANA_MESSAGE_VERSION');
  });
});
