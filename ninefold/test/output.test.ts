import { hexToBytes } from '@ninefold/base';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { BannerFacts, EthereumFacts } from '../src/cli/banner.ts';
import { bannerText } from '../src/cli/banner.ts';
import {
  EXIT_BAD_CONFIG,
  EXIT_CORRUPT_STATE,
  EXIT_FAILURE,
  EXIT_INTERNAL,
  EXIT_PORT_IN_USE,
  EXIT_USAGE,
  exitCodeOf,
} from '../src/cli/exit-codes.ts';
import type { Output } from '../src/cli/output.ts';
import { jsonSink, prettySink, toJson } from '../src/cli/output.ts';
import { NinefoldError } from '@ninefold/base';

const plain = pc.createColors(false);

function captured(): { output: Output; talk: string[] } {
  const talk: string[] = [];
  return { output: { data: () => {}, talk: (text) => void talk.push(text), paint: plain }, talk };
}

describe('the log for people', () => {
  test('has level, module, message and fields on a line', () => {
    const { output, talk } = captured();
    const sink = prettySink(output);
    sink({ level: 'info', module: 'ethereum', message: 'block', fields: { number: 7n, hash: '0xab' } });
    sink({ level: 'warn', module: '', message: 'careful', fields: { text: 'two words', list: [1, 2n] } });
    expect(talk).toEqual([
      'info  ethereum: block number=7 hash=0xab',
      'warn  careful text="two words" list=[1,"2"]',
    ]);
  });

  test('shows where an error came from', () => {
    const { output, talk } = captured();
    prettySink(output)({
      level: 'error',
      module: 'rpc',
      message: 'failed',
      fields: { error: new Error('no') },
    });
    expect(talk[0]).toContain('Error: no\n    at ');
  });

  test('is coloured where colours are wanted', () => {
    const talk: string[] = [];
    const output = {
      data: () => {},
      talk: (text: string) => void talk.push(text),
      paint: pc.createColors(true),
    };
    prettySink(output)({ level: 'error', module: '', message: 'red', fields: {} });
    expect(talk[0]).toContain('\u001b[31m');
  });
});

test('the log for machines is a JSON object a line', () => {
  const { output, talk } = captured();
  jsonSink(output)({ level: 'info', module: 'm', message: 'hello', fields: { gas: 21_000n } });
  const record = JSON.parse(talk[0]!) as Record<string, string>;
  expect(record).toMatchObject({ level: 'info', module: 'm', message: 'hello', gas: '21000' });
  expect(new Date(record['time']!).getTime()).not.toBeNaN();
});

test('JSON has integers of any size as text, and errors by their message', () => {
  expect(toJson({ a: 2n ** 64n, b: new Error('why'), c: [1n], d: undefined })).toBe(
    '{"a":"18446744073709551616","b":"why","c":["1"]}',
  );
  const typed = new NinefoldError('CODE', 'what', { x: 1 });
  expect(JSON.parse(toJson({ typed }))).toEqual({
    typed: { code: 'CODE', message: 'what', context: { x: 1 } },
  });
});

