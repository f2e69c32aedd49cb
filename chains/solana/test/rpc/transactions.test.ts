import { toBase58 } from '@ninefold/vm-svm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeTransactionError } from '../../src/rpc/errors.ts';
import { SYSTEM_PROGRAM } from '../../src/spec/addresses.ts';
import type { TransactionError } from '../../src/tx/errors.ts';
import { encodeMessage, type Message } from '../../src/tx/message.ts';
import { createTransaction, encodeTransaction, type Transaction } from '../../src/tx/transaction.ts';
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

const COMPUTE_BUDGET = address('ComputeBudget111111111111111111111111111111');
const BUDGET_TAG = { limit: 2, price: 3 } as const;

/** A transfer that asks for units at a price, in micro-lamports. */
function priced(lamports: bigint, units: number, price: bigint, blockhash: Uint8Array): Message {
  const u64 = (value: bigint) => new Uint8Array(BigUint64Array.of(value).buffer);
  return {
    version: 0,
    header: { signatures: 1, readonlySigned: 0, readonlyUnsigned: 2 },
    keys: [alice.address, bob.address, SYSTEM_PROGRAM, COMPUTE_BUDGET],
    blockhash,
    instructions: [
      {
        program: 3,
        accounts: new Uint8Array(0),
        data: Uint8Array.of(BUDGET_TAG.limit, ...new Uint8Array(Uint32Array.of(units).buffer)),
      },
      { program: 3, accounts: new Uint8Array(0), data: Uint8Array.of(BUDGET_TAG.price, ...u64(price)) },
      { program: 2, accounts: Uint8Array.of(0, 1), data: Uint8Array.of(2, 0, 0, 0, ...u64(lamports)) },
    ],
    lookups: [],
  };
}

const signed = (message: Message): Transaction =>
  createTransaction(message, [alice.sign(encodeMessage(message))]);

