import { type Bytes, type Clock, type Logger, silentLogger, systemClock } from '@ninefold/base';
import type { KvStore } from '@ninefold/state';
import { walletOfPath } from './api/http.ts';
import { createBitcoinDispatcher, type BitcoinDispatcher } from './api/dispatcher.ts';
import type { Api } from './api/api.ts';
import { blockchainMethods } from './api/blockchain.ts';
import { writeJson } from './api/json.ts';
import { mempoolMethods } from './api/mempool.ts';
import { type CallContext, type RpcMethods } from './api/method.ts';
import { miningMethods } from './api/mining.ts';
import { controlMethods } from './api/network.ts';
import { psbtMethods } from './api/psbt.ts';
import { rawTransactionMethods } from './api/raw-transactions.ts';
import { spendingMethods } from './api/spending.ts';
import { feeBumpMethods } from './api/fee-bump.ts';
import { utilMethods } from './api/util.ts';
import { walletMethods } from './api/wallet.ts';
import { walletAddressMethods } from './api/wallet-addresses.ts';
import { walletCoinMethods } from './api/wallet-coins.ts';
import { walletDescriptorMethods } from './api/wallet-descriptors.ts';
import { walletHistoryMethods } from './api/wallet-history.ts';
import { Esplora } from './esplora/esplora.ts';
import { FilterIndex } from './filter/filter-index.ts';
import { NodeStore } from './ledger/store.ts';
import { BitcoinNode } from './node.ts';
import { type ChainParams, regtestParams } from './spec/params.ts';
import type { Policy } from './spec/policy.ts';
import { type AddressFormat, ADDRESS_FORMATS } from './tx/address.ts';
import { Wallets } from './wallet/wallets.ts';

export type BitcoinOptions = {
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  /** Regtest when absent. */
  readonly params?: ChainParams | undefined;
  readonly policy?: Partial<Policy> | undefined;
  /** What wallets pay where nothing can be estimated: satoshi for 1000 virtual bytes, 20,000 by default. */
  readonly fallbackFeeRate?: number | undefined;
  /** Where wallets take their seeds from: the platform's source of secrets when absent. */
  readonly random?: ((length: number) => Bytes) | undefined;
  /** Where the chain, its mempool and wallets are kept; in memory without. Closed with the chain. */
  readonly store?: KvStore | undefined;
  /** Called by the method `stop`. */
  readonly onStop?: (() => void) | undefined;
  /** Ends a wait after so many milliseconds; without it, waits have no limit. */
  readonly after?: ((ms: number, task: () => void) => () => void) | undefined;
};

