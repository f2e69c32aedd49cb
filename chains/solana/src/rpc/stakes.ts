import { array, boolean, type MethodTable, optional, query, RpcError } from '@ninefold/rpc';
import { type Bytes, equalBytes } from '@ninefold/base';
import { addressBytes, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import { epochOf, firstSlotOf } from '../bank/epoch-schedule.ts';
import type { Block, Commitment, SlotView } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import { activationRulesOf } from '../stake/activation.ts';
import type { BlockReward } from '../stake/epoch.ts';
import { StakeHistory } from '../stake/history.ts';
import { INFLATION, inflationRate, yearOf } from '../stake/inflation.ts';
import { partitionOf } from '../stake/partition.ts';
import { effectiveStakes, findStakes, voteStateOf } from '../stake/voters.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { RPC_ERROR } from './errors.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { requireHistory } from './transactions.ts';
import {
  address,
  commitment,
  commitmentOf,
  config,
  CONTEXT,
  contextConfig,
  inContext,
  slot,
} from './values.ts';

/** Slots that a voter may be behind, unless somebody says otherwise. */
const DELINQUENT_DISTANCE = 128;

/** Epochs of credits that a voter is shown with. */
const MAX_EPOCH_CREDITS = 5;

/** What a delegation has to be at least, and what a feature raises that to. */
const MINIMUM_DELEGATION = { now: 1n, raised: 1_000_000_000n } as const;

const STAKE_HISTORY: AddressKey = addressKey(addressBytes(SYSVAR.stakeHistory));

const historyOf = (accounts: AccountsSnapshot): StakeHistory =>
  StakeHistory.decode(accounts.get(STAKE_HISTORY)?.data ?? new Uint8Array(0));

const voteAccountsConfig = config({
  commitment: optional(commitment),
  votePubkey: optional(address),
  keepUnstakedDelinquents: optional(boolean),
  delinquentSlotDistance: optional(slot),
});

/** Voters, delegations, and what they are given. */
export function stakeMethods(node: SolanaNode): MethodTable {
  const { rules } = node.ledger.bank;
  const { features, epochSchedule } = rules;

  return {
    getVoteAccounts: query([voteAccountsConfig], ([options]) => {
      const view = node.ledger.view(options.commitment ?? 'finalized');
      const distance = options.delinquentSlotDistance ?? DELINQUENT_DISTANCE;
      const newest = view.slot >= distance ? view.slot - distance : 0;
      const presumed = presumedVoter(node);
      const isCurrent = ({ votePubkey, lastVote }: VoterJson): boolean =>
        votePubkey === presumed || lastVote > newest;
      const voters = votersOf(node, view).filter(
        ({ votePubkey }) => options.votePubkey === undefined || votePubkey === toBase58(options.votePubkey),
      );
      const keeps = (voter: VoterJson): boolean =>
        options.keepUnstakedDelinquents === true || voter.activatedStake > 0n;
      return {
        current: voters.filter(isCurrent),
        delinquent: voters.filter((voter) => !isCurrent(voter) && keeps(voter)),
      };
    }),

    getInflationGovernor: query([config({ commitment: optional(commitment) })], () => INFLATION),
    getInflationRate: query([], () => {
      const { epoch } = epochOf(epochSchedule, node.ledger.root.slot);
      return { ...inflationRate(yearOf(epochSchedule, features, epoch)), epoch };
    }),

    getInflationReward: query(
      [array(address), config({ ...CONTEXT, epoch: optional(slot) })],
      ([addresses, options]) => {
        requireHistory(options.commitment);
        return inflationRewards(node, addresses, commitmentOf(node, options), options.epoch);
      },
    ),

    getStakeMinimumDelegation: query([contextConfig], ([options]) => {
      const isRaised = features.has('stake_raise_minimum_delegation_to_1_sol');
      const { slot: at } = node.ledger.view(commitmentOf(node, options));
      return inContext(at, isRaised ? MINIMUM_DELEGATION.raised : MINIMUM_DELEGATION.now);
    }),
  };
}

type VoterJson = JsonObject & {
  readonly votePubkey: string;
  readonly activatedStake: bigint;
  readonly lastVote: number;
};

/** The only validator, where it gives no votes: they are taken for granted. */
const presumedVoter = ({ votes, validator }: SolanaNode): string | undefined =>
  votes ? undefined : toBase58(validator.voteAccount);

/** Every vote account there is. */
function votersOf(node: SolanaNode, { accounts, slot: at, stakes }: SlotView): readonly VoterJson[] {
  const { features, epochSchedule } = node.ledger.bank.rules;
  const { epoch } = epochOf(epochSchedule, at);
  const { delegators, votes } = findStakes(accounts);
  const rules = activationRulesOf(features);
  const effective = effectiveStakes(delegators, BigInt(epoch), historyOf(accounts), rules);
  const admitted = (stakes?.epochs.get(epoch - 1) ?? stakes?.epochs.get(epoch))?.voters;
  return [...votes].flatMap(([key, account]): VoterJson[] => {
    const vote = keyAddress(key);
    const state = voteStateOf(vote, account);
    if (state === undefined) return [];
    const isPresumed = toBase58(vote) === presumedVoter(node);
    const { slot: root } = node.ledger.root;
    return [
      {
        votePubkey: toBase58(vote),
        nodePubkey: toBase58(state.node),
        activatedStake: effective.get(key) ?? 0n,
        epochVoteAccount: admitted?.has(key) ?? false,
        commission: Math.min(Math.floor(state.inflationCommission / 100), 255),
        inflationRewardsCommissionBps: state.inflationCommission,
        lastVote: isPresumed ? at : Number(state.votes.at(-1)?.slot ?? 0n),
        rootSlot: isPresumed ? Math.min(at, root) : (state.root ?? 0n),
        epochCredits: state.credits
          .slice(-MAX_EPOCH_CREDITS)
          .map((each): Json => [each.epoch, each.credits, each.previous]),
      },
    ];
  });
}

/** The block that an epoch begins with, where the rewards of the one before are told. */
function boundaryOf(node: SolanaNode, first: number, newest: number): Block {
  const { ledger } = node;
  if (first < ledger.firstSlot) {
    const message = `Block ${first} cleaned up, does not exist on node. First available block: ${ledger.firstSlot}`;
    throw new RpcError(RPC_ERROR.blockCleanedUp, message);
  }
  const [block] = ledger.blocks(first, newest);
  if (block !== undefined) return block;
  throw new RpcError(RPC_ERROR.blockNotAvailable, `Block not available for slot ${first}`);
}

/** What addresses were given for an epoch, by default the last one. */
function inflationRewards(
  node: SolanaNode,
  addresses: readonly Bytes[],
  level: Commitment,
  asked: number | undefined,
): Json {
  const { ledger } = node;
  const view = ledger.view(level);
  const { epochSchedule } = ledger.bank.rules;
  const epoch = asked ?? Math.max(epochOf(epochSchedule, view.slot).epoch - 1, 0);
  const boundary = boundaryOf(node, firstSlotOf(epochSchedule, epoch + 1), view.slot);
  const count = boundary.rewardPartitions ?? 0;
  const payers: Block[] = [];
  for (const block of ledger.blocks(boundary.slot + 1, view.slot)) {
    if (payers.length === count) break;
    payers.push(block);
  }
  const payerOf = (at: Bytes): Block => {
    const payer = payers[partitionOf(at, boundary.previousBlockhash, count)];
    if (payer !== undefined) return payer;
    throw new RpcError(
      RPC_ERROR.rewardsPeriodActive,
      `Epoch rewards period still active at slot ${view.slot}`,
      {
        currentBlockHeight: view.blockHeight,
        rewardsCompleteBlockHeight: boundary.height + count + 1,
        slot: view.slot,
      },
    );
  };
  const given = (block: Block, at: Bytes, kind: BlockReward['kind']): Json | undefined => {
    const reward = block.rewards.find((each) => each.kind === kind && equalBytes(each.address, at));
    return reward && rewardJson(reward, epoch, block.slot);
  };
  return addresses.map(
    (at) =>
      given(boundary, at, 'Voting') ?? (count === 0 ? null : (given(payerOf(at), at, 'Staking') ?? null)),
  );
}

const rewardJson = (
  { lamports, balance, commission }: BlockReward,
  epoch: number,
  effectiveSlot: number,
): JsonObject => ({
  epoch,
  effectiveSlot,
  amount: lamports,
  postBalance: balance,
  commission: commission === undefined ? null : Math.floor(commission / 100),
});
