import { addressBytes, toBase58 } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import { STAKED_LAMPORTS } from '../../src/dev/validator.ts';
import { nodeKey } from '../../src/dev/keys.ts';
import { stakeAccount, voteAccount } from '../stake/support.ts';
import { alice, bob, name, openWorld, pay, SOL, type World } from './support.ts';

const EPOCH_SLOTS = 64;
const STAKE_HISTORY = 'SysvarStakeHistory1111111111111111111111111';
const EPOCH_REWARDS = 'SysvarEpochRewards1111111111111111111111111';

const voting = (more: object = {}): Promise<World> =>
  openWorld({ standardPrograms: false, slotsPerEpoch: EPOCH_SLOTS, votes: true, ...more });

/** Slots until `slot` goes on. */
function walkTo({ chain }: World, slot: number): void {
  while (chain.node.ledger.bank.slot < slot) chain.endSlot();
}

const parsed = async (world: World, address: string) =>
  (await world.call('getAccountInfo', address, { encoding: 'jsonParsed', commitment: 'processed' })).value
    .data.parsed.info;

describe('a validator that votes', () => {
  it('is seen to by everybody', async () => {
    const world = await voting();
    walkTo(world, 40);
    const { current, delinquent } = await world.call('getVoteAccounts');
    expect(delinquent).toEqual([]);
    expect(current).toHaveLength(1);
    // The vote for slot 39 is in slot 40, which is still open.
    expect(current[0]).toMatchObject({ lastVote: 38, rootSlot: 7, activatedStake: Number(STAKED_LAMPORTS) });
    // Seven slots were rooted, each voted for in the very next slot: 16 credits.
    expect(current[0].epochCredits).toEqual([[0, 7 * 16, 0]]);
    const block = await world.call('getBlock', 30, { encoding: 'jsonParsed' });
    expect(block.transactions).toHaveLength(1);
    expect(block.transactions[0].meta.err).toBe(null);
    expect(block.transactions[0].transaction.message.instructions[0]).toMatchObject({
      program: 'vote',
      parsed: { type: 'towersync', info: { towerSync: { hash: expect.any(String) } } },
    });
    await world.chain.close();
  });

  it('still has room for others in its blocks', async () => {
    const world = await voting();
    world.chain.airdrop(name(alice), 10n * SOL);
    const signature = await pay(world, bob, SOL);
    const { slot } = await world.call('getTransaction', signature);
    expect((await world.call('getBlock', slot)).transactions).toHaveLength(2);
    await world.chain.close();
  });

  it('is heard by those who subscribe to votes', async () => {
    const world = await voting();
    const sent: string[] = [];
    const connection = world.chain.hub.connect({ send: (text) => sent.push(text) });
    const session = connection.begin();
    const ask = (method: string, ...params: readonly unknown[]) =>
      world.chain.dispatcher.handleText(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), {
        session,
      });
    await ask('voteSubscribe');
    await ask('logsSubscribe', 'all');
    session.end();
    walkTo(world, 4);
    const notices = sent.map((text) => JSON.parse(text)).filter(({ method }) => method !== undefined);
    expect(notices.map(({ method }) => method)).toEqual(['voteNotification', 'voteNotification']);
    expect(notices[1].params.result).toMatchObject({ slots: [1, 2], timestamp: 1_800_000_000 });
    connection.close();
    await world.chain.close();
  });

  it('goes on voting after time travel, and on a fork', async () => {
    const world = await voting();
    walkTo(world, 10);
    await world.call('surfnet_timeTravel', { absoluteSlot: 5000 });
    walkTo(world, 5003);
    expect((await world.call('getVoteAccounts')).current[0].lastVote).toBe(5001);
    const child = world.chain.fork();
    child.endSlot();
    child.endSlot();
    const { current } = (await child.request({ method: 'getVoteAccounts' })) as {
      readonly current: readonly { readonly lastVote: number }[];
    };
    expect(current[0]?.lastVote).toBe(5003);
    await child.close();
    await world.chain.close();
  });
});

