import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodeKey } from '../../src/dev/keys.ts';
import { walletAccount } from '../../src/bank/genesis.ts';
import {
  address,
  alice,
  BASE64,
  bob,
  name,
  openWorld,
  pay,
  SOL,
  transfer,
  wire,
  type World,
} from './support.ts';

const nobody = nodeKey('nobody');

/** The codes that bad input is answered with; -32603 would be a bug. */
const REFUSALS: readonly number[] = [
  -32_700, -32_600, -32_601, -32_602, -32_001, -32_002, -32_003, -32_004, -32_007, -32_008, -32_013, -32_015,
  -32_016,
];

/** What no method expects where it stands. */
const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '0',
  'O0Il',
  '1'.repeat(32),
  '1'.repeat(10_000),
  '\u0000',
  '💥',
  [],
  [[]],
  [null],
  {},
  { encoding: 'nothing' },
  { encoding: 5 },
  { commitment: 'never' },
  { commitment: null },
  { filters: 'x' },
  { filters: [{ memcmp: { offset: 1e15, bytes: '1' } }] },
  { filters: [{ memcmp: { offset: 0, bytes: [256] } }] },
  { filters: [1, 2, 3, 4, 5] },
  { dataSlice: { offset: -1, length: 1 } },
  { dataSlice: { offset: 2 ** 52, length: 2 ** 52 } },
  { minContextSlot: 1e15 },
  { mint: 'x' },
  { programId: '11111111111111111111111111111111' },
  { limit: -1 },
  { __proto__: null, constructor: 1 },
  { maxSupportedTransactionVersion: 256 },
];

