import type { Clock, Hex, Logger } from '@ninefold/base';
import { defineErrors, didYouMean, isHex, silentLogger, systemClock } from '@ninefold/base';
import type { KvStore } from '@ninefold/state';
import type { Evm, ForkName, Rules } from '@ninefold/vm-evm';
import { DEFAULT_FORK, FORKS } from '@ninefold/vm-evm';
import { DEFAULT_CALL_GAS_CAP, DEFAULT_CALL_TIMEOUT_MS } from './api/execution.ts';
import { DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC } from './dev/default-accounts.ts';
import { MAX_DEV_ACCOUNTS } from './dev/accounts.ts';
import type { MiningMode, Scheduler } from './dev/miner.ts';
import type { Genesis } from './ledger/genesis.ts';
import { DEFAULT_GAS_LIMIT } from './ledger/genesis.ts';
import type { Dialect } from './node.ts';
import type { PoolLimits, PoolOrder } from './pool/pool.ts';
import { DEFAULT_POOL_LIMITS } from './pool/pool.ts';
import { DEV_CHAIN_ID } from './spec/chain-config.ts';

/** How an Ethereum chain is made. Everything has a default. */
export type EthereumChainOptions = {
  readonly chainId?: bigint | number | undefined;
  /** Rules from genesis on. */
  readonly fork?: ForkName | undefined;
  /** A whole genesis instead of `chainId`, `fork`, `gasLimit`, `timestamp` and the accounts' balances. */
  readonly genesis?: Genesis | undefined;

  /** BIP-39 phrase of the accounts that exist from the start. */
  readonly mnemonic?: string | undefined;
  /** BIP-32 path the accounts' index is appended to. */
  readonly derivationPath?: string | undefined;
  /** Number of accounts. */
  readonly accounts?: number | undefined;
  /** Wei each of them owns. */
  readonly balance?: bigint | undefined;

  readonly gasLimit?: bigint | undefined;
  readonly initialBaseFee?: bigint | undefined;
  readonly coinbase?: Hex | undefined;
  /** Seconds since the epoch: time of the genesis block, from where the chain's clock goes on; now by default. */
  readonly timestamp?: bigint | undefined;
  /** `auto`, `manual`, or milliseconds between blocks. */
  readonly mining?: 'auto' | 'manual' | number | undefined;
  readonly order?: PoolOrder | undefined;
  readonly minGasPrice?: bigint | undefined;
  readonly poolLimits?: Partial<PoolLimits> | undefined;

  /** Whose habits methods without a prefix of their own follow. */
  readonly dialect?: Dialect | undefined;
  /** A sent transaction that fails is an error, as in Hardhat; else its hash is the answer all the same. */
  readonly revertsThrow?: boolean | undefined;

  /** Gas and milliseconds one call may take. */
  readonly callGasCap?: bigint | undefined;
  readonly callTimeoutMs?: number | undefined;
  /** Blocks and logs of one `eth_getLogs`. */
  readonly maxLogBlocks?: bigint | undefined;
  readonly maxLogResults?: number | undefined;

  /**
   * States of how many of the newest blocks can be asked for, {@link DEFAULT_STATE_HISTORY} by
   * default; blocks, transactions and receipts stay all the same. A snapshot keeps the states it saw.
   * Older ones are answered like a geth that is no archive does: "missing trie node …". With a
   * `store` all states are kept.
   */
  readonly stateHistory?: number | undefined;
  /** Where the chain is kept; answers to what changes it then wait until it is on disk. */
  readonly store?: KvStore | undefined;
  readonly clock?: Clock | undefined;
  /** Needed for interval mining. */
  readonly scheduler?: Scheduler | undefined;
  readonly logger?: Logger | undefined;
  /** Makes the machine for some rules: for other engines and for tests. */
  readonly createEvm?: ((rules: Rules) => Evm) | undefined;
};

/** Options with every default filled in. */
export type ResolvedOptions = {
  readonly chainId: bigint;
  readonly fork: ForkName;
  readonly genesis: Genesis | undefined;
  readonly mnemonic: string;
  readonly derivationPath: string;
  readonly accounts: number;
  readonly balance: bigint;
  readonly gasLimit: bigint;
  readonly initialBaseFee: bigint | undefined;
  readonly coinbase: Hex;
  readonly timestamp: bigint;
  readonly mining: MiningMode;
  readonly order: PoolOrder;
  readonly minGasPrice: bigint;
  readonly poolLimits: PoolLimits;
  readonly dialect: Dialect;
  readonly revertsThrow: boolean;
  readonly callGasCap: bigint;
  readonly callTimeoutMs: number;
  readonly maxLogBlocks: bigint;
  readonly maxLogResults: number;
  readonly stateHistory: number;
  readonly store: KvStore | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler | undefined;
  readonly logger: Logger;
  readonly createEvm: ((rules: Rules) => Evm) | undefined;
};

const fail = defineErrors({
  ETH_UNKNOWN_OPTION: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `Unknown option ${JSON.stringify(c.name)}${c.suggestion === undefined ? '' : `, did you mean "${c.suggestion}"?`}`,
  ETH_INVALID_OPTION: (c: { readonly name: string; readonly expected: string }) =>
    `Option ${c.name} must be ${c.expected}`,
});

