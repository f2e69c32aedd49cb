import type { FeatureSet } from '@ninefold/vm-svm';
import { type EpochSchedule, firstSlotOf, slotsIn } from '../bank/epoch-schedule.ts';
import { slotTimingOf } from '../spec/slots.ts';

/** How fast the supply grows, by the year; a development cluster's genesis (`Inflation::default`). */
export const INFLATION = {
  initial: 0.08,
  terminal: 0.015,
  taper: 0.15,
  foundation: 0.05,
  foundationTerm: 7,
} as const;

/** Shares of the supply that come into being in a year. */
export type InflationRate = {
  readonly total: number;
  readonly validator: number;
  readonly foundation: number;
};

/** The rates so many years after the begin. */
export function inflationRate(year: number): InflationRate {
  const total = Math.max(INFLATION.initial * (1 - INFLATION.taper) ** year, INFLATION.terminal);
  const foundation = year < INFLATION.foundationTerm ? INFLATION.foundation * total : 0;
  return { total, validator: total - foundation, foundation };
}

/** The year that an epoch begins in; years are counted in slots. */
export const yearOf = (schedule: EpochSchedule, features: FeatureSet, epoch: number): number =>
  firstSlotOf(schedule, epoch) / slotTimingOf(features).slotsPerYear;

/**
 * Lamports that validators and those who delegate to them get for an epoch.
 *
 * @param epoch the one that has ended
 * @param capitalization all lamports there are
 */
export function inflationOf(
  schedule: EpochSchedule,
  features: FeatureSet,
  epoch: number,
  next: number,
  capitalization: bigint,
): bigint {
  const { validator } = inflationRate(yearOf(schedule, features, next));
  const years = slotsIn(schedule, epoch) / slotTimingOf(features).slotsPerYear;
  return BigInt(Math.floor(validator * Number(capitalization) * years));
}