describe('bad input', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ slotsPerEpoch: 64 });
    world.chain.airdrop(name(alice), 10n * SOL);
  });
  afterAll(() => world.chain.close());

  const answer = async (body: string): Promise<unknown> => {
    const text = await world.chain.dispatcher.handleText(body, {});
    return text === undefined ? undefined : JSON.parse(text);
  };

  const check = (given: unknown, body: string): void => {
    const { error } = given as { readonly error?: { readonly code: number } };
    if (error === undefined) return;
    expect(REFUSALS, `${JSON.stringify(error)} for ${body.slice(0, 200)}`).toContain(error.code);
  };

  it('of any kind in any place of any method is refused or answered', async () => {
    const valid: readonly unknown[] = [name(alice), 1, { commitment: 'processed' }];
    for (const method of Object.keys(world.chain.methods)) {
      // What would change the chain for good: the others are tried on it afterwards.
      if (/reset|timeTravel|pause|resume/.test(method)) continue;
      if (method.endsWith('Subscribe') || method.endsWith('Unsubscribe')) continue;
      for (const nasty of NASTY) {
        for (const params of [
          [nasty],
          ...valid.map((first) => [first, nasty]),
          [name(alice), name(bob), nasty],
        ]) {
          const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
          check(await answer(body), body);
        }
      }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method });
      check(await answer(body), body);
    }
  });

  it('as subscriptions is refused, also without a socket', async () => {
    const sent: string[] = [];
    const connection = world.chain.hub.connect({ send: (text) => sent.push(text) });
    for (const method of Object.keys(world.chain.methods)) {
      if (!method.endsWith('Subscribe') && !method.endsWith('Unsubscribe')) continue;
      for (const nasty of NASTY) {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [nasty] });
        const session = connection.begin();
        check(JSON.parse((await world.chain.dispatcher.handleText(body, { session }))!), body);
        session.end();
        const { error } = JSON.parse((await world.chain.dispatcher.handleText(body, {}))!) as {
          readonly error?: { readonly code: number };
        };
        expect([-32_001, ...REFUSALS]).toContain(error?.code);
      }
    }
    world.chain.endSlot();
    connection.close();
  });

  it('of random bodies never ends in an internal error', async () => {
    const methods = Object.keys(world.chain.methods).filter((each) => !/surfnet|Subscribe/.test(each));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods),
        fc.array(fc.jsonValue(), { maxLength: 4 }),
        async (method, params) => {
          const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
          check(await answer(body), body);
        },
      ),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string(), async (body) => {
        check((await answer(body)) ?? {}, body);
      }),
      { numRuns: 300 },
    );
  });

  it('of transactions with any bytes changed or cut never ends in an internal error', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const bytes = Buffer.from(wire(transfer(alice, bob.address, SOL, blockhash)), 'base64');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(bytes.length),
        fc.boolean(),
        async (changes, length, isCut) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at] = byte;
          const given = (isCut ? changed.subarray(0, length) : changed).toString('base64');
          for (const method of ['sendTransaction', 'simulateTransaction']) {
            const body = JSON.stringify({
              jsonrpc: '2.0',
              id: 1,
              method,
              params: [given, { ...BASE64, skipPreflight: true }],
            });
            check(await answer(body), body);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[what: string, message: RegExp | string, method: string, params: readonly unknown[]]>([
    ['no parameters', '`params` should have at least 1 argument(s)', 'getAccountInfo', []],
    ['a digit that base58 lacks', 'Invalid param: Invalid', 'getBalance', ['0OIl']],
    ['an address too short', 'Invalid param: WrongSize', 'getBalance', ['abc']],
    [
      'a signature that is an address',
      'Invalid param: WrongSize',
      'getTransaction',
      ['11111111111111111111111111111111'],
    ],
    [
      'too many accounts',
      'Too many inputs provided; max 100',
      'getMultipleAccounts',
      [Array.from({ length: 101 }, () => name(alice))],
    ],
    [
      'a limit too large',
      'Invalid limit; max 1000',
      'getSignaturesForAddress',
      [name(alice), { limit: 1001 }],
    ],
    ['an unknown mint', 'Invalid param: could not find account', 'getTokenSupply', [name(nobody)]],
    ['no mint', 'Invalid param: not a Token mint', 'getTokenSupply', [name(alice)]],
    ['no token account', 'Invalid param: not a Token account', 'getTokenAccountBalance', [name(alice)]],
    [
      'another program',
      'Invalid param: unrecognized Token program id',
      'getTokenAccountsByOwner',
      [name(alice), { programId: name(bob) }],
    ],
    [
      'history of the slot that goes on',
      'Method does not support commitment below `confirmed`',
      'getBlock',
      [0, { commitment: 'processed' }],
    ],
    ['no base64', /^invalid base64 encoding/, 'sendTransaction', ['%', { encoding: 'base64' }]],
    [
      'bytes that are no transaction',
      /^failed to deserialize solana_transaction/,
      'sendTransaction',
      ['AAAA', { encoding: 'base64' }],
    ],
    ['a transaction too large', /too large/, 'sendTransaction', ['A'.repeat(8000), { encoding: 'base64' }]],
    ['a message that is none', /^failed to deserialize solana_message/, 'getFeeForMessage', ['AAAA']],
    [
      'both at once',
      'sigVerify may not be used with replaceRecentBlockhash',
      'simulateTransaction',
      ['', { encoding: 'base64', sigVerify: true, replaceRecentBlockhash: true }],
    ],
  ])('%s: %s', async (what, message, method, params) => {
    const { blockhash } = world.chain.node.ledger.bank;
    const given =
      what === 'both at once' ? [wire(transfer(alice, bob.address, 1n, blockhash)), params[1]] : params;
    const error = await world.errorOf(method, ...given);
    expect(error.code).toBe(-32_602);
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  it('has codes of its own where Agave has', async () => {
    const { errorOf } = world;
    expect(await errorOf('getNothing')).toEqual({ code: -32_601, message: 'Method not found' });
    expect((await errorOf('getSlot', { minContextSlot: 10_000 })).code).toBe(-32_016);
    expect((await errorOf('getSlot', { minContextSlot: 10_000 })).data).toEqual({
      contextSlot: expect.any(Number),
    });
    expect((await errorOf('getBlock', 99_999)).code).toBe(-32_004);
    expect((await errorOf('getHighestSnapshotSlot')).code).toBe(-32_008);
    const data = await errorOf('getAccountInfo', 'SysvarS1otHashes111111111111111111111111111', {
      encoding: 'base58',
    });
    expect(data.message).toBe(
      'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.',
    );
  });
});

describe('subscriptions to what base58 is too long for', () => {
  it('are told so instead of the data', async () => {
    const world = await openWorld({ standardPrograms: false });
    const sent: string[] = [];
    const connection = world.chain.hub.connect({ send: (text) => sent.push(text) });
    const session = connection.begin();
    for (const options of ['{}', '{"encoding":"base58"}']) {
      const params = `["${name(bob)}",${options}]`;
      await world.chain.dispatcher.handleText(
        `{"jsonrpc":"2.0","id":1,"method":"accountSubscribe","params":${params}}`,
        { session },
      );
    }
    session.end();
    world.chain.setAccount(name(bob), { ...walletAccount(SOL), data: new Uint8Array(129) });
    const data = sent.map((text) => JSON.parse(text).params.result.value.data);
    const text = 'error: data too large for bs58 encoding';
    expect(data).toEqual([text, [text, 'base58']]);
    connection.close();
    await world.chain.close();
  });
});

describe('cheats that go far', () => {
  const CLOCK = 'SysvarC1ock11111111111111111111111111111111';
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ standardPrograms: false });
    world.chain.airdrop(name(alice), 10n * SOL);
  });
  afterEach(() => world.chain.close());

  it('leave slots behind that nobody steps through', async () => {
    const { call } = world;
    const far = 2 ** 50;
    await call('surfnet_timeTravel', { absoluteSlot: far });
    const signature = await pay(world, bob, SOL);
    const [newest] = (await call('surfnet_getLocalSignatures')).value;
    expect(newest.signature).toBe(signature);
    // The first blocks of an epoch pay rewards: nobody travels past them.
    const { slotIndex } = await call('getEpochInfo');
    const first = far - slotIndex;
    expect(await call('getBlocksWithLimit', 3, 4)).toEqual([first, first + 1, first + 2, far]);
    expect(await call('getBlocks', far - 10, far + 5)).toEqual([far]);
    expect(await call('getBlocksWithLimit', 0, 10)).toEqual([0, 1, 2, first, first + 1, first + 2, far]);
    const { value } = await call('getBlockProduction');
    const [[slots, blocks]] = Object.values(value.byIdentity) as [[number, number]];
    expect(slots).toBeGreaterThan(blocks);
    expect(await call('getRecentPerformanceSamples')).toHaveLength(1);
  });

  it('go no further than numbers count', async () => {
    const { call, errorOf } = world;
    expect((await errorOf('surfnet_timeTravel', { absoluteSlot: 2 ** 53 - 1 })).code).toBe(-32_602);
    expect((await errorOf('surfnet_timeTravel', { absoluteEpoch: 2 ** 50 })).code).toBe(-32_602);
    await call('surfnet_timeTravel', { absoluteSlot: 2 ** 52 });
    await pay(world, bob, SOL);
    expect(await call('getSlot')).toBe(2 ** 52);
  });

  it.each([
    [CLOCK, { data: '00' }],
    [CLOCK, { lamports: 0 }],
    ['SysvarRent111111111111111111111111111111111', { data: '' }],
    ['SysvarS1otHashes111111111111111111111111111', { data: '01' }],
    ['SysvarS1otHistory11111111111111111111111111', { data: '01020304' }],
  ])('cannot take away what the chain lives on: %s %j', async (sysvar, update) => {
    const before = await world.call('getAccountInfo', sysvar, { encoding: 'base64+zstd' });
    const error = await world.errorOf('surfnet_setAccount', sysvar, update);
    expect(error.code).toBe(-32_602);
    expect((await world.call('getAccountInfo', sysvar, { encoding: 'base64+zstd' })).value).toEqual(
      before.value,
    );
    await pay(world, bob, SOL);
  });

  it('change all accounts that they are given, or none', () => {
    const clock = address(CLOCK);
    const broken = { ...walletAccount(5n), data: new Uint8Array(3) };
    expect(() =>
      world.chain.node.place([
        [bob.address, walletAccount(7n)],
        [clock, broken],
      ]),
    ).toThrow(expect.objectContaining({ code: 'SOLANA_SYSVAR_NEEDED' }));
    expect(world.chain.node.account(bob.address, 'processed')).toBeUndefined();
  });

  it('may set any rent: its factor is taken as Rust takes it', async () => {
    const rent = new Uint8Array(17);
    const view = new DataView(rent.buffer);
    view.setBigUint64(0, 1n, true);
    view.setFloat64(8, Number.NaN, true);
    await world.call('surfnet_setAccount', 'SysvarRent111111111111111111111111111111111', {
      data: Buffer.from(rent).toString('hex'),
    });
    await pay(world, bob, 1n);
    expect(await world.call('getMinimumBalanceForRentExemption', 10)).toBe(0);
  });
});
