import { toBase58 } from '@ninefold/vm-svm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MAX_KEPT_BLOCKS } from '../../src/ledger/ledger.ts';
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

const carol = '9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu';

describe('a chain on which each transaction is a block', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
    world.chain.airdrop(name(alice), 100n * SOL);
  });

  it('answers with integers of 64 bits, in context', async () => {
    const text = await world.chain.dispatcher.handleText(
      `{"jsonrpc":"2.0","id":18446744073709551615,"method":"getAccountInfo","params":["${name(alice)}",{"encoding":"base64"}]}`,
      {},
    );
    expect(text).toBe(
      `{"jsonrpc":"2.0","id":18446744073709551615,"result":{"context":{"slot":1,"apiVersion":"4.2.0"},"value":{"lamports":100000000000,"owner":"11111111111111111111111111111111","data":["","base64"],"executable":false,"rentEpoch":18446744073709551615,"space":0}}}`,
    );
  });

  it('knows blocks by slot, in every detail', async () => {
    const signature = await pay(world, bob, SOL);
    const slot = await world.call('getSlot');
    const full = await world.call('getBlock', slot, { maxSupportedTransactionVersion: 0 });
    expect(full).toMatchObject({ parentSlot: slot - 1, blockHeight: slot });
    expect(full.transactions[0]).toMatchObject({ version: 'legacy', meta: { err: null, fee: 5000 } });
    expect(full.rewards[0]).toMatchObject({ rewardType: 'Fee', lamports: 2500 });
    const parent = await world.call('getBlock', slot - 1, { transactionDetails: 'none', rewards: false });
    expect(parent.blockhash).toBe(full.previousBlockhash);
    expect(parent).not.toHaveProperty('transactions');
    expect(parent).not.toHaveProperty('rewards');
    expect((await world.call('getBlock', slot, { transactionDetails: 'signatures' })).signatures).toEqual([
      signature,
    ]);
    const accounts = await world.call('getBlock', slot, { transactionDetails: 'accounts' });
    expect(accounts.transactions[0].transaction.accountKeys[1]).toEqual({
      pubkey: name(bob),
      signer: false,
      source: 'transaction',
      writable: true,
    });
    const encoded = await world.call('getBlock', slot, 'base64');
    expect(encoded.transactions[0].transaction[1]).toBe('base64');
    expect(await world.call('getBlocks', 0, slot)).toEqual(Array.from({ length: slot + 1 }, (_, i) => i));
    expect(await world.call('getBlocks', 1)).toHaveLength(slot);
    expect(await world.call('getBlocksWithLimit', 1, 1)).toEqual([1]);
    expect(await world.call('getBlockTime', slot)).toBe(1_800_000_000);
    expect(await world.call('getFirstAvailableBlock')).toBe(0);
  });

  it('shows a transaction in every encoding', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const transaction = transfer(alice, bob.address, SOL, blockhash);
    const signature = await world.call('sendTransaction', wire(transaction), BASE64);
    expect(signature).toBe(toBase58(transaction.signatures[0]!));
    const json = await world.call('getTransaction', signature);
    expect(json.transaction.message).toMatchObject({
      header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
      accountKeys: [name(alice), name(bob), '11111111111111111111111111111111'],
      recentBlockhash: toBase58(blockhash),
      instructions: [{ programIdIndex: 2, accounts: [0, 1], stackHeight: 1 }],
    });
    expect(json).not.toHaveProperty('version');
    expect(json.meta.loadedAddresses).toEqual({ writable: [], readonly: [] });
    expect((await world.call('getTransaction', signature, 'base64')).transaction[0]).toBe(wire(transaction));
    const parsed = await world.call('getTransaction', signature, {
      encoding: 'jsonParsed',
      maxSupportedTransactionVersion: 0,
    });
    expect(parsed.version).toBe('legacy');
    expect(parsed.transaction.message.instructions[0].parsed.type).toBe('transfer');
  });

  it('takes a transaction once', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const given = wire(transfer(alice, bob.address, SOL, blockhash));
    await world.call('sendTransaction', given, BASE64);
    const error = await world.errorOf('sendTransaction', given, BASE64);
    expect(error).toMatchObject({
      code: -32_002,
      message: 'Transaction simulation failed: This transaction has already been processed',
      data: { err: 'AlreadyProcessed', logs: [], unitsConsumed: 0, accounts: null, returnData: null },
    });
  });

  it('refuses signatures that are wrong, and blockhashes that are old', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const transaction = transfer(alice, bob.address, SOL, blockhash);
    const forged = { ...transaction, signatures: [transaction.signatures[0]!.with(5, 0)] };
    const error = await world.errorOf('sendTransaction', wire(forged), BASE64);
    expect(error).toEqual({ code: -32_003, message: 'Transaction signature verification failure' });
    const unknown = wire(transfer(alice, bob.address, SOL, bob.address));
    expect((await world.errorOf('sendTransaction', unknown, BASE64)).message).toBe(
      'Transaction simulation failed: Blockhash not found',
    );
    // Without a look before, it is dropped as silently as on a network.
    await world.call('sendTransaction', unknown, { ...BASE64, skipPreflight: true });
    expect((await world.call('getBalance', name(bob))).value).toBe(0);
  });

  it('charges for what fails when it is sent all the same', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const given = wire(transfer(alice, bob.address, 1000n * SOL, blockhash));
    const signature = await world.call('sendTransaction', given, { ...BASE64, skipPreflight: true });
    const { value } = await world.call('getSignatureStatuses', [
      signature,
      toBase58(new Uint8Array(64).fill(1)),
    ]);
    expect(value[0]).toMatchObject({ err: { InstructionError: [0, { Custom: 1 }] }, confirmations: null });
    expect(value[1]).toBe(null);
    expect((await world.call('getBalance', name(alice))).value).toBe(Number(100n * SOL) - 5000);
  });

  it('says what is valid and for how long', async () => {
    const { value, context } = await world.call('getLatestBlockhash');
    expect(value.lastValidBlockHeight).toBe((await world.call('getBlockHeight')) + 150);
    expect(context.slot).toBe(await world.call('getSlot'));
    expect((await world.call('isBlockhashValid', value.blockhash)).value).toBe(true);
    expect((await world.call('isBlockhashValid', carol)).value).toBe(false);
  });

  it('has one validator that leads all slots', async () => {
    const { identity } = await world.call('getIdentity');
    expect(await world.call('getSlotLeader')).toBe(identity);
    expect(await world.call('getSlotLeaders', 0, 3)).toEqual([identity, identity, identity]);
    expect(Object.keys(await world.call('getLeaderSchedule'))).toEqual([identity]);
    expect(await world.call('getLeaderSchedule', null, { identity: carol })).toEqual({});
    expect((await world.call('getBlockProduction')).value.byIdentity[identity]).toEqual([2, 2]);
    expect((await world.call('getVoteAccounts', { votePubkey: carol })).current).toEqual([]);
    expect((await world.call('getEpochInfo')).epoch).toBe(0);
    expect((await world.call('getSupply')).value.nonCirculating).toBe(0);
    expect((await world.call('getLargestAccounts')).value).toHaveLength(20);
    expect(await world.call('getHealth')).toBe('ok');
    expect(await world.call('getRecentPerformanceSamples', 1)).toHaveLength(1);
  });

  it('forks without either seeing the other', async () => {
    const fork = world.chain.fork();
    await pay(world, bob, SOL);
    const balance = (chain: World['chain'], at: string): Promise<unknown> =>
      chain.request({ method: 'getBalance', params: [at] });
    expect(await balance(fork, name(bob))).toMatchObject({ value: 0n });
    fork.airdrop(carol, SOL);
    expect(await balance(world.chain, carol)).toMatchObject({ value: 0n });
    expect(await balance(fork, name(alice))).toMatchObject({ value: 100n * SOL });
    await fork.close();
  });

  it('keeps a number of blocks', () => {
    expect(MAX_KEPT_BLOCKS).toBe(100_000);
  });
});

