import type { Settings } from './flags/flags.ts';
import type { Output } from './output.ts';

/** What every command gets. */
export type CommandInput = {
  readonly settings: Settings;
  readonly positionals: readonly string[];
  readonly output: Output;
  readonly version: string;
};

/** Gas of a program that is run or traced, unless `--gas` says otherwise. */
export const DEFAULT_GAS = 30_000_000n;
