import { addressBytes, mainnetFeatures, SYSVAR } from '@ninefold/vm-svm';
import { describe, expect, it } from 'vitest';
import type { Account } from '../../src/bank/account.ts';
import { type Bank, type EndedBank, type FrozenBank, openBank } from '../../src/bank/bank.ts';
import { epochScheduleOf } from '../../src/bank/epoch-schedule.ts';
import { createGenesis, type PlacedAccount, walletAccount } from '../../src/bank/genesis.ts';
import { decodeEpochRewards } from '../../src/stake/epoch-rewards.ts';
import { StakeHistory } from '../../src/stake/history.ts';
import { inflationOf } from '../../src/stake/inflation.ts';
import { partitionOf } from '../../src/stake/partition.ts';
import { NO_EPOCH, readStake } from '../../src/stake/stake-account.ts';
import { addressKey, type AddressKey } from '../../src/tx/address-key.ts';
import { at, LEADER, rich, rulesOf, SOL } from '../support/world.ts';
import { RENT, stakeAccount, STAKE_BYTES, VOTE_BYTES, voteAccount } from './support.ts';
import { minimumBalance } from '../../src/bank/rent.ts';

const EPOCH_SLOTS = 64;
const FEATURES = mainnetFeatures();
const VOTE = at(1);

const without = (...names: readonly string[]) =>
  new Set([...FEATURES].filter((name) => !names.includes(name)));

type Placed = readonly (readonly [address: Uint8Array, account: Account])[];

function begin(accounts: Placed, features: ReadonlySet<string> = FEATURES): FrozenBank {
  return createGenesis({
    features,
    epochSchedule: epochScheduleOf(EPOCH_SLOTS),
    rent: RENT,
    accounts: [rich(LEADER, SOL), ...(accounts as readonly PlacedAccount[])],
  });
}

/** Opens a slot on a parent, with these features. */
const open = (parent: FrozenBank, slot: number, features: ReadonlySet<string> = FEATURES): Bank =>
  openBank(parent, rulesOf({ features, epochSchedule: epochScheduleOf(EPOCH_SLOTS) }), slot);

const end = (bank: Bank): EndedBank => bank.freeze(at(bank.slot % 200));

const sysvar = (bank: Bank, address: string): Uint8Array => bank.account(addressBytes(address))!.data;
const history = (bank: Bank): StakeHistory => StakeHistory.decode(sysvar(bank, SYSVAR.stakeHistory));
const rewardsOf = (bank: Bank) => decodeEpochRewards(sysvar(bank, SYSVAR.epochRewards))!;

const keyOf = (address: string): AddressKey => addressKey(addressBytes(address));

const credits = (count: bigint, epoch = 0n) => [{ epoch, credits: count, previous: 0n }];

