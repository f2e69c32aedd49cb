import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  AMOUNT_INVALID: (c: { readonly text: string; readonly decimals: number }) =>
    `${JSON.stringify(c.text.slice(0, 40))} is no amount: expected up to ${c.decimals} decimals`,
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
 * Satoshi of a decimal number of bitcoins; with another number of decimals, units of the last one.
 *
 * @throws `AMOUNT_INVALID`
 * @example parseAmount('0.5') // 50_000_000n
 */
export function parseAmount(text: string, decimals: number = DECIMALS): bigint {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,40}))?$/.exec(text);
  const [, sign, whole = '', written = ''] = match ?? [];
  // Zeros behind the last decimal change nothing.
  const part = written.replace(/0+$/, '');
  if (match === null || part.length > decimals) throw fail('AMOUNT_INVALID', { text, decimals });
  const amount = BigInt(whole + part.padEnd(decimals, '0'));
  return sign === '-' ? -amount : amount;
}

/** Satoshi for 1000 virtual bytes that a fee comes to, rounded towards zero. */
export function feeRateOf(fee: bigint, vsize: number): bigint {
  return vsize === 0 ? 0n : (fee * 1000n) / BigInt(vsize);
}

/** A rate as nodes write it: `0.00001000 BTC/kvB`. */
export function formatFeeRate(fee: bigint, vsize: number): string {
  return `${formatAmount(feeRateOf(fee, vsize))} BTC/kvB`;
}
