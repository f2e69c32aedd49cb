import {
  Authorized,
  Keypair,
  type PublicKey,
  PublicKey as Key,
  sendAndConfirmTransaction,
  StakeProgram,
  SYSVAR_STAKE_HISTORY_PUBKEY,
} from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, rich, SOL, TRANSPORTS, type World } from './support.ts';

type Rpc = { readonly _rpcRequest: (method: string, params: readonly unknown[]) => Promise<unknown> };

type ParsedStake = {
  readonly type: string;
  readonly info: {
    readonly stake: {
      readonly creditsObserved: number;
      readonly delegation: {
        readonly stake: string;
        readonly activationEpoch: string;
        readonly deactivationEpoch: string;
      };
    } | null;
  };
};

const NEVER = '18446744073709551615';

describe.each(TRANSPORTS)('stakes %s', (transport) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(transport, { slotsPerEpoch: 64, votes: true });
  });
  afterAll(() => world.close());

  /** Time goes on to the begin of the next epoch. */
  const nextEpoch = async (): Promise<void> => {
    const { epoch } = await world.connection.getEpochInfo('processed');
    await (world.connection as unknown as Rpc)._rpcRequest('surfnet_timeTravel', [
      { absoluteEpoch: epoch + 1 },
    ]);
  };

  const parsedStake = async (at: PublicKey): Promise<ParsedStake> => {
    const { value } = await world.connection.getParsedAccountInfo(at);
    return (value!.data as { readonly parsed: ParsedStake }).parsed;
  };

  const voter = async (): Promise<{ readonly key: Key; readonly activatedStake: number }> => {
    const [validator] = (await world.connection.getVoteAccounts()).current;
    return { key: new Key(validator!.votePubkey), activatedStake: validator!.activatedStake };
  };

  it('are made, delegated, warm up, are asked back, cool down and are withdrawn', async () => {
    const { connection } = world;
    const owner = await rich(world, 1000 * SOL);
    const stake = Keypair.generate();
    const reserve = await connection.getMinimumBalanceForRentExemption(StakeProgram.space);
    const send = (transaction: Parameters<typeof sendAndConfirmTransaction>[1], ...more: Keypair[]) =>
      sendAndConfirmTransaction(connection, transaction, [owner, ...more]);
    for (let i = 0; i < 2; i++) world.node.solana.endSlot();
    const before = await voter();

    await send(
      StakeProgram.createAccount({
        fromPubkey: owner.publicKey,
        stakePubkey: stake.publicKey,
        authorized: new Authorized(owner.publicKey, owner.publicKey),
        lamports: 100 * SOL + reserve,
      }),
      stake,
    );
    await send(
      StakeProgram.delegate({
        stakePubkey: stake.publicKey,
        authorizedPubkey: owner.publicKey,
        votePubkey: before.key,
      }),
    );
    const { epoch } = await connection.getEpochInfo();
    expect(await parsedStake(stake.publicKey)).toMatchObject({
      type: 'delegated',
      info: {
        stake: {
          delegation: {
            stake: `${100 * SOL}`,
            activationEpoch: `${epoch}`,
            deactivationEpoch: NEVER,
          },
        },
      },
    });
    expect((await voter()).activatedStake).toBe(before.activatedStake);

    await nextEpoch();
    expect((await voter()).activatedStake - before.activatedStake).toBeGreaterThanOrEqual(100 * SOL);
    const { value: history } = await connection.getParsedAccountInfo(SYSVAR_STAKE_HISTORY_PUBKEY);
    expect(
      (history!.data as { readonly parsed: { readonly info: readonly unknown[] } }).parsed.info[0],
    ).toEqual({
      epoch,
      stakeHistory: { effective: before.activatedStake, activating: 100 * SOL, deactivating: 0 },
    });

    // Nothing can be withdrawn while it is effective.
    const withdraw = (lamports: number) =>
      StakeProgram.withdraw({
        stakePubkey: stake.publicKey,
        authorizedPubkey: owner.publicKey,
        toPubkey: owner.publicKey,
        lamports,
      });
    await expect(send(withdraw(SOL))).rejects.toThrow(/insufficient|Custom|0x/i);

    await send(StakeProgram.deactivate({ stakePubkey: stake.publicKey, authorizedPubkey: owner.publicKey }));
    expect((await parsedStake(stake.publicKey)).info.stake?.delegation.deactivationEpoch).toBe(
      `${epoch + 1}`,
    );
    await expect(send(withdraw(SOL))).rejects.toThrow(/insufficient|Custom|0x/i);

    await nextEpoch();
    const left = await connection.getBalance(stake.publicKey);
    const had = await connection.getBalance(owner.publicKey);
    await send(withdraw(left));
    expect(await connection.getAccountInfo(stake.publicKey)).toBe(null);
    expect(await connection.getBalance(owner.publicKey)).toBe(had + left - 5000);
  });

  it('earn rewards while their validator votes', async () => {
    const { connection } = world;
    const owner = await rich(world, 1000 * SOL);
    const stake = Keypair.generate();
    const { key } = await voter();
    const create = StakeProgram.createAccount({
      fromPubkey: owner.publicKey,
      stakePubkey: stake.publicKey,
      authorized: new Authorized(owner.publicKey, owner.publicKey),
      lamports: 500 * SOL,
    }).add(
      StakeProgram.delegate({
        stakePubkey: stake.publicKey,
        authorizedPubkey: owner.publicKey,
        votePubkey: key,
      }),
    );
    await sendAndConfirmTransaction(connection, create, [owner, stake]);
    await nextEpoch();
    const start = await connection.getBalance(stake.publicKey);
    expect(start).toBe(500 * SOL);
    // Votes are credited once they are rooted, 31 slots later.
    for (let i = 0; i < 45; i++) world.node.solana.endSlot();
    await nextEpoch();
    const { epoch } = await connection.getEpochInfo();
    const [reward] = await connection.getInflationReward([stake.publicKey]);
    expect(reward).toMatchObject({ epoch: epoch - 1 });
    expect(reward!.amount).toBeGreaterThan(0);
    expect(await connection.getBalance(stake.publicKey)).toBe(start + reward!.amount);
    const { info } = await parsedStake(stake.publicKey);
    expect(Number(info.stake?.delegation.stake)).toBeGreaterThan(499 * SOL);
    const block = await connection.getBlock(reward!.effectiveSlot, { maxSupportedTransactionVersion: 0 });
    expect(block?.rewards).toContainEqual(
      expect.objectContaining({
        pubkey: stake.publicKey.toBase58(),
        lamports: reward!.amount,
        rewardType: 'Staking',
      }),
    );
  });
});