describe('a new epoch', () => {
  const stakers: Placed = [
    [VOTE, voteAccount(VOTE, { credits: credits(400n), commission: 1000 })],
    [at(11), stakeAccount({ stake: 600n * SOL })],
    [at(12), stakeAccount({ stake: 200n * SOL })],
    [at(13), stakeAccount({ stake: 100n * SOL, activationEpoch: 0n })],
  ];

  it('writes down how much stake the last one had', () => {
    const genesis = begin(stakers);
    const bank = open(genesis, EPOCH_SLOTS);
    expect(history(bank).entries).toEqual([
      [0n, { effective: 800n * SOL, activating: 100n * SOL, deactivating: 0n }],
    ]);
    // Nine percent of 800 SOL become effective: not all of the 100.
    const next = open(end(bank), 2 * EPOCH_SLOTS);
    expect(history(next).get(1n)).toMatchObject({ activating: 28n * SOL });
  });

  it('shares out inflation: voters are paid at once, those who delegate in the next block', () => {
    const genesis = begin(stakers);
    const bank = open(genesis, EPOCH_SLOTS);
    const total = inflationOf(epochScheduleOf(EPOCH_SLOTS), FEATURES, 0, 1, genesis.capitalization);
    // Of 400 * 800 SOL points one has earned three quarters; a tenth is the voter's.
    const shares = [(total * 3n) / 4n, total / 4n];
    const voter = shares.reduce((sum, share) => sum + share / 10n, 0n);
    const stakes = shares.map((share) => (share * 9n) / 10n);
    expect(rewardsOf(bank)).toEqual({
      startHeight: 2n,
      partitions: 1n,
      parentBlockhash: genesis.blockhash,
      totalPoints: 400n * 800n * SOL,
      totalRewards: total,
      distributedRewards: voter,
      isActive: true,
    });
    const first = end(bank);
    expect(first.rewardPartitions).toBe(1);
    expect(first.rewards).toEqual([
      {
        address: VOTE,
        lamports: voter,
        balance: minimumBalance(RENT, VOTE_BYTES) + voter,
        kind: 'Voting',
        commission: undefined,
      },
    ]);
    expect(first.capitalization - genesis.capitalization).toBe(voter + sysvarGrowth(genesis, first));
    const second = open(first, EPOCH_SLOTS + 1);
    expect(rewardsOf(second)).toMatchObject({
      distributedRewards: voter + stakes[0]! + stakes[1]!,
      isActive: false,
    });
    const paid = end(second);
    expect(paid.rewardPartitions).toBeUndefined();
    expect(
      new Map(paid.rewards.map(({ address, lamports, kind }) => [address[0], [lamports, kind]])),
    ).toEqual(
      new Map([
        [11, [stakes[0], 'Staking']],
        [12, [stakes[1], 'Staking']],
      ]),
    );
    expect(paid.capitalization - first.capitalization).toBe(stakes[0]! + stakes[1]!);
    for (const [i, address] of [at(11), at(12)].entries()) {
      const { delegation, creditsObserved } = readStake(second.account(address)!)!;
      expect(delegation.stake).toBe([600n, 200n][i]! * SOL + stakes[i]!);
      expect(creditsObserved).toBe(400n);
    }
    // What began in the epoch gets nothing for it, but its credits move on.
    expect(readStake(second.account(at(13))!)).toMatchObject({
      delegation: { stake: 100n * SOL },
      creditsObserved: 400n,
    });
    // Nobody is paid twice.
    const third = open(paid, 2 * EPOCH_SLOTS);
    expect(rewardsOf(third)).toMatchObject({ totalPoints: 0n, totalRewards: 0n, isActive: true });
  });

  /** Sysvars that did not have their rent yet. */
  function sysvarGrowth(before: FrozenBank, after: FrozenBank): bigint {
    let sum = 0n;
    for (const [key, { lamports, owner }] of after.accounts)
      if (owner[0] === addressBytes('Sysvar1111111111111111111111111111111111111')[0])
        sum += lamports - (before.accounts.get(key)?.lamports ?? 0n);
    return sum;
  }

  it('pays over several blocks where there are many', () => {
    const count = 2561;
    const address = (i: number) => {
      const bytes = new Uint8Array(32).fill(9);
      new DataView(bytes.buffer).setUint32(0, i);
      return bytes;
    };
    const many: Placed = [
      [VOTE, voteAccount(VOTE, { credits: credits(400n) })],
      ...Array.from({ length: count }, (_, i) => [address(i), stakeAccount({ stake: SOL })] as const),
    ];
    const genesis = begin(many);
    const first = end(open(genesis, EPOCH_SLOTS));
    expect(first.rewardPartitions).toBe(2);
    const second = end(open(first, EPOCH_SLOTS + 1));
    const lastOpen = open(second, EPOCH_SLOTS + 2);
    expect(rewardsOf(lastOpen).isActive).toBe(false);
    const last = end(lastOpen);
    expect(second.rewards.length + last.rewards.length).toBe(count);
    for (const [turn, { rewards }] of [second, last].entries())
      for (const reward of rewards.slice(0, 50))
        expect(partitionOf(reward.address, genesis.blockhash, 2)).toBe(turn);
    const paid = [...second.rewards, ...last.rewards].reduce((sum, { lamports }) => sum + lamports, 0n);
    const { totalRewards, distributedRewards } = rewardsOf(lastOpen);
    expect(distributedRewards).toBe(paid);
    expect(totalRewards - paid).toBeLessThan(BigInt(count));
    expect(totalRewards).toBeGreaterThanOrEqual(paid);
  });
});