/** A Bitcoin chain with everything around it. No sockets: serve `rpc`, or ask in process. */
export type BitcoinChainHandle = {
  /** The parts behind the methods, for those who want more than JSON. */
  readonly node: BitcoinNode;
  readonly format: AddressFormat;
  readonly wallets: Wallets;
  readonly methods: RpcMethods;
  readonly rpc: BitcoinDispatcher;
  /**
   * Calls a method in this process; amounts are numbers of bitcoins, as in JSON.
   *
   * @throws an error with bitcoind's `code` and `message`
   */
  readonly request: (method: string, params?: unknown, context?: CallContext) => Promise<unknown>;
  /** Mines blocks, their rewards to a script. */
  readonly generate: (count: number, scriptPubKey: Bytes) => string[];
  /** Hears of every new tip. Returns the way to stop. */
  readonly onTip: (listener: (tip: { readonly hash: string; readonly height: number }) => void) => () => void;
  /** Esplora's REST interface. */
  readonly esplora: Esplora;
  /** JSON-RPC in the shape of `fetch`, without authentication. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** An independent chain that begins as this one is now. Takes time for each coin there is. */
  readonly fork: () => BitcoinChainHandle;
  /** Resolves when all that has happened is on disk, where there is a store. */
  readonly flushed: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Makes a Bitcoin node for regtest.
 *
 * @example
 * const bitcoin = await createBitcoin();
 * await bitcoin.request('generatetoaddress', [101, 'bcrt1q…']);
 * await bitcoin.request('getblockcount'); // 101
 */
export async function createBitcoin(options: BitcoinOptions = {}): Promise<BitcoinChainHandle> {
  return assemble(options);
}

function assemble(options: BitcoinOptions, parent?: BitcoinNode, parentWallets?: string): BitcoinChainHandle {
  const { clock = systemClock, logger = silentLogger, params = regtestParams(), after } = options;
  const log = logger.child('bitcoin');
  const onError = (error: unknown): void => log.error({ error: String(error) }, 'background task failed');
  const node = new BitcoinNode({ clock, params, policy: options.policy, onError, parent });
  const format = formatOf(params);
  const started = clock.now();
  const stops = new Set<() => void>();
  const wallets = new Wallets(node, format, options.random ?? platformRandom);
  const api: Api = {
    node,
    format,
    filters: new FilterIndex(node),
    wallets,
    fallbackFeeRate: options.fallbackFeeRate ?? DEFAULT_FALLBACK_FEE_RATE,
    uptime: () => Math.floor((clock.now() - started) / 1000),
    wait: (timeout, subscribe) =>
      new Promise((resolve) => {
        let unsubscribe = (): void => {};
        let cancel = (): void => {};
        const done = (): void => {
          stops.delete(done);
          unsubscribe();
          cancel();
          resolve();
        };
        stops.add(done);
        unsubscribe = subscribe(done);
        if (timeout > 0 && after !== undefined) cancel = after(timeout, done);
      }),
    stop: options.onStop ?? (() => {}),
  };
  const methods: RpcMethods = {
    ...blockchainMethods(api),
    ...mempoolMethods(api),
    ...rawTransactionMethods(api),
    ...psbtMethods(api),
    ...miningMethods(api),
    ...utilMethods(api),
    ...walletMethods(api),
    ...walletAddressMethods(api),
    ...walletCoinMethods(api),
    ...walletHistoryMethods(api),
    ...walletDescriptorMethods(api),
    ...spendingMethods(api),
    ...feeBumpMethods(api),
    ...controlMethods(api, () => methods),
  };
  const { store } = options;
  const kept =
    store &&
    new NodeStore(store, node, { save: () => wallets.save(), load: (text) => wallets.restore(text) });
  kept?.open();
  if (parentWallets !== undefined) wallets.restore(parentWallets);
  const rpc = createBitcoinDispatcher({
    methods,
    // An answer that tells of a change leaves after the change is on disk.
    settle: async () => kept?.flushed(),
    onError: (error, method) => log.error({ method, error: String(error) }, 'internal error'),
  });
  return {
    node,
    format,
    wallets,
    methods,
    rpc,
    request: async (method, given, context) =>
      JSON.parse(writeJson((await rpc.call(method, given, context)) ?? null)) as unknown,
    generate: (count, scriptPubKey) => node.generate(count, scriptPubKey),
    onTip: (listener) =>
      node.chain.events.on('settled', ({ tip }) => listener({ hash: tip.hash, height: tip.height })),
    esplora: new Esplora(node, format),
    fetch: async (request) => {
      const wallet = walletOfPath(new URL(request.url).pathname);
      const { status, body } = await rpc.handleText(await request.text(), { wallet });
      return new Response(body === '' ? null : body, {
        status,
        headers: { 'content-type': 'application/json' },
      });
    },
    fork: () => assemble({ ...options, store: undefined }, node, wallets.save()),
    flushed: async () => kept?.flushed(),
    close: async () => {
      for (const stop of stops) stop();
      await kept?.close();
    },
  };
}

/** 0.0002 BTC/kvB, what most set for regtest. */
const DEFAULT_FALLBACK_FEE_RATE = 20_000;

function platformRandom(length: number): Bytes {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

function formatOf({ name }: ChainParams): AddressFormat {
  return Object.hasOwn(ADDRESS_FORMATS, name)
    ? ADDRESS_FORMATS[name as keyof typeof ADDRESS_FORMATS]
    : ADDRESS_FORMATS.regtest;
}
