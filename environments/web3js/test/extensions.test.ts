import {
  Keypair,
  type ParsedInstruction,
  type PublicKey,
  SystemProgram,
  Transaction,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
  sendAndConfirmTransaction,
} from '@solana/web3.js';
import {
  createAccount,
  createAmountToUiAmountInstruction,
  createInitializeInterestBearingMintInstruction,
  createInitializeMetadataPointerInstruction,
  createInitializeMintInstruction,
  createInitializePausableConfigInstruction,
  createInitializePermanentDelegateInstruction,
  createInitializeScaledUiAmountConfigInstruction,
  createInitializeTransferFeeConfigInstruction,
  createReallocateInstruction,
  createUpdateMultiplierDataInstruction,
  disableCpiGuard,
  enableCpiGuard,
  enableRequiredMemoTransfers,
  ExtensionType,
  getMintLen,
  harvestWithheldTokensToMint,
  mintTo,
  pause,
  resume,
  setTransferFee,
  TOKEN_2022_PROGRAM_ID,
  tokenMetadataInitializeWithRentTransfer,
  tokenMetadataRemoveKey,
  tokenMetadataUpdateAuthority,
  tokenMetadataUpdateFieldWithRentTransfer,
  transferCheckedWithFee,
  updateRateInterestBearingMint,
  withdrawWithheldTokensFromAccounts,
  withdrawWithheldTokensFromMint,
} from '@solana/spl-token';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, rich, TRANSPORTS, type World } from './support.ts';

const DECIMALS = 6;