describe('skipped epochs', () => {
  it('are in the history all the same, as if they had happened', () => {
    const accounts: Placed = [
      [VOTE, voteAccount(VOTE)],
      [at(11), stakeAccount({ stake: 1000n * SOL })],
      [at(12), stakeAccount({ stake: 300n * SOL, activationEpoch: 0n, deactivationEpoch: NO_EPOCH })],
    ];
    const one = begin(accounts);
    let step: FrozenBank = one;
    for (let epoch = 1; epoch <= 6; epoch++) {
      step = end(open(step, epoch * EPOCH_SLOTS));
      step = end(open(step, epoch * EPOCH_SLOTS + 1));
    }
    const jump = open(one, 7 * EPOCH_SLOTS);
    const walk = open(step, 7 * EPOCH_SLOTS);
    expect(history(jump).entries).toEqual(history(walk).entries);
    expect(history(jump).entries.map(([epoch]) => epoch)).toEqual([6n, 5n, 4n, 3n, 2n, 1n, 0n]);
    expect(history(jump).get(6n)).toEqual({ effective: 1300n * SOL, activating: 0n, deactivating: 0n });
  });

  it('take no time, however many they are', () => {
    const genesis = begin([
      [VOTE, voteAccount(VOTE)],
      [at(11), stakeAccount({ stake: 10n * SOL })],
      [at(12), stakeAccount({ stake: 10n ** 6n * SOL, activationEpoch: 0n })],
    ]);
    const bank = open(genesis, EPOCH_SLOTS * 2 ** 40);
    const { entries } = history(bank);
    expect(entries).toHaveLength(512);
    expect(entries[0]).toEqual([
      BigInt(2 ** 40 - 1),
      { effective: 1_000_010n * SOL, activating: 0n, deactivating: 0n },
    ]);
    expect(entries.at(-1)?.[0]).toBe(BigInt(2 ** 40 - 512));
  });
});

describe('who may vote', () => {
  const [OLD, POOR, FOREIGN] = [at(21), at(22), at(23)];
  const accounts: Placed = [
    [VOTE, voteAccount(VOTE, { credits: credits(10n) })],
    [OLD, voteAccount(OLD, { credits: credits(10n), hasBls: false })],
    [POOR, voteAccount(POOR, { credits: credits(10n), lamports: minimumBalance(RENT, VOTE_BYTES) - 1n })],
    [FOREIGN, { ...voteAccount(FOREIGN, { credits: credits(10n) }), owner: at(99) }],
    [at(11), stakeAccount({ stake: SOL })],
    [at(12), stakeAccount({ stake: 2n * SOL, voter: OLD })],
    [at(13), stakeAccount({ stake: 3n * SOL, voter: POOR })],
    [at(14), stakeAccount({ stake: 4n * SOL, voter: FOREIGN })],
    [at(15), stakeAccount({ stake: 5n * SOL, voter: at(98) })],
  ];

  it('is whom others delegate to, and who has a BLS key and its rent', () => {
    const { epochs } = begin(accounts).stakes!;
    expect([...epochs.get(0)!.voters.values()].map(({ address }) => address[0])).toEqual([1]);
    expect(epochs.get(0)!.total).toBe(SOL);
    const former = begin(accounts, without('validator_admission_ticket')).stakes!.epochs.get(0)!;
    expect([...former.voters.values()].map(({ address }) => address[0]).toSorted()).toEqual([1, 21, 22]);
    expect(former.total).toBe(6n * SOL);
  });

  it('is who gets rewards', () => {
    const first = end(open(begin(accounts), EPOCH_SLOTS));
    const second = end(open(first, EPOCH_SLOTS + 1));
    expect(second.rewards.map(({ address }) => address[0])).toEqual([11]);
    // All stake counts, whoever it is with.
    expect(history(open(second, EPOCH_SLOTS + 2)).get(0n)?.effective).toBe(15n * SOL);
  });

  it('is known for the next epoch by what was an epoch before', () => {
    const genesis = begin(accounts.slice(0, 1));
    const bank = open(genesis, 1);
    bank.setAccount(at(11), stakeAccount({ stake: 7n * SOL, activationEpoch: 0n }));
    bank.setAccount(at(12), stakeAccount({ stake: 100n * SOL }));
    const boundary = open(end(bank), EPOCH_SLOTS);
    expect(boundary.stakes?.epochs.get(0)?.total).toBe(0n);
    expect(boundary.stakes?.epochs.get(1)?.total).toBe(107n * SOL);
    const later = open(end(boundary), 4 * EPOCH_SLOTS);
    expect([...later.stakes!.epochs.keys()]).toEqual([4]);
  });
});

