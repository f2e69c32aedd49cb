import { FORKS } from '@ninefold/vm-evm';
import { describe, expect, test } from 'vitest';
import { COMMANDS, keyOf, variableOf } from '../src/cli/flags/flag.ts';
import { FLAGS, flagsOf } from '../src/cli/flags/flags.ts';
import { HARDFORKS } from '../src/cli/hardforks.ts';
import { HELP_COLUMNS, helpText } from '../src/cli/help.ts';
import { parseCommandLine } from '../src/cli/parse.ts';

describe('the table of flags', () => {
  test('names each flag once, and each letter', () => {
    const names = FLAGS.map(({ name }) => name);
    const letters = FLAGS.flatMap(({ short }) => (short === undefined ? [] : [short]));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(letters).size).toBe(letters.length);
  });

  test('says what a value is called where there is one', () => {
    for (const { kind, placeholder } of FLAGS) {
      expect(placeholder !== undefined).toBe(kind !== 'boolean' && kind !== 'count');
    }
  });

  test('makes keys and variables of names', () => {
    const flag = FLAGS.find(({ name }) => name === 'block-time')!;
    expect(keyOf(flag)).toBe('blockTime');
    expect(variableOf(flag)).toBe('NINEFOLD_BLOCK_TIME');
  });

  test('knows the forks the machine knows', () => {
    expect(HARDFORKS).toEqual(FORKS.map(({ name }) => name));
  });
});

describe('help', () => {
  test.each([undefined, ...COMMANDS])('of %s fits a terminal and shows every flag', (command) => {
    const text = helpText(command);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(HELP_COLUMNS);
    for (const { name } of flagsOf(command ?? 'start')) expect(text).toContain(`--${name}`);
  });

  test('names all commands', () => {
    for (const command of COMMANDS) expect(helpText(undefined)).toContain(`\n  ${command} `);
  });
});