describe('transactions over JSON-RPC', () => {
  let world: World;
  const latest = () => world.chain.node.ledger.bank.blockhash;

  beforeAll(async () => {
    world = await openWorld({ standardPrograms: false });
    world.chain.airdrop(name(alice), 100n * SOL);
    await pay(world, bob, SOL);
  });
  afterAll(() => world.chain.close());

  it('cost what their message says', async () => {
    const plain = transfer(alice, bob.address, 1n, latest());
    const feeOf = async (message: Uint8Array) =>
      (await world.call('getFeeForMessage', Buffer.from(message).toString('base64'))).value;
    expect(await feeOf(plain.messageBytes)).toBe(5000);
    expect(await feeOf(encodeMessage(priced(1n, 200_000, 1_000_000n, latest())))).toBe(205_000);
    // Of a blockhash that nobody knows any more nothing can be said.
    expect(await feeOf(encodeMessage(priced(1n, 1000, 1n, new Uint8Array(32))))).toBe(null);
  });

  it('tell what was paid for units on an account', async () => {
    await world.call('sendTransaction', wire(signed(priced(2n, 100_000, 3_000_000n, latest()))), BASE64);
    const { slot } = world.chain.node.ledger.head;
    const fees = (await world.call('getRecentPrioritizationFees', [name(bob)])) as readonly {
      readonly slot: number;
      readonly prioritizationFee: number;
    }[];
    expect(fees.find((each) => each.slot === slot)?.prioritizationFee).toBe(3_000_000);
    const others = await world.call('getRecentPrioritizationFees', [
      name(world.chain.node.validator.identity),
    ]);
    expect(others.every((each: { readonly prioritizationFee: number }) => each.prioritizationFee === 0)).toBe(
      true,
    );
  });

  it('of a version are shown to those who know it', async () => {
    const sent = signed(priced(4n, 5000, 0n, latest()));
    const signature = await world.call('sendTransaction', wire(sent), BASE64);
    expect((await world.errorOf('getTransaction', signature)).code).toBe(-32_015);
    const known = await world.call('getTransaction', signature, { maxSupportedTransactionVersion: 0 });
    expect(known.version).toBe(0);
    expect(known.transaction.message.addressTableLookups).toEqual([]);
    expect(known.meta.loadedAddresses).toEqual({ writable: [], readonly: [] });
    // Each encoding gives the same bytes.
    const bytes = encodeTransaction(sent);
    for (const [encoding, text] of [
      ['base58', toBase58(bytes)],
      ['base64', Buffer.from(bytes).toString('base64')],
    ]) {
      const shown = await world.call('getTransaction', signature, {
        encoding,
        maxSupportedTransactionVersion: 0,
      });
      expect(shown.transaction).toEqual([text, encoding]);
    }
  });

  it('are known by their signature, or not', async () => {
    const signature = await pay(world, bob, 7n);
    const unknown = toBase58(new Uint8Array(64).fill(5));
    const { value } = await world.call('getSignatureStatuses', [signature, unknown]);
    expect(value).toEqual([
      {
        slot: world.chain.node.ledger.head.slot,
        confirmations: null,
        err: null,
        status: { Ok: null },
        confirmationStatus: 'finalized',
      },
      null,
    ]);
    expect(await world.call('getTransaction', unknown)).toBe(null);
  });

  it('are listed by address between two signatures', async () => {
    const sent: string[] = [];
    for (let i = 0; i < 4; i++) sent.push(await pay(world, bob, BigInt(100 + i)));
    const list = async (options: object) =>
      (await world.call('getSignaturesForAddress', name(bob), options)).map(
        (each: { readonly signature: string }) => each.signature,
      );
    expect(await list({ limit: 2 })).toEqual([sent[3], sent[2]]);
    expect(await list({ before: sent[3], until: sent[0] })).toEqual([sent[2], sent[1]]);
    expect(await list({ before: toBase58(new Uint8Array(64).fill(6)) })).toEqual([]);
  });

  it('that would fail are not sent, with all that is known of why', async () => {
    const poor = transfer(alice, bob.address, 10_000n * SOL, latest());
    const error = await world.errorOf('sendTransaction', wire(poor), BASE64);
    expect(error).toMatchObject({
      code: -32_002,
      message: 'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1',
      data: { err: { InstructionError: [0, { Custom: 1 }] }, unitsConsumed: 150 },
    });
    expect((error.data as { readonly logs: readonly string[] }).logs).toHaveLength(3);
  });

  it('with a wrong signature are not sent', async () => {
    const { message } = transfer(alice, bob.address, 1n, latest());
    const forged = createTransaction(message, [bob.sign(encodeMessage(message))]);
    expect((await world.errorOf('sendTransaction', wire(forged), BASE64)).code).toBe(-32_003);
    const simulated = await world.call('simulateTransaction', wire(forged), { encoding: 'base64' });
    expect(simulated.value.err).toBe(null);
    expect(
      (await world.errorOf('simulateTransaction', wire(forged), { encoding: 'base64', sigVerify: true }))
        .code,
    ).toBe(-32_003);
  });

  it('are simulated with another blockhash, and show the accounts they would leave', async () => {
    const stale = transfer(alice, bob.address, SOL, new Uint8Array(32).fill(1));
    const options = {
      encoding: 'base64',
      accounts: { addresses: [name(bob), toBase58(new Uint8Array(32).fill(8))], encoding: 'base64' },
    };
    const refused = await world.call('simulateTransaction', wire(stale), options);
    expect(refused.value).toMatchObject({ err: 'BlockhashNotFound', preBalances: null });
    const { value } = await world.call('simulateTransaction', wire(stale), {
      ...options,
      replaceRecentBlockhash: true,
      innerInstructions: true,
    });
    expect(value.err).toBe(null);
    expect(value.replacementBlockhash.blockhash).toBe(toBase58(latest()));
    expect(value.innerInstructions).toEqual([]);
    expect(value.accounts[0].lamports).toBe(value.postBalances[1]);
    expect(value.accounts[1]).toBe(null);
    expect(
      (
        await world.errorOf('simulateTransaction', wire(stale), {
          ...options,
          accounts: { ...options.accounts, encoding: 'base58' },
        })
      ).code,
    ).toBe(-32_602);
  });

  it('of the faucet fail with its words', async () => {
    const error = await world.errorOf('requestAirdrop', name(bob), 2 ** 60);
    expect(error.code).toBe(-32_603);
    expect(error.message).toMatch(/^Internal error: the faucet cannot send/);
  });
});

describe('sentences of errors', () => {
  it.each<[error: TransactionError, sentence: string]>([
    ['BlockhashNotFound', 'Blockhash not found'],
    [
      { InstructionError: [2, 'MissingAccount'] },
      'Error processing Instruction 2: An account required by the instruction is missing',
    ],
    [{ InstructionError: [0, { Custom: 17 }] }, 'Error processing Instruction 0: custom program error: 0x11'],
    [{ DuplicateInstruction: 3 }, 'Transaction contains a duplicate instruction (3) that is not allowed'],
    [
      { InsufficientFundsForRent: { account_index: 1 } },
      'Transaction results in an account (1) with insufficient funds for rent',
    ],
  ])('%j', (error, sentence) => {
    expect(describeTransactionError(error)).toBe(sentence);
  });
});
