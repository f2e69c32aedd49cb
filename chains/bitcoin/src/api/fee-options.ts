import { MAX_CONFIRMATION_TARGET } from '../spec/policy.ts';
import type { Api } from './api.ts';
import { invalidParameter, RPC_WALLET_ERROR, rpcFailure } from './errors.ts';
import type { Json } from './format.ts';
import type { MemberTypes } from './method.ts';
import { parseAmountValue, parseDecimal } from './parse.ts';

/*
 * What a payment costs: a rate that is told, one that is learned from blocks, or the fallback.
 */

/** Members of options that decide on the fee. */
export const FEE_OPTIONS: MemberTypes = {
  fee_rate: 'any',
  feeRate: 'any',
  conf_target: 'number',
  estimate_mode: 'string',
};

const ESTIMATE_MODES = ['unset', 'economical', 'conservative'];
const DEFAULT_CONF_TARGET = 6;
/** Rates in satoshi for a virtual byte have so many decimals. */
const RATE_DECIMALS = 3;

/** A mode of estimating by its name, in either case. */
export function checkEstimateMode(mode: unknown): void {
  if (mode === undefined || ESTIMATE_MODES.includes(String(mode).toLowerCase())) return;
  const names = ESTIMATE_MODES.map((name) => `"${name}"`).join(', ');
  throw invalidParameter(`Invalid estimate_mode parameter, must be one of: ${names}`);
}

/** Blocks to wait at most. */
export function checkTarget(target: unknown): void {
  if (target === undefined) return;
  if (
    Number.isSafeInteger(target) &&
    (target as number) >= 1 &&
    (target as number) <= MAX_CONFIRMATION_TARGET
  )
    return;
  throw invalidParameter(`Invalid conf_target, must be between 1 and ${MAX_CONFIRMATION_TARGET}`);
}

/** Refuses options that contradict each other. */
export function checkFeeOptions({
  fee_rate: rate,
  feeRate,
  conf_target: target,
  estimate_mode: mode,
}: Json): void {
  if (feeRate !== undefined) {
    if (rate !== undefined)
      throw invalidParameter('Cannot specify both fee_rate (sat/vB) and feeRate (BTC/kvB)');
    refuseTarget(target, 'feeRate');
    if (mode !== undefined) throw invalidParameter('Cannot specify both estimate_mode and feeRate');
  }
  if (rate !== undefined) {
    refuseTarget(target, 'fee_rate');
    if (mode !== undefined && mode !== 'unset')
      throw invalidParameter('Cannot specify both estimate_mode and fee_rate');
  }
  checkEstimateMode(mode);
  checkTarget(target);
}

function refuseTarget(target: unknown, name: string): void {
  if (target === undefined) return;
  throw invalidParameter(
    `Cannot specify both conf_target and ${name}. Please provide either a confirmation target in blocks for automatic fee estimation, or an explicit fee rate.`,
  );
}

/**
 * The options of `send` and `sendall`, into which their own parameters about fees go.
 */
export function withFeeArguments(options: Json, given: Json): Json {
  const { fee_rate: rate, conf_target: target, estimate_mode: mode } = given;
  const inOptions = options['conf_target'] !== undefined || options['estimate_mode'] !== undefined;
  if (inOptions && (target !== undefined || mode !== undefined)) {
    throw invalidParameter(
      'Pass conf_target and estimate_mode either as arguments or in the options object, but not both',
    );
  }
  if (options['fee_rate'] !== undefined && rate !== undefined) {
    throw invalidParameter('Pass the fee_rate either as an argument, or in the options object, but not both');
  }
  const all = { ...given, ...options };
  const named = all['estimate_mode'] !== undefined && all['estimate_mode'] !== 'unset';
  if (all['conf_target'] !== undefined && !named) throw invalidParameter('Specify estimate_mode');
  return all;
}

/** A rate in satoshi for a virtual byte, as satoshi for 1000 of them. */
export function parseRate(value: unknown): bigint {
  return parseDecimal(value, RATE_DECIMALS);
}

/** Satoshi for 1000 virtual bytes: what was asked for, what is estimated, or the fallback. */
export function rateOf(
  { node, fallbackFeeRate }: Api,
  { fee_rate: rate, feeRate, conf_target: target }: Json,
): bigint {
  if (feeRate !== undefined) return parseAmountValue(feeRate);
  if (rate !== undefined) return parseRate(rate);
  const estimate = node.estimator.estimate(typeof target === 'number' ? target : DEFAULT_CONF_TARGET);
  if (estimate === undefined && fallbackFeeRate === 0) {
    throw rpcFailure(
      RPC_WALLET_ERROR,
      'Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable -fallbackfee.',
    );
  }
  const least = BigInt(node.policy.minRelayFeeRate);
  const chosen = estimate ?? BigInt(fallbackFeeRate);
  return chosen < least ? least : chosen;
}

const showRate = (rate: bigint): string =>
  `${rate / 1000n}.${String(rate % 1000n).padStart(RATE_DECIMALS, '0')} sat/vB`;

/** What is wrong with a rate that was told and that no node relays. */
export function lowestRate({ node }: Api, { feeRate }: Json, rate: bigint): string | undefined {
  const least = BigInt(node.policy.minRelayFeeRate);
  // In BTC/kvB a rate is taken as it is told.
  if (rate >= least || feeRate !== undefined) return undefined;
  return `Fee rate (${showRate(rate)}) is lower than the minimum fee rate setting (${showRate(least)})`;
}

/** Why a payment's rate was chosen. */
export function feeReason({ node }: Api, { fee_rate: rate, conf_target: target }: Json): string {
  if (rate !== undefined) return 'PayTxFee set';
  const estimate = node.estimator.estimate(typeof target === 'number' ? target : DEFAULT_CONF_TARGET);
  return estimate === undefined ? 'Fallback fee' : 'Target 85% Threshold';
}