describe('a command line', () => {
  const valuesOf = (...args: string[]) => Object.fromEntries(parseCommandLine(args).values);

  test('is start without a command', () => {
    expect(parseCommandLine([])).toMatchObject({ command: 'start', named: false, positionals: [] });
    expect(parseCommandLine(['--port', '1'])).toMatchObject({ command: 'start', named: false });
    expect(parseCommandLine(['run', '0x00'])).toMatchObject({ command: 'run', positionals: ['0x00'] });
    expect(parseCommandLine(['--json', 'run', '0x00']).command).toBe('run');
  });

  // One line for each flag of start, run and trace.
  test.each<[string[], Record<string, unknown>]>([
    [['--host', '0.0.0.0'], { host: '0.0.0.0' }],
    [['--port', '0'], { port: 0 }],
    [['-p', '65535'], { port: 65_535 }],
    [['-p8545'], { port: 8545 }],
    [['--ipc=/tmp/x.ipc'], { ipc: '/tmp/x.ipc' }],
    [
      ['--cors', 'https://a.example, https://b.example'],
      { cors: ['https://a.example', 'https://b.example'] },
    ],
    [['--cors', '*'], { cors: ['*'] }],
    [['--allowed-hosts', 'node.test'], { allowedHosts: ['node.test'] }],
    [['--chain-id', '1'], { chainId: 1n }],
    [['--chain-id', '0x7a69'], { chainId: 31_337n }],
    [['--hardfork', 'Cancun'], { hardfork: 'cancun' }],
    [['--hardfork', 'tangerine-whistle'], { hardfork: 'tangerineWhistle' }],
    [['--hardfork', 'merge'], { hardfork: 'paris' }],
    [['--genesis', 'g.json'], { genesis: 'g.json' }],
    [['--gas-limit', '30_000_000'], { gasLimit: 30_000_000n }],
    [['--base-fee', '0'], { baseFee: 0n }],
    [['--timestamp', '1700000000'], { timestamp: 1_700_000_000n }],
    [['--dialect', 'hardhat'], { dialect: 'hardhat' }],
    [['--block-time', '0.5'], { blockTime: 0.5 }],
    [['-b', '12'], { blockTime: 12 }],
    [['--no-mining'], { noMining: true }],
    [['--no-mining=false'], { noMining: false }],
    [['--accounts', '3'], { accounts: 3 }],
    [['--balance', '1.5'], { balance: 1_500_000_000_000_000_000n }],
    [['--mnemonic', 'a b c'], { mnemonic: 'a b c' }],
    [['--derivation-path', "m/44'/1'/0'/0"], { derivationPath: "m/44'/1'/0'/0" }],
    [['--state', 'dir'], { state: 'dir' }],
    [['--load-state', 'in'], { loadState: 'in' }],
    [['--dump-state', 'out'], { dumpState: 'out' }],
    [['--chains', 'ethereum,solana'], { chains: ['ethereum', 'solana'] }],
    [['--solana-port', '0'], { solanaPort: 0 }],
    [['--bitcoin-port', '0'], { bitcoinPort: 0 }],
    [['--esplora-port', '0'], { esploraPort: 0 }],
    [['--bitcoin-auth', 'a:b'], { bitcoinAuth: 'a:b' }],
    [['--slot-time', '50'], { slotTime: 50 }],
    [['--programs', 'A=a.so,B=b.so'], { programs: ['A=a.so', 'B=b.so'] }],
    [['--json'], { json: true }],
    [['--ready-file', 'ready'], { readyFile: 'ready' }],
    [['--silent'], { silent: true }],
    [['-q'], { quiet: true }],
    [['-v'], { verbose: 1 }],
    [['-vv'], { verbose: 2 }],
    [['-v', '--verbose', '-v'], { verbose: 3 }],
    [['--config', 'c.mjs'], { config: 'c.mjs' }],
    [['-h'], { help: true }],
    [['-V'], { version: true }],
    [['run', '--input', '0x01'], { input: '0x01' }],
    [['run', '--value', '2'], { value: 2_000_000_000_000_000_000n }],
    [['run', '--gas', '21000'], { gas: 21_000n }],
    [['run', '--create'], { create: true }],
    [['trace', '--calls'], { calls: true }],
    [['trace', '--rpc', 'http://x'], { rpc: 'http://x' }],
  ])('%j', (args, expected) => {
    expect(valuesOf(...args)).toEqual(expected);
  });

  test.each([
    [['strat'], 'CLI_UNKNOWN_COMMAND'],
    [['--prot', '1'], 'CLI_UNKNOWN_FLAG'],
    [['-x'], 'CLI_UNKNOWN_FLAG'],
    [['run', '--port', '1'], 'CLI_FLAG_NOT_FOR_COMMAND'],
    [['completion', '--state', 'x'], 'CLI_FLAG_NOT_FOR_COMMAND'],
    [['--port'], 'CLI_MISSING_VALUE'],
    [['--port', 'many'], 'CLI_INVALID_VALUE'],
    [['--port', '65536'], 'CLI_INVALID_VALUE'],
    [['--port=-1'], 'CLI_INVALID_VALUE'],
    [['--port', '1.5'], 'CLI_INVALID_VALUE'],
    [['--solana-port', '65535'], 'CLI_INVALID_VALUE'],
    [['--slot-time', '0.4'], 'CLI_INVALID_VALUE'],
    [['--chain-id', '0'], 'CLI_INVALID_VALUE'],
    [['--chain-id', '18446744073709551616'], 'CLI_INVALID_VALUE'],
    [['--hardfork', 'cancum'], 'CLI_INVALID_VALUE'],
    [['--block-time', '0'], 'CLI_INVALID_VALUE'],
    [['--balance', '-1'], 'CLI_INVALID_VALUE'],
    [['--balance', '1.0000000000000000001'], 'CLI_INVALID_VALUE'],
    [['--balance', '2'.repeat(60)], 'CLI_INVALID_VALUE'],
    [['--cors', ''], 'CLI_INVALID_VALUE'],
    [['--no-mining=perhaps'], 'CLI_INVALID_VALUE'],
    [['--accounts', '1001'], 'CLI_INVALID_VALUE'],
  ])('%j is refused', (args, code) => {
    expect(() => parseCommandLine(args)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    [['prove', '--threads', '0'], 'a whole number, at least 1'],
    [['--accounts', '-1'], undefined],
    [['--port', '70000'], 'a whole number from 0 to 65535'],
    [['prove', '--cycles', '1.5'], 'a whole number'],
    [['--chain-id', '0'], 'a whole number, at least 1 (64 bits)'],
    [['--balance', '1,5'], 'an amount of ether such as 10000 or 0.5'],
    [['--hardfork', 'parris'], 'the name of a fork, perhaps paris'],
  ])('%j says what was expected', (args, expected) => {
    expect(() => parseCommandLine(args)).toThrow(
      expect.objectContaining(
        expected === undefined ? {} : { context: expect.objectContaining({ expected }) },
      ),
    );
  });

  test('a slip of the keyboard is understood', () => {
    const suggestionOf = (...args: string[]) => {
      try {
        parseCommandLine(args);
      } catch (error) {
        return (error as { context: { suggestion: string } }).context.suggestion;
      }
      return undefined;
    };
    expect(suggestionOf('--blok-time', '1')).toBe('--block-time');
    expect(suggestionOf('docter')).toBe('doctor');
  });
});
