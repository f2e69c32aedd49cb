import type { Bytes } from '@ninefold/base';
import { INITIAL_SYSVAR_BYTES } from '../bank/sysvars.ts';

/** What the sysvar tells of rewards that are being paid. */
export type EpochRewards = {
  /** The first block that pays those who delegate. */
  readonly startHeight: bigint;
  /** Blocks that do. */
  readonly partitions: bigint;
  /** The last blockhash before the epoch. */
  readonly parentBlockhash: Bytes;
  readonly totalPoints: bigint;
  /** Lamports, in all and so far. */
  readonly totalRewards: bigint;
  readonly distributedRewards: bigint;
  /** While it is set, the stake program changes nothing. */
  readonly isActive: boolean;
};

const AT = { partitions: 8, blockhash: 16, points: 48, rewards: 64, distributed: 72, active: 80 } as const;
const MASK = 2n ** 64n - 1n;

export function encodeEpochRewards(rewards: EpochRewards): Bytes {
  const data = new Uint8Array(INITIAL_SYSVAR_BYTES.epochRewards);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, rewards.startHeight, true);
  view.setBigUint64(AT.partitions, rewards.partitions, true);
  data.set(rewards.parentBlockhash, AT.blockhash);
  view.setBigUint64(AT.points, rewards.totalPoints & MASK, true);
  view.setBigUint64(AT.points + 8, rewards.totalPoints >> 64n, true);
  view.setBigUint64(AT.rewards, rewards.totalRewards, true);
  view.setBigUint64(AT.distributed, rewards.distributedRewards, true);
  data[AT.active] = rewards.isActive ? 1 : 0;
  return data;
}

/** What a sysvar's data tell; `undefined` for data that are too short. */
export function decodeEpochRewards(data: Bytes): EpochRewards | undefined {
  if (data.length < INITIAL_SYSVAR_BYTES.epochRewards) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return {
    startHeight: view.getBigUint64(0, true),
    partitions: view.getBigUint64(AT.partitions, true),
    parentBlockhash: data.slice(AT.blockhash, AT.points),
    totalPoints: view.getBigUint64(AT.points, true) | (view.getBigUint64(AT.points + 8, true) << 64n),
    totalRewards: view.getBigUint64(AT.rewards, true),
    distributedRewards: view.getBigUint64(AT.distributed, true),
    isActive: data[AT.active] === 1,
  };
}
