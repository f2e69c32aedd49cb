import type { Hex } from '@ninefold/base';
import type { BlobSchedule, ForkName, ForkSpec, Rules } from '@ninefold/vm-evm';
import { DEFAULT_FORK, FORKS, forkIndex, forksUntil, isAtLeast } from '@ninefold/vm-evm';

/** When a fork begins: by number before the merge, by total difficulty at it, by time after it. */
export type ForkActivation = {
  readonly fork: ForkName;
  readonly by: 'block' | 'totalDifficulty' | 'time';
  readonly at: bigint;
};

/** The difficulty bomb counts blocks from `delay` on (EIP-649 and its successors). */
export type BombDelay = { readonly fromBlock: bigint; readonly delay: bigint };

/** The rules of one chain: which fork holds where, and what the forks leave to the chain. */
export type ChainConfig = {
  readonly chainId: bigint;
  /** Oldest fork first. */
  readonly forks: readonly ForkActivation[];
  /** Block of the DAO's irregular state change; `undefined` where there was none. */
  readonly daoForkBlock: bigint | undefined;
  /** In order of their blocks. */
  readonly bombDelays: readonly BombDelay[];
  /** Blob parameters by the fork that sets them (EIP-7840). */
  readonly blobSchedules: ReadonlyMap<ForkName, BlobSchedule>;
  /** Contract whose logs are deposits (EIP-6110). */
  readonly depositContract: Hex;
  /** Blocks where forks that change no rule begin: they count in the fork id (EIP-2124). */
  readonly netsplitBlocks: readonly bigint[];
};

/** Where a block is. `totalDifficulty` is that of the chain up to and including its parent. */
export type BlockPosition = {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly totalDifficulty: bigint;
};

export const MAINNET_DEPOSIT_CONTRACT: Hex = '0x00000000219ab540356cbb839cbe05303d7705fa';

/** Chain id of a local development chain, shared by the common dev nodes. */
export const DEV_CHAIN_ID = 31337n;

/** The fork whose rules hold for the block at `position`. */
export function forkAt(config: ChainConfig, position: BlockPosition): ForkName {
  const { forks } = config;
  for (let i = forks.length - 1; i > 0; i--) {
    const activation = forks[i] as ForkActivation;
    if (reached(activation, position)) return activation.fork;
  }
  return 'frontier';
}

function reached({ by, at }: ForkActivation, position: BlockPosition): boolean {
  switch (by) {
    case 'block':
      return position.number >= at;
    case 'totalDifficulty':
      return position.totalDifficulty >= at;
    case 'time':
      return position.timestamp >= at;
  }
}

/** The blob parameters in `fork` on this chain: its own or those of the last fork with any. */
export function blobScheduleAt(config: ChainConfig, fork: ForkName): BlobSchedule | undefined {
  for (let i = forkIndex(fork); i >= 0; i--) {
    const schedule = config.blobSchedules.get((FORKS[i] as ForkSpec).name);
    if (schedule !== undefined) return schedule;
  }
  return undefined;
}

/** What the machine is built with for the block at `position`. */
export function rulesAt(config: ChainConfig, position: BlockPosition): Rules {
  const fork = forkAt(config, position);
  return { fork, blobSchedule: blobScheduleAt(config, fork) };
}

/**
 * A chain on which `fork` and everything before it holds from genesis on, as development chains do.
 *
 * @example createDevConfig({ fork: 'prague', chainId: 1n })
 */
export function createDevConfig(
  options: {
    readonly fork?: ForkName | undefined;
    readonly chainId?: bigint | undefined;
    readonly blobSchedule?: BlobSchedule | undefined;
  } = {},
): ChainConfig {
  const { fork = DEFAULT_FORK, chainId = DEV_CHAIN_ID, blobSchedule } = options;
  const forks = forksUntil(fork).map(({ name }) => name);
  return {
    chainId,
    forks: forks.map((name) => ({ fork: name, by: activationOf(name), at: 0n })),
    daoForkBlock: undefined,
    bombDelays: BOMB_DELAYS.filter(({ since }) => isAtLeast(fork, since)).map(({ delay }) => ({
      fromBlock: 0n,
      delay,
    })),
    blobSchedules: blobSchedulesOf(forks, blobSchedule === undefined ? [] : [[fork, blobSchedule]]),
    depositContract: MAINNET_DEPOSIT_CONTRACT,
    netsplitBlocks: [],
  };
}

/** The standard blob parameters of `forks` with the chain's own on top. */
export function blobSchedulesOf(
  forks: readonly ForkName[],
  own: Iterable<readonly [ForkName, BlobSchedule]>,
): ReadonlyMap<ForkName, BlobSchedule> {
  const schedules = new Map<ForkName, BlobSchedule>();
  for (const { name, blobs } of FORKS) {
    if (blobs !== undefined && forks.includes(name)) schedules.set(name, blobs);
  }
  for (const [fork, schedule] of own) schedules.set(fork, schedule);
  return schedules;
}

/** What counts towards the activation of `fork`. */
export function activationOf(fork: ForkName): ForkActivation['by'] {
  if (fork === 'paris') return 'totalDifficulty';
  return isAtLeast(fork, 'shanghai') ? 'time' : 'block';
}

/** EIP-649, EIP-1234, EIP-2384, EIP-3554, EIP-4345, EIP-5133: name of the geth setting, delay. */
export const BOMB_DELAYS: readonly {
  readonly setting: string;
  readonly since: ForkName;
  readonly delay: bigint;
}[] = [
  { setting: 'byzantiumBlock', since: 'byzantium', delay: 3_000_000n },
  { setting: 'constantinopleBlock', since: 'constantinople', delay: 5_000_000n },
  { setting: 'muirGlacierBlock', since: 'berlin', delay: 9_000_000n },
  { setting: 'londonBlock', since: 'london', delay: 9_700_000n },
  { setting: 'arrowGlacierBlock', since: 'paris', delay: 10_700_000n },
  { setting: 'grayGlacierBlock', since: 'paris', delay: 11_400_000n },
];

const MAINNET_TERMINAL_TOTAL_DIFFICULTY = 58_750_000_000_000_000_000_000n;

export const MAINNET_CONFIG: ChainConfig = {
  chainId: 1n,
  forks: FORKS.flatMap(({ name, mainnet }): readonly ForkActivation[] => {
    if (name === 'paris') {
      return [{ fork: name, by: 'totalDifficulty', at: MAINNET_TERMINAL_TOTAL_DIFFICULTY }];
    }
    if (mainnet === undefined) return [];
    return 'block' in mainnet
      ? [{ fork: name, by: 'block', at: BigInt(mainnet.block) }]
      : [{ fork: name, by: 'time', at: BigInt(mainnet.time) }];
  }),
  daoForkBlock: 1_920_000n,
  bombDelays: [
    { fromBlock: 4_370_000n, delay: 3_000_000n },
    { fromBlock: 7_280_000n, delay: 5_000_000n },
    { fromBlock: 9_200_000n, delay: 9_000_000n },
    { fromBlock: 12_965_000n, delay: 9_700_000n },
    { fromBlock: 13_773_000n, delay: 10_700_000n },
    { fromBlock: 15_050_000n, delay: 11_400_000n },
  ],
  blobSchedules: blobSchedulesOf(
    FORKS.map(({ name }) => name),
    [],
  ),
  depositContract: MAINNET_DEPOSIT_CONTRACT,
  netsplitBlocks: [9_200_000n, 13_773_000n, 15_050_000n],
};
