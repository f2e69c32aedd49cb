import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createMetrics, defineErrors, utf8ToBytes } from '@ninefold/base';
import type { Dispatcher, ParamFailure, RpcContext } from '@ninefold/rpc';
import {
  createDispatcher,
  defineMethod,
  integer,
  isRpcError,
  object,
  rawJson,
  RpcError,
  string,
  tuple,
} from '@ninefold/rpc';

const fail = defineErrors({
  TEST_NO_FUNDS: (context: { readonly missing: number }) => `missing ${context.missing}`,
  TEST_UNMAPPED: () => 'secret',
});

const methods = {
  echo: { handler: (params: unknown) => params },
  answer: { handler: () => 42 },
  nothing: { handler: () => undefined },
  later: { handler: (params: unknown) => Promise.resolve(params) },
  raw: { handler: () => rawJson('{"big":1.50}') },
  add: defineMethod(tuple([integer(), integer()]), ([a, b]) => a + b),
  to: defineMethod(tuple([object({ to: string() })]), ([{ to }]) => to, { mutating: true }),
  revert: {
    handler: () => {
      throw new RpcError(3, 'execution reverted: no', '0x08c379a0');
    },
  },
  poor: {
    handler: () => {
      throw fail('TEST_NO_FUNDS', { missing: 7 });
    },
  },
  bug: {
    handler: () => {
      throw new TypeError('secret');
    },
  },
  unmapped: {
    handler: () => {
      throw fail('TEST_UNMAPPED', undefined);
    },
  },
  rejected: { handler: () => Promise.reject(new Error('secret')) },
  bigint: { handler: () => ({ deep: [1n] }) },
  topBigint: { handler: () => 1n },
  badData: {
    handler: () => {
      throw new RpcError(1, 'x', { n: 1n });
    },
  },
};

function create(options: object = {}): { dispatcher: Dispatcher; onError: ReturnType<typeof vi.fn> } {
  const onError = vi.fn();
  const errors = {
    TEST_NO_FUNDS: ({ message }: { readonly message: string }) => ({ code: -32003, message }),
  };
  return { dispatcher: createDispatcher({ methods, errors, onError, ...options }), onError };
}

const { dispatcher } = create();
const ask = (text: string): unknown => parse(dispatcher.handleText(text, {}));
const call = (method: string, params?: unknown): unknown =>
  ask(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));

function parse(answer: string | undefined | Promise<unknown>): unknown {
  if (answer instanceof Promise) throw new Error('asynchronous');
  return answer === undefined ? undefined : JSON.parse(answer);
}

const error = (code: number, id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  error: expect.objectContaining({ code }) as unknown,
});

describe('single calls', () => {
  it('answers in the specification’s form', () => {
    expect(dispatcher.handleText('{"jsonrpc":"2.0","method":"answer","id":"a"}', {})).toBe(
      '{"jsonrpc":"2.0","id":"a","result":42}',
    );
  });

  it('takes bytes as well as text', () => {
    expect(
      dispatcher.handleText(utf8ToBytes('{"jsonrpc":"2.0","method":"echo","params":["é"],"id":1}'), {}),
    ).toBe('{"jsonrpc":"2.0","id":1,"result":["é"]}');
  });

  it('gives handlers an empty list when there are no parameters', () => {
    expect(call('echo')).toMatchObject({ result: [] });
    expect(call('echo', null)).toMatchObject({ result: [] });
    expect(call('echo', { a: 1 })).toMatchObject({ result: { a: 1 } });
  });

  it('answers null for undefined', () => {
    expect(call('nothing')).toEqual({ jsonrpc: '2.0', id: 1, result: null });
  });

  it('passes serialised results through', () => {
    expect(dispatcher.handleText('{"jsonrpc":"2.0","method":"raw","id":1}', {})).toContain(
      '"result":{"big":1.50}',
    );
  });

  it.each(['1', '1.0', '1e2', '9007199254740993', '-0', '"\\u0061"', 'null', '""', '18446744073709551616'])(
    'echoes the id %s byte for byte',
    (id) => {
      for (const method of ['answer', 'missing', 'bug']) {
        expect(dispatcher.handleText(`{"jsonrpc":"2.0","method":"${method}","id": ${id} }`, {})).toContain(
          `"id":${id},`,
        );
      }
    },
  );

  it('echoes any id', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        (id) => {
          const text = JSON.stringify({ jsonrpc: '2.0', id, method: 'answer' });
          expect(dispatcher.handleText(text, {})).toBe(
            `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":42}`,
          );
        },
      ),
    );
  });

  it('gives no reply to notifications, not even to wrong ones', async () => {
    for (const method of ['answer', 'missing', 'bug', 'add', 'later', 'rejected']) {
      expect(await dispatcher.handleText(`{"jsonrpc":"2.0","method":"${method}"}`, {})).toBeUndefined();
    }
  });

  it('is asynchronous only when the handler is', async () => {
    const answer = dispatcher.handleText('{"jsonrpc":"2.0","method":"later","params":[1],"id":1}', {});
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe('{"jsonrpc":"2.0","id":1,"result":[1]}');
  });
});

