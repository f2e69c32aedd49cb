import type { ChainConfig, ForkActivation } from '@ninefold/chain-ethereum';
import { createDevConfig } from '@ninefold/chain-ethereum';
import type { BlobSchedule, ForkName } from '@ninefold/vm-evm';
import { forkIndex, FORKS } from '@ninefold/vm-evm';
import { forkOfNetwork } from './networks.ts';
import { toBigint } from './state-record.ts';

type RecordBlobSchedule = {
  readonly target: string;
  readonly max: string;
  readonly baseFeeUpdateFraction: string;
};

/** `config` of a blockchain test. */
export type RecordConfig = {
  readonly chainid?: string | undefined;
  readonly blobSchedule?: Readonly<Record<string, RecordBlobSchedule>> | undefined;
};

// 5: a block number, 15k: a time, DiffC0000: a total difficulty.
const TRANSITION = /^(\w+?)To(\w+)At(?:Time(\d+)k|Diff([\dA-F]+)|(\d+))$/;

/**
 * The chain a blockchain test's `network` stands for: one fork from genesis on, or a change between
 * two, such as `BerlinToLondonAt5` or `OsakaToBPO1AtTime15k`.
 */
export function configOfNetwork(network: string, record: RecordConfig = {}): ChainConfig {
  const chainId = toBigint(record.chainid ?? '0x1');
  const blobSchedules = new Map<ForkName, BlobSchedule>();
  for (const [name, { target, max, baseFeeUpdateFraction }] of Object.entries(record.blobSchedule ?? {})) {
    const updateFraction = toBigint(baseFeeUpdateFraction);
    blobSchedules.set(required(name), { target: Number(target), max: Number(max), updateFraction });
  }
  const config = configWithoutBlobs(network, chainId);
  return { ...config, blobSchedules: new Map([...config.blobSchedules, ...blobSchedules]) };
}

function configWithoutBlobs(network: string, chainId: bigint): ChainConfig {
  const transition = TRANSITION.exec(network);
  if (transition === null) return createDevConfig({ fork: required(network), chainId });
  const [, before = '', after = '', thousands, difficulty, block] = transition;
  if (after === 'Dao') {
    return { ...createDevConfig({ fork: required(before), chainId }), daoForkBlock: BigInt(block as string) };
  }
  const last = before === 'ArrowGlacier' ? 'london' : required(before);
  const config = createDevConfig({ fork: required(after), chainId });
  const at =
    thousands !== undefined
      ? BigInt(thousands) * 1000n
      : difficulty !== undefined
        ? BigInt(`0x${difficulty}`)
        : BigInt(block as string);
  return {
    ...config,
    forks: config.forks.map((activation): ForkActivation =>
      forkIndex(activation.fork) > forkIndex(last) ? { ...activation, at } : activation,
    ),
    bombDelays: bombDelays(before, last, after, at),
  };
}

/** The delays of the difficulty bomb in force from genesis on, and the one a transition brings. */
function bombDelays(before: string, last: ForkName, after: string, at: bigint): ChainConfig['bombDelays'] {
  const old = createDevConfig({ fork: last }).bombDelays;
  if (before === 'ArrowGlacier') return [...old, { fromBlock: 0n, delay: 10_700_000n }];
  if (after === 'Paris') return old;
  const added = createDevConfig({ fork: required(after) }).bombDelays.slice(old.length);
  return [...old, ...added.map(({ delay }) => ({ fromBlock: at, delay }))];
}

function required(network: string): ForkName {
  const fork = forkOfNetwork(network);
  if (fork === undefined)
    throw new Error(`no fork is called ${network}, only ${FORKS.map(({ name }) => name).join()}`);
  return fork;
}
