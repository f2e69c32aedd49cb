import type { Bytes, Hex } from '@ninefold/base';
import type {
  Dispatcher,
  MethodTable,
  Provider,
  RpcContext,
  RpcParams,
  SubscriptionHub,
} from '@ninefold/rpc';
import { createDispatcher, createProvider, createSubscriptionHub } from '@ninefold/rpc';
import { createEvm } from '@ninefold/vm-evm';
import { blockMethods } from './api/blocks.ts';
import { callMethods } from './api/calls.ts';
import { clientMethods } from './api/client.ts';
import { debugMethods } from './api/debug.ts';
import { ERROR_TABLE, GETH_WORDING } from './api/errors.ts';
import { feeMethods } from './api/fees.ts';
import { filterMethods, Filters } from './api/filters.ts';
import { signingMethods } from './api/signing.ts';
import { simulateMethods } from './api/simulate.ts';
import { stateMethods } from './api/state.ts';
import { publishHead, publishPending, subscriptionMethods } from './api/subscriptions.ts';
import { testingMethods } from './api/testing.ts';
import { transactionMethods } from './api/transactions.ts';
import { txpoolMethods } from './api/txpool.ts';
import type { DevAccount } from './dev/accounts.ts';
import { Accounts, deriveAccounts } from './dev/accounts.ts';
import { chainCheats } from './dev/chain-cheats.ts';
import type { MinedBlock, MinerState } from './dev/miner.ts';
import { Miner } from './dev/miner.ts';
import { miningCheats } from './dev/mining-cheats.ts';
import { stateCheats } from './dev/state-cheats.ts';
import { dumpState, loadState } from './dev/state-dump.ts';
import { createChain } from './ledger/chain.ts';
import type { Genesis } from './ledger/genesis.ts';
import { devGenesis } from './ledger/genesis.ts';
import type { Chain } from './ledger/types.ts';
import type { NodeSettings } from './node.ts';
import { EthereumNode, headSenders } from './node.ts';
import type { EthereumChainOptions, ResolvedOptions } from './options.ts';
import { resolveOptions } from './options.ts';
import type { PoolSnapshot } from './pool/pool.ts';
import { TransactionPool } from './pool/pool.ts';
import { createDevConfig } from './spec/chain-config.ts';
import { VERSION } from './version.ts';

/** An Ethereum chain with everything around it. No sockets: serve `dispatcher` and `hub`, or ask in process. */
export type EthereumChain = {
  /** The parts behind the methods, for those who want more than JSON. */
  readonly node: EthereumNode;
  readonly dispatcher: Dispatcher;
  readonly methods: MethodTable;
  /** Where subscriptions are published. */
  readonly hub: SubscriptionHub;
  /** An EIP-1193 provider in this process, for viem's `custom()` and ethers' `BrowserProvider`. */
  readonly provider: Provider;
  readonly request: Provider['request'];
  /** The accounts whose keys the node holds. */
  readonly accounts: readonly DevAccount[];

  /** Remembers everything; see {@link EthereumChain.revert}. */
  readonly snapshot: () => Hex;
  /** Goes back to a snapshot, which is used up. Whether there was one. */
  readonly revert: (id: Hex) => boolean;
  /** An independent chain that begins as this one is now. Costs nothing, however long the chain is. */
  readonly fork: () => EthereumChain;
  readonly dump: () => Promise<Hex>;
  readonly load: (dump: Bytes) => Promise<void>;

  /** Mines blocks with what waits in the pool. */
  readonly mine: (blocks?: number) => readonly MinedBlock[];
  /** Sets the chain's clock, in seconds. */
  readonly setTime: (timestamp: bigint) => void;
  readonly setBalance: (address: Hex, balance: bigint) => void;
  readonly setCode: (address: Hex, code: Bytes) => void;
  readonly setNonce: (address: Hex, nonce: bigint) => void;
  readonly setStorageAt: (address: Hex, slot: Hex, value: Hex) => void;
  readonly impersonate: (address: Hex) => void;
  readonly stopImpersonating: (address: Hex) => void;

  /** Stops mining, ends subscriptions, waits for the store. May be called again. */
  readonly close: () => Promise<void>;
};

/**
 * Makes an Ethereum chain.
 *
 * @throws `ETH_UNKNOWN_OPTION`, `ETH_INVALID_OPTION`, `ETH_INVALID_MNEMONIC`; what a broken store throws
 * @example
 * const chain = await createEthereumChain({ fork: 'prague' });
 * await chain.request({ method: 'eth_blockNumber' }); // '0x0'
 */
export async function createEthereumChain(options: EthereumChainOptions = {}): Promise<EthereumChain> {
  const resolved = resolveOptions(options);
  const { mnemonic, derivationPath: path, accounts: count } = resolved;
  const accounts = new Accounts(await deriveAccounts({ mnemonic, path, count }));
  const chain = createChain({
    genesis: resolved.genesis ?? genesisOf(resolved, accounts),
    createEvm: resolved.createEvm ?? createEvm,
    store: resolved.store,
    stateHistory: resolved.stateHistory,
    allowImpersonation: true,
    logger: resolved.logger,
  });
  const miner: MinerState = {
    mode: resolved.mining,
    coinbase: resolved.coinbase,
    // A time that is asked for is where the chain's clock starts, too.
    timeOffset: options.timestamp === undefined ? 0n : resolved.timestamp - realTime(resolved),
    timestampInterval: undefined,
    nextTimestamp: undefined,
    nextBaseFee: undefined,
    nextPrevRandao: undefined,
    gasLimit: undefined,
    extraData: undefined,
  };
  const settings = { minGasPrice: resolved.minGasPrice, loggingEnabled: true };
  return assemble(resolved, chain, accounts, { miner, pool: { transactions: [] }, settings });
}