describe('rewards', () => {
  const staker = nodeKey('staker');

  it('of an epoch are told by its blocks, by account, and by the sysvars', async () => {
    const world = await voting({ slotMs: 400, scheduler: { every: () => () => {} }, finalityDepth: 0 });
    const { voteAccount: vote, stakeAccount: own } = world.chain.node.validator;
    world.chain.setAccount(name(staker), stakeAccount({ voter: vote, stake: 1000n * SOL }));
    walkTo(world, EPOCH_SLOTS);
    const supply = (await world.call('getSupply')).value.total;
    // The boundary is still open: nobody knows of rewards yet.
    const early = await world.errorOf('getInflationReward', [name(staker)], { epoch: 0 });
    expect([early.code, early.message]).toEqual([-32_004, `Block not available for slot ${EPOCH_SLOTS}`]);
    expect(await parsed(world, EPOCH_REWARDS)).toMatchObject({ active: true, numPartitions: 1 });
    world.chain.endSlot();
    const paying = await world.errorOf('getInflationReward', [name(staker)]);
    expect(paying).toMatchObject({
      code: -32_017,
      message: `Epoch rewards period still active at slot ${EPOCH_SLOTS}`,
      data: {
        currentBlockHeight: EPOCH_SLOTS,
        rewardsCompleteBlockHeight: EPOCH_SLOTS + 2,
        slot: EPOCH_SLOTS,
      },
    });
    world.chain.endSlot();

    const boundary = await world.call('getBlock', EPOCH_SLOTS);
    expect(boundary.numRewardPartitions).toBe(1);
    expect(boundary.rewards.map(({ rewardType }: { readonly rewardType: string }) => rewardType)).toEqual([
      'Fee',
    ]);
    const payer = await world.call('getBlock', EPOCH_SLOTS + 1);
    expect(payer).not.toHaveProperty('numRewardPartitions');
    const rewards = await parsed(world, EPOCH_REWARDS);
    expect(rewards.active).toBe(false);
    const staking = payer.rewards.filter(
      ({ rewardType }: { readonly rewardType: string }) => rewardType === 'Staking',
    );
    const sum = staking.reduce(
      (total: number, { lamports }: { readonly lamports: number }) => total + lamports,
      0,
    );
    expect(String(sum)).toBe(rewards.distributedRewards);
    expect(Number(rewards.totalRewards) - sum).toBeLessThan(2);
    const [mine, its, nobodys] = await world.call('getInflationReward', [
      name(staker),
      toBase58(own),
      name(bob),
    ]);
    expect(nobodys).toBe(null);
    expect(mine).toEqual({
      epoch: 0,
      effectiveSlot: EPOCH_SLOTS + 1,
      amount: staking.find(({ pubkey }: { readonly pubkey: string }) => pubkey === name(staker)).lamports,
      postBalance: (await world.call('getBalance', name(staker))).value,
      commission: null,
    });
    // A thousand SOL beside a million.
    expect(its.amount / mine.amount).toBeCloseTo(1000, 3);
    expect(mine.amount + its.amount).toBe(sum);
    const later = (await world.call('getSupply')).value.total;
    expect(later - supply).toBeGreaterThan(sum - 1_000_000);
    expect(await parsed(world, STAKE_HISTORY)).toEqual([
      {
        epoch: 0,
        stakeHistory: { effective: 1_001_000 * 1e9, activating: 0, deactivating: 0 },
      },
    ]);
    const stake = await parsed(world, name(staker));
    expect(BigInt(stake.stake.delegation.stake)).toBe(1000n * SOL + BigInt(mine.amount));
    await world.chain.close();
  });

  it('are paid before anybody sees the new epoch, where each transaction is a block', async () => {
    const world = await voting();
    walkTo(world, EPOCH_SLOTS);
    const { bank } = world.chain.node.ledger;
    expect(bank.slot).toBe(EPOCH_SLOTS + 2);
    expect(await parsed(world, EPOCH_REWARDS)).toMatchObject({ active: false });
    expect(
      (await world.call('getInflationReward', [toBase58(world.chain.node.validator.stakeAccount)]))[0],
    ).toMatchObject({
      epoch: 0,
    });
    await world.chain.close();
  });

  it('are paid on the way of time travel', async () => {
    const world = await voting();
    walkTo(world, 50);
    const target = 3 * EPOCH_SLOTS + 20;
    expect((await world.call('surfnet_timeTravel', { absoluteSlot: target })).absoluteSlot).toBe(target);
    expect(await world.call('getBlocks', 51)).toEqual([0, 1, 2].map((i) => 3 * EPOCH_SLOTS + i));
    const own = toBase58(world.chain.node.validator.stakeAccount);
    const [reward] = await world.call('getInflationReward', [own]);
    expect(reward).toMatchObject({ epoch: 2, effectiveSlot: 3 * EPOCH_SLOTS + 1 });
    // The same block begins the epochs that were skipped.
    const [skipped] = await world.call('getInflationReward', [own], { epoch: 0 });
    expect(skipped).toEqual({ ...reward, epoch: 0 });
    expect((await world.call('surfnet_timeTravel', { absoluteEpoch: 5 })).epoch).toBe(5);
    await world.chain.close();
  });

  it("are nobody's where nobody votes", async () => {
    const world = await openWorld({ standardPrograms: false, slotsPerEpoch: EPOCH_SLOTS });
    const supply = (await world.call('getSupply')).value.total;
    walkTo(world, EPOCH_SLOTS + 5);
    expect(
      await world.call('getInflationReward', [toBase58(world.chain.node.validator.stakeAccount)]),
    ).toEqual([null]);
    expect((await world.call('getSupply')).value.total).toBe(supply);
    expect((await world.errorOf('getInflationReward', [name(bob)], { epoch: 7 })).code).toBe(-32_004);
    expect((await world.errorOf('getInflationReward', [name(bob)], { commitment: 'processed' })).code).toBe(
      -32_602,
    );
    await world.chain.close();
  });
});

