import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type LogRecord, createLogger, seededRng } from '@ninefold/base';
import type { BitcoinNode, createBitcoin } from '@ninefold/chain-bitcoin';
import { assembleScript, type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import {
  askMove,
  CircuitBuilder,
  compressedKey,
  createDispute,
  type Dispute,
  DisputeWatch,
  formatBristol,
  JointSigning,
  partySecrets,
  preSignatures,
  proverLocks,
  readMove,
  signedFunding,
  signFunding,
  type TranscriptEvent,
  verifierLocks,
} from '@ninefold/vm-bitvm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BitcoinRpc, connectBitcoin } from '../src/bitvm/bitcoin-rpc.ts';
import { ChainFollower } from '../src/bitvm/chain-follower.ts';
import { DisputeStore } from '../src/bitvm/dispute-store.ts';
import { type PlayOptions, playProver, playVerifier, watchDispute } from '../src/bitvm/play.ts';
import { partyScript } from '../src/bitvm/setup.ts';
import { startBitcoinNode } from './support/bitcoin-node.ts';
import { temporaryFolder } from './support/cli.ts';

const ANYONE = assembleScript('1');
const rng = seededRng(9);

const builder = new CircuitBuilder();
const wires = builder.input(3);
builder.output([builder.xor(wires[0]!, builder.and(wires[1]!, wires[2]!))]);
const CIRCUIT = builder.build();

/** A node, and two parties with a contract in a folder each; the funding is in a block. */
async function scene(options: Parameters<typeof createBitcoin>[0] = {}) {
  const { url, node, looks } = await startBitcoinNode(options);
  const keys = [rng.bytes(32), rng.bytes(32)] as const;
  for (const key of keys) node.generate(2, partyScript(key));
  node.generate(100, ANYONE);
  const session = rng.bytes(32);
  const [prover, verifier] = keys.map((key) => partySecrets(key, session));
  const partyOf = (index: 0 | 1): Dispute['terms']['prover'] => {
    const coinbase = node.chain.at(2 * index + 1)!.block.transactions[0]!;
    const payout = partyScript(keys[index]);
    const value = coinbase.outputs[0]!.value;
    return {
      key: compressedKey(keys[index]),
      payout,
      inputs: [{ txid: txidOf(coinbase), vout: 0, value, scriptPubKey: payout }],
    };
  };
  const dispute = createDispute(
    {
      session,
      prover: partyOf(0),
      verifier: partyOf(1),
      prize: 100_000n,
      proverDeposit: 100_000n,
      verifierDeposit: 100_000n,
      timeoutBlocks: 10,
      feeRate: 1,
      blockGates: 1,
      inputPins: '***',
      outputPins: '*',
    },
    CIRCUIT,
    { ...proverLocks(prover!, CIRCUIT), ...verifierLocks(verifier!, CIRCUIT, 1) },
  );
  const messages = preSignatures(dispute);
  const [a, b] = keys.map((key) => new JointSigning(messages, key, rng.bytes));
  const partials = b!.sign(a!.nonces);
  a!.sign(b!.nonces);
  const signatures = a!.finish(partials);
  const funding = signedFunding(
    dispute,
    signFunding(dispute, 'prover', () => keys[0]),
    signFunding(dispute, 'verifier', () => keys[1]),
  );
  const height = node.chain.tip.height;
  const stores = await Promise.all(
    (['prover', 'verifier'] as const).map(async (role) => {
      const store = await DisputeStore.open(temporaryFolder());
      await store.saveContract({ role, dispute, signatures, height }, formatBristol(CIRCUIT));
      await store.saveFunding(funding);
      return store;
    }),
  );
  node.generateBlock(ANYONE, [funding]);
  const logs: LogRecord[] = [];
  const events: TranscriptEvent[] = [];
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const play: PlayOptions = {
    rpc: new BitcoinRpc(url),
    pollMs: 5,
    burial: 1,
    feeRate: 1,
    logger: createLogger({ sink: (record) => logs.push(record), level: 'debug' }),
    onEvent: (event) => events.push(event),
    signal: abort.signal,
  };
  const contract = { role: 'prover' as const, dispute, signatures, height };
  const messagesOf = (): readonly string[] => logs.map(({ message }) => message);
  return { url, node, looks, keys, stores, play, contract, events, messagesOf, abort, verifier: verifier! };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Lets a player look at the chain a few times. */
async function let3Looks({ looks }: Scene): Promise<void> {
  const before = looks();
  while (looks() < before + 3) await new Promise((resolve) => setImmediate(resolve));
}

const waiting = (node: BitcoinNode): readonly Transaction[] => [...node.pool.entries()].map(({ tx }) => tx);

describe('players', () => {
  it('pay more when miners ask for more', { timeout: 30_000 }, async () => {
    const table = await scene({ policy: { blockMinFeeRate: 3000 } });
    const { node, keys, stores, play, contract, messagesOf } = table;
    const [, claimed] = contract.dispute.states;
    const playing = playProver(stores[0]!, contract, keys[0], '110', play);
    for (let i = 0; i < 8; i++) {
      await let3Looks(table);
      node.generate(1, ANYONE);
    }
    expect(messagesOf()).toContain('a child pays a higher fee');
    const mined = node.find(
      [...claimed!.txid]
        .reverse()
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join(''),
    );
    expect(mined?.place).toBeDefined();
    for (let i = 0; i < 30 && waiting(node).length === 0; i++) {
      await let3Looks(table);
      node.generate(1, ANYONE);
    }
    for (let i = 0; i < 12; i++) {
      if (messagesOf().length === 0) break;
      node.generate(1, ANYONE);
      await Promise.race([playing, let3Looks(table)]);
    }
    expect(await playing).toMatchObject({ kind: 'settled' });
  });

  it('tell of blocks that are taken back, and go on', { timeout: 30_000 }, async () => {
    const table = await scene();
    const { node, keys, stores, play, contract, events, messagesOf } = table;
    const playing = playProver(stores[0]!, contract, keys[0], '011', play);
    await let3Looks(table);
    node.generate(1, ANYONE);
    await let3Looks(table);
    expect(events.map(({ event }) => event)).toEqual(['funded', 'claim']);
    node.chain.invalidate(node.chain.tip.hash);
    await let3Looks(table);
    expect(messagesOf()).toContain('blocks were taken back');
    node.generate(1, ANYONE);
    await let3Looks(table);
    expect(events.map(({ event }) => event)).toEqual(['funded', 'claim', 'claim']);
    node.generate(10, ANYONE);
    await let3Looks(table);
    node.generate(1, ANYONE);
    expect(await playing).toMatchObject({ kind: 'settled', winner: undefined });
    expect(events.at(-1)).toMatchObject({ event: 'settled', player: null });
  });

  it('survive a node that is away for a while', { timeout: 30_000 }, async () => {
    const table = await scene();
    const { node, keys, stores, play, contract, messagesOf } = table;
    const { rpc } = play;
    let away = 0;
    const flaky = new Proxy(rpc, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (name !== 'height') return typeof value === 'function' ? value.bind(target) : value;
        return () => (away-- > 0 ? new BitcoinRpc('http://127.0.0.1:1').height() : target.height());
      },
    });
    const playing = playVerifier(stores[1]!, contract, keys[1], { ...play, rpc: flaky });
    await let3Looks(table);
    away = 3;
    while (!messagesOf().includes('the node does not answer'))
      await new Promise((resolve) => setImmediate(resolve));
    node.generate(10, ANYONE);
    await let3Looks(table);
    node.generate(1, ANYONE);
    // The prover never claimed.
    expect(await playing).toMatchObject({ kind: 'collected', winner: 'verifier' });
  });

  it('stop when they are told to', async () => {
    const table = await scene();
    const { play, contract, abort, events } = table;
    const watching = watchDispute(contract, play);
    await let3Looks(table);
    abort.abort();
    expect(await watching).toBeUndefined();
    expect(events.map(({ event }) => event)).toEqual(['funded']);
  });

  it('refuse another claim than the one that was made', async () => {
    const { keys, stores, play, contract, abort } = await scene();
    await stores[0]!.settleClaim('111');
    await expect(playProver(stores[0]!, contract, keys[0], '110', play)).rejects.toMatchObject({
      code: 'BITVM_STORE_OTHER_CLAIM',
    });
    abort.abort();
  });

  it('keep the secrets they have seen', { timeout: 30_000 }, async () => {
    const table = await scene();
    const { node, keys, stores, play, contract, verifier } = table;
    const abort = new AbortController();
    const proving = playProver(stores[0]!, contract, keys[0], '101', { ...play, signal: abort.signal });
    await let3Looks(table);
    node.generate(1, ANYONE);
    const stage = contract.dispute.stages[1]!;
    node.send(askMove(contract.dispute, contract.signatures, verifier, stage, 0));
    await let3Looks(table);
    node.generate(1, ANYONE);
    await let3Looks(table);
    const challenging = playVerifier(stores[1]!, contract, keys[1], { ...play, signal: abort.signal });
    await let3Looks(table);
    await let3Looks(table);
    abort.abort();
    await Promise.all([proving, challenging]);
    const shown = new Map(await stores[1]!.evidence());
    const claim = node.chain.at(contract.height + 2)!.block.transactions[1]!;
    const content = readMove(contract.dispute, contract.dispute.stages[0]!, claim)!;
    for (const { wire, bit, secret } of content.opened) expect(shown.get(2 * wire + bit)).toEqual(secret);
  });
});

