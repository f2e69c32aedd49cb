import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDispatcher } from '../src/dispatcher.ts';
import { EXACT_JSON, parseExactJson, stringifyExactJson } from '../src/exact-json.ts';
import { rawJson } from '../src/json.ts';
import { RpcError } from '../src/errors.ts';
import { createSubscriptionHub } from '../src/subscriptions.ts';

const MAX = 2n ** 64n - 1n;

describe('parseExactJson', () => {
  it('reads integers that fit as numbers, longer ones as bigints', () => {
    expect(
      parseExactJson('[9007199254740991,9007199254740992,-9007199254740993,18446744073709551615]'),
    ).toEqual([9_007_199_254_740_991, 9_007_199_254_740_992n, -9_007_199_254_740_993n, MAX]);
  });

  it('leaves fractions, exponents and digits in strings alone', () => {
    const text =
      '{"a":1.5,"b":1e300,"c":"18446744073709551615","d":18446744073709551615,"e":0.123456789012345678}';
    expect(parseExactJson(text)).toEqual({
      a: 1.5,
      b: 1e300,
      c: '18446744073709551615',
      d: MAX,
      e: 0.123_456_789_012_345_68,
    });
  });

  it.each([
    ['white space', ' { "a" : [ 18446744073709551615 , true , null ] } '],
    ['empty containers', '[{},[],18446744073709551615]'],
    ['escapes', String.raw`["\"18446744073709551615\\", 18446744073709551615, "é\n"]`],
  ])('%s', (_, text) => {
    const rounded = JSON.stringify(JSON.parse(text));
    expect(JSON.stringify(JSON.parse(stringifyExactJson(parseExactJson(text))!))).toBe(rounded);
    expect(stringifyExactJson(parseExactJson(text))).toContain('18446744073709551615');
  });

  it('makes a plain member of __proto__', () => {
    const value = parseExactJson('{"__proto__":18446744073709551615}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it.each([
    '',
    '{',
    '[18446744073709551615',
    '18446744073709551615 1',
    '[01234567890123456789]',
    '{"a" 18446744073709551615}',
  ])('refuses %j as JSON.parse does', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('agrees with JSON.parse on everything that has no long integers', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const exact = stringifyExactJson(parseExactJson(text));
        expect(JSON.parse(exact!)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('takes back what stringifyExactJson writes', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.bigInt({ min: 2n ** 53n, max: MAX }),
        fc.string(),
        fc.integer(),
        fc.constantFrom(true, false, null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        expect(parseExactJson(stringifyExactJson(given)!)).toEqual(given);
      }),
    );
  });
});

describe('stringifyExactJson', () => {
  it('leaves undefined out as JSON.stringify does', () => {
    const value = { a: undefined, b: [undefined, 1], c: {} };
    expect(stringifyExactJson(value)).toBe(JSON.stringify(value));
    expect(stringifyExactJson(undefined)).toBe(undefined);
  });

  it('writes what is JSON already as it stands', () => {
    expect(stringifyExactJson({ a: rawJson('[1, 2]') })).toBe('{"a":[1, 2]}');
  });

  it('cannot be tricked by strings', () => {
    expect(stringifyExactJson({ a: '5n', b: '"5' })).toBe('{"a":"5n","b":"\\"5"}');
  });
});

describe('a dispatcher with exact integers', () => {
  const dispatcher = createDispatcher({
    json: EXACT_JSON,
    methods: {
      echo: { handler: (params) => (params as readonly unknown[])[0] },
      fail: {
        handler: () => {
          throw new RpcError(-32_002, 'no', { lamports: MAX });
        },
      },
    },
  });

  it('hands bigints in and out', () => {
    const call = `{"jsonrpc":"2.0","id":1,"method":"echo","params":[${MAX}]}`;
    expect(dispatcher.handleText(call, {})).toBe(`{"jsonrpc":"2.0","id":1,"result":${MAX}}`);
    expect(dispatcher.call('echo', [MAX], {})).toBe(MAX);
  });

  it('writes them into errors', () => {
    expect(dispatcher.handleText('{"jsonrpc":"2.0","id":1,"method":"fail"}', {})).toBe(
      `{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"no","data":{"lamports":${MAX}}}}`,
    );
  });

  it('takes them as ids', () => {
    const request = { jsonrpc: '2.0', id: MAX, method: 'echo', params: [1] };
    expect(dispatcher.dispatch(request, {})).toBe(`{"jsonrpc":"2.0","id":${MAX},"result":1}`);
    expect(dispatcher.handleText(`[{"id":${MAX},"method":1}]`, {})).toContain(`"id":${MAX}`);
  });
});

it('a hub writes payloads with the text it is given', () => {
  const sent: string[] = [];
  const hub = createSubscriptionHub({ stringify: stringifyExactJson, createId: () => 7 });
  const session = hub.connect({ send: (text) => sent.push(text) }).begin();
  session.subscribe('slot');
  session.end();
  hub.publish('slot', { slot: MAX });
  expect(sent).toEqual([
    `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":7,"result":{"slot":${MAX}}}}`,
  ]);
});