describe('commissions', () => {
  const COLLECTOR = at(31);
  const pays = (vote: Account, more: Placed = [], features: ReadonlySet<string> = FEATURES) => {
    const genesis = begin([[VOTE, vote], [at(11), stakeAccount({ stake: SOL })], ...more], features);
    const first = end(open(genesis, EPOCH_SLOTS, features));
    const second = end(open(first, EPOCH_SLOTS + 1, features));
    return { genesis, first, second };
  };
  const all = { credits: credits(10n), commission: 10_000 };

  it('go to who collects them', () => {
    const { first, second } = pays(voteAccount(VOTE, { ...all, collector: COLLECTOR }), [
      [COLLECTOR, walletAccount(SOL)],
    ]);
    expect(first.rewards).toHaveLength(1);
    expect(first.rewards[0]).toMatchObject({ address: COLLECTOR, kind: 'Voting' });
    expect(first.rewards[0]!.balance).toBe(SOL + first.rewards[0]!.lamports);
    expect(second.rewards).toEqual([]);
  });

  it('go to the vote account before there were collectors, and tell their rate', () => {
    const features = without('custom_commission_collector');
    const { first, second } = pays(
      voteAccount(VOTE, { ...all, commission: 2550, collector: COLLECTOR }),
      [],
      features,
    );
    expect(first.rewards[0]).toMatchObject({ address: VOTE, commission: 2550 });
    expect(second.rewards[0]).toMatchObject({ kind: 'Staking', commission: 2550 });
    const whole = without('custom_commission_collector', 'commission_rate_in_basis_points');
    const percent = pays(voteAccount(VOTE, { ...all, commission: 2550 }), [], whole);
    expect(percent.second.rewards[0]).toMatchObject({ commission: 2500 });
  });

  it.each<[why: string, placed: Placed]>([
    ['it is no wallet', [[COLLECTOR, { ...walletAccount(SOL), owner: at(50) }]]],
    ['it is another vote account', [[COLLECTOR, voteAccount(COLLECTOR)]]],
  ])('are burned when %s', (_, placed) => {
    const { genesis, first } = pays(voteAccount(VOTE, { ...all, collector: COLLECTOR }), placed);
    expect(first.rewards).toEqual([]);
    const told = decodeEpochRewards(first.accounts.get(keyOf(SYSVAR.epochRewards))!.data)!;
    expect(told.distributedRewards).toBe(told.totalRewards);
    expect(told.totalRewards).toBeGreaterThan(0n);
    expect(genesis.capitalization).toBeLessThan(first.capitalization + told.totalRewards);
  });

  it('are burned when the account is reserved or cannot live on them', () => {
    const clock = addressBytes(SYSVAR.clock);
    expect(pays(voteAccount(VOTE, { ...all, collector: clock })).first.rewards).toEqual([]);
    const system = addressBytes('11111111111111111111111111111111');
    expect(pays(voteAccount(VOTE, { ...all, collector: system })).first.rewards).toEqual([]);
  });

  it('are what they were an epoch before the one they are for', () => {
    const genesis = begin([
      [VOTE, voteAccount(VOTE, { commission: 0, credits: credits(10n) })],
      [at(11), stakeAccount({ stake: SOL })],
    ]);
    const bank = open(genesis, 1);
    const greedy = (count: bigint, epoch: bigint) =>
      voteAccount(VOTE, { commission: 10_000, credits: credits(count, epoch) });
    bank.setAccount(VOTE, greedy(10n, 0n));
    let last: FrozenBank = end(bank);
    const voterShare = (epoch: number): boolean => {
      const boundary = end(open(last, epoch * EPOCH_SLOTS));
      const next = open(boundary, epoch * EPOCH_SLOTS + 1);
      next.setAccount(VOTE, greedy(10n * BigInt(epoch + 1), BigInt(epoch)));
      last = end(next);
      return boundary.rewards.some(({ kind }) => kind === 'Voting');
    };
    // Raised in epoch 0: that is for epoch 2, which is paid for in epoch 3.
    expect([1, 2, 3].map(voterShare)).toEqual([false, false, true]);
    const now = without('delay_commission_updates');
    const rash = begin(
      [
        [VOTE, greedy(10n, 0n)],
        [at(11), stakeAccount({ stake: SOL })],
      ],
      now,
    );
    expect(end(open(rash, EPOCH_SLOTS, now)).rewards).toHaveLength(1);
  });
});

