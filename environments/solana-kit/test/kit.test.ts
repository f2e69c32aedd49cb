import { getSetComputeUnitLimitInstruction } from '@solana-program/compute-budget';
import { getAddMemoInstruction } from '@solana-program/memo';
import {
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getNonceSize,
  fetchNonce,
  getTransferSolInstruction,
  SYSTEM_PROGRAM_ADDRESS,
} from '@solana-program/system';
import {
  fetchMint,
  fetchToken,
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  getTransferCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from '@solana-program/token';
import {
  address,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type Instruction,
  isSolanaError,
  type KeyPairSigner,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  setTransactionMessageLifetimeUsingDurableNonce,
  type Signature,
  signTransactionMessageWithSigners,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  type Address,
} from '@solana/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, rich, SOL, TRANSPORTS, type World } from './support.ts';

async function signed(
  { rpc }: World,
  payer: KeyPairSigner,
  instructions: readonly Instruction[],
): Promise<Awaited<ReturnType<typeof signTransactionMessageWithSigners>>> {
  const { value: blockhash } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (tx) => setTransactionMessageFeePayerSigner(payer, tx),
    (tx) => setTransactionMessageLifetimeUsingBlockhash(blockhash, tx),
    (tx) => appendTransactionMessageInstructions(instructions, tx),
  );
  return signTransactionMessageWithSigners(message);
}

/** Sends and waits as kit does: a subscription to the signature, and to slots. */
async function send(
  world: World,
  payer: KeyPairSigner,
  instructions: readonly Instruction[],
): Promise<Signature> {
  const { rpc, rpcSubscriptions } = world;
  const transaction = await signed(world, payer, instructions);
  assertIsTransactionWithBlockhashLifetime(transaction);
  const confirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions } as never);
  await confirm(transaction as never, { commitment: 'confirmed' });
  return getSignatureFromTransaction(transaction);
}