describe('errors', () => {
  it.each(['', '{', '[1', '{"jsonrpc":"2.0"', 'nonsense', '{"a":1}}'])('answers -32700 to %j', (text) => {
    expect(ask(text)).toEqual(error(-32700, null));
  });

  it.each(['[]', '1', '"x"', 'null', '{}', '{"jsonrpc":"2.0","method":1}', '{"method":"answer"}'])(
    'answers -32600 to %s',
    (text) => expect(ask(text)).toEqual(error(-32600, null)),
  );

  it('answers -32600 to ids that are no scalars, and echoes good ones', () => {
    expect(ask('{"jsonrpc":"2.0","method":"answer","id":{}}')).toEqual(error(-32600, null));
    expect(ask('{"jsonrpc":"2.0","method":"answer","id":true}')).toEqual(error(-32600, null));
    expect(ask('{"jsonrpc":"1.0","method":"answer","id":5}')).toEqual(error(-32600, 5));
  });

  it('finds only methods of the table', () => {
    for (const name of ['missing', 'constructor', '__proto__', 'toString', '']) {
      expect(call(name)).toEqual(error(-32601));
    }
    expect(ask('{"__proto__":{"jsonrpc":"2.0","method":"answer","id":1}}')).toEqual(error(-32600, null));
  });

  it('answers -32602 with the place of the wrong parameter', () => {
    expect(call('add', [1, 2])).toMatchObject({ result: 3 });
    expect(call('add', [1])).toEqual(error(-32602));
    expect(call('add', 'ab')).toEqual(error(-32602));
    expect(call('to', [{ to: 1 }])).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('params[0].to') as unknown },
    });
  });

  it('hands on code, message and data of an RpcError', () => {
    expect(call('revert')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: 3, message: 'execution reverted: no', data: '0x08c379a0' },
    });
  });

  it('translates typed errors through the table', () => {
    expect(call('poor')).toMatchObject({ error: { code: -32003, message: 'missing 7' } });
  });

  it.each(['bug', 'unmapped', 'rejected', 'bigint', 'badData'])(
    'answers -32603 to the bug in %s, tells nothing of it and reports it',
    async (method) => {
      const { dispatcher, onError } = create();
      const answer = await dispatcher.handleText(JSON.stringify({ jsonrpc: '2.0', id: 1, method }), {});
      expect(JSON.parse(answer as string)).toEqual(error(-32603));
      expect(answer).not.toContain('secret');
      expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(Error), method);
    },
  );

  it('counts', () => {
    const metrics = createMetrics();
    const { dispatcher } = create({ metrics });
    for (const method of ['answer', 'revert', 'bug', 'missing']) {
      void dispatcher.handleText(JSON.stringify({ jsonrpc: '2.0', id: 1, method }), {});
    }
    expect(metrics.render()).toMatch(/^ninefold_rpc_calls_total 4$/m);
    expect(metrics.render()).toMatch(/^ninefold_rpc_errors_total 3$/m);
    expect(metrics.render()).toMatch(/^ninefold_rpc_internal_errors_total 1$/m);
  });

  it('uses the chain’s words', () => {
    const { dispatcher } = create({
      wording: {
        methodNotFound: (method: string) => ({
          code: -32601,
          message: `the method ${method} does not exist/is not available`,
        }),
      },
    });
    const answer = dispatcher.handleText('{"jsonrpc":"2.0","id":1,"method":"eth_x"}', {});
    expect(parse(answer)).toMatchObject({
      error: { message: 'the method eth_x does not exist/is not available' },
    });
  });

  it('uses the chain’s words for all of the protocol’s own errors', async () => {
    const words = (text: string) => () => ({ code: -1, message: text });
    const { dispatcher } = create({
      limits: { batchCalls: 2, batchAnswerLength: 10, jsonDepth: 5 },
      wording: {
        parseError: words('parse'),
        invalidRequest: words('request'),
        invalidParams: (failure: ParamFailure, method: string) => ({
          code: -1,
          message: `${method} ${failure.problem} ${failure.path.join('.')}`,
        }),
        internalError: words('internal'),
        batchTooLarge: (limit: number) => ({ code: -1, message: `batch ${limit}` }),
        responseTooLarge: words('response'),
      },
    });
    const said = async (text: string): Promise<unknown> => {
      const answer = JSON.parse((await dispatcher.handleText(text, {})) as string) as unknown;
      return (Array.isArray(answer) ? (answer as unknown[]) : [answer]).map(
        (one) => (one as { error?: { message: string } }).error?.message,
      );
    };
    const one = (method: string, params: unknown = []): string =>
      JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    expect(await said('{')).toEqual(['parse']);
    expect(await said('[]')).toEqual(['request']);
    expect(await said('[[[[[[')).toEqual(['request']);
    expect(await said(one('add', [1]))).toEqual(['add missing 1']);
    expect(await said(one('to', [{ t: 1 }]))).toEqual(['to surplus 0']);
    expect(await said(one('bug'))).toEqual(['internal']);
    expect(await said(`[${one('answer')},${one('answer')},${one('answer')}]`)).toEqual(['batch 2']);
    expect(await said(`[${one('answer')},${one('answer')}]`)).toEqual([undefined, 'response']);
  });

  it('can take calls without a version', () => {
    const { dispatcher } = create({ requireVersion: false });
    expect(parse(dispatcher.handleText('{"id":1,"method":"answer"}', {}))).toMatchObject({ result: 42 });
  });
});

