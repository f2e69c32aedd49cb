import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatText } from '../../../src/rpc/parsed/fields.ts';
import {
  decimalText,
  fixedText,
  tokenAmount,
  type TokenUnit,
  tokenUnit,
} from '../../../src/rpc/parsed/token-amount.ts';
import { createWriter, type Writer } from '../../../src/tx/writer.ts';

it.each<[bigint, number, string]>([
  [0n, 0, '0'],
  [0n, 9, '0'],
  [1n, 9, '0.000000001'],
  [1_500_000n, 6, '1.5'],
  [10n, 0, '10'],
  [100n, 2, '1'],
  [2n ** 64n - 1n, 9, '18446744073.709551615'],
  [1n, 255, `0.${'0'.repeat(254)}1`],
])('%i with %i decimals is %s', (amount, decimals, text) => {
  expect(decimalText(amount, decimals)).toBe(text);
});

it('has a number as long as the power of ten has 64 bits', () => {
  expect(tokenAmount(5n, 18)).toEqual({
    uiAmount: 5e-18,
    decimals: 18,
    amount: '5',
    uiAmountString: '0.000000000000000005',
  });
  expect(tokenAmount(5n, 19)['uiAmount']).toBe(5e-19);
  expect(tokenAmount(5n, 20)).toMatchObject({ uiAmount: null, uiAmountString: '0.00000000000000000005' });
});

it('loses nothing as text', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(30), (amount, decimals) => {
      const [whole, part = ''] = decimalText(amount, decimals).split('.') as [string, string?];
      expect(BigInt(whole + part.padEnd(decimals, '0'))).toBe(amount);
      expect(part.endsWith('0')).toBe(false);
    }),
  );
});

describe('digits of a number', () => {
  it.each<[number, number, string]>([
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [0.125, 2, '0.12'],
    [0.1, 20, '0.10000000000000000555'],
    [1e21, 1, '1000000000000000000000.0'],
    [-0.001, 2, '-0.00'],
    [-0, 0, '-0'],
    [5e-324, 3, '0.000'],
    [Infinity, 2, 'inf'],
    [-Infinity, 0, '-inf'],
    [NaN, 1, 'NaN'],
  ])('%d with %i decimals is %s', (value, decimals, text) => {
    expect(fixedText(value, decimals)).toBe(text);
  });

  it('are what engines write, but for halves', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e20 }), fc.nat(20), (value, decimals) => {
        const text = fixedText(value, decimals);
        const engines = value.toFixed(decimals);
        if (text === engines) return;
        // Engines round a half away from zero.
        expect(fixedText(value, decimals + 1)).toMatch(/5$/);
        expect(Number(fixedText(value, 120).slice(fixedText(value, decimals + 2).length)) || 0).toBe(0);
      }),
    );
  });

  it.each<[number, string]>([
    [1, '1'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [1.25e22, '12500000000000000000000'],
    [1.5e-7, '0.00000015'],
    [123.456, '123.456'],
    [-2, '-2'],
    [-0, '-0'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'NaN'],
  ])('%d is %s in full', (value, text) => {
    expect(floatText(value)).toBe(text);
  });
});

const YEAR = 31_556_736;

/** A mint and one extension. */
function mint(decimals: number, type: number, write: (writer: Writer) => void): Uint8Array {
  const writer = createWriter();
  write(writer);
  const value = writer.finish();
  const data = new Uint8Array(170 + value.length);
  data[44] = decimals;
  data[45] = 1;
  data[165] = 1;
  const view = new DataView(data.buffer);
  view.setUint16(166, type, true);
  view.setUint16(168, value.length, true);
  data.set(value, 170);
  return data;
}

const interest = (decimals: number, before: number, update: number | bigint, now: number, start = 0n) =>
  mint(decimals, 10, (writer) => {
    writer.bytes(new Uint8Array(32));
    writer.u64(start);
    writer.u16(before & 0xffff);
    writer.u64(BigInt(update));
    writer.u16(now & 0xffff);
  });

