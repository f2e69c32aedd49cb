import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';

const ETHER = 10n ** 18n;

/** What a block's producer is paid before the merge: 5, 3 (EIP-649), 2 ether (EIP-1234), then nothing. */
export function blockReward(fork: ForkName): bigint {
  if (isAtLeast(fork, 'paris')) return 0n;
  if (isAtLeast(fork, 'constantinople')) return 2n * ETHER;
  return isAtLeast(fork, 'byzantium') ? 3n * ETHER : 5n * ETHER;
}

/** What the producer of an ommer `distance` generations back is paid: (8 - distance) / 8 of a block. */
export function ommerReward(reward: bigint, distance: bigint): bigint {
  return ((8n - distance) * reward) / 8n;
}

/** What the producer of a block is paid for each ommer in it: 1 / 32 of a block. */
export function nephewReward(reward: bigint): bigint {
  return reward / 32n;
}