describe('batches', () => {
  it('answer each call as it is answered alone', async () => {
    const one = fc.record({
      jsonrpc: fc.constant('2.0'),
      id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
      method: fc.constantFrom(...Object.keys(methods), 'missing'),
      params: fc.constantFrom([], [1, 2], [{ to: 'x' }]),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 12 }), async (batch) => {
        const alone: unknown[] = [];
        for (const request of batch) {
          alone.push(JSON.parse((await dispatcher.handleText(JSON.stringify(request), {})) as string));
        }
        const together = await dispatcher.handleText(JSON.stringify(batch), {});
        expect(JSON.parse(together as string)).toEqual(alone);
        expect(await dispatcher.dispatch(batch, {})).toBe(together);
      }),
    );
  });

  it('answers in order, with notifications left out', async () => {
    const text =
      '[{"jsonrpc":"2.0","id":1.0,"method":"later","params":[1]},{"jsonrpc":"2.0","method":"answer"},7,' +
      '{"jsonrpc":"2.0","id":2,"method":"missing"},{"jsonrpc":"2.0","id":"3","method":"answer"}]';
    const answer = await dispatcher.handleText(text, {});
    expect(answer).toContain('[{"jsonrpc":"2.0","id":1.0,"result":[1]},');
    expect(JSON.parse(answer as string)).toEqual([
      { jsonrpc: '2.0', id: 1, result: [1] },
      error(-32600, null),
      error(-32601, 2),
      { jsonrpc: '2.0', id: '3', result: 42 },
    ]);
  });

  it('is silent when all are notifications', () => {
    expect(ask('[{"jsonrpc":"2.0","method":"answer"}]')).toBeUndefined();
  });

  it('runs one call after the other', async () => {
    const order: string[] = [];
    const slow = createDispatcher({
      methods: {
        slow: {
          handler: async () => {
            order.push('slow begins');
            await Promise.resolve();
            order.push('slow ends');
          },
        },
        fast: { handler: () => void order.push('fast') },
      },
    });
    await slow.dispatch(
      ['slow', 'fast'].map((method, id) => ({ jsonrpc: '2.0', id, method })),
      {},
    );
    expect(order).toEqual(['slow begins', 'slow ends', 'fast']);
  });

  it('refuses more than the limit with one error', () => {
    const { dispatcher } = create({ limits: { batchCalls: 3 } });
    const batch = (length: number): unknown =>
      parse(dispatcher.handleText(JSON.stringify(Array.from({ length }, (_, id) => callOf(id + 5))), {}));
    expect(batch(3)).toHaveLength(3);
    expect(batch(4)).toEqual([error(-32600, 5)]);
  });

  it('has a default limit of 1 000 calls', () => {
    const batch = (length: number): unknown =>
      ask(JSON.stringify(Array.from({ length }, (_, id) => callOf(id))));
    expect(batch(1000)).toHaveLength(1000);
    expect(batch(1001)).toEqual([error(-32600, 0)]);
  });

  it('stops growing beyond the limit of the answer', () => {
    const { dispatcher } = create({ limits: { batchAnswerLength: 60 } });
    const answer = parse(
      dispatcher.dispatch([callOf(1), callOf(2), callOf(3), { jsonrpc: '2.0', method: 'answer' }], {}),
    );
    expect(answer).toEqual([
      { jsonrpc: '2.0', id: 1, result: 42 },
      { jsonrpc: '2.0', id: 2, result: 42 },
      error(-32003, 3),
    ]);
  });

  it('ends when the caller has left', () => {
    let left = false;
    const seen: unknown[] = [];
    const watched = createDispatcher({
      methods: {
        leave: {
          handler: (params) => {
            seen.push(params);
            left = true;
          },
        },
      },
    });
    const calls = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'leave' }));
    expect(watched.dispatch(calls, { cancelled: () => left })).toBeUndefined();
    expect(seen).toHaveLength(1);
  });
});

