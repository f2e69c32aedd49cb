import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../src/debug/query.ts';
import { tokenize } from '../src/debug/solidity.ts';
import { parseRoute } from '../src/router.ts';
import {
  age,
  bytesText,
  compact,
  countText,
  grouped,
  money,
  plain,
  shortId,
  spansText,
  valueText,
} from '../src/ui/format.ts';

const ETH = { symbol: 'ETH', decimals: 18 };

describe('text of programs', () => {
  it('has no character that turns lines around or hides', () => {
    expect(plain('a\u202eb\u2066c\u0000d\u200be')).toBe('a⟨202e⟩b⟨2066⟩c␀d⟨200b⟩e');
    expect(plain('x'.repeat(3000)).length).toBe(2001);
    expect(plain('two\nlines\tkept')).toBe('two\nlines\tkept');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/.test(plain(text)),
      ),
    );
  });
});

describe('numbers', () => {
  it('are grouped by thin spaces', () => {
    expect(grouped(612_485)).toBe('612\u2009485');
    expect(grouped('-1234567.891')).toBe('-1\u2009234\u2009567.891');
    expect(grouped(999)).toBe('999');
  });

  it.each([
    ['94083', '94\u2009083'],
    ['864000', '864 K'],
    ['29400000', '29.4 M'],
    ['1234567890', '1.23 G'],
  ])('are shortened: %s', (from, to) => expect(compact(from)).toBe(to));

  it.each([
    ['1000000000000000000', '1 ETH'],
    ['10000000000000000000000', '10\u2009000 ETH'],
    ['-131289214559547', '−0.000131 ETH'],
    ['1', '1 wei'],
    ['1000000', '0.001 gwei'],
    ['0', '0 ETH'],
    ['no number', 'no number'],
  ])('of money: %s', (from, to) => expect(money(from, ETH)).toBe(to));

  it('of bytes, ages and counts', () => {
    expect([bytesText(12), bytesText(2048), bytesText(49 * 1024 * 1024)]).toEqual([
      '12 B',
      '2.0 KB',
      '49.0 MB',
    ]);
    expect([age(0, 400), age(0, 42_000), age(0, 7_200_000), age(10, 0)]).toEqual([
      '0.4 s',
      '42 s',
      '2 h',
      '0.0 s',
    ]);
    expect([countText(1, 'chain'), countText(11, 'chain'), countText(99, 'chain')]).toEqual([
      'One chain',
      'Eleven chains',
      '99 chains',
    ]);
  });
});

it('ids, values and sentences are one line', () => {
  expect(shortId(`0x${'ab'.repeat(32)}`)).toBe('0xabab…abab');
  expect(shortId('7')).toBe('7');
  expect(valueText([['41', '125000'], true, null])).toBe('[[41, 125\u2009000], true, –]');
  const entity = { net: 'n', id: `0x${'1'.repeat(40)}`, kind: 'account' };
  expect(spansText(['Send ', { amount: '5', asset: { symbol: 'X', decimals: 0 } }, ' to ', { entity }])).toBe(
    'Send 5 X to 0x1111…1111',
  );
});

describe('addresses of the page', () => {
  it.each([
    ['/', { screen: 'home' }],
    ['/n/ethereum', { screen: 'network', net: 'ethereum' }],
    ['/n/ethereum/blocks', { screen: 'blocks', net: 'ethereum' }],
    ['/txs', { screen: 'txs', net: undefined }],
    ['/n/ethereum/b/7', { screen: 'block', net: 'ethereum', id: '7' }],
    ['/n/ethereum/t/0x12', { screen: 'tx', net: 'ethereum', id: '0x12' }],
    ['/n/ethereum/t/0x12/debug', { screen: 'debug', net: 'ethereum', id: '0x12' }],
    ['/n/ethereum@fork-1/a/0x12', { screen: 'entity', net: 'ethereum@fork-1', id: '0x12' }],
    ['/n/ethereum/t/0x12/nothing', { screen: 'unknown', path: '/n/ethereum/t/0x12/nothing' }],
    ['/%E0%A4%A', { screen: 'unknown', path: '/%E0%A4%A' }],
  ])('%s', (path, route) => expect(parseRoute(path)).toEqual(route));

  it('always lead somewhere', () => {
    fc.assert(fc.property(fc.webPath(), (path) => typeof parseRoute(path).screen === 'string'));
  });
});

describe('searches in a trace', () => {
  it.each([
    ['SSTORE', { op: 'SSTORE' }],
    ['event', { kind: 'event' }],
    ['revert', { kind: 'failure' }],
    ['REVERT', { op: 'REVERT' }],
    ['125 000', { value: '125 000' }],
    ['0xff', { value: '0xff' }],
    ['OrderBook.sol:92', { file: 'OrderBook.sol', line: 92 }],
    ['line 92', { line: 92 }],
    ['cost >= 2000', { minCost: 2000 }],
  ])('%s', (text, query) => expect(parseQuery(text)).toEqual(query));

  it('ask for nothing when nothing was typed', () => expect(parseQuery('  ')).toBeUndefined());
});

describe('colours of Solidity', () => {
  const kinds = (line: string): readonly string[] =>
    (tokenize(line)[0] ?? []).filter(({ kind }) => kind !== '').map(({ text, kind }) => `${kind}:${text}`);

  it('know keywords, types, numbers, strings, calls and comments', () => {
    expect(kinds('uint256 fee = paid * 10_000; // why')).toEqual([
      'type:uint256',
      'number:10_000',
      'comment:// why',
    ]);
    expect(kinds('emit Filled(f.id, "a\\"b");')).toEqual([
      'keyword:emit',
      'function:Filled',
      'string:"a\\"b"',
    ]);
    expect(kinds('mapping(address => Order) orders;')).toEqual([
      'keyword:mapping',
      'type:address',
      'type:Order',
    ]);
  });

  it('follow comments over lines', () => {
    const lines = tokenize('/* one\ntwo */ uint a;');
    expect(lines[0]?.[0]?.kind).toBe('comment');
    expect(lines[1]?.map(({ kind }) => kind)).toEqual(['comment', '', 'type', '', '', '']);
  });

  it('lose no character', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const joined = tokenize(text)
          .map((tokens) => tokens.map((token) => token.text).join(''))
          .join('\n');
        return joined === text;
      }),
    );
  });
});
