import {
  Keypair,
  type PublicKey,
  SystemProgram,
  Transaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';
import {
  approve,
  burn,
  closeAccount,
  createAccount,
  createInitializeMintInstruction,
  createInitializeTransferFeeConfigInstruction,
  createMint,
  ExtensionType,
  freezeAccount,
  getAccount,
  getMint,
  getMintLen,
  getOrCreateAssociatedTokenAccount,
  mintTo,
  NATIVE_MINT,
  setAuthority,
  AuthorityType,
  syncNative,
  thawAccount,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
  transfer,
  transferChecked,
  getTransferFeeAmount,
} from '@solana/spl-token';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, rich, SOL, TRANSPORTS, type World } from './support.ts';

const PROGRAMS = [
  ['Token', TOKEN_PROGRAM_ID],
  ['Token-2022', TOKEN_2022_PROGRAM_ID],
] as const;

describe.each(TRANSPORTS)('spl-token %s', (transport) => {
  let world: World;
  let alice: Keypair;
  let bob: Keypair;
  beforeAll(async () => {
    world = await openWorld(transport);
    alice = await rich(world);
    bob = await rich(world);
  });
  afterAll(() => world.close());

  describe.each(PROGRAMS)('%s', (_, program) => {
    let mint: PublicKey;
    let from: PublicKey;
    let to: PublicKey;

    it('mints', async () => {
      const { connection } = world;
      mint = await createMint(
        connection,
        alice,
        alice.publicKey,
        alice.publicKey,
        6,
        undefined,
        undefined,
        program,
      );
      from = (
        await getOrCreateAssociatedTokenAccount(
          connection,
          alice,
          mint,
          alice.publicKey,
          false,
          undefined,
          undefined,
          program,
        )
      ).address;
      to = (
        await getOrCreateAssociatedTokenAccount(
          connection,
          alice,
          mint,
          bob.publicKey,
          false,
          undefined,
          undefined,
          program,
        )
      ).address;
      await mintTo(connection, alice, mint, from, alice, 5_000_000n, [], undefined, program);
      expect((await getMint(connection, mint, undefined, program)).supply).toBe(5_000_000n);
      expect((await connection.getTokenSupply(mint)).value.uiAmountString).toBe('5');
    });

    it('transfers', async () => {
      const { connection } = world;
      await transfer(connection, alice, from, to, alice, 1_500_000n, [], undefined, program);
      const signature = await transferChecked(
        connection,
        alice,
        from,
        mint,
        to,
        alice,
        500_000n,
        6,
        [],
        undefined,
        program,
      );
      expect((await getAccount(connection, to, undefined, program)).amount).toBe(2_000_000n);
      expect((await connection.getTokenAccountBalance(to)).value).toEqual({
        amount: '2000000',
        decimals: 6,
        uiAmount: 2,
        uiAmountString: '2',
      });
      const parsed = await connection.getParsedTransaction(signature);
      expect(parsed?.transaction.message.instructions[0]).toMatchObject({
        program: 'spl-token',
        parsed: { type: 'transferChecked', info: { tokenAmount: { uiAmountString: '0.5' } } },
      });
      const [before, after] = [parsed!.meta!.preTokenBalances!, parsed!.meta!.postTokenBalances!];
      expect(before.find(({ owner }) => owner === bob.publicKey.toBase58())?.uiTokenAmount.amount).toBe(
        '1500000',
      );
      expect(after.find(({ owner }) => owner === bob.publicKey.toBase58())?.uiTokenAmount.amount).toBe(
        '2000000',
      );
    });

    it('lists accounts by owner and by delegate', async () => {
      const { connection } = world;
      await approve(connection, bob, to, alice.publicKey, bob, 10n, [], undefined, program);
      const owned = await connection.getParsedTokenAccountsByOwner(bob.publicKey, { mint });
      expect(owned.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([to.toBase58()]);
      expect(owned.value[0]!.account.data.parsed.info).toMatchObject({
        delegate: alice.publicKey.toBase58(),
        delegatedAmount: { amount: '10' },
        state: 'initialized',
      });
      const byProgram = await connection.getTokenAccountsByOwner(bob.publicKey, { programId: program });
      expect(byProgram.value.map(({ pubkey }) => pubkey.toBase58())).toContain(to.toBase58());
      const largest = await connection.getTokenLargestAccounts(mint);
      expect(largest.value.map(({ amount }) => amount)).toEqual(['3000000', '2000000']);
    });

    it('freezes, thaws, burns, closes, hands over', async () => {
      const { connection } = world;
      await freezeAccount(connection, alice, to, mint, alice, [], undefined, program);
      await expect(burn(connection, bob, to, mint, bob, 1n, [], undefined, program)).rejects.toThrow(/0x11/);
      await thawAccount(connection, alice, to, mint, alice, [], undefined, program);
      await burn(connection, bob, to, mint, bob, 2_000_000n, [], undefined, program);
      await closeAccount(connection, bob, to, bob.publicKey, bob, [], undefined, program);
      expect(await connection.getAccountInfo(to)).toBe(null);
      const signature = await setAuthority(
        connection,
        alice,
        mint,
        alice,
        AuthorityType.MintTokens,
        null,
        [],
        undefined,
        program,
      );
      const parsed = await connection.getParsedTransaction(signature);
      expect(parsed?.transaction.message.instructions[0]).toMatchObject({
        parsed: {
          type: 'setAuthority',
          info: { mint: mint.toBase58(), authorityType: 'mintTokens', newAuthority: null },
        },
      });
      const info = (await connection.getParsedAccountInfo(mint)).value?.data;
      expect(info).toMatchObject({
        parsed: { type: 'mint', info: { mintAuthority: null, supply: '3000000' } },
      });
    });
  });

  it('wraps SOL', async () => {
    const { connection } = world;
    const wrapped = await createAccount(connection, alice, NATIVE_MINT, alice.publicKey, Keypair.generate());
    const fund = new Transaction().add(
      SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: wrapped, lamports: SOL }),
    );
    await sendAndConfirmTransaction(connection, fund, [alice]);
    await syncNative(connection, alice, wrapped);
    expect((await connection.getTokenAccountBalance(wrapped)).value.uiAmount).toBe(1);
    expect((await connection.getParsedAccountInfo(wrapped)).value?.data).toMatchObject({
      parsed: { info: { isNative: true, mint: NATIVE_MINT.toBase58() } },
    });
  });

  it('takes fees of transfers with an extension of Token-2022', async () => {
    const { connection } = world;
    const mint = Keypair.generate();
    const space = getMintLen([ExtensionType.TransferFeeConfig]);
    const create = new Transaction().add(
      SystemProgram.createAccount({
        fromPubkey: alice.publicKey,
        newAccountPubkey: mint.publicKey,
        space,
        lamports: await connection.getMinimumBalanceForRentExemption(space),
        programId: TOKEN_2022_PROGRAM_ID,
      }),
      createInitializeTransferFeeConfigInstruction(
        mint.publicKey,
        alice.publicKey,
        alice.publicKey,
        100,
        5000n,
        TOKEN_2022_PROGRAM_ID,
      ),
      createInitializeMintInstruction(mint.publicKey, 2, alice.publicKey, null, TOKEN_2022_PROGRAM_ID),
    );
    await sendAndConfirmTransaction(connection, create, [alice, mint]);
    const open = async (owner: PublicKey): Promise<PublicKey> =>
      (
        await getOrCreateAssociatedTokenAccount(
          connection,
          alice,
          mint.publicKey,
          owner,
          false,
          undefined,
          undefined,
          TOKEN_2022_PROGRAM_ID,
        )
      ).address;
    const [from, to] = [await open(alice.publicKey), await open(bob.publicKey)];
    await mintTo(
      connection,
      alice,
      mint.publicKey,
      from,
      alice,
      10_000n,
      [],
      undefined,
      TOKEN_2022_PROGRAM_ID,
    );
    await transferChecked(
      connection,
      alice,
      from,
      mint.publicKey,
      to,
      alice,
      1000n,
      2,
      [],
      undefined,
      TOKEN_2022_PROGRAM_ID,
    );
    const account = await getAccount(connection, to, undefined, TOKEN_2022_PROGRAM_ID);
    expect(account.amount).toBe(990n);
    expect(getTransferFeeAmount(account)?.withheldAmount).toBe(10n);
    const parsed = (await connection.getParsedAccountInfo(mint.publicKey)).value?.data;
    expect(parsed).toMatchObject({
      program: 'spl-token-2022',
      parsed: {
        info: {
          extensions: [
            { extension: 'transferFeeConfig', state: { newerTransferFee: { transferFeeBasisPoints: 100 } } },
          ],
        },
      },
    });
  });
});