const scale = (decimals: number, first: number, from: number, second: number) =>
  mint(decimals, 25, (writer) => {
    writer.bytes(new Uint8Array(32));
    writer.bytes(new Uint8Array(new Float64Array([first]).buffer));
    writer.u64(BigInt.asUintN(64, BigInt(from)));
    writer.bytes(new Uint8Array(new Float64Array([second]).buffer));
  });

const shown = (data: Uint8Array, amount: bigint, time: number): unknown =>
  tokenAmount(amount, tokenUnit(data, BigInt(time)) as TokenUnit);

const ONE = 10n ** 18n;

describe('an amount with interest', () => {
  it.each<[Uint8Array, bigint, number, string]>([
    [interest(18, 500, YEAR, 500), ONE, YEAR, '1.051271096376024117'],
    [interest(19, 500, YEAR, 500), ONE, YEAR, '0.1051271096376024117'],
    [interest(10, 500, YEAR, 500), 10n ** 10n, YEAR, '1.0512710964'],
    [interest(18, -500, YEAR, -500), ONE, YEAR, '0.951229424500713905'],
    [interest(0, -500, YEAR, 500), 1n, 2 * YEAR, '1'],
    [interest(0, 500, YEAR, 500), 2n ** 64n - 1n, 2 * YEAR, '20386805083448098816'],
    [interest(2, 0, YEAR, 0), 4200n, YEAR, '42'],
    [interest(2, 0, YEAR, 0), 0n, YEAR, '0'],
  ])('%#', (data, amount, time, text) => {
    expect(shown(data, amount, time)).toMatchObject({ uiAmount: Number(text), uiAmountString: text });
  });

  it('is none beyond all numbers', () => {
    expect(shown(interest(0, 32_767, 0, 32_767), 5n, 1000 * YEAR)).toEqual({
      uiAmount: null,
      decimals: 0,
      amount: '5',
      uiAmountString: 'inf',
    });
    const far = interest(0, 1, 2n ** 63n - 1n, 1, 2n ** 63n);
    expect(shown(far, 5n, 0)).toEqual({ uiAmount: null, decimals: 0, amount: '5', uiAmountString: '' });
  });
});

describe('an amount with a scale', () => {
  it.each<[Uint8Array, bigint, number, string]>([
    [scale(0, 5, 1, 10), 1n, 0, '5'],
    [scale(0, 5, 1, 10), 1n, 1, '10'],
    [scale(1, 5, 1, 10), 1n, 0, '0.5'],
    [scale(10, 5, 1, 0), 1n, 0, '0.0000000005'],
    [scale(2, 0.99, 1, 0), 101n, 0, '0.99'],
    [scale(2, 1, -5, 2), 110n, -6, '1.1'],
  ])('%#', (data, amount, time, text) => {
    expect(shown(data, amount, time)).toMatchObject({ uiAmount: Number(text), uiAmountString: text });
  });

  it('is none beyond all numbers', () => {
    const data = scale(0, Number.MAX_VALUE, 1, 0);
    expect(shown(data, 2n ** 64n - 1n, 0)).toMatchObject({ uiAmount: null, uiAmountString: 'inf' });
  });
});

it('of a mint whose extension is something else has its decimals', () => {
  expect(
    tokenUnit(
      mint(3, 10, (writer) => writer.u8(0)),
      0n,
    ),
  ).toEqual({ decimals: 3 });
  expect(
    tokenUnit(
      mint(3, 25, (writer) => writer.u8(0)),
      0n,
    ),
  ).toEqual({ decimals: 3 });
  expect(
    tokenUnit(
      mint(3, 4711, (writer) => writer.u8(0)),
      0n,
    ),
  ).toEqual({ decimals: 3 });
  expect(tokenUnit(new Uint8Array(44), 0n)).toBeUndefined();
});