function realTime({ clock }: ResolvedOptions): bigint {
  return BigInt(Math.floor(clock.now() / 1000));
}

function genesisOf(options: ResolvedOptions, accounts: Accounts): Genesis {
  const { chainId, fork, timestamp, gasLimit, balance, initialBaseFee } = options;
  return devGenesis({
    config: createDevConfig({ chainId, fork }),
    timestamp,
    gasLimit,
    baseFeePerGas: initialBaseFee,
    accounts: new Map(accounts.own().map(({ address }) => [address, { balance }])),
  });
}

/** What a node begins with. */
type Start = {
  readonly miner: MinerState;
  readonly pool: PoolSnapshot;
  readonly settings: NodeSettings;
};

/** Forks are numbered, so that no two chains of one process have the same identity. */
let instances = 0;

function assemble(options: ResolvedOptions, chain: Chain, accounts: Accounts, start: Start): EthereumChain {
  const { clock, scheduler, order, logger } = options;
  const log = logger.child('ethereum');
  const onError = (error: unknown): void => log.error({ error: String(error) }, 'background task failed');
  const pool = new TransactionPool(headSenders(chain), options.poolLimits, onError);
  pool.restore(start.pool, headSenders(chain));
  const miner = new Miner({ chain, pool, clock, scheduler, order, state: start.miner, onError });
  const hub = createSubscriptionHub({ onError });
  const node = new EthereumNode({
    chain,
    pool,
    miner,
    accounts,
    hub,
    clock,
    scheduler,
    log,
    limits: {
      gasCap: options.callGasCap,
      timeoutMs: options.callTimeoutMs,
      logBlocks: options.maxLogBlocks,
      logResults: options.maxLogResults,
    },
    settings: start.settings,
    dialect: options.dialect,
    revertsThrow: options.revertsThrow,
    clientVersion: `ninefold/v${VERSION}`,
    instance: `${clock.now()}/${instances++}`,
  });
  const filters = new Filters(clock);
  chain.on('head', (change) => {
    filters.onHead(change);
    publishHead(node, change);
  });
  pool.events.on('pending', (pooled) => {
    filters.onPending(pooled.hash);
    publishPending(node, pooled);
  });
  const table: MethodTable = {
    ...blockMethods(node),
    ...transactionMethods(node),
    ...stateMethods(node),
    ...feeMethods(node),
    ...callMethods(node),
    ...simulateMethods(node),
    ...signingMethods(node),
    ...filterMethods(node, filters),
    ...subscriptionMethods(),
    ...txpoolMethods(node),
    ...clientMethods(node),
    ...debugMethods(node),
    ...testingMethods(node),
    ...stateCheats(node),
    ...miningCheats(node),
    ...chainCheats(node),
  };
  const methods = options.store === undefined ? table : durableMethods(table, chain);
  const dispatcher = createDispatcher({
    methods,
    errors: ERROR_TABLE,
    wording: GETH_WORDING,
    onError: (error, method) => log.error({ method, error: String(error) }, 'internal error'),
  });
  const provider = createProvider({ dispatcher, hub, onError });
  let closed: Promise<void> | undefined;

  return {
    node,
    dispatcher,
    methods,
    hub,
    provider,
    request: provider.request,
    accounts: accounts.own(),
    snapshot: () => node.snapshot(),
    revert: (id) => node.revert(BigInt(id)),
    fork: () =>
      assemble({ ...options, store: undefined }, chain.fork(), accounts.fork(), {
        miner: forkedState(miner.state),
        pool: pool.snapshot(),
        settings: node.settings,
      }),
    dump: () => dumpState(node),
    load: (dump) => loadState(node, dump),
    mine: (blocks = 1) => Array.from({ length: blocks }, () => miner.mine()),
    setTime: (timestamp) => miner.setNow(timestamp),
    setBalance: (address, balance) => node.amend(address, { balance }),
    setCode: (address, code) => node.amend(address, { code }),
    setNonce: (address, nonce) => node.amend(address, { nonce }),
    setStorageAt: (address, slot, value) => node.amend(address, { stateDiff: new Map([[slot, value]]) }),
    impersonate: (address) => accounts.impersonate(address),
    stopImpersonating: (address) => void accounts.stopImpersonating(address),
    close: () => {
      closed ??= (async () => {
        miner.close();
        provider.close();
        filters.clear();
        await chain.close();
      })();
      return closed;
    },
  };
}

/** A fork keeps its parent's settings, but two chains on one beat would surprise: it mines by itself. */
function forkedState(state: MinerState): MinerState {
  return state.mode.kind === 'interval' ? { ...state, mode: { kind: 'manual' } } : state;
}

/** The same methods, but what changes state is answered only when the change is on disk. */
function durableMethods(table: MethodTable, chain: Chain): MethodTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      method.mutating === true
        ? {
            ...method,
            handler: async (params: RpcParams, context: RpcContext) => {
              const result: unknown = await method.handler(params, context);
              await chain.flushed();
              return result;
            },
          }
        : method,
    ]),
  );
}