describe('voters', () => {
  const other = nodeKey('other vote');

  it('are current, or behind', async () => {
    const world = await openWorld({ standardPrograms: false, slotsPerEpoch: EPOCH_SLOTS });
    const at = other.address;
    world.chain.setAccount(name(other), voteAccount(at, { node: alice.address, commission: 1250 }));
    const of = async (options: object) => await world.call('getVoteAccounts', options);
    expect((await of({})).delinquent).toEqual([]);
    const [shown] = (await of({ keepUnstakedDelinquents: true })).delinquent;
    expect(shown).toEqual({
      votePubkey: name(other),
      nodePubkey: name(alice),
      activatedStake: 0,
      epochVoteAccount: false,
      commission: 12,
      inflationRewardsCommissionBps: 1250,
      lastVote: 0,
      rootSlot: 0,
      epochCredits: [],
    });
    world.chain.setAccount(name(bob), stakeAccount({ voter: at, stake: 5n * SOL }));
    expect((await of({ votePubkey: name(other) })).delinquent[0]).toMatchObject({ activatedStake: 5e9 });
    expect((await of({ votePubkey: name(alice) })).current).toEqual([]);
    walkTo(world, 2 * EPOCH_SLOTS);
    expect((await of({})).delinquent[0]).toMatchObject({ epochVoteAccount: true });
    await world.chain.close();
  });

  it('show the credits of five epochs', async () => {
    const world = await openWorld({ standardPrograms: false });
    const credits = Array.from({ length: 8 }, (_, i) => ({
      epoch: BigInt(i),
      credits: BigInt(10 * i + 10),
      previous: BigInt(10 * i),
    }));
    world.chain.setAccount(name(other), voteAccount(other.address, { credits }));
    const { delinquent } = await world.call('getVoteAccounts', { keepUnstakedDelinquents: true });
    expect(delinquent[0].epochCredits).toEqual([3, 4, 5, 6, 7].map((i) => [i, 10 * i + 10, 10 * i]));
    await world.chain.close();
  });

  it('of any bytes are shown or not', async () => {
    const world = await openWorld({ standardPrograms: false });
    const owner = addressBytes('Vote111111111111111111111111111111111111111');
    for (const [i, data] of [
      new Uint8Array(3762).fill(255),
      new Uint8Array(3762),
      new Uint8Array(5),
    ].entries())
      world.chain.setAccount(name(nodeKey(`vote ${i}`)), { ...voteAccount(other.address), owner, data });
    const { current, delinquent } = await world.call('getVoteAccounts', { keepUnstakedDelinquents: true });
    expect([current.length, delinquent.length]).toEqual([1, 0]);
    await world.chain.close();
  });
});

describe('inflation', () => {
  it('is by the epoch', async () => {
    const world = await openWorld({ standardPrograms: false, slotsPerEpoch: EPOCH_SLOTS });
    const first = await world.call('getInflationRate');
    expect(first).toEqual({ total: 0.08, validator: 0.076, foundation: 0.004, epoch: 0 });
    walkTo(world, 30);
    expect(await world.call('getInflationRate')).toEqual(first);
    await world.call('surfnet_timeTravel', { absoluteEpoch: 2_000_000 });
    world.chain.endSlot();
    const { total, epoch } = await world.call('getInflationRate');
    expect(epoch).toBe(2_000_000);
    expect(total).toBeCloseTo(0.08 * 0.85 ** ((2_000_000 * EPOCH_SLOTS) / 126_227_703.974), 12);
    expect(await world.call('getInflationGovernor')).toEqual({
      initial: 0.08,
      terminal: 0.015,
      taper: 0.15,
      foundation: 0.05,
      foundationTerm: 7,
    });
    await world.chain.close();
  });
});

describe('stake under a lockup', () => {
  it('does not circulate until its epoch', async () => {
    const world = await openWorld({ standardPrograms: false, slotsPerEpoch: EPOCH_SLOTS });
    const locked = stakeAccount({ lamports: 5n * SOL, lockupEpoch: 1n });
    world.chain.setAccount(name(bob), locked);
    world.chain.setAccount(name(alice), stakeAccount({ lamports: 7n * SOL }));
    world.chain.endSlot();
    const { value } = await world.call('getSupply');
    expect(value).toMatchObject({
      nonCirculating: Number(5n * SOL),
      nonCirculatingAccounts: [name(bob)],
      circulating: value.total - Number(5n * SOL),
    });
    const short = await world.call('getSupply', { excludeNonCirculatingAccountsList: true });
    expect(short.value).toMatchObject({ nonCirculating: Number(5n * SOL), nonCirculatingAccounts: [] });
    const listed = async (filter: string): Promise<readonly string[]> =>
      (await world.call('getLargestAccounts', { filter })).value.map(
        ({ address }: { readonly address: string }) => address,
      );
    expect(await listed('nonCirculating')).toEqual([name(bob)]);
    const free = await listed('circulating');
    expect(free).toContain(name(alice));
    expect(free).not.toContain(name(bob));
    walkTo(world, EPOCH_SLOTS + 1);
    expect((await world.call('getSupply')).value.nonCirculating).toBe(0);
    await world.chain.close();
  });
});
