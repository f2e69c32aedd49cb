import type { JsonObject } from './fields.ts';

/** The largest power of ten in 64 bits: beyond it there is no `uiAmount`. */
const MAX_UI_DECIMALS = 19;

/** Digits with a point `decimals` from their end, without zeros behind it. */
export function decimalText(amount: bigint, decimals: number): string {
  if (decimals === 0) return amount.toString();
  const digits = amount.toString().padStart(decimals + 1, '0');
  const at = digits.length - decimals;
  return `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/0+$/, '').replace(/\.$/, '');
}

/**
 * An amount of tokens as clients are shown it.
 *
 * @example tokenAmount(1_500_000n, 6).uiAmountString // '1.5'
 */
export function tokenAmount(amount: bigint, decimals: number): JsonObject {
  return {
    uiAmount: decimals <= MAX_UI_DECIMALS ? Number(amount) / 10 ** decimals : null,
    decimals,
    amount: amount.toString(),
    uiAmountString: decimalText(amount, decimals),
  };
}
