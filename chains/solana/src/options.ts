import { type Clock, defineErrors, didYouMean, type Logger, silentLogger, systemClock } from '@ninefold/base';
import { type FeatureSet, mainnetFeatures, verifyEd25519 } from '@ninefold/vm-svm';
import { epochScheduleOf } from './bank/epoch-schedule.ts';
import type { EpochSchedule } from './bank/epoch-schedule.ts';
import type { InitialProgram, PlacedAccount } from './bank/genesis.ts';
import { type BlockLimits, MAX_LOCKOUT_HISTORY, slotTimingOf } from './spec/slots.ts';
import type { SignatureVerifier } from './tx/signatures.ts';

/** Calls a task again and again; the result stops it. Chains have no timers of their own. */
export type Scheduler = { readonly every: (ms: number, task: () => void) => () => void };

/** How a Solana chain is made. Everything has a default. */
export type SolanaChainOptions = {
  /** What is active; mainnet-beta's features by default. */
  readonly features?: FeatureSet | undefined;
  /**
   * Milliseconds of a slot, by default what the features say. With 0, or without a scheduler, time
   * stands still and each transaction is a block that is final at once.
   */
  readonly slotMs?: number | undefined;
  /** Slots after which one is final, by default 31. */
  readonly finalityDepth?: number | undefined;
  readonly slotsPerEpoch?: number | undefined;
  /** Hashes in a tick of the proof of history: 1 by default, which costs nothing; mainnet has 62,500. */
  readonly hashesPerTick?: number | undefined;
  /**
   * Whether the validator votes for each slot, by a transaction in the next one, as validators do: it
   * earns credits by that, and whoever delegates to it rewards. Default false: its votes are taken
   * for granted.
   */
  readonly votes?: boolean | undefined;
  /** What may go into a block, where it is not what the features say. */
  readonly limits?: Partial<BlockLimits> | undefined;
  /** Programs besides those that a fresh node has. */
  readonly programs?: readonly InitialProgram[] | undefined;
  /** Whether SPL Token and the other programs of mainnet are there. Default true. */
  readonly standardPrograms?: boolean | undefined;
  /** Accounts that are there from the begin. */
  readonly accounts?: readonly PlacedAccount[] | undefined;
  /** Checks signatures; `null` leaves them unchecked. Strict ed25519 by default. */
  readonly verify?: SignatureVerifier | null | undefined;
  readonly clock?: Clock | undefined;
  readonly scheduler?: Scheduler | undefined;
  readonly logger?: Logger | undefined;
};

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly features: FeatureSet;
  readonly slotMs: number;
  readonly finalityDepth: number;
  readonly epochSchedule: EpochSchedule;
  readonly hashesPerTick: number;
  readonly votes: boolean;
  readonly limits: BlockLimits;
  readonly programs: readonly InitialProgram[];
  readonly standardPrograms: boolean;
  readonly accounts: readonly PlacedAccount[];
  readonly verify: SignatureVerifier | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly logger: Logger;
};

const fail = defineErrors({
  SOLANA_UNKNOWN_OPTION: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `Unknown option ${JSON.stringify(c.name)}${c.suggestion === undefined ? '' : `, did you mean "${c.suggestion}"?`}`,
  SOLANA_INVALID_OPTION: (c: { readonly name: string; readonly expected: string }) =>
    `Option ${c.name} must be ${c.expected}`,
});

const OPTIONS: readonly (keyof SolanaChainOptions)[] = [
  'features',
  'slotMs',
  'finalityDepth',
  'slotsPerEpoch',
  'hashesPerTick',
  'votes',
  'limits',
  'programs',
  'standardPrograms',
  'accounts',
  'verify',
  'clock',
  'scheduler',
  'logger',
];

/** The least and the most of each option that is a number. */
const RANGES = {
  slotMs: [0, 60_000],
  finalityDepth: [0, 512],
  slotsPerEpoch: [32, 2 ** 32],
  hashesPerTick: [1, 1_000_000],
} as const;

/** @throws `SOLANA_UNKNOWN_OPTION`, `SOLANA_INVALID_OPTION` */
export function resolveOptions(options: SolanaChainOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name as keyof SolanaChainOptions))
      throw fail('SOLANA_UNKNOWN_OPTION', { name, suggestion: didYouMean(name, OPTIONS) });
  }
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      throw fail('SOLANA_INVALID_OPTION', { name, expected: `an integer from ${least} to ${most}` });
  }
  const features = options.features ?? mainnetFeatures();
  const timing = slotTimingOf(features);
  const slotMs = options.scheduler === undefined ? 0 : (options.slotMs ?? timing.milliseconds);
  const { verify = verifyEd25519 } = options;
  return {
    features,
    slotMs,
    finalityDepth: options.finalityDepth ?? (slotMs === 0 ? 0 : MAX_LOCKOUT_HISTORY),
    epochSchedule: epochScheduleOf(options.slotsPerEpoch),
    hashesPerTick: options.hashesPerTick ?? 1,
    votes: options.votes ?? false,
    limits: { ...timing.limits, ...options.limits },
    programs: options.programs ?? [],
    standardPrograms: options.standardPrograms ?? true,
    accounts: options.accounts ?? [],
    verify: verify ?? undefined,
    clock: options.clock ?? systemClock,
    scheduler: options.scheduler,
    logger: options.logger ?? silentLogger,
  };
}
