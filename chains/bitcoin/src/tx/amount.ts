import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  AMOUNT_INVALID: (c: { readonly text: string }) =>
    `${JSON.stringify(c.text.slice(0, 40))} is no amount: expected up to 8 decimals`,
});

/** Satoshi in a bitcoin. */
export const COIN: bigint = 100_000_000n;
const DECIMALS = 8;

/** Satoshi as bitcoins with 8 decimals: `formatAmount(1n) === '0.00000001'`. */
export function formatAmount(satoshi: bigint): string {
  const sign = satoshi < 0n ? '-' : '';
  const digits = (satoshi < 0n ? -satoshi : satoshi).toString().padStart(DECIMALS + 1, '0');
  return `${sign}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}

/** As nodes write amounts in sentences: at least two decimals, `0.01` for a million satoshi. */
export function formatMoney(satoshi: bigint): string {
  return formatAmount(satoshi).replace(/0{1,6}$/, '');
}

/**
 * Satoshi of a decimal number of bitcoins.
 *
 * @throws `AMOUNT_INVALID`
 */
export function parseAmount(text: string): bigint {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,8})0*)?$/.exec(text);
  if (match === null) throw fail('AMOUNT_INVALID', { text });
  const [, sign, whole, part = ''] = match as unknown as [string, string, string, string | undefined];
  const satoshi = BigInt(whole) * COIN + BigInt(part.padEnd(DECIMALS, '0'));
  return sign === '-' ? -satoshi : satoshi;
}

/** Satoshi for 1000 virtual bytes that a fee comes to, rounded towards zero. */
export function feeRateOf(fee: bigint, vsize: number): bigint {
  return vsize === 0 ? 0n : (fee * 1000n) / BigInt(vsize);
}

/** A rate as nodes write it: `0.00001000 BTC/kvB`. */
export function formatFeeRate(fee: bigint, vsize: number): string {
  return `${formatAmount(feeRateOf(fee, vsize))} BTC/kvB`;
}
