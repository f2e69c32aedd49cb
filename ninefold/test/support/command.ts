import pc from 'picocolors';
import type { CommandInput } from '../../src/cli/command-input.ts';
import type { Settings } from '../../src/cli/flags/flags.ts';

export type CommandResult = {
  /** The exit code, or the code of the error. */
  readonly result: number | string;
  /** What went to stdout. */
  readonly data: string;
  /** What went to stderr. */
  readonly talk: string;
};

/** Runs a command in this process, without colours. */
export async function runCommand(
  command: (input: CommandInput) => Promise<number>,
  positionals: readonly string[],
  settings: Settings = {},
): Promise<CommandResult> {
  const data: string[] = [];
  const talk: string[] = [];
  const output = {
    data: (text: string) => void data.push(text),
    talk: (text: string) => void talk.push(text),
    paint: pc.createColors(false),
  };
  const result = await command({ settings, positionals, output, version: '0' }).catch(
    (error: { readonly code?: string }) => error.code ?? String(error),
  );
  return { result, data: data.join('\n'), talk: talk.join('\n') };
}
