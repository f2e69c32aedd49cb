import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  Keypair,
  NonceAccount,
  NONCE_ACCOUNT_LENGTH,
  PublicKey,
  SendTransactionError,
  sendAndConfirmTransaction,
  StakeProgram,
  Authorized,
  SystemProgram,
  Transaction,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, rich, SOL, transfer, TRANSPORTS, type World } from './support.ts';

const MEMO = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr');

const memo = (text: string): TransactionInstruction =>
  new TransactionInstruction({ programId: MEMO, keys: [], data: Buffer.from(text) });

describe.each(TRANSPORTS)('web3.js %s', (transport) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(transport);
  });
  afterAll(() => world.close());

  it('asks about the node and the cluster', async () => {
    const { connection } = world;
    expect((await connection.getVersion())['solana-core']).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await connection.getEpochInfo()).slotsInEpoch).toBe(432_000);
    expect((await connection.getVoteAccounts()).current).toHaveLength(1);
    expect(await connection.getGenesisHash()).toHaveLength(44);
    expect((await connection.getSupply()).value.total).toBeGreaterThan(0);
    expect(await connection.getMinimumBalanceForRentExemption(165)).toBe((165 + 128) * 5080);
    expect((await connection.getClusterNodes())[0]!.pubkey).toBe(
      (await connection.getVoteAccounts()).current[0]!.nodePubkey,
    );
  });

  it('airdrops and transfers', async () => {
    const { connection } = world;
    const from = await rich(world, 5 * SOL);
    const to = Keypair.generate().publicKey;
    const signature = await sendAndConfirmTransaction(connection, transfer(from.publicKey, to, SOL), [from]);
    expect(await connection.getBalance(to)).toBe(SOL);
    expect(await connection.getBalance(from.publicKey)).toBe(4 * SOL - 5000);
    const parsed = await connection.getParsedTransaction(signature);
    expect(parsed?.meta?.fee).toBe(5000);
    expect(parsed?.transaction.message.instructions[0]).toMatchObject({
      program: 'system',
      parsed: {
        type: 'transfer',
        info: { source: from.publicKey.toBase58(), destination: to.toBase58(), lamports: SOL },
      },
    });
    const [status] = (await connection.getSignatureStatuses([signature])).value;
    expect(status).toMatchObject({ err: null, confirmationStatus: 'finalized', confirmations: null });
    const block = await connection.getBlock(parsed!.slot, { maxSupportedTransactionVersion: 0 });
    expect(block?.transactions.map(({ transaction }) => transaction.signatures[0])).toEqual([signature]);
    expect(block?.rewards?.[0]?.rewardType).toBe('Fee');
    const listed = await connection.getSignaturesForAddress(to);
    expect(listed.map((entry) => entry.signature)).toEqual([signature]);
  });

  it('pages through the signatures of an address, newest first', async () => {
    const { connection } = world;
    const from = await rich(world);
    const to = Keypair.generate().publicKey;
    const sent: string[] = [];
    for (let i = 1; i <= 4; i++) {
      const transaction = transfer(from.publicKey, to, SOL + i).add(memo(`number ${i}`));
      sent.unshift(await sendAndConfirmTransaction(connection, transaction, [from]));
    }
    const first = await connection.getSignaturesForAddress(to, { limit: 2 });
    expect(first.map(({ signature }) => signature)).toEqual(sent.slice(0, 2));
    expect(first[0]!.memo).toBe('[8] number 4');
    const rest = await connection.getSignaturesForAddress(to, { before: sent[1]!, until: sent[3]! });
    expect(rest.map(({ signature }) => signature)).toEqual([sent[2]]);
  });

  it('tells why a transaction fails before it is sent', async () => {
    const { connection } = world;
    const from = await rich(world, SOL);
    const send = sendAndConfirmTransaction(
      connection,
      transfer(from.publicKey, Keypair.generate().publicKey, 2 * SOL),
      [from],
    );
    const error = (await send.catch((reason: unknown) => reason)) as SendTransactionError;
    expect(error).toBeInstanceOf(SendTransactionError);
    expect(error.transactionError.message).toBe(
      'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1',
    );
    expect(error.logs).toContain(`Transfer: insufficient lamports ${SOL - 5000}, need ${2 * SOL}`);
  });

  it('simulates, with accounts and units', async () => {
    const { connection } = world;
    const from = await rich(world, 3 * SOL);
    const to = Keypair.generate().publicKey;
    const message = new TransactionMessage({
      payerKey: from.publicKey,
      recentBlockhash: PublicKey.default.toBase58(),
      instructions: [...transfer(from.publicKey, to, SOL).instructions, memo('hi')],
    }).compileToV0Message();
    const { value } = await connection.simulateTransaction(new VersionedTransaction(message), {
      replaceRecentBlockhash: true,
      accounts: { encoding: 'base64', addresses: [to.toBase58()] },
      innerInstructions: true,
    });
    expect(value.err).toBe(null);
    expect(value.accounts?.[0]?.lamports).toBe(SOL);
    expect(value.logs?.at(-1)).toBe(`Program ${MEMO.toBase58()} success`);
    expect(value.unitsConsumed).toBeGreaterThan(150);
    const replaced = (value as { readonly replacementBlockhash?: { readonly blockhash: string } })
      .replacementBlockhash;
    expect(replaced?.blockhash).toBe((await connection.getLatestBlockhash()).blockhash);
    expect(await connection.getBalance(to)).toBe(0);
    const unsigned = new VersionedTransaction(message);
    await expect(connection.simulateTransaction(unsigned, { sigVerify: true })).rejects.toThrow(
      'Transaction signature verification failure',
    );
  });

  it('pays priority fees', async () => {
    const { connection } = world;
    const from = await rich(world, 3 * SOL);
    const transaction = transfer(from.publicKey, Keypair.generate().publicKey, SOL).add(
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 2_000_000 }),
    );
    await sendAndConfirmTransaction(connection, transaction, [from]);
    expect(await connection.getBalance(from.publicKey)).toBe(2 * SOL - 5000 - 2000);
    const { blockhash } = await connection.getLatestBlockhash();
    transaction.recentBlockhash = blockhash;
    expect((await connection.getFeeForMessage(transaction.compileMessage())).value).toBe(7000);
    const fees = await connection.getRecentPrioritizationFees({ lockedWritableAccounts: [from.publicKey] });
    expect(fees.at(-1)!.prioritizationFee).toBe(2_000_000);
  });

  it('uses durable nonces', async () => {
    const { connection } = world;
    const payer = await rich(world);
    const nonce = Keypair.generate();
    const create = SystemProgram.createNonceAccount({
      fromPubkey: payer.publicKey,
      noncePubkey: nonce.publicKey,
      authorizedPubkey: payer.publicKey,
      lamports: await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH),
    });
    await sendAndConfirmTransaction(connection, create, [payer, nonce]);
    const before = await connection.getNonce(nonce.publicKey);
    const to = Keypair.generate().publicKey;
    const transaction = new Transaction();
    transaction.nonceInfo = {
      nonce: before!.nonce,
      nonceInstruction: SystemProgram.nonceAdvance({
        noncePubkey: nonce.publicKey,
        authorizedPubkey: payer.publicKey,
      }),
    };
    transaction.add(...transfer(payer.publicKey, to, SOL).instructions);
    transaction.feePayer = payer.publicKey;
    transaction.sign(payer);
    const raw = transaction.serialize();
    // Sent long after its making: the nonce stands for a recent blockhash.
    for (let i = 0; i < 3; i++) await rich(world, SOL);
    await connection.sendRawTransaction(raw);
    expect(await connection.getBalance(to)).toBe(SOL);
    const info = await connection.getAccountInfo(nonce.publicKey);
    expect(NonceAccount.fromAccountData(info!.data).nonce).not.toBe(before!.nonce);
    const parsed = await connection.getParsedAccountInfo(nonce.publicKey);
    expect(parsed.value?.data).toMatchObject({ program: 'nonce', parsed: { type: 'initialized' } });
    await expect(connection.sendRawTransaction(raw)).rejects.toThrow(/Blockhash not found/);
  });

  it('makes and uses lookup tables', async () => {
    const { connection, node } = world;
    const payer = await rich(world);
    const to = Keypair.generate().publicKey;
    node.solana.endSlot();
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      authority: payer.publicKey,
      payer: payer.publicKey,
      recentSlot: await connection.getSlot('finalized'),
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
      lookupTable: table,
      authority: payer.publicKey,
      payer: payer.publicKey,
      addresses: [to, Keypair.generate().publicKey],
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [payer]);
    node.solana.endSlot();
    const { value } = await connection.getAddressLookupTable(table);
    expect(value?.state.addresses[0]!.equals(to)).toBe(true);
    const { blockhash } = await connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: blockhash,
      instructions: transfer(payer.publicKey, to, SOL).instructions,
    }).compileToV0Message([value!]);
    const transaction = new VersionedTransaction(message);
    transaction.sign([payer]);
    const signature = await connection.sendTransaction(transaction);
    expect(await connection.getBalance(to)).toBe(SOL);
    const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(found?.version).toBe(0);
    expect(found?.meta?.loadedAddresses?.writable.map(String)).toEqual([to.toBase58()]);
    await expect(connection.getTransaction(signature)).rejects.toThrow(
      /Transaction version \(0\) is not supported/,
    );
    const parsed = await connection.getParsedAccountInfo(table);
    expect(parsed.value?.data).toMatchObject({
      program: 'address-lookup-table',
      parsed: { type: 'lookupTable' },
    });
  });

  it('stakes', async () => {
    const { connection } = world;
    const payer = await rich(world);
    const stake = Keypair.generate();
    const { current } = await connection.getVoteAccounts();
    const rent = await connection.getMinimumBalanceForRentExemption(StakeProgram.space);
    const create = StakeProgram.createAccount({
      fromPubkey: payer.publicKey,
      stakePubkey: stake.publicKey,
      authorized: new Authorized(payer.publicKey, payer.publicKey),
      lamports: rent + 2 * SOL,
    });
    await sendAndConfirmTransaction(connection, create, [payer, stake]);
    const delegate = StakeProgram.delegate({
      stakePubkey: stake.publicKey,
      authorizedPubkey: payer.publicKey,
      votePubkey: new PublicKey(current[0]!.votePubkey),
    });
    const signature = await sendAndConfirmTransaction(connection, delegate, [payer]);
    const parsed = await connection.getParsedAccountInfo(stake.publicKey);
    expect(parsed.value?.data).toMatchObject({
      program: 'stake',
      parsed: { type: 'delegated', info: { stake: { delegation: { stake: String(2 * SOL) } } } },
    });
    const transaction = await connection.getParsedTransaction(signature);
    expect(transaction?.transaction.message.instructions[0]).toMatchObject({
      program: 'stake',
      parsed: { type: 'delegate', info: { voteAccount: current[0]!.votePubkey } },
    });
  });

  it('hears of accounts, programs, logs, slots and signatures', async () => {
    const { connection } = world;
    const from = await rich(world);
    const to = Keypair.generate().publicKey;
    const heard: string[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const ids = {
      account: connection.onAccountChange(to, ({ lamports }) => heard.push(`account ${lamports}`), {
        commitment: 'confirmed',
      }),
      program: connection.onProgramAccountChange(
        SystemProgram.programId,
        ({ accountId }) => accountId.equals(to) && heard.push('program'),
        { commitment: 'confirmed' },
      ),
      logs: connection.onLogs(to, ({ logs }) => heard.push(`logs ${logs.length}`), 'confirmed'),
      slot: connection.onSlotChange(({ slot }) => heard.push(`slot ${slot}`)),
      root: connection.onRootChange((root) => heard.push(`root ${root}`)),
    };
    // Subscriptions are made behind the scenes: the slot's answer shows that the others have come too.
    for (let i = 0; i < 400 && !heard.some((each) => each.startsWith('root')); i++) {
      world.node.solana.endSlot();
      await wait();
    }
    heard.length = 0;
    const slot = await connection.getSlot('processed');
    await connection.sendTransaction(transfer(from.publicKey, to, SOL), [from]);
    for (let i = 0; i < 400 && heard.length < 5; i++) await wait();
    expect(heard).toEqual([`account ${SOL}`, 'program', 'logs 2', `slot ${slot + 1}`, `root ${slot}`]);
    await connection.removeAccountChangeListener(ids.account);
    await connection.removeProgramAccountChangeListener(ids.program);
    await connection.removeOnLogsListener(ids.logs);
    await connection.removeSlotChangeListener(ids.slot);
    await connection.removeRootChangeListener(ids.root);
  });
});