describe('commitments', () => {
  it('come one after the other', async () => {
    const world = await openWorld({ finalityDepth: 3, slotMs: 400, scheduler: { every: () => () => {} } });
    world.chain.airdrop(name(alice), SOL);
    const balances = async (): Promise<readonly number[]> =>
      Promise.all(
        ['processed', 'confirmed', 'finalized'].map(
          async (commitment) => (await world.call('getBalance', name(alice), { commitment })).value as number,
        ),
      );
    expect(await balances()).toEqual([1e9, 0, 0]);
    world.chain.endSlot();
    expect(await balances()).toEqual([1e9, 1e9, 0]);
    const [{ signature }] = await world.call('getSignaturesForAddress', name(alice), {
      commitment: 'confirmed',
    });
    const status = async (): Promise<unknown> =>
      (await world.call('getSignatureStatuses', [signature])).value[0];
    expect(await status()).toMatchObject({ confirmationStatus: 'confirmed', confirmations: 1 });
    expect(await world.call('getTransaction', signature)).toBe(null);
    expect(await world.call('getTransaction', signature, { commitment: 'confirmed' })).not.toBe(null);
    for (let i = 0; i < 3; i++) world.chain.endSlot();
    expect(await balances()).toEqual([1e9, 1e9, 1e9]);
    expect(await status()).toMatchObject({ confirmationStatus: 'finalized', confirmations: null });
    expect(await world.call('getTransaction', signature)).not.toBe(null);
    await world.chain.close();
  });

  it('are told to subscribers in order', async () => {
    const world = await openWorld({ finalityDepth: 2, slotMs: 400, scheduler: { every: () => () => {} } });
    const sent: string[] = [];
    const connection = world.chain.hub.connect({
      send: (text) => {
        const { method, params } = JSON.parse(text) as {
          readonly method: string;
          // oxlint-disable-next-line typescript/no-explicit-any -- results of several kinds
          readonly params: { readonly result: any };
        };
        const { result } = params;
        sent.push(
          `${method} ${result.context?.slot ?? result.slot ?? result} ${JSON.stringify(result.value?.err ?? result.value?.lamports ?? '')}`,
        );
      },
    });
    const subscribe = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
      const session = connection.begin();
      const text = await world.chain.dispatcher.handleText(
        JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        { session },
      );
      session.end();
      return (JSON.parse(text!) as { readonly result: unknown }).result;
    };
    const { blockhash } = world.chain.node.ledger.bank;
    const transaction = transfer(world.chain.node.validator.faucet, bob.address, SOL, blockhash);
    const signature = toBase58(transaction.signatures[0]!);
    for (const commitment of ['confirmed', 'finalized']) {
      await subscribe('accountSubscribe', name(bob), { commitment });
      await subscribe('signatureSubscribe', signature, { commitment });
    }
    const received = await subscribe('signatureSubscribe', signature, {
      commitment: 'processed',
      enableReceivedNotification: true,
    });
    await subscribe('slotSubscribe');
    await subscribe('rootSubscribe');
    expect(received).toEqual(expect.any(Number));
    await world.call('sendTransaction', wire(transaction), BASE64);
    for (let i = 0; i < 3; i++) world.chain.endSlot();
    expect(sent).toEqual(
      [
        'signatureNotification 1 ""',
        'signatureNotification 1 ""',
        'accountNotification 1 1000000000',
        'signatureNotification 1 ""',
        'slotNotification 2 ""',
        'slotNotification 3 ""',
        'slotNotification 4 ""',
        'accountNotification 1 1000000000',
        'signatureNotification 1 ""',
        'rootNotification 1 ""',
      ].filter((line, i) => !(i === 0 && line === '')),
    );
    // The subscriptions to the signature are over.
    expect(await subscribe('signatureUnsubscribe', received)).toBe(undefined);
    // One that comes late is told at once.
    await subscribe('signatureSubscribe', signature, { commitment: 'confirmed' });
    expect(sent.at(-1)).toBe('signatureNotification 1 ""');
    await world.chain.close();
  });
});

