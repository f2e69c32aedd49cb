import type { Bytes } from '@ninefold/base';
import { type JsonObject, readFields } from './fields.ts';
import { extensionOf } from './token-extensions.ts';

/** The largest power of ten in 64 bits: beyond it there is no `uiAmount`. */
const MAX_UI_DECIMALS = 19;

/** Digits with a point `decimals` from their end, without zeros behind it. */
export function decimalText(amount: bigint, decimals: number): string {
  const text = pointed(amount, decimals);
  return decimals === 0 ? text : text.replace(/0+$/, '').replace(/\.$/, '');
}

function pointed(amount: bigint, decimals: number): string {
  if (decimals === 0) return amount.toString();
  const digits = amount.toString().padStart(decimals + 1, '0');
  const at = digits.length - decimals;
  return `${digits.slice(0, at)}.${digits.slice(at)}`;
}

/** In what amounts of a mint are counted. */
export type TokenUnit = {
  readonly decimals: number;
  /** The text of an amount with interest or scale, where the mint has them; none when it overflows. */
  readonly scaled?: ((amount: bigint) => string | undefined) | undefined;
};

/**
 * An amount of tokens as clients are shown it.
 *
 * @param unit its decimals, or the mint's unit
 * @example tokenAmount(1_500_000n, 6).uiAmountString // '1.5'
 */
export function tokenAmount(amount: bigint, unit: number | TokenUnit): JsonObject {
  const { decimals, scaled } = typeof unit === 'number' ? { decimals: unit } : (unit as TokenUnit);
  const raw = amount.toString();
  if (scaled !== undefined) {
    const text = scaled(amount);
    const uiAmount = text === undefined ? NaN : Number(text);
    return {
      uiAmount: Number.isFinite(uiAmount) ? uiAmount : null,
      decimals,
      amount: raw,
      uiAmountString: text ?? '',
    };
  }
  return {
    uiAmount: decimals <= MAX_UI_DECIMALS ? Number(amount) / 10 ** decimals : null,
    decimals,
    amount: raw,
    uiAmountString: decimalText(amount, decimals),
  };
}

const DECIMALS_AT = 44;
/** `InterestBearingConfig` and `ScaledUiAmountConfig`, and how long they are. */
const INTEREST = { type: 10, bytes: 52 } as const;
const SCALE = { type: 25, bytes: 56 } as const;

const KEY_BYTES = 32;
/** Interest is for years of 365.24 days, at rates in hundredths of a percent. */
const YEAR_SECONDS: number = 60 * 60 * 24 * 365.24;
const WHOLE_RATE = 10_000;

/**
 * The unit of a mint at a time.
 *
 * @param time seconds since 1970
 */
export function tokenUnit(mint: Bytes, time: bigint): TokenUnit | undefined {
  const decimals = mint[DECIMALS_AT];
  if (decimals === undefined) return undefined;
  const interest = extensionOf(mint, INTEREST.type);
  if (interest?.length === INTEREST.bytes) return withInterest(interest, decimals, time);
  const scale = extensionOf(mint, SCALE.type);
  return scale?.length === SCALE.bytes ? withScale(scale, decimals, time) : { decimals };
}

function withInterest(config: Bytes, decimals: number, time: bigint): TokenUnit {
  const f = readFields(config, KEY_BYTES);
  const start = f.i64();
  const averageRate = f.i16();
  const update = f.i64();
  const spans = [
    [averageRate, update - start],
    [f.i16(), time - update],
  ] as const;
  // Times are integers of 64 bits, and so are the differences.
  if (spans.some(([, span]) => span !== BigInt.asIntN(64, span)))
    return { decimals, scaled: () => undefined };
  const [before, after] = spans.map(([rate, span]) =>
    Math.exp(Number(BigInt(rate) * span) / YEAR_SECONDS / WHOLE_RATE),
  ) as [number, number];
  const scale = (before * after) / powerOfTen(decimals);
  return { decimals, scaled: (amount) => trimmedText(Number(amount) * scale, decimals) };
}

function withScale(config: Bytes, decimals: number, time: bigint): TokenUnit {
  const f = readFields(config, KEY_BYTES);
  const first = f.f64();
  const from = f.i64();
  const second = f.f64();
  const multiplier = time >= from ? second : first;
  const scaled = (amount: bigint): string =>
    trimmedText(Math.trunc(Number(amount) * multiplier) / powerOfTen(decimals), decimals);
  return { decimals, scaled };
}

/** Ten to the `exponent`, by multiplication: above 22 the last bit depends on the way. */
function powerOfTen(exponent: number): number {
  let power = 1;
  for (let base = 10, rest = exponent; rest > 0; base *= base, rest >>= 1) if (rest & 1) power *= base;
  return power;
}

function trimmedText(value: number, decimals: number): string {
  const text = fixedText(value, decimals);
  return decimals === 0 ? text : text.replace(/0+$/, '').replace(/\.$/, '');
}

const EXPONENT_BIAS = 1075n;
const FRACTION_BITS = 52n;

/** All digits of a number, rounded to `decimals` of them; half to even, as Rust does it. */
export function fixedText(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}inf`;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = BigInt.asUintN(63, bits.getBigUint64(0));
  const biased = raw >> FRACTION_BITS;
  const fraction = BigInt.asUintN(Number(FRACTION_BITS), raw);
  const mantissa = biased === 0n ? fraction : fraction | (1n << FRACTION_BITS);
  const exponent = (biased === 0n ? 1n : biased) - EXPONENT_BIAS;
  const digits = mantissa * 10n ** BigInt(decimals);
  if (exponent >= 0n) return sign + pointed(digits << exponent, decimals);
  const below = -exponent;
  const floor = digits >> below;
  const twice = 2n * (digits - (floor << below)) - (1n << below);
  const up = twice > 0n || (twice === 0n && floor % 2n === 1n);
  return sign + pointed(up ? floor + 1n : floor, decimals);
}
