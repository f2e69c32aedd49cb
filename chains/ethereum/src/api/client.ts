import { query } from '@ninefold/rpc';
import type { Hex } from '@ninefold/base';
import { bytesToHex, toQuantity } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { MethodTable } from '@ninefold/rpc';
import { isAtLeast } from '@ninefold/vm-evm';
import type { EthereumNode } from '../node.ts';
import type { ForkActivation } from '../spec/chain-config.ts';
import { blobScheduleAt } from '../spec/chain-config.ts';
import { forkId } from '../spec/fork-id.ts';
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUESTS_ADDRESS,
  HISTORY_STORAGE_ADDRESS,
  WITHDRAWAL_REQUESTS_ADDRESS,
} from '../spec/system-contracts.ts';
import type { Json } from './format.ts';
import { PRECOMPILES } from './precompiles.ts';
import { bytes } from './values.ts';

/** About the node itself: `net_*`, `web3_*`, its chain, its forks. */
export function clientMethods(node: EthereumNode): MethodTable {
  return {
    eth_chainId: query([], () => toQuantity(node.chainId)),
    net_version: query([], () => node.chainId.toString()),
    net_listening: query([], () => true),
    net_peerCount: query([], () => '0x0'),
    web3_clientVersion: query([], () => node.clientVersion),
    web3_sha3: query([bytes], ([data]) => bytesToHex(keccak256(data))),
    eth_protocolVersion: query([], () => '0x41'),
    eth_syncing: query([], () => false),
    eth_mining: query([], () => node.miner.state.mode.kind !== 'manual'),
    eth_hashrate: query([], () => '0x0'),
    eth_coinbase: query([], () => node.miner.state.coinbase),
    eth_capabilities: query([], () => capabilities(node)),
    eth_config: query([], () => configuration(node)),
  };
}

/** Everything from genesis on is kept. */
function capabilities({ chain }: EthereumNode): Json {
  const { block, hash } = chain.head();
  const all = { disabled: false, oldestBlock: toQuantity(chain.genesis().block.header.number) };
  return {
    head: { number: toQuantity(block.header.number), hash },
    state: all,
    tx: all,
    logs: all,
    receipts: all,
    blocks: all,
    stateproofs: all,
  };
}

/** EIP-7910: the fork that holds, the one that comes next and the last one that is planned. */
function configuration({ chain }: EthereumNode): Json {
  const { timestamp } = chain.head().block.header;
  // Forks by time; what came before them all is one configuration from time 0 on.
  const timed = distinctTimes(chain.config.forks);
  const passed = timed.filter(({ at }) => at <= timestamp);
  const coming = timed.filter(({ at }) => at > timestamp);
  const current = passed.at(-1);
  const next = coming[0];
  const last = coming.at(-1);
  return {
    current: current === undefined ? null : forkJson(chain, current),
    next: next === undefined ? null : forkJson(chain, next),
    last: last === undefined ? null : forkJson(chain, last),
  };
}

/** The newest fork of each moment. */
function distinctTimes(forks: readonly ForkActivation[]): readonly ForkActivation[] {
  const times = new Map<bigint, ForkActivation>();
  for (const activation of forks) {
    if (activation.by === 'time') times.set(activation.at, activation);
  }
  return [...times.values()];
}

function forkJson(chain: EthereumNode['chain'], { fork, at }: ForkActivation): Json {
  const { config } = chain;
  const schedule = blobScheduleAt(config, fork);
  const genesis = chain.genesis();
  const { number } = chain.head().block.header;
  const id = forkId(config, { hash: genesis.hash, timestamp: genesis.block.header.timestamp }, number, at);
  const systemContracts: Record<string, Hex> = {};
  if (isAtLeast(fork, 'cancun')) systemContracts['BEACON_ROOTS_ADDRESS'] = BEACON_ROOTS_ADDRESS;
  if (isAtLeast(fork, 'prague')) {
    systemContracts['CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS'] = CONSOLIDATION_REQUESTS_ADDRESS;
    systemContracts['DEPOSIT_CONTRACT_ADDRESS'] = config.depositContract;
    systemContracts['HISTORY_STORAGE_ADDRESS'] = HISTORY_STORAGE_ADDRESS;
    systemContracts['WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS'] = WITHDRAWAL_REQUESTS_ADDRESS;
  }
  return {
    activationTime: Number(at),
    blobSchedule: schedule && {
      target: schedule.target,
      max: schedule.max,
      baseFeeUpdateFraction: Number(schedule.updateFraction),
    },
    chainId: toQuantity(config.chainId),
    forkId: id.hash,
    precompiles: Object.fromEntries(
      PRECOMPILES.filter(({ since }) => isAtLeast(fork, since))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, address }) => [name, address]),
    ),
    systemContracts,
  };
}
