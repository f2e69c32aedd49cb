import { parseArgs } from 'node:util';
import { defineErrors, didYouMean } from '@ninefold/base';
import { COMMANDS, type CommandName, type Flag, keyOf } from './flags/flag.ts';
import { FLAGS, flagsOf } from './flags/flags.ts';
import { convert } from './values.ts';

type Unknown = { readonly name: string; readonly suggestion: string | undefined };

const fail = defineErrors({
  CLI_UNKNOWN_COMMAND: ({ name, suggestion }: Unknown) =>
    `No command ${name}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
  CLI_UNKNOWN_FLAG: ({ name, suggestion }: Unknown) =>
    `No flag ${name}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
  CLI_FLAG_NOT_FOR_COMMAND: (c: { readonly name: string; readonly command: string }) =>
    `${c.name} means nothing to "ninefold ${c.command}"`,
  CLI_MISSING_VALUE: (c: { readonly name: string; readonly placeholder: string }) =>
    `${c.name} needs a value: ${c.name} ${c.placeholder}`,
  CLI_INVALID_VALUE: (c: { readonly name: string; readonly value: string; readonly expected: string }) =>
    `${c.name} cannot be ${JSON.stringify(c.value)}: expected ${c.expected}`,
});

/** A command line, understood. */
export type CommandLine = {
  readonly command: CommandName;
  /** Whether the command was named; without, it is `start`. */
  readonly named: boolean;
  readonly positionals: readonly string[];
  /** Values by configuration key, as the flags want them. */
  readonly values: ReadonlyMap<string, unknown>;
};

/**
 * Splits the arguments after the program's name.
 *
 * @throws `CLI_UNKNOWN_COMMAND`, `CLI_UNKNOWN_FLAG`, `CLI_FLAG_NOT_FOR_COMMAND`, `CLI_MISSING_VALUE`,
 * `CLI_INVALID_VALUE`
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const options = Object.fromEntries(
    FLAGS.map(({ name, short, kind }) => [
      name,
      { type: takesValue(kind) ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  // Before the command: the value of a flag that does not exist would pass for one.
  for (const token of tokens) {
    if (token.kind === 'option' && FLAGS.every(({ name }) => name !== token.name))
      throw unknownFlag(token.rawName);
  }
  const positionals = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const named = positionals.length > 0;
  const command = named ? commandOf(positionals.shift() as string) : 'start';

  const allowed = flagsOf(command);
  const values = new Map<string, unknown>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = FLAGS.find(({ name }) => name === token.name) as Flag;
    if (!allowed.includes(flag)) throw fail('CLI_FLAG_NOT_FOR_COMMAND', { name: token.rawName, command });
    const key = keyOf(flag);
    if (flag.kind === 'count') {
      values.set(key, ((values.get(key) as number | undefined) ?? 0) + 1);
      continue;
    }
    const given = token.value ?? (takesValue(flag.kind) ? undefined : 'true');
    if (given === undefined) {
      throw fail('CLI_MISSING_VALUE', { name: token.rawName, placeholder: flag.placeholder ?? 'VALUE' });
    }
    const converted = convert(flag, given);
    if ('expected' in converted) {
      throw fail('CLI_INVALID_VALUE', { name: token.rawName, value: given, expected: converted.expected });
    }
    values.set(key, converted.value);
  }
  return { command, named, positionals, values };
}

function takesValue(kind: Flag['kind']): boolean {
  return kind !== 'boolean' && kind !== 'count';
}

function commandOf(name: string): CommandName {
  const command = COMMANDS.find((candidate) => candidate === name);
  if (command === undefined) {
    throw fail('CLI_UNKNOWN_COMMAND', { name, suggestion: didYouMean(name, COMMANDS) });
  }
  return command;
}

function unknownFlag(rawName: string): Error {
  const near = didYouMean(
    rawName.replace(/^-+/, ''),
    FLAGS.map(({ name }) => name),
  );
  return fail('CLI_UNKNOWN_FLAG', { name: rawName, suggestion: near && `--${near}` });
}