describe('cheats', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.chain.close());

  it('set accounts', async () => {
    const { call } = world;
    await call('surfnet_setAccount', carol, {
      lamports: 5,
      data: '0102ff',
      owner: name(bob),
      executable: true,
    });
    const { value } = await call('getAccountInfo', carol, { encoding: 'base64' });
    expect(value).toMatchObject({
      lamports: 5,
      data: ['AQL/', 'base64'],
      owner: name(bob),
      executable: true,
    });
    await call('surfnet_setAccount', carol, { lamports: 6 });
    expect((await call('getAccountInfo', carol, { encoding: 'base64' })).value.data[0]).toBe('AQL/');
    await call('surfnet_resetAccount', carol);
    expect((await call('getAccountInfo', carol)).value).toBe(null);
  });

  it('set token accounts', async () => {
    const { call } = world;
    const mint = 'So11111111111111111111111111111111111111112';
    await call('surfnet_setTokenAccount', name(bob), mint, {
      amount: 1_500_000_000,
      delegate: carol,
      delegatedAmount: 5,
    });
    const { value } = await call('getTokenAccountsByOwner', name(bob), { mint }, { encoding: 'jsonParsed' });
    expect(value[0].account.data.parsed.info).toMatchObject({
      tokenAmount: { uiAmountString: '1.5' },
      delegate: carol,
      delegatedAmount: { amount: '5' },
    });
    await call('surfnet_setTokenAccount', name(bob), mint, { delegate: null, state: 'frozen' });
    const after = await call('getTokenAccountsByOwner', name(bob), { mint }, { encoding: 'jsonParsed' });
    expect(after.value[0].account.data.parsed.info).toMatchObject({
      state: 'frozen',
      tokenAmount: { amount: '1500000000' },
    });
    expect(after.value[0].account.data.parsed.info).not.toHaveProperty('delegate');
  });

  it('move time', async () => {
    const { call, errorOf } = world;
    const info = await call('surfnet_timeTravel', { absoluteSlot: 1000 });
    expect(info.absoluteSlot).toBe(1000);
    const later = 1_900_000_000;
    await call('surfnet_timeTravel', { absoluteTimestamp: later * 1000 });
    const clock = await call('getAccountInfo', 'SysvarC1ock11111111111111111111111111111111', {
      encoding: 'jsonParsed',
      commitment: 'processed',
    });
    expect(clock.value.data.parsed.info.unixTimestamp).toBe(later);
    expect((await call('surfnet_timeTravel', { absoluteEpoch: 2 })).epoch).toBe(2);
    expect((await errorOf('surfnet_timeTravel', { absoluteSlot: 5 })).code).toBe(-32_602);
    expect((await errorOf('surfnet_timeTravel', {})).code).toBe(-32_602);
    expect((await errorOf('getBlock', 500)).code).toBe(-32_007);
    await call('surfnet_pauseClock');
    const paused = world.chain.node.now();
    world.clock.advance(60_000);
    expect(world.chain.node.now()).toBe(paused);
    await call('surfnet_resumeClock');
    world.clock.advance(2000);
    expect(world.chain.node.now()).toBe(paused + 2);
  });

  it('copy, hand over and write programs', async () => {
    const { call, errorOf } = world;
    const token = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
    await call('surfnet_cloneProgramAccount', token, carol);
    const program = (await call('getAccountInfo', carol, { encoding: 'jsonParsed' })).value;
    expect(program).toMatchObject({ executable: true, data: { parsed: { type: 'program' } } });
    await call('surfnet_setProgramAuthority', carol, name(bob));
    const at = program.data.parsed.info.programData;
    const data = (await call('getAccountInfo', at, { encoding: 'jsonParsed' })).value.data.parsed.info;
    expect(data.authority).toBe(name(bob));
    await call('surfnet_writeProgram', name(alice), '7f454c46', 0);
    expect((await call('getAccountInfo', name(alice), { encoding: 'jsonParsed' })).value.executable).toBe(
      true,
    );
    expect((await errorOf('surfnet_setProgramAuthority', name(bob))).code).toBe(-32_602);
  });

  it('keep descriptions of programs, each from a slot on', async () => {
    const { call, errorOf } = world;
    const idl = { address: carol, metadata: { name: 'first' }, instructions: [], amount: 2 ** 60 };
    await call('surfnet_registerIdl', idl, 5);
    await call('surfnet_registerIdl', { ...idl, metadata: { name: 'second' } }, 100_000_000);
    expect((await call('surfnet_getActiveIdl', carol, 4)).value).toBe(null);
    expect((await call('surfnet_getActiveIdl', carol, 5)).value).toEqual(idl);
    expect((await call('surfnet_getActiveIdl', carol, 100_000_001)).value.metadata.name).toBe('second');
    await call('surfnet_registerIdl', { ...idl, metadata: { name: 'third' } }, 5);
    expect((await call('surfnet_getActiveIdl', carol, 5)).value.metadata.name).toBe('third');
    const child = world.chain.fork();
    await call('surfnet_registerIdl', { ...idl, metadata: { name: 'fourth' } });
    expect((await call('surfnet_getActiveIdl', carol)).value.metadata.name).toBe('fourth');
    expect(child.node.idls.activeAt(carol, 50_000)).toMatchObject({ metadata: { name: 'third' } });
    expect((await call('surfnet_getActiveIdl', name(bob))).value).toBe(null);
    expect((await errorOf('surfnet_registerIdl', {})).code).toBe(-32_602);
    expect((await errorOf('surfnet_registerIdl', { address: 'x' })).code).toBe(-32_602);
    await child.close();
  });

  it('profile and export', async () => {
    const { call } = world;
    world.chain.airdrop(name(bob), 10n * SOL);
    const transaction = wire(transfer(bob, address(carol), SOL, bob.address));
    const { value } = await call('surfnet_profileTransaction', transaction);
    expect(value.transactionProfile).toMatchObject({ computeUnitsConsumed: 150, errorMessage: null });
    expect(value.transactionProfile.preExecutionCapture[name(bob)].lamports).toBeGreaterThan(0);
    const snapshot = (await call('surfnet_exportSnapshot', { filter: { includeAccounts: [name(bob)] } }))
      .value;
    expect(Object.keys(snapshot)).toEqual([name(bob)]);
    const all = (await call('surfnet_exportSnapshot', { includeParsedAccounts: true })).value;
    expect(Object.keys(all).length).toBeGreaterThan(10);
    expect((await call('surfnet_getLocalSignatures', 5)).value.length).toBeGreaterThan(0);
    await call('surfnet_resetNetwork');
    expect(await call('getSlot')).toBe(0);
    expect((await call('getBalance', name(bob))).value).toBe(0);
  });
});
