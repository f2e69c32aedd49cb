import { defineErrors, didYouMean } from '@ninefold/base';
import type { LoadedConfig } from './config-file.ts';
import { type Flag, keyOf, variableOf } from './flags/flag.ts';
import { type AnyFlag, FLAGS, flagsOf, type Settings } from './flags/flags.ts';
import type { CommandLine } from './parse.ts';
import { convert } from './values.ts';

type Invalid = { readonly name: string; readonly value: string; readonly expected: string };

const fail = defineErrors({
  CLI_INVALID_VARIABLE: (c: Invalid) =>
    `${c.name} cannot be ${JSON.stringify(c.value)}: expected ${c.expected}`,
  CLI_CONFLICT: (c: { readonly first: string; readonly second: string }) =>
    `${c.first} and ${c.second} exclude each other`,
  CLI_CONFIG_UNKNOWN_KEY: (c: {
    readonly file: string;
    readonly name: string;
    readonly suggestion: string | undefined;
  }) =>
    `${c.file}: no setting ${JSON.stringify(c.name)}.${c.suggestion === undefined ? '' : ` Did you mean ${c.suggestion}?`}`,
  CLI_CONFIG_INVALID_VALUE: (c: Invalid & { readonly file: string }) =>
    `${c.file}: ${c.name} cannot be ${JSON.stringify(c.value)}: expected ${c.expected}`,
});

/**
 * Merges what was said: the command line wins over the environment, that over the configuration
 * file. What a command does not use is checked all the same.
 *
 * @throws `CLI_INVALID_VARIABLE`, `CLI_CONFIG_UNKNOWN_KEY`, `CLI_CONFIG_INVALID_VALUE`, `CLI_CONFLICT`
 */
export function resolveSettings(
  line: CommandLine,
  environment: Readonly<Record<string, string | undefined>>,
  config: LoadedConfig | undefined,
): Settings {
  const configured = config === undefined ? new Map<string, unknown>() : checkConfig(config);
  const settings = new Map<string, unknown>();
  for (const flag of flagsOf(line.command)) {
    const key = keyOf(flag);
    const value = line.values.get(key) ?? fromEnvironment(flag, environment) ?? configured.get(key);
    if (value !== undefined) settings.set(key, value);
  }
  const merged = Object.fromEntries(settings) as Settings;
  refuseBoth(merged, 'block-time', 'no-mining');
  refuseBoth(merged, 'state', 'load-state');
  return merged;
}

function fromEnvironment(flag: Flag, environment: Readonly<Record<string, string | undefined>>): unknown {
  if (flag.commandLineOnly) return undefined;
  const name = variableOf(flag);
  const given = environment[name];
  if (given === undefined || given === '') return undefined;
  const converted = convert(flag, given);
  if ('value' in converted) return converted.value;
  throw fail('CLI_INVALID_VARIABLE', { name, value: given, expected: converted.expected });
}

function checkConfig({ file, entries }: LoadedConfig): ReadonlyMap<string, unknown> {
  const known = new Map(FLAGS.filter((flag) => !flag.commandLineOnly).map((flag) => [keyOf(flag), flag]));
  const values = new Map<string, unknown>();
  for (const [name, given] of Object.entries(entries)) {
    if (given === undefined) continue;
    const flag = known.get(name);
    if (flag === undefined) {
      throw fail('CLI_CONFIG_UNKNOWN_KEY', { file, name, suggestion: didYouMean(name, known.keys()) });
    }
    const converted = convert(flag, given);
    if ('expected' in converted) {
      throw fail('CLI_CONFIG_INVALID_VALUE', {
        file,
        name,
        value: String(given),
        expected: converted.expected,
      });
    }
    values.set(name, converted.value);
  }
  return values;
}

/** Refuses two flags together, given by their names. */
function refuseBoth(settings: Settings, first: AnyFlag['name'], second: AnyFlag['name']): void {
  const isSet = (name: AnyFlag['name']): boolean => {
    const value = settings[keyOf({ name })];
    return value !== undefined && value !== false;
  };
  if (isSet(first) && isSet(second))
    throw fail('CLI_CONFLICT', { first: `--${first}`, second: `--${second}` });
}