describe('the banner', () => {
  const account = {
    address: `0x${'ab'.repeat(20)}`,
    privateKey: hexToBytes(`0x${'01'.repeat(32)}`),
    path: "m/44'/60'/0'/0/0",
  } as const;
  const ethereum: EthereumFacts = {
    chainId: 5n,
    hardfork: 'prague',
    urls: { http: 'http://127.0.0.1:1', ws: 'ws://127.0.0.1:1' },
    accounts: [account],
    mnemonic: 'a b c',
    state: undefined,
  };
  const facts: BannerFacts = { version: '1.2.3', ethereum, readyMs: 12 };

  test('says where, what and who', () => {
    const text = bannerText(facts, plain);
    for (const part of [
      '1.2.3',
      'http://127.0.0.1:1',
      'chain id 5, prague',
      account.address,
      'public test keys',
      'a b c',
      '12 ms',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('kept in');
  });

  test('mentions socket and folder where there are some', () => {
    const text = bannerText(
      { ...facts, ethereum: { ...ethereum, urls: { ...ethereum.urls, ipc: '/x.ipc' }, state: './chain' } },
      plain,
    );
    expect(text).toContain('/x.ipc');
    expect(text).toContain('kept in ./chain');
  });

  test('has the link to the studio, unless it is off', () => {
    expect(bannerText({ ...facts, studio: 'http://127.0.0.1:9909/#k=x' }, plain)).toContain(
      'http://127.0.0.1:9909/#k=x',
    );
    expect(bannerText(facts, plain)).not.toContain('studio');
  });

  test('does not list a thousand accounts', () => {
    const accounts = Array.from({ length: 1000 }, () => account);
    const text = bannerText({ ...facts, ethereum: { ...ethereum, accounts } }, plain);
    expect(text).toContain('… and 980 more');
    expect(text.split('\n').length).toBeLessThan(40);
    const nobody = { ...facts, ethereum: { ...ethereum, accounts: [] } };
    expect(bannerText(nobody, plain)).not.toContain('Accounts');
  });

  test('has a line for each chain, and none for those that do not run', () => {
    const urls = { http: 'http://127.0.0.1:2', ws: 'ws://127.0.0.1:3' };
    const both = bannerText({ ...facts, solana: { urls, slotMs: 400 } }, plain);
    expect(both).toContain('  ethereum  http://127.0.0.1:1  ws://127.0.0.1:1\n');
    expect(both).toContain('  solana    http://127.0.0.1:2  ws://127.0.0.1:3\n');
    expect(both).toContain('slots of 400 ms');
    const bitcoin = { http: 'http://127.0.0.1:4', esplora: 'http://127.0.0.1:5', auth: 'a:b' };
    expect(
      bannerText({ version: '1', bitcoin: { urls: bitcoin, state: './x' }, readyMs: 1 }, plain),
    ).toContain(
      [
        '  bitcoin   http://127.0.0.1:4  regtest, a:b',
        '            http://127.0.0.1:5  Esplora',
        '            kept in ./x',
      ].join('\n'),
    );
    expect(bannerText({ version: '1', solana: { urls, slotMs: 0 }, readyMs: 12 }, plain)).toBe(
      [
        'ninefold 1',
        '',
        '  solana    http://127.0.0.1:2  ws://127.0.0.1:3',
        '            a slot per transaction, airdrops for free',
        '',
        'Ready in 12 ms. Ctrl+C stops, twice at once.',
      ].join('\n'),
    );
  });
});

describe('exit codes', () => {
  test.each([
    ['CLI_UNKNOWN_FLAG', EXIT_USAGE],
    ['CLI_INVALID_VALUE', EXIT_USAGE],
    ['ETH_INVALID_MNEMONIC', EXIT_USAGE],
    ['CLI_CONFIG_UNKNOWN_KEY', EXIT_BAD_CONFIG],
    ['CHAIN_OTHER_GENESIS', EXIT_BAD_CONFIG],
    ['STATE_OTHER_CHAIN', EXIT_BAD_CONFIG],
    ['SERVER_PORT_IN_USE', EXIT_PORT_IN_USE],
    ['SERVER_LISTEN_FAILED', EXIT_FAILURE],
    ['CLI_RPC_FAILED', EXIT_FAILURE],
    ['STORE_LOCKED', EXIT_FAILURE],
    ['STORE_CORRUPT', EXIT_CORRUPT_STATE],
    ['STORE_FORMAT', EXIT_CORRUPT_STATE],
    ['STATE_FOLDER_CORRUPT', EXIT_CORRUPT_STATE],
    ['CLI_INVALID_STATE_FILE', EXIT_CORRUPT_STATE],
    ['ETH_INVALID_STATE_DUMP', EXIT_CORRUPT_STATE],
  ])('%s ends with %i', (code, exitCode) => {
    expect(exitCodeOf(new NinefoldError(code, '', {}))).toBe(exitCode);
  });

  test('what is no typed error is a bug', () => {
    for (const bug of [new TypeError('x'), 'text', undefined]) expect(exitCodeOf(bug)).toBe(EXIT_INTERNAL);
  });
});
