import { seededRng } from '@ninefold/base';
import { createSolanaChain } from '@ninefold/chain-solana';
import { describe, expect, it } from 'vitest';
import { answerProblem, notificationProblem } from '../src/svm/rpc/answers.ts';
import { runRpcCampaign } from '../src/svm/rpc/campaign.ts';
import { damagedBodyOf } from '../src/svm/rpc/damage.ts';
import { CHEATS, makeCall, METHOD_NAMES } from '../src/svm/rpc/requests.ts';
import { openWorld, transferProblem } from '../src/svm/rpc/world.ts';

const BODIES = 600;

describe('damaged bodies', () => {
  it('are answered as JSON-RPC asks, and harm nothing', async () => {
    const report = await runRpcCampaign({
      firstSeed: 1,
      roundBodies: 60,
      goOn: (done) => done < BODIES,
      onFinding: () => {},
    });
    expect(report.findings).toEqual([]);
    expect(report.bodies).toBe(BODIES);
    expect(report.results).toBeGreaterThan(0);
    expect(report.errors).toBeGreaterThan(report.results);
  }, 60_000);

  it('once kept a node busy for ever, or ended it', async () => {
    // Travel to a far slot, then what looks through the slots; sysvars that cannot be read any more.
    for (const firstSeed of [31, 40, 145]) {
      const report = await runRpcCampaign({ firstSeed, goOn: (done) => done < 1, onFinding: () => {} });
      expect(report.findings).toEqual([]);
    }
  }, 60_000);

  it('follow from the seed', async () => {
    const world = await openWorld();
    const bodies = (seed: number) => {
      const rng = seededRng(seed);
      const [call] = ['getSlot', 'getBalance', 'getBlock'].map((method) =>
        makeCall(rng, world, world.chain, method),
      );
      return Array.from({ length: 50 }, () => damagedBodyOf(rng, () => call!));
    };
    expect(bodies(3)).toEqual(bodies(3));
    expect(bodies(3)).not.toEqual(bodies(4));
    await world.chain.close();
  });
});

describe('calls', () => {
  it('are known for every method that there is', async () => {
    const chain = await createSolanaChain({ standardPrograms: false });
    expect(METHOD_NAMES.toSorted()).toEqual(Object.keys(chain.methods).toSorted());
    expect(CHEATS.length).toBeGreaterThan(10);
    await chain.close();
  });

  it('work as they are made, or ask for what may not be there', async () => {
    const world = await openWorld();
    const rng = seededRng(5);
    const session = world.chain.hub.connect({ send: () => {} }).begin();
    const never: string[] = [];
    // What was subscribed to can be unsubscribed once, by whatever name.
    const asked = METHOD_NAMES.filter((name) => !CHEATS.includes(name) && !name.endsWith('Unsubscribe'));
    for (const method of asked) {
      const works = Array.from({ length: 60 }, () => {
        const { params } = makeCall(rng, world, world.chain, method);
        try {
          world.chain.dispatcher.call(method, params, { session });
          return true;
        } catch {
          return false;
        }
      });
      if (!works.includes(true)) never.push(method);
    }
    expect(never).toEqual(['getHighestSnapshotSlot']);
    await world.chain.close();
  });
});

describe('plain transfers', () => {
  it('say when they do not work', async () => {
    const world = await openWorld();
    expect(await transferProblem(world.chain, world.witness, false)).toBeUndefined();
    const poor = { ...world.witness, address: new Uint8Array(32).fill(3) };
    expect(await transferProblem(world.chain, poor, false)).toMatch(/^a plain transfer fails/);
    await world.chain.close();
  });
});

describe('what answers are measured by', () => {
  const methods = new Set(['getSlot', 'getMinimumBalanceForRentExemption']);
  const call = '{"jsonrpc":"2.0","id":1,"method":"getSlot"}';
  const rentOf =
    '{"jsonrpc":"2.0","id":1,"method":"getMinimumBalanceForRentExemption","params":[6000000000]}';
  const error = (code: number, id: unknown = 1, message = 'no') =>
    JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
  const result = (id: unknown = 1) => JSON.stringify({ jsonrpc: '2.0', id, result: 5 });

  it.each<[what: string, body: string, answer: string | undefined]>([
    ['a result', call, result()],
    ['wrong parameters', call, error(-32_602)],
    ['no JSON', '{', error(-32_700, null)],
    ['no request', '5', error(-32_600, null)],
    ['an empty batch', '[]', error(-32_600, null)],
    ['another version', '{"jsonrpc":"1.0","id":"x","method":"getSlot"}', error(-32_600, 'x')],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"no"}', error(-32_601)],
    ['a notification', '{"jsonrpc":"2.0","method":"getSlot"}', undefined],
    ['a batch', `[${call},7]`, `[${result()},${error(-32_600, null)}]`],
    ['a batch of notifications', '[{"jsonrpc":"2.0","method":"getSlot"}]', undefined],
    ['depth', `${'['.repeat(300)}${']'.repeat(300)}`, error(-32_600, null)],
    [
      'a batch too long',
      JSON.stringify(Array.from({ length: 1001 }, () => ({ id: 4 }))),
      `[${error(-32_600, 4)}]`,
    ],
    ['the faucet', call, error(-32_603, 1, 'Internal error: the faucet cannot send 5 lamports: x')],
    ['an account too large', rentOf, error(-32_600)],
  ])('%s is fine', (_, body, answer) => {
    expect(answerProblem(body, answer, methods)).toBeUndefined();
  });

  it.each<[what: string, body: string, answer: string | undefined]>([
    ['an internal error', call, error(-32_603, 1, 'Internal error')],
    ['no answer', call, undefined],
    ['no JSON', call, '{'],
    ['a request called invalid that is none', call, error(-32_600)],
    ['another id', call, result(2)],
    ['the id as text', call, result('1')],
    ['another version', call, '{"jsonrpc":"1.0","id":1,"result":1}'],
    ['both', call, '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":-32602,"message":""}}'],
    ['neither', call, '{"jsonrpc":"2.0","id":1}'],
    ['more', call, '{"jsonrpc":"2.0","id":1,"result":1,"x":1}'],
    ['a code that is text', call, '{"jsonrpc":"2.0","id":1,"error":{"code":"5","message":""}}'],
    ['a parse error for what can be parsed', call, error(-32_700)],
    ['a result for what cannot', '{', result(null)],
    ['a result of no method', '{"jsonrpc":"2.0","id":1,"method":"no"}', result()],
    ['an answer to a notification', '{"jsonrpc":"2.0","method":"getSlot"}', result()],
    ['one answer to two calls', `[${call},${call}]`, `[${result()}]`],
    ['answers in another order', `[${call},7]`, `[${error(-32_600, null)},${result()}]`],
    ['answers to notifications', '[{"jsonrpc":"2.0","method":"getSlot"}]', '[]'],
    ['answers to a batch too long', JSON.stringify(Array.from({ length: 1001 }, () => 1)), '[]'],
  ])('%s is not', (_, body, answer) => {
    expect(answerProblem(body, answer, methods)).toBeTypeOf('string');
  });

  it('tells notifications from other things', () => {
    const good = '{"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":0,"result":{}}}';
    expect(notificationProblem(good)).toBeUndefined();
    expect(notificationProblem(good.replace('slotNotification', 'slot'))).toBeTypeOf('string');
    expect(notificationProblem(good.replace('"result":{}', '"x":{}'))).toBeTypeOf('string');
    expect(notificationProblem(result())).toBeTypeOf('string');
  });
});
