import { toBase58 } from '@ninefold/vm-svm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walletAccount } from '../../src/bank/genesis.ts';
import { nodeKey } from '../../src/dev/keys.ts';
import { alice, bob, name, openWorld, pay, SOL, type World } from './support.ts';

const SYSTEM = '11111111111111111111111111111111';
const owner = nodeKey('owner');

type Notice = {
  readonly method: string;
  readonly params: {
    readonly subscription: number;
    // oxlint-disable-next-line typescript/no-explicit-any -- tests read answers as they are
    readonly result: any;
  };
};

describe('subscriptions', () => {
  let world: World;
  let connection: ReturnType<World['chain']['hub']['connect']>;
  const sent: Notice[] = [];

  beforeEach(async () => {
    sent.length = 0;
    world = await openWorld({ standardPrograms: false });
    world.chain.airdrop(name(alice), 100n * SOL);
    connection = world.chain.hub.connect({ send: (text) => sent.push(JSON.parse(text) as Notice) });
  });
  afterEach(async () => {
    connection.close();
    await world.chain.close();
  });

  /** Calls a method over the connection. */
  async function ask(method: string, ...params: readonly unknown[]): Promise<unknown> {
    const session = connection.begin();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const text = await world.chain.dispatcher.handleText(body, { session });
    session.end();
    return (JSON.parse(text!) as { readonly result?: unknown }).result;
  }

  const named = (method: string): readonly Notice['params'][] =>
    sent.filter((notice) => notice.method === method).map(({ params }) => params);

  it('to a program tell of each of its accounts that changes, and that passes the filters', async () => {
    const all = await ask('programSubscribe', name(owner), { encoding: 'base64' });
    const short = await ask('programSubscribe', name(owner), {
      encoding: 'base64',
      filters: [{ dataSize: 2 }],
      dataSlice: { offset: 1, length: 1 },
    });
    const owned = (data: Uint8Array) => ({ ...walletAccount(SOL), owner: owner.address, data });
    world.chain.setAccount(name(bob), owned(Uint8Array.of(1, 2)));
    world.chain.setAccount(name(bob), owned(Uint8Array.of(1, 2, 3)));
    world.chain.setAccount(name(alice), walletAccount(SOL));
    const notices = named('programNotification');
    expect(notices.map(({ subscription, result }) => [subscription, result.value.account.data[0]])).toEqual([
      [all, 'AQI='],
      [short, 'Ag=='],
      [all, 'AQID'],
    ]);
    expect(notices[0]?.result.value.pubkey).toBe(name(bob));
    expect(notices[0]?.result.context.slot).toBe(world.chain.node.ledger.head.slot - 2);
  });

  it('to an account tell of it, also when it is gone', async () => {
    await ask('accountSubscribe', name(bob), { encoding: 'base64' });
    world.chain.setAccount(name(bob), { ...walletAccount(5n), data: Uint8Array.of(9) });
    world.chain.setAccount(name(bob), undefined);
    expect(
      named('accountNotification').map(({ result }) => [result.value.lamports, result.value.data[0]]),
    ).toEqual([
      [5, 'CQ=='],
      [0, ''],
    ]);
  });

  it('to logs tell of all, or of those that name an account', async () => {
    const all = await ask('logsSubscribe', 'all');
    const withVotes = await ask('logsSubscribe', 'allWithVotes', { commitment: 'confirmed' });
    const ofBob = await ask('logsSubscribe', { mentions: [name(bob)] });
    await ask('logsSubscribe', { mentions: [name(owner)] });
    const signature = await pay(world, bob, SOL);
    const notices = named('logsNotification');
    expect(notices.map(({ subscription }) => subscription).toSorted()).toEqual(
      [all, withVotes, ofBob].toSorted(),
    );
    for (const { result } of notices) {
      expect(result.value).toEqual({
        signature,
        err: null,
        logs: [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`],
      });
    }
  });

  it('to blocks tell of all, or of the transactions that name an account', async () => {
    const options = { encoding: 'json', transactionDetails: 'signatures' };
    const all = await ask('blockSubscribe', 'all', options);
    const ofOwner = await ask('blockSubscribe', { mentionsAccountOrProgram: name(owner) }, options);
    const signature = await pay(world, bob, SOL);
    const notices = named('blockNotification');
    const signaturesOf = (id: unknown) =>
      notices.find(({ subscription }) => subscription === id)?.result.value.block.signatures;
    expect(signaturesOf(all)).toEqual([signature]);
    expect(signaturesOf(ofOwner)).toEqual([]);
    expect(notices[0]?.result.value).toMatchObject({ err: null, slot: notices[0]?.result.context.slot });
  });

  it('to slots tell of their end, their root, and what happens to them', async () => {
    await ask('slotSubscribe');
    await ask('rootSubscribe');
    await ask('slotsUpdatesSubscribe');
    await ask('voteSubscribe');
    const { slot } = world.chain.node.ledger.bank;
    world.chain.endSlot();
    expect(named('slotNotification')[0]?.result).toEqual({ slot: slot + 1, parent: slot, root: slot });
    expect(named('rootNotification')[0]?.result).toBe(slot);
    expect(named('slotsUpdatesNotification').map(({ result }) => [result.type, result.slot])).toEqual([
      ['completed', slot],
      ['frozen', slot],
      ['optimisticConfirmation', slot],
      ['createdBank', slot + 1],
      ['root', slot],
    ]);
    expect(named('voteNotification')).toEqual([]);
  });

  it('to slots tell what was executed in them', async () => {
    await ask('slotsUpdatesSubscribe');
    await pay(world, bob, SOL);
    const frozen = named('slotsUpdatesNotification').find(({ result }) => result.type === 'frozen');
    expect(frozen?.result.stats).toEqual({
      numTransactionEntries: 1,
      numSuccessfulTransactions: 1,
      numFailedTransactions: 0,
      maxTransactionsPerEntry: 1,
    });
  });

  it('end when they are told to, and only then', async () => {
    const id = await ask('slotSubscribe');
    world.chain.endSlot();
    expect(named('slotNotification')).toHaveLength(1);
    expect(await ask('slotUnsubscribe', id)).toBe(true);
    world.chain.endSlot();
    expect(named('slotNotification')).toHaveLength(1);
    expect(await ask('slotUnsubscribe', id)).toBeUndefined();
  });

  it('to a signature that failed say why', async () => {
    const { blockhash } = world.chain.node.ledger.bank;
    const { transfer, wire, BASE64 } = await import('./support.ts');
    const sentOne = transfer(alice, bob.address, 1_000_000n * SOL, blockhash);
    const id = await ask('signatureSubscribe', toBase58(sentOne.signatures[0]!));
    await world.call('sendTransaction', wire(sentOne), { ...BASE64, skipPreflight: true });
    expect(named('signatureNotification')).toEqual([
      {
        subscription: id,
        result: {
          context: expect.anything(),
          value: { err: { InstructionError: [0, { Custom: 1 }] } },
        },
      },
    ]);
  });

  it.each<[method: string, ...params: unknown[]]>([
    ['logsSubscribe', { mentions: [] }],
    ['logsSubscribe', { mentions: [name(alice), name(bob)] }],
    ['logsSubscribe', 'some'],
    ['blockSubscribe', { mentionsAccountOrProgram: 'x' }],
    ['accountSubscribe', 'x'],
    ['programSubscribe', name(owner), { filters: [{ dataSize: -1 }] }],
    ['signatureSubscribe', name(owner)],
  ])('are refused: %s %j', async (method, ...params) => {
    expect(await ask(method, ...params)).toBeUndefined();
    world.chain.endSlot();
    expect(sent).toEqual([]);
  });
});
