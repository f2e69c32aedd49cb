import type { ForkName } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from './chain-config.ts';

export const MINIMUM_DIFFICULTY = 131_072n;
const DIFFICULTY_BOUND_DIVISOR = 2048n;
const BOMB_PERIOD = 100_000n;

/**
 * The difficulty a proof-of-work block must have (Yellow Paper, section 4.3.4), in all eras: Frontier, Homestead (EIP-2), and from
 * Byzantium on (EIP-100) with the delays of the bomb.
 */
export function nextDifficulty(
  config: ChainConfig,
  fork: ForkName,
  block: { readonly number: bigint; readonly timestamp: bigint },
  parent: { readonly difficulty: bigint; readonly timestamp: bigint; readonly hasOmmers: boolean },
): bigint {
  const elapsed = block.timestamp - parent.timestamp;
  const step = parent.difficulty / DIFFICULTY_BOUND_DIVISOR;
  const periods = bombBlock(config, block.number) / BOMB_PERIOD - 2n;
  const bomb = periods < 0n ? 0n : 1n << periods;
  const difficulty = parent.difficulty + step * notches(fork, elapsed, parent.hasOmmers) + bomb;
  return difficulty < MINIMUM_DIFFICULTY ? MINIMUM_DIFFICULTY : difficulty;
}

function notches(fork: ForkName, elapsed: bigint, parentHasOmmers: boolean): bigint {
  if (!isAtLeast(fork, 'homestead')) return elapsed < 13n ? 1n : -1n;
  const notches = isAtLeast(fork, 'byzantium')
    ? (parentHasOmmers ? 2n : 1n) - elapsed / 9n
    : 1n - elapsed / 10n;
  return notches < -99n ? -99n : notches;
}

function bombBlock(config: ChainConfig, number: bigint): bigint {
  let delay = 0n;
  for (const each of config.bombDelays) if (number >= each.fromBlock) delay = each.delay;
  return number > delay ? number - delay : 0n;
}