describe('delegations', () => {
  const voter: Placed[number] = [VOTE, voteAccount(VOTE, { credits: credits(10n) })];
  const reserve = minimumBalance(RENT, STAKE_BYTES);

  it('are no more than their accounts have beyond the rent, once rewards are paid', () => {
    const short = stakeAccount({ stake: 10n * SOL, lamports: 9n * SOL + reserve, voter: at(77) });
    const empty = stakeAccount({ stake: SOL, lamports: reserve, voter: at(77) });
    const gone = stakeAccount({
      stake: 2n * SOL,
      lamports: SOL,
      deactivationEpoch: 0n,
      activationEpoch: 0n,
      voter: at(77),
    });
    const genesis = begin([
      voter,
      [at(11), stakeAccount({ stake: SOL })],
      [at(12), short],
      [at(13), empty],
      [at(14), gone],
    ]);
    const bank = open(end(open(genesis, EPOCH_SLOTS)), EPOCH_SLOTS + 1);
    expect(readStake(bank.account(at(12))!)!.delegation).toMatchObject({
      stake: 9n * SOL,
      deactivationEpoch: NO_EPOCH,
    });
    expect(readStake(bank.account(at(13))!)!.delegation).toMatchObject({ stake: 0n, deactivationEpoch: 0n });
    expect(readStake(bank.account(at(14))!)!.delegation.stake).toBe(2n * SOL);
    // Only lamports that were given are told.
    expect(end(bank).rewards.map(({ address }) => address[0])).toEqual([11]);
  });

  it('grow by what they get, whatever their accounts have, before rent could rise', () => {
    const features = without('relax_post_exec_min_balance_check');
    const short = stakeAccount({ stake: 10n * SOL, lamports: SOL });
    const genesis = begin([voter, [at(12), short]], features);
    const bank = open(end(open(genesis, EPOCH_SLOTS, features)), EPOCH_SLOTS + 1, features);
    const { stake } = readStake(bank.account(at(12))!)!.delegation;
    expect(stake).toBe(10n * SOL + bank.account(at(12))!.lamports - SOL);
    expect(stake).toBeGreaterThan(10n * SOL);
  });

  it('that are asked back by the time they are paid are told apart', () => {
    const genesis = begin([voter, [at(11), stakeAccount({ stake: SOL, deactivationEpoch: 0n })]]);
    const first = end(open(genesis, EPOCH_SLOTS));
    const [reward] = end(open(first, EPOCH_SLOTS + 1)).rewards;
    // 9 % a day: most of it is still there.
    expect(reward?.kind).toBe('Staking');
    const small = begin([
      voter,
      [at(10), stakeAccount({ stake: 1000n * SOL })],
      [at(11), stakeAccount({ stake: SOL, deactivationEpoch: 0n })],
    ]);
    const rewards = end(open(end(open(small, EPOCH_SLOTS)), EPOCH_SLOTS + 1)).rewards;
    expect(rewards.map(({ address, kind }) => [address[0], kind]).toSorted()).toEqual([
      [10, 'Staking'],
      [11, 'DeactivatedStake'],
    ]);
  });

  it('that are gone when their turn comes lose their rewards', () => {
    const genesis = begin([
      voter,
      [at(11), stakeAccount({ stake: SOL })],
      [at(12), stakeAccount({ stake: SOL })],
    ]);
    const boundary = open(genesis, EPOCH_SLOTS);
    boundary.setAccount(at(12), undefined);
    const { totalRewards } = rewardsOf(boundary);
    const bank = open(end(boundary), EPOCH_SLOTS + 1);
    expect(bank.account(at(12))).toBeUndefined();
    expect(rewardsOf(bank).distributedRewards).toBe((totalRewards / 2n) * 2n);
    expect(end(bank).rewards).toHaveLength(1);
  });
});

describe('banks without stakes', () => {
  it('change epochs by number alone', () => {
    const { stakes, ...genesis } = begin([[VOTE, voteAccount(VOTE, { credits: credits(10n) })]]);
    expect(stakes).toBeDefined();
    const bank = open(genesis, EPOCH_SLOTS);
    expect(bank.epoch().epoch).toBe(1);
    expect(history(bank).entries).toEqual([]);
    expect(end(bank)).toMatchObject({ stakes: undefined, rewards: [] });
  });

  it('fork with what they know', () => {
    const bank = open(begin([[VOTE, voteAccount(VOTE)]]), EPOCH_SLOTS);
    expect(bank.fork().stakes).toBe(bank.stakes);
    expect(end(bank.fork()).hash).toEqual(end(bank).hash);
  });
});
