import { isRpcError, ParamFailure } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walletAccount } from '../../src/bank/genesis.ts';
import { filters, MAX_COMPARED_BYTES, MAX_FILTERS } from '../../src/rpc/filters.ts';

const holding = (data: Uint8Array) => ({ ...walletAccount(1n), data });

const matches = (given: unknown, data: Uint8Array): boolean | undefined => filters(given)?.(holding(data));

function tokenData(state: number): Uint8Array {
  const data = new Uint8Array(165);
  data[108] = state;
  return data;
}

describe('filters', () => {
  it('are none when they are not given', () => {
    expect(filters(undefined)).toBeUndefined();
    expect(filters(null)).toBeUndefined();
  });

  it('by size take data of that length', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (size, length) => {
        expect(matches([{ dataSize: size }], new Uint8Array(length))).toBe(size === length);
      }),
    );
  });

  it('by bytes compare from an offset, in all encodings', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(70),
        fc.uint8Array({ maxLength: 6 }),
        (data, offset, bytes) => {
          const expected =
            offset + bytes.length <= data.length && bytes.every((byte, i) => data[offset + i] === byte);
          const forms = [
            { bytes: toBase58(bytes) },
            { bytes: toBase58(bytes), encoding: 'base58' },
            { bytes: Buffer.from(bytes).toString('base64'), encoding: 'base64' },
            { bytes: Array.from(bytes) },
            { bytes: Array.from(bytes), encoding: 'bytes' },
          ];
          for (const form of forms) expect(matches([{ memcmp: { offset, ...form } }], data)).toBe(expected);
        },
      ),
    );
  });

  it('find what they were cut out of', () => {
    const data = Uint8Array.from({ length: 90 }, (_, i) => i);
    expect(matches([{ memcmp: { offset: 40, bytes: [40, 41, 42] } }], data)).toBe(true);
    expect(matches([{ memcmp: { offset: 41, bytes: [40, 41, 42] } }], data)).toBe(false);
  });

  it('for token accounts want one that is in use, in either form of the filter', () => {
    for (const form of ['tokenAccountState', { tokenAccountState: true }]) {
      expect(matches([form], tokenData(1))).toBe(true);
      expect(matches([form], tokenData(2))).toBe(true);
      expect(matches([form], tokenData(0))).toBe(false);
      expect(matches([form], new Uint8Array(82))).toBe(false);
    }
  });

  it('have to hold all', () => {
    const both = [{ dataSize: 3 }, { memcmp: { offset: 0, bytes: [7] } }];
    expect(matches(both, Uint8Array.of(7, 1, 1))).toBe(true);
    expect(matches(both, Uint8Array.of(7, 1))).toBe(false);
    expect(matches(both, Uint8Array.of(8, 1, 1))).toBe(false);
    expect(matches([], Uint8Array.of(8))).toBe(true);
  });
});

describe('what is no filter', () => {
  const codeOf = (given: unknown): number | undefined => {
    try {
      filters(given);
    } catch (error) {
      if (error instanceof ParamFailure) return -32_602;
      if (isRpcError(error)) return error.code;
      throw error;
    }
    return undefined;
  };

  it.each<[what: string, given: unknown]>([
    ['no list', 'x'],
    ['a number', [5]],
    ['null', [null]],
    ['nothing known', [{ size: 1 }]],
    ['a negative size', [{ dataSize: -1 }]],
    ['a broken size', [{ dataSize: 1.5 }]],
    ['no offset', [{ memcmp: { bytes: '1' } }]],
    ['no bytes', [{ memcmp: { offset: 0 } }]],
    ['bytes beyond a byte', [{ memcmp: { offset: 0, bytes: [256] } }]],
    ['no base58', [{ memcmp: { offset: 0, bytes: '0' } }]],
    ['no base64', [{ memcmp: { offset: 0, bytes: '%', encoding: 'base64' } }]],
    ['an unknown encoding', [{ memcmp: { offset: 0, bytes: '1', encoding: 'hex' } }]],
    ['too many bytes', [{ memcmp: { offset: 0, bytes: Array.from({ length: 129 }, () => 1) } }]],
    ['too long a text', [{ memcmp: { offset: 0, bytes: '1'.repeat(2 * MAX_COMPARED_BYTES + 1) } }]],
    ['too many filters', Array.from({ length: MAX_FILTERS + 1 }, () => ({ dataSize: 1 }))],
  ])('is refused: %s', (_, given) => {
    expect(codeOf(given)).toBe(-32_602);
  });

  it('is at the limit still one', () => {
    expect(codeOf(Array.from({ length: MAX_FILTERS }, () => ({ dataSize: 1 })))).toBeUndefined();
    const bytes = Array.from({ length: MAX_COMPARED_BYTES }, () => 1);
    expect(codeOf([{ memcmp: { offset: 0, bytes } }])).toBeUndefined();
  });
});
