import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decimalText, tokenAmount } from '../../../src/rpc/parsed/token-amount.ts';

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
