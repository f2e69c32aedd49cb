import { sha256 } from '@ninefold/crypto';
import { concatBytes } from '@ninefold/base';
import { integer, type MethodTable, optional, query, RpcError } from '@ninefold/rpc';
import { addressBytes, type FeatureSet, FEATURES, toBase58 } from '@ninefold/vm-svm';
import { epochOf, leaderScheduleEpochOf } from '../bank/epoch-schedule.ts';
import type { SolanaNode } from '../node.ts';
import { BLOCKHASH_LIFETIME } from '../spec/slots.ts';
import { invalidParams, RPC_ERROR } from './errors.ts';
import type { JsonObject } from './parsed/fields.ts';
import {
  address,
  API_VERSION,
  blockhash,
  commitment,
  commitmentOf,
  config,
  CONTEXT,
  contextConfig,
  inContext,
  slot,
} from './values.ts';

/** Samples of performance that are kept, and the seconds of one. */
const MAX_SAMPLES = 720;
const SAMPLE_SECONDS = 60;

/** Leaders that one answer lists. */
const MAX_SLOT_LEADERS = 5000;

const productionConfig = config({
  commitment: optional(commitment),
  identity: optional(address),
  range: optional(config({ firstSlot: slot, lastSlot: optional(slot) })),
});

type SlotRange = { readonly firstSlot: number; readonly lastSlot: number };

/** The slots that are asked about, of the epoch so far unless others are given. */
function slotRange(
  asked: { readonly firstSlot: number; readonly lastSlot: number | undefined } | undefined,
  newest: number,
  oldest: number,
  index: number,
): SlotRange {
  const firstSlot = asked?.firstSlot ?? Math.max(newest - index, oldest);
  const lastSlot = asked?.lastSlot ?? newest;
  if (lastSlot < firstSlot)
    throw invalidParams(`lastSlot, ${lastSlot}, cannot be less than firstSlot, ${firstSlot}`);
  if (firstSlot < oldest) throw invalidParams(`firstSlot, ${firstSlot}, is too small; min ${oldest}`);
  if (lastSlot > newest) throw invalidParams(`lastSlot, ${lastSlot}, is too large; max ${newest}`);
  return { firstSlot, lastSlot };
}

/** Which features are active, as one number that nodes compare. */
export function featureSetId(features: FeatureSet): number {
  const keys = FEATURES.filter(([name]) => features.has(name)).map(([, key]) => addressBytes(key));
  const hash = sha256(concatBytes(...keys));
  return new DataView(hash.buffer, hash.byteOffset, 4).getUint32(0, true);
}

/** The epoch of a commitment's slot. */
export function epochInfo(node: SolanaNode, level: 'processed' | 'confirmed' | 'finalized'): JsonObject {
  const view = node.ledger.view(level);
  const { epoch, index, slots } = epochOf(node.ledger.bank.rules.epochSchedule, view.slot);
  return {
    epoch,
    slotIndex: index,
    slotsInEpoch: slots,
    absoluteSlot: view.slot,
    blockHeight: view.blockHeight,
    transactionCount: view.transactionCount,
  };
}