describe('hostile texts', () => {
  it('survives 200 000 nested brackets', () => {
    expect(ask('['.repeat(200_000))).toEqual(error(-32600, null));
    expect(ask('{"a":'.repeat(200_000))).toEqual(error(-32600, null));
  });

  it('answers anything with an answer or nothing', async () => {
    const request = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            jsonrpc: fc.constantFrom('2.0', '1.0', 2),
            id: fc.jsonValue(),
            method: fc.oneof(fc.constantFrom(...Object.keys(methods)), fc.jsonValue()),
            params: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(request, async (text) => {
        const answer = await dispatcher.handleText(text, {});
        if (answer !== undefined) expect(JSON.parse(answer)).toBeTypeOf('object');
      }),
    );
  });
});

describe('calls in process', () => {
  it('gives the result itself, synchronously', () => {
    expect(dispatcher.call('answer', undefined, {})).toBe(42);
    expect(dispatcher.call('add', [1, 2], {})).toBe(3);
    expect(dispatcher.call('nothing', [], {})).toBeNull();
    expect(dispatcher.call('raw', [], {})).toEqual({ big: 1.5 });
  });

  it('throws RpcErrors only', async () => {
    const expected = {
      missing: -32601,
      add: -32602,
      revert: 3,
      poor: -32003,
      bug: -32603,
      topBigint: -32603,
    };
    for (const [method, code] of Object.entries(expected)) {
      const thrown = capture(() => dispatcher.call(method, [], {}));
      expect(isRpcError(thrown)).toBe(true);
      expect(thrown).toMatchObject({ code });
    }
    await expect(dispatcher.call('rejected', [], {})).rejects.toMatchObject({
      code: -32603,
      name: 'RpcError',
    });
    await expect(dispatcher.call('later', [5], {})).resolves.toEqual([5]);
  });

  it('refuses parameters that are no structure', () => {
    expect(capture(() => dispatcher.call('echo', 'text' as never, {}))).toMatchObject({ code: -32602 });
    expect(dispatcher.call('echo', null as never, {})).toEqual([]);
  });

  it('hands the context to the handler', () => {
    const handler = vi.fn();
    const own = createDispatcher<RpcContext & { readonly user: string }>({ methods: { own: { handler } } });
    own.call('own', [], { user: 'a' });
    expect(handler).toHaveBeenCalledExactlyOnceWith([], { user: 'a' });
  });
});

function callOf(id: number): object {
  return { jsonrpc: '2.0', id, method: 'answer' };
}

function capture(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}