describe.each(TRANSPORTS)('extensions of Token-2022 %s', (transport) => {
  let world: World;
  let alice: Keypair;
  beforeAll(async () => {
    world = await openWorld(transport);
    alice = await rich(world);
  });
  afterAll(() => world.close());

  /** A mint with extensions; gives it and the signature. */
  async function mintWith(
    types: readonly ExtensionType[],
    setUp: (mint: PublicKey) => readonly TransactionInstruction[],
  ): Promise<readonly [PublicKey, string]> {
    const { connection } = world;
    const key = Keypair.generate();
    const mint = key.publicKey;
    const space = getMintLen([...types]);
    const lamports = await connection.getMinimumBalanceForRentExemption(space);
    const create = SystemProgram.createAccount({
      fromPubkey: alice.publicKey,
      newAccountPubkey: mint,
      space,
      lamports,
      programId: TOKEN_2022_PROGRAM_ID,
    });
    const init = createInitializeMintInstruction(
      mint,
      DECIMALS,
      alice.publicKey,
      null,
      TOKEN_2022_PROGRAM_ID,
    );
    const transaction = new Transaction().add(create, ...setUp(mint), init);
    return [mint, await sendAndConfirmTransaction(connection, transaction, [alice, key])];
  }

  /** What the token program was asked to do in a transaction. */
  async function told(signature: string): Promise<readonly (readonly [string, object])[]> {
    const found = await world.connection.getParsedTransaction(signature);
    return found!.transaction.message.instructions
      .filter(({ programId }) => programId.equals(TOKEN_2022_PROGRAM_ID))
      .map((instruction) => {
        const { type, info } = (instruction as ParsedInstruction).parsed;
        return [type, info];
      });
  }

  const accountOf = (mint: PublicKey, key: Keypair = Keypair.generate()): Promise<PublicKey> =>
    createAccount(world.connection, alice, mint, alice.publicKey, key, undefined, TOKEN_2022_PROGRAM_ID);

  it('for fees are told', async () => {
    const { connection } = world;
    const me = alice.publicKey;
    const [mint, made] = await mintWith([ExtensionType.TransferFeeConfig], (at) => [
      createInitializeTransferFeeConfigInstruction(at, me, me, 100, 5000n, TOKEN_2022_PROGRAM_ID),
    ]);
    expect(await told(made)).toMatchObject([
      [
        'initializeTransferFeeConfig',
        {
          mint: mint.toBase58(),
          transferFeeConfigAuthority: me.toBase58(),
          withdrawWithheldAuthority: me.toBase58(),
          transferFeeBasisPoints: 100,
          maximumFee: 5000,
        },
      ],
      ['initializeMint', { decimals: DECIMALS }],
    ]);
    const [from, to] = [await accountOf(mint), await accountOf(mint)];
    await mintTo(connection, alice, mint, from, alice, 1_000_000n, [], undefined, TOKEN_2022_PROGRAM_ID);
    const pay = (): Promise<string> =>
      transferCheckedWithFee(connection, alice, from, mint, to, alice, 100_000n, DECIMALS, 1000n);
    expect(await told(await pay())).toMatchObject([
      [
        'transferCheckedWithFee',
        {
          source: from.toBase58(),
          authority: me.toBase58(),
          tokenAmount: { uiAmountString: '0.1' },
          feeAmount: { uiAmountString: '0.001' },
        },
      ],
    ]);
    const harvested = await harvestWithheldTokensToMint(connection, alice, mint, [to]);
    expect(await told(harvested)).toEqual([
      ['harvestWithheldTokensToMint', { mint: mint.toBase58(), sourceAccounts: [to.toBase58()] }],
    ]);
    const withdrawn = await withdrawWithheldTokensFromMint(connection, alice, mint, from, alice);
    // The SDK names the authority as one of a multisig's signers as well.
    expect(await told(withdrawn)).toEqual([
      [
        'withdrawWithheldTokensFromMint',
        {
          mint: mint.toBase58(),
          feeRecipient: from.toBase58(),
          multisigWithdrawWithheldAuthority: me.toBase58(),
          signers: [me.toBase58()],
        },
      ],
    ]);
    await pay();
    const taken = await withdrawWithheldTokensFromAccounts(connection, alice, mint, from, alice, [], [to]);
    expect(await told(taken)).toMatchObject([
      ['withdrawWithheldTokensFromAccounts', { sourceAccounts: [to.toBase58()] }],
    ]);
    expect((await connection.getTokenAccountBalance(from)).value.amount).toBe('802000');
    expect(await told(await setTransferFee(connection, alice, mint, alice, [], 50, 7n))).toMatchObject([
      ['setTransferFee', { transferFeeBasisPoints: 50, maximumFee: 7 }],
    ]);
  });

  it('for metadata are told, and shown in the account', async () => {
    const { connection } = world;
    const me = alice.publicKey;
    const [mint, made] = await mintWith(
      [ExtensionType.MetadataPointer, ExtensionType.PausableConfig, ExtensionType.PermanentDelegate],
      (at) => [
        createInitializeMetadataPointerInstruction(at, me, at, TOKEN_2022_PROGRAM_ID),
        createInitializePausableConfigInstruction(at, me),
        createInitializePermanentDelegateInstruction(at, me, TOKEN_2022_PROGRAM_ID),
      ],
    );
    expect((await told(made)).map(([type]) => type)).toEqual([
      'initializeMetadataPointer',
      'initializePausableConfig',
      'initializePermanentDelegate',
      'initializeMint',
    ]);
    const named = await tokenMetadataInitializeWithRentTransfer(
      connection,
      alice,
      mint,
      me,
      alice,
      'Größe',
      'G',
      'https://x.example',
    );
    expect(await told(named)).toEqual([
      [
        'initializeTokenMetadata',
        {
          metadata: mint.toBase58(),
          updateAuthority: me.toBase58(),
          mint: mint.toBase58(),
          mintAuthority: me.toBase58(),
          name: 'Größe',
          symbol: 'G',
          uri: 'https://x.example',
        },
      ],
    ]);
    const colored = await tokenMetadataUpdateFieldWithRentTransfer(
      connection,
      alice,
      mint,
      alice,
      'color',
      'red',
    );
    expect(await told(colored)).toMatchObject([
      ['updateTokenMetadataField', { field: 'color', value: 'red' }],
    ]);
    const { value } = await connection.getParsedAccountInfo(mint);
    const { info } = (value!.data as { readonly parsed: { readonly info: { extensions: unknown } } }).parsed;
    expect(info.extensions).toContainEqual({
      extension: 'tokenMetadata',
      state: {
        updateAuthority: me.toBase58(),
        mint: mint.toBase58(),
        name: 'Größe',
        symbol: 'G',
        uri: 'https://x.example',
        additionalMetadata: [['color', 'red']],
      },
    });
    expect(info.extensions).toContainEqual({
      extension: 'pausableConfig',
      state: { authority: me.toBase58(), paused: false },
    });
    const removed = await tokenMetadataRemoveKey(connection, alice, mint, alice, 'color', false);
    expect(await told(removed)).toMatchObject([
      ['removeTokenMetadataKey', { key: 'color', idempotent: false }],
    ]);
    const locked = await tokenMetadataUpdateAuthority(connection, alice, mint, alice, null);
    expect(await told(locked)).toMatchObject([['updateTokenMetadataAuthority', { newAuthority: null }]]);
    expect(await told(await pause(connection, alice, mint, alice))).toMatchObject([
      ['pause', { mint: mint.toBase58(), authority: me.toBase58() }],
    ]);
    expect(await told(await resume(connection, alice, mint, alice))).toMatchObject([['resume', {}]]);
  });

  it('of accounts are told', async () => {
    const { connection } = world;
    const [mint] = await mintWith([], () => []);
    const account = await accountOf(mint);
    expect(await told(await enlarged(account))).toMatchObject([
      ['reallocate', { account: account.toBase58(), extensionTypes: ['cpiGuard', 'memoTransfer'] }],
    ]);
    expect(await told(await enableCpiGuard(connection, alice, account, alice))).toMatchObject([
      ['enableCpiGuard', { account: account.toBase58() }],
    ]);
    expect(await told(await disableCpiGuard(connection, alice, account, alice))).toMatchObject([
      ['disableCpiGuard', {}],
    ]);
    expect(await told(await enableRequiredMemoTransfers(connection, alice, account, alice))).toMatchObject([
      ['enableRequiredMemoTransfers', {}],
    ]);
  });

  const YEAR_MS = 31_556_736_000;

  it.each<readonly [string, ExtensionType, (mint: PublicKey) => TransactionInstruction]>([
    [
      'interest',
      ExtensionType.InterestBearingConfig,
      (at) => createInitializeInterestBearingMintInstruction(at, alice.publicKey, 700),
    ],
    [
      'a scale',
      ExtensionType.ScaledUiAmountConfig,
      (at) => createInitializeScaledUiAmountConfigInstruction(at, alice.publicKey, 1.37),
    ],
  ])('amounts with %s are what the program says', async (_, type, setUp) => {
    const { connection, node } = world;
    const [mint] = await mintWith([type], (at) => [setUp(at)]);
    const account = await accountOf(mint);
    const amount = 123_456_789_012n;
    await mintTo(connection, alice, mint, account, alice, amount, [], undefined, TOKEN_2022_PROGRAM_ID);
    /** What the program itself makes of the amount, at the time of the slot that goes on. */
    const ask = async (): Promise<string> => {
      const message = new TransactionMessage({
        payerKey: alice.publicKey,
        recentBlockhash: (await connection.getLatestBlockhash()).blockhash,
        instructions: [createAmountToUiAmountInstruction(mint, amount, TOKEN_2022_PROGRAM_ID)],
      });
      const transaction = new VersionedTransaction(message.compileToLegacyMessage());
      const { value } = await connection.simulateTransaction(transaction, { commitment: 'processed' });
      return Buffer.from(value.returnData!.data[0], 'base64').toString();
    };
    const said = async (): Promise<void> => {
      const text = await ask();
      const shown = {
        amount: amount.toString(),
        decimals: DECIMALS,
        uiAmount: Number(text),
        uiAmountString: text,
      };
      expect((await connection.getTokenSupply(mint, 'processed')).value).toEqual(shown);
      expect((await connection.getTokenAccountBalance(account, 'processed')).value).toEqual(shown);
      expect((await connection.getTokenLargestAccounts(mint, 'processed')).value[0]).toMatchObject(shown);
      const { value } = await connection.getParsedAccountInfo(account, 'processed');
      const { parsed } = value!.data as {
        readonly parsed: { readonly info: { readonly tokenAmount: object } };
      };
      expect(parsed.info.tokenAmount).toEqual(shown);
    };
    await said();
    const now = Number((await connection.getBlockTime(await connection.getSlot()))!);
    if (type === ExtensionType.InterestBearingConfig) {
      await node.solana.request({
        method: 'surfnet_timeTravel',
        params: [{ absoluteTimestamp: now * 1000 + YEAR_MS }],
      });
      await said();
      const changed = await updateRateInterestBearingMint(connection, alice, mint, alice, -300);
      expect(await told(changed)).toMatchObject([
        ['updateInterestBearingConfigRate', { newRate: -300, mint: mint.toBase58() }],
      ]);
    } else {
      const change = createUpdateMultiplierDataInstruction(mint, alice.publicKey, 0.31, BigInt(now) + 60n);
      const changed = await sendAndConfirmTransaction(connection, new Transaction().add(change), [alice]);
      expect(await told(changed)).toMatchObject([
        ['updateMultiplier', { newMultiplier: '0.31', newMultiplierTimestamp: now + 60 }],
      ]);
      await said();
    }
    await node.solana.request({
      method: 'surfnet_timeTravel',
      params: [{ absoluteTimestamp: now * 1000 + 2 * YEAR_MS }],
    });
    await said();
  });

  async function enlarged(account: PublicKey): Promise<string> {
    const instruction = createReallocateInstruction(
      account,
      alice.publicKey,
      [ExtensionType.CpiGuard, ExtensionType.MemoTransfer],
      alice.publicKey,
    );
    return sendAndConfirmTransaction(world.connection, new Transaction().add(instruction), [alice]);
  }
});