describe('the client of a Bitcoin node', () => {
  /** A server that answers everything alike. */
  async function answering(body: string, status = 200): Promise<string> {
    const server = createServer((_, response) => {
      response.statusCode = status;
      response.end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'fine',
      (error: { readonly code?: string }) => error.code ?? String(error),
    );

  it('tells silence, refusals and nonsense apart', async () => {
    expect(await codeOf(new BitcoinRpc('http://127.0.0.1:1').height())).toBe('BITVM_RPC_UNREACHABLE');
    expect(await codeOf(new BitcoinRpc(await answering('', 401)).height())).toBe('BITVM_RPC_UNREACHABLE');
    expect(await codeOf(new BitcoinRpc(await answering('<html>')).height())).toBe('BITVM_RPC_UNREACHABLE');
    const refused = await answering('{"error":{"code":-8,"message":"no"}}', 500);
    expect(await codeOf(new BitcoinRpc(refused).height())).toBe('BITVM_RPC_FAILED');
    const odd = new BitcoinRpc(await answering('{"result":{"unspents":[{}],"height":1}}'));
    for (const call of [
      odd.height(),
      odd.blockHash(1),
      odd.block('00'),
      odd.mempool(),
      odd.transaction('00'),
      odd.coins(ANYONE),
    ]) {
      expect(await codeOf(call)).toBe('BITVM_RPC_MALFORMED');
    }
    expect(await codeOf(new BitcoinRpc(await answering('{"result":"xyz"}')).block('00'))).toBe(
      'BITVM_RPC_MALFORMED',
    );
    expect(await codeOf(new BitcoinRpc(await answering('{"result":null}')).coins(ANYONE))).toBe(
      'BITVM_RPC_MALFORMED',
    );
  });

  it('takes addresses and cookie files that are some', async () => {
    expect(await codeOf(connectBitcoin('nonsense'))).toBe('BITVM_RPC_ADDRESS');
    const missing = join(temporaryFolder(), 'cookie');
    expect(await codeOf(connectBitcoin(undefined, missing))).toBe('BITVM_RPC_COOKIE');
    writeFileSync(missing, '__cookie__:00\n');
    expect(await codeOf(connectBitcoin(undefined, missing))).toBe('fine');
    expect(await codeOf(DisputeStore.open(join(missing, 'folder')))).toBe('BITVM_STORE_UNUSABLE');
  });

  it('says who it is', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"result":5}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await new BitcoinRpc(`http://us%65r:pa%40ss@127.0.0.1:${port}`).height()).toBe(5);
    await new BitcoinRpc(`http://127.0.0.1:${port}`, '__cookie__:ff').height();
    await (await connectBitcoin(`http://127.0.0.1:${port}`)).height();
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(seen).toEqual([basic('user:pa@ss'), basic('__cookie__:ff'), undefined]);
  });

  it('leaves coins out that are too young', async () => {
    const { url, node } = await startBitcoinNode();
    const key = new Uint8Array(32).fill(8);
    node.generate(3, partyScript(key));
    node.generate(98, ANYONE);
    const coins = await new BitcoinRpc(url).coins(partyScript(key));
    expect(coins.map(({ confirmations }) => confirmations).sort((a, b) => a - b)).toEqual([100, 101]);
    expect(coins[0]!.value).toBe(5_000_000_000n);
  });
});

describe('following a chain', () => {
  it('goes with the best branch and looks at what waits', async () => {
    const { node, play, contract, keys } = await scene();
    const follower = new ChainFollower(play.rpc, new DisputeWatch(contract.dispute), contract.height);
    const heights = async (): Promise<readonly unknown[]> =>
      (await follower.poll()).sightings.map(({ height }) => height);
    const funded = contract.height + 1;
    expect(await heights()).toEqual([funded]);
    node.chain.invalidate(node.chain.tip.hash);
    expect(await heights()).toEqual([undefined]);
    node.generate(1, ANYONE);
    expect(await heights()).toEqual([funded]);
    node.generate(2, partyScript(keys[0]));
    expect((await follower.poll()).tip).toBe(funded + 2);
    // Shorter than what was followed.
    node.chain.invalidate(node.chain.at(funded + 1)!.hash);
    expect((await follower.poll()).tip).toBe(funded);
    expect(await heights()).toEqual([funded]);
  });
});