/** The node, its only validator, and the rules of the cluster. */
export function clusterMethods(node: SolanaNode): MethodTable {
  const { identity } = node.validator;
  const me = toBase58(identity.address);
  const { rules } = node.ledger.bank;
  const { epochSchedule } = rules;

  return {
    getHealth: query([], () => 'ok'),
    getVersion: query([], () => ({
      'solana-core': API_VERSION,
      'feature-set': featureSetId(rules.features),
    })),
    getIdentity: query([], () => ({ identity: me })),
    getGenesisHash: query([], () => toBase58(node.ledger.options.genesis.blockhash)),
    getClusterNodes: query([], () => [
      {
        pubkey: me,
        gossip: null,
        tvu: null,
        tpu: null,
        tpuQuic: null,
        tpuForwards: null,
        tpuForwardsQuic: null,
        tpuVote: null,
        serveRepair: null,
        rpc: null,
        pubsub: null,
        version: API_VERSION,
        featureSet: featureSetId(rules.features),
        shredVersion: 0,
        clientId: null,
      },
    ]),

    getLatestBlockhash: query([contextConfig], ([options]) => {
      const view = node.ledger.view(commitmentOf(node, options));
      return inContext(view.slot, {
        blockhash: toBase58(view.blockhash),
        lastValidBlockHeight: view.blockHeight + BLOCKHASH_LIFETIME,
      });
    }),

    isBlockhashValid: query([blockhash, contextConfig], ([hash, options]) => {
      const view = node.ledger.view(commitmentOf(node, options));
      return inContext(view.slot, view.blockhashes.isRecent(hash));
    }),

    getEpochInfo: query([config(CONTEXT)], ([options]) => epochInfo(node, commitmentOf(node, options))),

    getEpochSchedule: query([], () => ({
      slotsPerEpoch: epochSchedule.slotsPerEpoch,
      leaderScheduleSlotOffset: epochSchedule.leaderScheduleSlotOffset,
      warmup: epochSchedule.isWarmup,
      firstNormalEpoch: epochSchedule.firstNormalEpoch,
      firstNormalSlot: epochSchedule.firstNormalSlot,
    })),

    getSlotLeader: query([config(CONTEXT)], ([options]) => {
      commitmentOf(node, options);
      return me;
    }),

    getSlotLeaders: query([slot, integer(0)], ([first, limit]) => {
      if (limit > MAX_SLOT_LEADERS) throw invalidParams(`Invalid limit; max ${MAX_SLOT_LEADERS}`);
      const known = leaderScheduleEpochOf(epochSchedule, node.ledger.bank.slot);
      const last = epochOf(epochSchedule, first + limit - 1).epoch;
      if (limit > 0 && last > known) {
        const unknown = Math.max(epochOf(epochSchedule, first).epoch, known + 1);
        throw invalidParams(`Invalid slot range: leader schedule for epoch ${unknown} is unavailable`);
      }
      return Array.from({ length: limit }, () => me);
    }),

    getLeaderSchedule: query([(value: unknown) => value, (value: unknown) => value], ([first, second]) => {
      const isSlot = typeof first === 'number' || typeof first === 'bigint';
      const options = config({ commitment: optional(commitment), identity: optional(address) })(
        isSlot ? second : (first ?? second),
      );
      const at = isSlot ? slot(first) : node.ledger.bank.slot;
      const { epoch, slots } = epochOf(epochSchedule, at);
      if (epoch > leaderScheduleEpochOf(epochSchedule, node.ledger.bank.slot)) return null;
      if (options.identity !== undefined && toBase58(options.identity) !== me) return {};
      return { [me]: Array.from({ length: slots }, (_, i) => i) };
    }),

    getRecentPerformanceSamples: query([optional(integer(0))], ([limit]) => {
      if ((limit ?? 0) > MAX_SAMPLES) throw invalidParams(`Invalid limit; max ${MAX_SAMPLES}`);
      const { head } = node.ledger;
      if (limit === 0 || head.slot === 0) return [];
      const numSlots = Math.min(
        head.slot,
        Math.max(1, Math.round((SAMPLE_SECONDS * 1000) / (node.slotMs || 1000))),
      );
      const numTransactions = [...node.ledger.recent(numSlots)].length;
      const sample = { slot: head.slot, numSlots, numTransactions, samplePeriodSecs: SAMPLE_SECONDS };
      return [{ ...sample, numNonVoteTransactions: numTransactions }];
    }),

    getBlockProduction: query([productionConfig], ([options]) => {
      const { slot: at } = node.ledger.view(options.commitment ?? 'finalized');
      const range = slotRange(options.range, at, node.ledger.firstSlot, epochOf(epochSchedule, at).index);
      const { firstSlot, lastSlot } = range;
      const isAsked = options.identity === undefined || toBase58(options.identity) === me;
      const production = [lastSlot - firstSlot + 1, node.ledger.countBlocks(firstSlot, lastSlot)];
      return inContext(at, { byIdentity: isAsked ? { [me]: production } : {}, range });
    }),

    // There are no certificates without Alpenglow.
    getAgGenesisCert: query([], () => null),
    getHighestSnapshotSlot: query([], () => {
      throw new RpcError(RPC_ERROR.noSnapshot, 'No snapshot');
    }),
    getMaxRetransmitSlot: query([], () => node.ledger.head.slot),
    getMaxShredInsertSlot: query([], () => node.ledger.head.slot),
    ninefold_instanceId: query([], () => node.instance),
  };
}
