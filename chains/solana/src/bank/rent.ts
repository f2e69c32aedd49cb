import type { Bytes } from '@ninefold/base';
import type { FeatureSet } from '@ninefold/vm-svm';
import type { Account } from './account.ts';

/** What storage costs. */
export type Rent = {
  readonly lamportsPerByte: bigint;
  /** Years of rent that exempt an account. */
  readonly threshold: number;
  readonly burnPercent: number;
};

/** Bytes that an account is charged for besides its data. */
const ACCOUNT_OVERHEAD_BYTES = 128n;

const BURN_PERCENT = 50;

/** Prices that features set, the newest last (SIMD-0437); mainnet has come down to 5080. */
const PRICES: readonly (readonly [feature: string, lamportsPerByte: bigint])[] = [
  ['set_lamports_per_byte_to_6960', 6960n],
  ['set_lamports_per_byte_to_6333', 6333n],
  ['set_lamports_per_byte_to_5080', 5080n],
  ['set_lamports_per_byte_to_2575', 2575n],
  ['set_lamports_per_byte_to_1322', 1322n],
  ['set_lamports_per_byte_to_696', 696n],
];

/** The price before any of the features. */
const INITIAL_PRICE = 6960n;

/** Rent under a set of features: the cheapest price that is active. */
export function rentOf(features: FeatureSet): Rent {
  const active = PRICES.findLast(([feature]) => features.has(feature));
  return { lamportsPerByte: active?.[1] ?? INITIAL_PRICE, threshold: 1, burnPercent: BURN_PERCENT };
}

/** The rent that a sysvar's data say. */
export function decodeRent(data: Bytes): Rent {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    lamportsPerByte: view.getBigUint64(0, true),
    threshold: view.getFloat64(8, true),
    burnPercent: view.getUint8(16),
  };
}

/** Lamports with which an account of `length` bytes pays no rent. */
export function minimumBalance(rent: Rent, length: number): bigint {
  const yearly = (ACCOUNT_OVERHEAD_BYTES + BigInt(length)) * rent.lamportsPerByte;
  // The original multiplies floating-point numbers; a factor of one leaves integers as they are.
  return rent.threshold === 1 ? yearly : saturated(Number(yearly) * rent.threshold);
}

const U64_MAX = 2n ** 64n - 1n;

/** As Rust's `as u64`: what is no number is 0, what is too large the largest. */
function saturated(value: number): bigint {
  if (!(value > 0)) return 0n;
  return value >= 2 ** 64 ? U64_MAX : BigInt(Math.floor(value));
}

type RentState = 'none' | 'exempt' | 'paying';

function stateOf(rent: Rent, account: Account): RentState {
  if (account.lamports === 0n) return 'none';
  return account.lamports >= minimumBalance(rent, account.data.length) ? 'exempt' : 'paying';
}

/**
 * Whether an account may become what it became. Without `isRelaxed` one that is short of the minimum
 * must have been so before, with the same size and no fewer lamports taken in; with it (SIMD-0392)
 * one that existed may stay short as long as owner and size do not grow worse and it loses nothing.
 */
export function isRentTransitionAllowed(
  rent: Rent,
  before: Account,
  after: Account,
  isRelaxed: boolean,
): boolean {
  if (stateOf(rent, after) !== 'paying') return true;
  if (isRelaxed) {
    const isSameOwner = before.owner === after.owner || isEqual(before.owner, after.owner);
    return (
      before.lamports > 0n &&
      isSameOwner &&
      after.data.length <= before.data.length &&
      after.lamports >= before.lamports
    );
  }
  return (
    stateOf(rent, before) === 'paying' &&
    after.data.length === before.data.length &&
    after.lamports <= before.lamports
  );
}

const isEqual = (a: Bytes, b: Bytes): boolean => a.every((byte, i) => byte === b[i]);
