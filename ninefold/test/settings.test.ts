import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { LoadedConfig } from '../src/cli/config-file.ts';
import { CONFIG_FILES, loadConfig } from '../src/cli/config-file.ts';
import type { KeyOf } from '../src/cli/flags/flag.ts';
import { keyOf, variableOf } from '../src/cli/flags/flag.ts';
import type { AnyFlag } from '../src/cli/flags/flags.ts';
import { FLAGS, flagsOf } from '../src/cli/flags/flags.ts';
import type { NinefoldConfig } from '../src/config.ts';
import { parseCommandLine } from '../src/cli/parse.ts';
import { resolveSettings } from '../src/cli/settings.ts';
import { convert } from '../src/cli/values.ts';
import { temporaryFolder } from './support/cli.ts';

const config = (entries: Readonly<Record<string, unknown>>): LoadedConfig => ({
  file: 'ninefold.config.mjs',
  entries,
});
const settingsOf = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  entries?: Readonly<Record<string, unknown>>,
) => resolveSettings(parseCommandLine(args), environment, entries && config(entries));

describe('settings', () => {
  test('the flag wins over the variable, the variable over the file', () => {
    const file = { port: 3 };
    expect(settingsOf([], {}, file).port).toBe(3);
    expect(settingsOf([], { NINEFOLD_PORT: '2' }, file).port).toBe(2);
    expect(settingsOf(['--port', '1'], { NINEFOLD_PORT: '2' }, file).port).toBe(1);
    expect(settingsOf([]).port).toBeUndefined();
  });

  test('each source may say no', () => {
    expect(settingsOf(['--json=false'], { NINEFOLD_JSON: '1' }).json).toBe(false);
    expect(settingsOf([], { NINEFOLD_JSON: 'no' }, { json: true }).json).toBe(false);
    // An empty variable is one that nobody set.
    expect(settingsOf([], { NINEFOLD_JSON: '' }, { json: true }).json).toBe(true);
  });

  // Something valid for each kind of flag, as text.
  const SAMPLES: Readonly<Record<string, string>> = {
    boolean: 'true',
    count: '2',
    string: 'text',
    integer: '7',
    bigint: '6000',
    ether: '2',
    seconds: '3',
    list: 'a,b',
    fork: 'prague',
  };

  test.each(flagsOf('start').filter(({ commandLineOnly }) => !commandLineOnly))(
    '--$name is also a variable and a key of the file',
    (flag) => {
      const text = SAMPLES[flag.kind]!;
      const expected = (convert(flag, text) as { value: unknown }).value;
      const key = keyOf(flag);
      expect(settingsOf([], { [variableOf(flag)]: text })).toEqual({ [key]: expected });
      const given = flag.kind === 'boolean' ? true : flag.kind === 'count' ? 2 : text;
      expect(settingsOf([], {}, { [key]: given })).toEqual({ [key]: expected });
    },
  );

  test('a file may use the types of the language', () => {
    const settings = settingsOf(
      [],
      {},
      { chainId: 5, gasLimit: 30_000_000n, balance: 0.5, cors: ['*'], port: 1 },
    );
    expect(settings).toEqual({
      chainId: 5n,
      gasLimit: 30_000_000n,
      balance: 500_000_000_000_000_000n,
      cors: ['*'],
      port: 1,
    });
  });

  test('mistakes say where they are', () => {
    const codeOf = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return error as { code: string; context: { suggestion?: string } };
      }
      throw new Error('it was accepted');
    };
    expect(codeOf(() => settingsOf([], { NINEFOLD_PORT: 'x' })).code).toBe('CLI_INVALID_VARIABLE');
    expect(codeOf(() => settingsOf([], {}, { port: 'x' })).code).toBe('CLI_CONFIG_INVALID_VALUE');
    const unknown = codeOf(() => settingsOf([], {}, { blocktime: 1 }));
    expect(unknown).toMatchObject({ code: 'CLI_CONFIG_UNKNOWN_KEY', context: { suggestion: 'blockTime' } });
    expect(codeOf(() => settingsOf(['--no-mining', '--block-time', '1'])).code).toBe('CLI_CONFLICT');
    expect(codeOf(() => settingsOf(['--state', 'a', '--load-state', 'b'])).code).toBe('CLI_CONFLICT');
    // The file is checked even for a command that does not use the setting.
    expect(codeOf(() => settingsOf(['run', '0x'], {}, { port: 'x' })).code).toBe('CLI_CONFIG_INVALID_VALUE');
  });

  test('what belongs to the command line only is not taken from elsewhere', () => {
    expect(settingsOf(['run'], { NINEFOLD_INPUT: '0x01' })).toEqual({});
    expect(() => settingsOf(['run'], {}, { input: '0x01' })).toThrow(
      expect.objectContaining({ code: 'CLI_CONFIG_UNKNOWN_KEY' }),
    );
  });

  test('any text gives a value or says what was expected', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FLAGS), fc.oneof(fc.string(), fc.anything()), (flag, given) => {
        const converted = convert(flag, given);
        expect('value' in converted || converted.expected.length > 0).toBe(true);
      }),
    );
  });
});

describe('a configuration file', () => {
  test('has a type with just the keys that are read', () => {
    type FromTable = Exclude<AnyFlag, { readonly commandLineOnly: true }>['name'];
    expectTypeOf<keyof NinefoldConfig>().toEqualTypeOf<KeyOf<FromTable>>();
  });

  test('is found in the folder', async () => {
    const folder = temporaryFolder();
    expect(await loadConfig(folder)).toBeUndefined();
    writeFileSync(join(folder, 'ninefold.config.json'), '{"port":4}');
    expect((await loadConfig(folder))?.entries).toEqual({ port: 4 });
    writeFileSync(join(folder, 'ninefold.config.mjs'), 'export default { port: 5 };');
    expect((await loadConfig(folder))?.entries).toEqual({ port: 5 });
    expect(CONFIG_FILES[0]).toBe('ninefold.config.ts');
  });

  test('may be named', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'other.mjs'), 'export default { port: 6 };');
    expect((await loadConfig(folder, 'other.mjs'))?.entries).toEqual({ port: 6 });
  });

  test.each([
    ['missing.mjs', undefined, 'CLI_CONFIG_MISSING'],
    ['broken.json', '{"port":', 'CLI_CONFIG_UNREADABLE'],
    ['broken.mjs', 'export default {', 'CLI_CONFIG_UNREADABLE'],
    ['throws.mjs', 'throw new Error("no");', 'CLI_CONFIG_UNREADABLE'],
    ['list.json', '[1]', 'CLI_CONFIG_NOT_AN_OBJECT'],
    ['none.mjs', 'export const port = 1;', 'CLI_CONFIG_NOT_AN_OBJECT'],
  ])('%s is refused', async (name, text, code) => {
    const folder = temporaryFolder();
    if (text !== undefined) writeFileSync(join(folder, name), text);
    await expect(loadConfig(folder, name)).rejects.toMatchObject({ code });
  });

  test.runIf(process.versions.node.startsWith('20.'))(
    'in TypeScript says that it needs tsx here',
    async () => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'ninefold.config.ts'), 'export default { port: 1 as number };');
      await expect(loadConfig(folder)).rejects.toMatchObject({ code: 'CLI_CONFIG_NEEDS_TSX' });
    },
  );
});