/** 10,000 ether. */
export const DEFAULT_BALANCE: bigint = 10_000n * 10n ** 18n;
/** Some 100 MiB of busy blocks: a chain in memory must not grow for as long as it runs. */
export const DEFAULT_STATE_HISTORY = 4_096;
export const DEFAULT_ACCOUNT_COUNT = 10;
export const DEFAULT_MAX_LOG_BLOCKS = 1_000_000n;
export const DEFAULT_MAX_LOG_RESULTS = 100_000;

const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`;

const NAMES: ReadonlySet<string> = new Set<keyof EthereumChainOptions>([
  'chainId',
  'fork',
  'genesis',
  'mnemonic',
  'derivationPath',
  'accounts',
  'balance',
  'gasLimit',
  'initialBaseFee',
  'coinbase',
  'timestamp',
  'mining',
  'order',
  'minGasPrice',
  'poolLimits',
  'dialect',
  'revertsThrow',
  'callGasCap',
  'callTimeoutMs',
  'maxLogBlocks',
  'maxLogResults',
  'stateHistory',
  'store',
  'clock',
  'scheduler',
  'logger',
  'createEvm',
]);

/**
 * Checks options and fills in the defaults.
 *
 * @throws `ETH_UNKNOWN_OPTION`, `ETH_INVALID_OPTION`
 */
export function resolveOptions(options: EthereumChainOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw fail('ETH_UNKNOWN_OPTION', { name, suggestion: didYouMean(name, NAMES) });
  }
  const { clock = systemClock, accounts = DEFAULT_ACCOUNT_COUNT, fork = DEFAULT_FORK } = options;
  check(
    Number.isInteger(accounts) && accounts >= 0 && accounts <= MAX_DEV_ACCOUNTS,
    'accounts',
    `0 to ${MAX_DEV_ACCOUNTS}`,
  );
  check(
    FORKS.some(({ name }) => name === fork),
    'fork',
    `one of ${FORKS.map(({ name }) => name).join(', ')}`,
  );
  const coinbase = options.coinbase ?? ZERO_ADDRESS;
  check(isHex(coinbase, 20), 'coinbase', 'an address of 20 bytes');
  const chainId = options.chainId ?? DEV_CHAIN_ID;
  check(
    chainId > 0 && (typeof chainId === 'bigint' || Number.isSafeInteger(chainId)),
    'chainId',
    'a positive integer',
  );
  const { stateHistory = DEFAULT_STATE_HISTORY } = options;
  check(
    Number.isSafeInteger(stateHistory) && stateHistory > 0,
    'stateHistory',
    'a number of blocks, 1 at least',
  );
  return {
    chainId: BigInt(chainId),
    fork,
    genesis: options.genesis,
    mnemonic: options.mnemonic ?? DEFAULT_MNEMONIC,
    derivationPath: options.derivationPath ?? DEFAULT_DERIVATION_PATH,
    accounts,
    balance: balanceOf(options.balance),
    gasLimit: unsigned(options.gasLimit, 'gasLimit') ?? DEFAULT_GAS_LIMIT,
    initialBaseFee: unsigned(options.initialBaseFee, 'initialBaseFee'),
    coinbase: coinbase.toLowerCase() as Hex,
    timestamp: unsigned(options.timestamp, 'timestamp') ?? BigInt(Math.floor(clock.now() / 1000)),
    mining: miningMode(options.mining ?? 'auto'),
    order: options.order ?? 'fees',
    minGasPrice: unsigned(options.minGasPrice, 'minGasPrice') ?? 0n,
    poolLimits: { ...DEFAULT_POOL_LIMITS, ...options.poolLimits },
    dialect: options.dialect ?? 'anvil',
    revertsThrow: options.revertsThrow ?? false,
    callGasCap: unsigned(options.callGasCap, 'callGasCap') ?? DEFAULT_CALL_GAS_CAP,
    callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
    maxLogBlocks: options.maxLogBlocks ?? DEFAULT_MAX_LOG_BLOCKS,
    maxLogResults: options.maxLogResults ?? DEFAULT_MAX_LOG_RESULTS,
    stateHistory,
    store: options.store,
    clock,
    scheduler: options.scheduler,
    logger: options.logger ?? silentLogger,
    createEvm: options.createEvm,
  };
}

function miningMode(mining: 'auto' | 'manual' | number): MiningMode {
  if (typeof mining !== 'number') {
    check(mining === 'auto' || mining === 'manual', 'mining', '"auto", "manual" or milliseconds');
    return { kind: mining };
  }
  check(Number.isFinite(mining) && mining > 0, 'mining', 'a positive number of milliseconds');
  return { kind: 'interval', ms: mining };
}

function balanceOf(balance: bigint | undefined): bigint {
  const wei = unsigned(balance, 'balance') ?? DEFAULT_BALANCE;
  check(wei < 2n ** 256n, 'balance', 'below 2^256 wei');
  return wei;
}

function unsigned(value: bigint | undefined, name: string): bigint | undefined {
  check(value === undefined || (typeof value === 'bigint' && value >= 0n), name, 'a bigint, not negative');
  return value;
}

function check(condition: boolean, name: string, expected: string): asserts condition {
  if (!condition) throw fail('ETH_INVALID_OPTION', { name, expected });
}
