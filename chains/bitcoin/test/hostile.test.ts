import { bytesToHex, manualClock, seededRng } from '@ninefold/base';
import { encodeBlock, encodeTransaction } from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { createBitcoin } from '../src/chain.ts';
import { type Answer, outputOf, P2TR, spend, START } from './support.ts';

const ELSEWHERE = 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa';
/** Methods that would wait, or take long with what is drawn here. */
const LEFT_OUT = new Set(['waitforblock', 'waitforblockheight', 'waitfornewblock', 'stop']);

/** Values of all kinds, some of which mean something to the node. */
async function scene(seed: number) {
  const rng = seededRng(seed);
  const bugs: string[] = [];
  const logger = {
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields: object, message: string) => void bugs.push(`${message} ${JSON.stringify(fields)}`),
    child: () => logger,
  };
  const bitcoin = await createBitcoin({
    clock: manualClock(START * 1000),
    random: (length) => rng.bytes(length),
    logger,
  });
  await bitcoin.request('createwallet', ['w']);
  await bitcoin.request('generatetoaddress', [2, await bitcoin.request('getnewaddress')]);
  bitcoin.generate(102, P2TR);
  const tx = spend([outputOf(bitcoin.node.chain.at(3)!.block.transactions[0]!)]);
  const hex = bytesToHex(encodeTransaction(tx)).slice(2);
  const psbt = ((await bitcoin.request('walletcreatefundedpsbt', [[], [{ [ELSEWHERE]: 1 }]])) as Answer)
    .psbt as string;
  const block = bytesToHex(encodeBlock(bitcoin.node.chain.tip.block)).slice(2);
  const txid = (await bitcoin.request('sendrawtransaction', [hex])) as string;
  const texts = [
    '',
    'x',
    '00',
    'zz',
    hex,
    hex.slice(0, 80),
    `${hex}00`,
    psbt,
    psbt.slice(0, 40),
    block,
    block.slice(0, 200),
    txid,
    bitcoin.node.chain.tip.hash,
    '00'.repeat(32),
    'ff'.repeat(32),
    ELSEWHERE,
    'start',
    'legacy',
    'bech32m',
    'ALL',
    'basic',
    'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW',
    'wpkh(x)',
    'raw(51)',
    `addr(${ELSEWHERE})`,
    'w',
    '*',
    '0.1',
    '-1',
    '1e400',
  ];
  const scalar = (): unknown =>
    rng.pick<() => unknown>([
      () => rng.pick(texts),
      () => rng.pick([0, 1, 2, -1, 100, 0.5, 1e-9, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 60), 1e300]),
      () => rng.pick([true, false]),
      () => null,
    ])();
  const names = [
    'txid',
    'vout',
    'sequence',
    'data',
    ELSEWHERE,
    'desc',
    'range',
    'timestamp',
    'rules',
    'mode',
    'fee_rate',
    'inputs',
    'active',
    'scriptPubKey',
    'amount',
    '__proto__',
  ];
  const value = (depth = 0): unknown => {
    const kind = depth > 2 ? 0 : rng.below(5);
    if (kind <= 2) return scalar();
    if (kind === 3) return Array.from({ length: rng.below(4) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: rng.below(4) }, () => [rng.pick(names), value(depth + 1)]),
    );
  };
  return { bitcoin, rng, value, bugs };
}

describe('whatever is asked', () => {
  it.each([1, 2, 3])('every method answers or refuses by a code (seed %i)', async (seed) => {
    const { bitcoin, rng, value, bugs } = await scene(seed);
    const methods = Object.keys(bitcoin.methods).filter((name) => !LEFT_OUT.has(name));
    for (let round = 0; round < 12; round++) {
      for (const method of methods) {
        const params = Array.from({ length: rng.below(6) }, () => value());
        // Mining is wanted, but not a hundred thousand blocks.
        if (method.startsWith('generate') && typeof params[0] === 'number')
          params[0] = Math.min(params[0], 2);
        const { status, body } = await bitcoin.rpc.handleText(JSON.stringify({ id: 1, method, params }), {
          wallet: 'w',
        });
        expect([200, 500], `${method} ${JSON.stringify(params)}`).toContain(status);
        const { error } = JSON.parse(body) as Answer;
        expect(error?.message ?? '', `${method} ${JSON.stringify(params).slice(0, 300)}`).not.toBe(
          'Internal bug detected',
        );
        expect(error === null || Number.isInteger(error.code)).toBe(true);
        if (
          bitcoin.rpc.methods[method] !== undefined &&
          ((await bitcoin.request('listwallets')) as string[]).length === 0
        ) {
          await bitcoin.request('loadwallet', ['w']);
        }
      }
    }
    expect(bugs).toEqual([]);
    await bitcoin.close();
  });

  it('any text is answered', async () => {
    const { bitcoin, rng } = await scene(4);
    const piece = (): string =>
      rng.pick([
        '{',
        '}',
        '[',
        ']',
        '"id"',
        ':',
        ',',
        '1',
        'null',
        '"method"',
        '"getblock"',
        '"params"',
        '\\',
        '"',
        ' ',
      ]);
    for (let i = 0; i < 500; i++) {
      const body = Array.from({ length: rng.below(20) }, piece).join('');
      const { status } = await bitcoin.rpc.handleText(body);
      expect([200, 204, 400, 404, 500]).toContain(status);
    }
  });

  it('any path of Esplora is answered', async () => {
    const { bitcoin, rng } = await scene(5);
    const { tip } = bitcoin.node.chain;
    const [txid] = [...bitcoin.node.pool.entries()].map(({ id }) => id);
    const piece = (): string =>
      rng.pick([
        'tx',
        'block',
        'blocks',
        'address',
        'scripthash',
        'mempool',
        'tip',
        'hash',
        'height',
        'txs',
        'utxo',
        'chain',
        'outspend',
        'outspends',
        'status',
        'raw',
        'hex',
        'txid',
        'txids',
        'merkle-proof',
        'merkleblock-proof',
        'fee-estimates',
        'block-height',
        'recent',
        '0',
        '1',
        '-1',
        '25',
        'x',
        '',
        tip.hash,
        txid!,
        ELSEWHERE,
        '00'.repeat(32),
        '%',
        '..',
      ]);
    for (let i = 0; i < 800; i++) {
      const path = `/${Array.from({ length: 1 + rng.below(4) }, piece).join('/')}`;
      const method = rng.pick(['GET', 'GET', 'GET', 'POST', 'PUT']);
      const { status } = bitcoin.esplora.handle(
        method,
        path,
        rng.pick(['', '[]', '["00"]', 'zz', '00', '{}']),
      );
      expect([200, 400, 404, 405], `${method} ${path}`).toContain(status);
    }
  });
});
