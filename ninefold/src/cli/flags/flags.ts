import { CHAIN_FLAGS } from './chain.ts';
import { DISPUTE_FLAGS } from './dispute.ts';
import type { CommandName, Flag, FlagValues, KeyOf } from './flag.ts';
import { OUTPUT_FLAGS } from './output.ts';
import { PROGRAM_FLAGS } from './program.ts';
import { SERVER_FLAGS } from './server.ts';
import { STATE_FLAGS } from './state.ts';

/** All flags of all commands, in the order help shows them. */
export const FLAGS: readonly Flag[] = [
  ...SERVER_FLAGS,
  ...CHAIN_FLAGS,
  ...STATE_FLAGS,
  ...PROGRAM_FLAGS,
  ...DISPUTE_FLAGS,
  ...OUTPUT_FLAGS,
];

/** Any of them, with its name and kind as literals. */
export type AnyFlag =
  | (typeof SERVER_FLAGS)[number]
  | (typeof CHAIN_FLAGS)[number]
  | (typeof STATE_FLAGS)[number]
  | (typeof PROGRAM_FLAGS)[number]
  | (typeof DISPUTE_FLAGS)[number]
  | (typeof OUTPUT_FLAGS)[number];

/**
 * What was asked for, by configuration key; what nobody said anything about is undefined. Amounts of ether
 * are in wei, what the table has in other units is in those.
 */
export type Settings = {
  readonly [F in AnyFlag as KeyOf<F['name']>]?: FlagValues[F['kind']];
};

/** The flags a command understands. */
export function flagsOf(command: CommandName): readonly Flag[] {
  return FLAGS.filter(({ commands }) => commands === undefined || commands.includes(command));
}
