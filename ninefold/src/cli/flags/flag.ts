import type { ForkName } from '@ninefold/vm-evm';

/** The commands, in the order help shows them. */
export const COMMANDS = [
  'start',
  'run',
  'trace',
  'prove',
  'verify',
  'bitvm',
  'doctor',
  'completion',
] as const;

export type CommandName = (typeof COMMANDS)[number];

/** Headings of help, in its order. */
export const FLAG_GROUPS = [
  'Server',
  'Chain',
  'Mining',
  'Accounts',
  'State',
  'Program',
  'Proof',
  'Dispute',
  'Output',
  'General',
] as const;

export type FlagGroup = (typeof FLAG_GROUPS)[number];

/** What a value of each kind is once it is read (`values.ts`). */
export type FlagValues = {
  readonly boolean: boolean;
  /** How often the flag was given. */
  readonly count: number;
  readonly string: string;
  readonly integer: number;
  readonly bigint: bigint;
  /** Given in ether, kept in wei. */
  readonly ether: bigint;
  readonly seconds: number;
  readonly list: readonly string[];
  readonly fork: ForkName;
};

/** One flag; environment variable, configuration key, help and completion follow from it. */
export type Flag = {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  readonly kind: keyof FlagValues;
  /** What help calls the value; its unit where it has one. */
  readonly placeholder?: string;
  readonly group: FlagGroup;
  /** Those that understand it; all when absent. */
  readonly commands?: readonly CommandName[];
  /** What help says it is by default. */
  readonly shownDefault?: string;
  readonly min?: number;
  readonly max?: number;
  /** Only on the command line: no variable, no configuration key. */
  readonly commandLineOnly?: boolean;
  /** Completed with file names. */
  readonly file?: boolean;
  readonly help: string;
};

/** `block-time` as a key: `blockTime`. */
export type KeyOf<Name extends string> = Name extends `${infer Word}-${infer Rest}`
  ? `${Word}${Capitalize<KeyOf<Rest>>}`
  : Name;

/** The key of a flag in settings and configuration files. */
export function keyOf<Name extends string>({ name }: { readonly name: Name }): KeyOf<Name> {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as KeyOf<Name>;
}

/** The environment variable of a flag: `NINEFOLD_BLOCK_TIME`. */
export function variableOf({ name }: Flag): string {
  return `NINEFOLD_${name.replaceAll('-', '_').toUpperCase()}`;
}