describe.each(TRANSPORTS)('kit %s', (transport) => {
  let world: World;
  let alice: KeyPairSigner;
  let bob: KeyPairSigner;
  beforeAll(async () => {
    world = await openWorld(transport);
    alice = await rich(world);
    bob = await rich(world, SOL);
  });
  afterAll(() => world.node.close());

  it('reads balances, accounts and integers of 64 bits', async () => {
    const { rpc } = world;
    expect((await rpc.getBalance(bob.address).send()).value).toBe(SOL);
    const { value } = await rpc.getAccountInfo(bob.address, { encoding: 'base64' }).send();
    expect(value).toMatchObject({
      lamports: SOL,
      owner: SYSTEM_PROGRAM_ADDRESS,
      data: ['', 'base64'],
      executable: false,
      space: 0n,
    });
    expect((value as unknown as { readonly rentEpoch: bigint }).rentEpoch).toBe(2n ** 64n - 1n);
    const epoch = await rpc.getEpochInfo().send();
    expect(epoch.slotsInEpoch).toBe(432_000n);
  });

  it('transfers with kit confirming', async () => {
    const { rpc } = world;
    const to = (await generateKeyPairSigner()).address;
    const transfer = getTransferSolInstruction({ source: alice, destination: to, amount: lamports(SOL) });
    const signature = await send(world, alice, [transfer, getAddMemoInstruction({ memo: 'hello' })]);
    expect((await rpc.getBalance(to).send()).value).toBe(SOL);
    const found = await rpc
      .getTransaction(signature, {
        encoding: 'jsonParsed',
        maxSupportedTransactionVersion: 0,
        commitment: 'confirmed',
      })
      .send();
    expect(found?.version).toBe(0);
    expect(found?.meta?.err).toBe(null);
    expect(found?.transaction.message.instructions[1]).toMatchObject({
      program: 'spl-memo',
      parsed: 'hello',
    });
    const [status] = (await rpc.getSignatureStatuses([signature]).send()).value;
    expect(status?.confirmationStatus).toBe('finalized');
    const listed = await rpc.getSignaturesForAddress(to).send();
    expect(listed.map((entry) => entry.memo)).toEqual(['[5] hello']);
    const block = await rpc.getBlock(found!.slot, { maxSupportedTransactionVersion: 0 }).send();
    expect(block?.transactions).toHaveLength(1);
  });

  it('makes a mint and moves tokens', async () => {
    const { rpc } = world;
    const mint = await generateKeyPairSigner();
    const space = BigInt(getMintSize());
    const rent = await rpc.getMinimumBalanceForRentExemption(space).send();
    const [from] = await findAssociatedTokenPda({
      mint: mint.address,
      owner: alice.address,
      tokenProgram: TOKEN_PROGRAM_ADDRESS,
    });
    const [to] = await findAssociatedTokenPda({
      mint: mint.address,
      owner: bob.address,
      tokenProgram: TOKEN_PROGRAM_ADDRESS,
    });
    const open = (owner: Address, ata: Address): Instruction =>
      getCreateAssociatedTokenIdempotentInstruction({ payer: alice, owner, ata, mint: mint.address });
    await send(world, alice, [
      getCreateAccountInstruction({
        payer: alice,
        newAccount: mint,
        lamports: rent,
        space,
        programAddress: TOKEN_PROGRAM_ADDRESS,
      }),
      getInitializeMint2Instruction({ mint: mint.address, decimals: 2, mintAuthority: alice.address }),
      open(alice.address, from),
      open(bob.address, to),
      getMintToInstruction({ mint: mint.address, token: from, mintAuthority: alice, amount: 1000n }),
    ]);
    await send(world, alice, [
      getTransferCheckedInstruction({
        source: from,
        mint: mint.address,
        destination: to,
        authority: alice,
        amount: 250n,
        decimals: 2,
      }),
    ]);
    expect((await fetchMint(rpc, mint.address)).data.supply).toBe(1000n);
    expect((await fetchToken(rpc, to)).data.amount).toBe(250n);
    const { value } = await rpc
      .getTokenAccountsByOwner(bob.address, { mint: mint.address }, { encoding: 'jsonParsed' })
      .send();
    expect(value[0]!.account.data.parsed.info.tokenAmount.uiAmountString).toBe('2.5');
    const accounts = await rpc
      .getProgramAccounts(TOKEN_PROGRAM_ADDRESS, {
        encoding: 'base64',
        filters: [
          { dataSize: 165n },
          { memcmp: { offset: 0n, bytes: mint.address as never, encoding: 'base58' } },
        ],
      })
      .send();
    expect(accounts).toHaveLength(2);
  });

  it('says why a transaction would fail, in numbers that kit knows', async () => {
    const to = (await generateKeyPairSigner()).address;
    const poor = await rich(world, SOL);
    const transfer = getTransferSolInstruction({ source: poor, destination: to, amount: lamports(5n * SOL) });
    const transaction = await signed(world, poor, [transfer]);
    const error: unknown = await world.rpc
      .sendTransaction(getBase64EncodedWireTransaction(transaction), {
        encoding: 'base64',
        preflightCommitment: 'confirmed',
      })
      .send()
      .catch((reason: unknown) => reason);
    expect(
      isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE),
    ).toBe(true);
    expect(error).toMatchObject({ context: { unitsConsumed: 150n }, cause: { context: { index: 0 } } });
  });

  it('simulates', async () => {
    const to = (await generateKeyPairSigner()).address;
    const transaction = await signed(world, alice, [
      getSetComputeUnitLimitInstruction({ units: 1000 }),
      getTransferSolInstruction({ source: alice, destination: to, amount: lamports(SOL) }),
    ]);
    const { value } = await world.rpc
      .simulateTransaction(getBase64EncodedWireTransaction(transaction), {
        encoding: 'base64',
        sigVerify: true,
        commitment: 'confirmed',
        accounts: { addresses: [to], encoding: 'base64' },
        innerInstructions: true,
      })
      .send();
    expect(value).toMatchObject({ err: null, unitsConsumed: 300n, fee: 5000n });
    expect(value.accounts[0]?.lamports).toBe(SOL);
    expect(value.preBalances?.[1]).toBe(0n);
    expect(value.postBalances?.[1]).toBe(SOL);
  });

  it('sends with a durable nonce', async () => {
    const { rpc } = world;
    const nonce = await generateKeyPairSigner();
    const space = BigInt(getNonceSize());
    await send(world, alice, [
      getCreateAccountInstruction({
        payer: alice,
        newAccount: nonce,
        lamports: await rpc.getMinimumBalanceForRentExemption(space).send(),
        space,
        programAddress: SYSTEM_PROGRAM_ADDRESS,
      }),
      getInitializeNonceAccountInstruction({ nonceAccount: nonce.address, nonceAuthority: alice.address }),
    ]);
    const { data } = await fetchNonce(rpc, nonce.address);
    const to = (await generateKeyPairSigner()).address;
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (tx) => setTransactionMessageFeePayerSigner(alice, tx),
      (tx) =>
        setTransactionMessageLifetimeUsingDurableNonce(
          {
            nonce: data.blockhash as never,
            nonceAccountAddress: nonce.address,
            nonceAuthorityAddress: alice.address,
          },
          tx,
        ),
      (tx) =>
        appendTransactionMessageInstructions(
          [getTransferSolInstruction({ source: alice, destination: to, amount: lamports(SOL) })],
          tx,
        ),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    await rpc
      .sendTransaction(getBase64EncodedWireTransaction(transaction), {
        encoding: 'base64',
        preflightCommitment: 'confirmed',
      })
      .send();
    expect((await rpc.getBalance(to).send()).value).toBe(SOL);
  });

  it('hears of accounts, logs and slots', async () => {
    const { rpcSubscriptions } = world;
    const abort = new AbortController();
    const to = (await generateKeyPairSigner()).address;
    const options = { abortSignal: abort.signal };
    const accounts = await rpcSubscriptions
      .accountNotifications(to, { commitment: 'confirmed', encoding: 'base64' })
      .subscribe(options);
    const logs = await rpcSubscriptions
      .logsNotifications({ mentions: [to] }, { commitment: 'confirmed' })
      .subscribe(options);
    const slots = await rpcSubscriptions.slotNotifications().subscribe(options);
    const next = async <Value>(source: AsyncIterable<Value>): Promise<Value> => {
      for await (const value of source) return value;
      throw new Error('the subscription ended');
    };
    const heard = Promise.all([next(accounts), next(logs), next(slots)]);
    const transfer = getTransferSolInstruction({ source: alice, destination: to, amount: lamports(SOL) });
    const signature = await send(world, alice, [transfer]);
    const [account, log, slot] = await heard;
    expect(account.value.lamports).toBe(SOL);
    expect(log.value.signature).toBe(signature);
    expect(slot.parent).toBe(log.context.slot);
    abort.abort();
  });

  it('reads vote, stake and sysvar accounts parsed', async () => {
    const { rpc } = world;
    const { current } = await rpc.getVoteAccounts().send();
    const vote = await rpc.getAccountInfo(current[0]!.votePubkey, { encoding: 'jsonParsed' }).send();
    expect(vote.value?.data).toMatchObject({
      program: 'vote',
      parsed: { type: 'vote', info: { nodePubkey: current[0]!.nodePubkey, commission: 0 } },
    });
    const clock = await rpc
      .getAccountInfo(address('SysvarC1ock11111111111111111111111111111111'), { encoding: 'jsonParsed' })
      .send();
    expect(clock.value?.data).toMatchObject({ program: 'sysvar', parsed: { type: 'clock' } });
  });
});

describe('kit on a node whose slots take time', () => {
  it('confirms', async () => {
    const world = await openWorld('HTTP and WebSocket', 20);
    try {
      const alice = await rich(world);
      const to = (await generateKeyPairSigner()).address;
      await send(world, alice, [
        getTransferSolInstruction({ source: alice, destination: to, amount: lamports(SOL) }),
      ]);
      const options = { commitment: 'confirmed' } as const;
      expect((await world.rpc.getBalance(to, options).send()).value).toBe(SOL);
    } finally {
      await world.node.close();
    }
  });
});
