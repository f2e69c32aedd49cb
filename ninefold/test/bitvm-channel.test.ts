import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { bytesToHex, concatBytes, seededRng, utf8ToBytes } from '@ninefold/base';
import {
  CircuitBuilder,
  compressedKey,
  formatBristol,
  type FundingInput,
  preSignatures,
} from '@ninefold/vm-bitvm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Channel, MAX_FRAME_BYTES, PROTOCOL } from '../src/bitvm/channel.ts';
import {
  partyFromJson,
  partyToJson,
  type Stakes,
  stakesFromJson,
  stakesToJson,
  termsFromJson,
  termsToJson,
} from '../src/bitvm/contract-json.ts';
import { DisputeStore } from '../src/bitvm/dispute-store.ts';
import { partyScript, setUpDispute } from '../src/bitvm/setup.ts';
import { temporaryFolder } from './support/cli.ts';

const rng = seededRng(3);
const PROVER = rng.bytes(32);
const VERIFIER = rng.bytes(32);

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'fine',
    (error: { readonly code?: string }) => error.code ?? String(error),
  );

/** The two ends of a connection. */
async function sockets(): Promise<readonly [Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const waiting = once(server, 'connection');
  const near = createConnection({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [far] = (await waiting) as [Socket];
  server.close();
  onTestFinished(() => {
    near.destroy();
    far.destroy();
  });
  return [near, far];
}

const own = (role: 'prover' | 'verifier', more: object = {}) => ({
  role,
  privateKey: role === 'prover' ? PROVER : VERIFIER,
  nonce: rng.bytes(32),
  timeoutMs: 5000,
  ...more,
});

async function channels(): Promise<readonly [Channel, Channel]> {
  const [near, far] = await sockets();
  return Promise.all([Channel.open(near, own('prover')), Channel.open(far, own('verifier'))]);
}

function frame(payload: Uint8Array, length = payload.length): Uint8Array {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, length);
  return concatBytes(head, payload);
}

describe('a channel', () => {
  it('makes a session that only both ends share', async () => {
    const [a, b] = await channels();
    expect(a.session).toEqual(b.session);
    expect(a.peerKey).toEqual(compressedKey(VERIFIER));
    expect(b.peerKey).toEqual(compressedKey(PROVER));
    const [c] = await channels();
    expect(c.session).not.toEqual(a.session);
  });

  it('carries messages of any size in their order', async () => {
    const [a, b] = await channels();
    const blob = rng.bytes(300_000);
    a.send('one', { x: 1 });
    a.send('two', { text: 'a\nb' }, blob);
    b.send('back', {});
    expect(await b.receive('one')).toMatchObject({ body: { x: 1 } });
    const two = await b.receive('two');
    expect([two.body['text'], two.blob.length, two.blob.join() === blob.join()]).toEqual([
      'a\nb',
      300_000,
      true,
    ]);
    expect(await a.receive('back')).toMatchObject({ name: 'back' });
  });

  it('tells what came instead, why the other refused, and that it is gone', async () => {
    const [a, b] = await channels();
    a.send('other', {});
    expect(await codeOf(b.receive('one'))).toBe('CHANNEL_UNEXPECTED');
    a.refuse('no coins');
    const refused = await b.receive('one').catch((error: Error) => error.message);
    expect(refused).toContain('no coins');
    expect(await codeOf(b.receive('one'))).toBe('CHANNEL_CLOSED');
  });

  it('refuses messages that are changed, repeated or of a stranger', async () => {
    const frames: Uint8Array[] = [];
    const [near, far] = await sockets();
    const write = near.write.bind(near);
    near.write = ((chunk: Uint8Array) => {
      frames.push(chunk);
      return write(chunk);
    }) as typeof near.write;
    const [a, b] = await Promise.all([Channel.open(near, own('prover')), Channel.open(far, own('verifier'))]);
    a.send('one', {});
    await b.receive('one');
    // The same frame once more: it was signed for another place.
    write(frames.at(-1)!);
    expect(await codeOf(b.receive('one'))).toBe('CHANNEL_WRONG_SIGNATURE');
    a.send('two', {});
    const changed = frames.at(-1)!.slice();
    changed[changed.length - 1]! ^= 1;
    expect(changed.length).toBeGreaterThan(64);
    const signed = new Uint8Array(64 + 16);
    far.write(frame(signed));
    expect(await codeOf(a.receive('one'))).toBe('CHANNEL_WRONG_SIGNATURE');
    far.write(frame(new Uint8Array(10)));
    expect(await codeOf(a.receive('one'))).toBe('CHANNEL_MALFORMED');
  });

  it('has limits', async () => {
    const [near, far] = await sockets();
    const opening = Channel.open(near, own('prover'));
    far.write(frame(new Uint8Array(0), MAX_FRAME_BYTES + 1));
    expect(await codeOf(opening)).toBe('CHANNEL_FRAME_TOO_LARGE');
    const [silent] = await sockets();
    expect(await codeOf(Channel.open(silent, own('prover', { timeoutMs: 30 })))).toBe('CHANNEL_TIMEOUT');
    const [a] = await channels();
    expect(() => a.send('big', {}, new Uint8Array(MAX_FRAME_BYTES))).toThrow(/limit/);
  });

  it('opens to the right party only', async () => {
    const greet = async (hello: object, more: object = {}): Promise<string> => {
      const [near, far] = await sockets();
      const opening = Channel.open(near, own('prover', more));
      far.write(frame(utf8ToBytes(JSON.stringify(hello))));
      return codeOf(opening);
    };
    const key = bytesToHex(compressedKey(VERIFIER));
    const good = { protocol: PROTOCOL, role: 'verifier', key, nonce: bytesToHex(new Uint8Array(32)) };
    expect(await greet(good)).toBe('fine');
    expect(await greet(good, { expectedKey: compressedKey(VERIFIER) })).toBe('fine');
    expect(await greet(good, { expectedKey: compressedKey(PROVER) })).toBe('CHANNEL_WRONG_PEER');
    expect(await greet({ ...good, protocol: 'other' })).toBe('CHANNEL_WRONG_PEER');
    expect(await greet({ ...good, role: 'prover' })).toBe('CHANNEL_WRONG_PEER');
    expect(await greet({ ...good, key: '0x00' })).toBe('CHANNEL_MALFORMED');
    const [near, far] = await sockets();
    const opening = Channel.open(near, own('prover'));
    far.write(frame(utf8ToBytes('[')));
    expect(await codeOf(opening)).toBe('CHANNEL_MALFORMED');
  });
});

const builder = new CircuitBuilder();
const [x, y] = builder.input(2);
builder.output([builder.nand(x!, y!)]);
const CIRCUIT_TEXT = formatBristol(builder.build());
const STAKES: Stakes = {
  prize: 1000n,
  proverDeposit: 50_000n,
  verifierDeposit: 50_000n,
  timeoutBlocks: 10,
  feeRate: 1,
  blockGates: 1,
  inputPins: '**',
  outputPins: '*',
};

const coinOf = (key: Uint8Array): FundingInput => ({
  txid: key,
  vout: 1,
  value: 200_000n,
  scriptPubKey: partyScript(key),
});

/** Both sides' set-ups over a connection. */
async function setUp(changes: { readonly verifier?: object; readonly stakes?: Partial<Stakes> } = {}) {
  const [a, b] = await channels();
  const stores = await Promise.all([
    DisputeStore.open(temporaryFolder()),
    DisputeStore.open(temporaryFolder()),
  ]);
  const options = (role: 'prover' | 'verifier', more: object = {}) => {
    const privateKey = role === 'prover' ? PROVER : VERIFIER;
    return {
      role,
      privateKey,
      circuitText: CIRCUIT_TEXT,
      stakes: STAKES,
      coins: [coinOf(privateKey)],
      height: 7,
      progress: () => {},
      ...more,
    };
  };
  const more = { ...changes.verifier, stakes: { ...STAKES, ...changes.stakes } };
  const results = await Promise.allSettled([
    setUpDispute(a, stores[0], options('prover')),
    setUpDispute(b, stores[1], options('verifier', more)),
  ]);
  return { results, stores };
}

describe('setting up', () => {
  it('leaves both with the same contract', async () => {
    const { results, stores } = await setUp();
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    const [mine, theirs] = await Promise.all(stores.map((store) => store.contract()));
    expect([mine!.role, theirs!.role, mine!.height]).toEqual(['prover', 'verifier', 7]);
    expect(mine!.dispute.states.map(({ txid }) => txid.join())).toEqual(
      theirs!.dispute.states.map(({ txid }) => txid.join()),
    );
    expect(mine!.signatures).toEqual(theirs!.signatures);
    expect(mine!.signatures).toHaveLength(preSignatures(mine!.dispute).length);
    expect(await stores[0]!.funding()).toEqual(await stores[1]!.funding());
    expect(await codeOf(stores[0]!.requireUnused())).toBe('BITVM_STORE_IN_USE');
  });

  const codesOf = async (changes: Parameters<typeof setUp>[0]): Promise<readonly string[]> => {
    const { results, stores } = await setUp(changes);
    const funded = await Promise.all(stores.map((store) => store.funding()));
    expect(funded).toEqual([undefined, undefined]);
    return results.map((result) =>
      result.status === 'fulfilled' ? 'fine' : (result.reason as { readonly code: string }).code,
    );
  };

  it('ends before any money is signed for when the parties disagree', async () => {
    expect(await codesOf({ stakes: { prize: 999n } })).toContain('SETUP_OTHER_TERMS');
    expect(await codesOf({ stakes: { outputPins: '1' } })).toContain('SETUP_OTHER_TERMS');
    const other = CIRCUIT_TEXT.replace('NAND', 'AND');
    expect(await codesOf({ verifier: { circuitText: other } })).toContain('SETUP_OTHER_CIRCUIT');
    expect(await codesOf({ verifier: { privateKey: rng.bytes(32) } })).toContain('SETUP_OTHER_TERMS');
    expect(await codesOf({ verifier: { coins: [] } })).toContain('TERMS_INVALID');
  });
});

describe('contracts as JSON', () => {
  const party = { key: compressedKey(PROVER), payout: partyScript(PROVER), inputs: [coinOf(PROVER)] };
  const terms = { session: new Uint8Array(32), prover: party, verifier: { ...party, inputs: [] }, ...STAKES };

  it('come back', () => {
    const json = JSON.parse(JSON.stringify(termsToJson(terms))) as Record<string, unknown>;
    expect(termsFromJson(json, 'terms')).toEqual(terms);
    expect(stakesFromJson(stakesToJson(STAKES) as Record<string, unknown>, '')).toEqual(STAKES);
    expect(partyFromJson(partyToJson(party) as Record<string, unknown>, '')).toEqual(party);
  });

  it('say where they are wrong', () => {
    /** The path an error names when the member at another path is something else. */
    const pathOf = (members: string, value: unknown): unknown => {
      const json = JSON.parse(JSON.stringify(termsToJson(terms))) as Record<string, unknown>;
      const names = members.split('.');
      const last = names.pop()!;
      const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, json);
      parent[last] = value;
      try {
        termsFromJson(json, 'terms');
      } catch (error) {
        return (error as { readonly context: { readonly path: string } }).context.path;
      }
      return undefined;
    };
    expect(pathOf('session', '0x00')).toBe('terms.session');
    expect(pathOf('prize', 5)).toBe('terms.prize');
    expect(pathOf('feeRate', -1)).toBe('terms.feeRate');
    expect(pathOf('inputPins', '2')).toBe('terms.inputPins');
    expect(pathOf('prover', undefined)).toBe('terms.prover');
    expect(pathOf('prover.inputs', {})).toBe('terms.prover.inputs');
    expect(pathOf('prover.inputs.0', 3)).toBe('terms.prover.inputs[0]');
    expect(pathOf('prover.inputs.0.txid', 'xy')).toBe('terms.prover.inputs[0].txid');
    expect(pathOf('verifier.key', '0x0011')).toBe('terms.verifier.key');
  });
});
