import type { Clock, Logger } from '@ninefold/base';
import { defineErrors, didYouMean, silentLogger, systemClock } from '@ninefold/base';
import type { BitcoinChainHandle, BitcoinOptions as BitcoinChainOptions } from '@ninefold/chain-bitcoin';
import type { createEthereumChain, EthereumChain } from '@ninefold/chain-ethereum';
import type { SolanaChain, SolanaChainOptions } from '@ninefold/chain-solana';
import type { BitcoinUrls, Chains, ChainUrls, Listening, ListenOptions } from './listen.ts';
import { after, every } from './timers.ts';

const suggested = (suggestion: string | undefined): string =>
  suggestion === undefined ? '' : `: did you mean "${suggestion}"?`;

const fail = defineErrors({
  NODE_UNKNOWN_OPTION: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `Unknown option ${JSON.stringify(c.name)}${suggested(c.suggestion)}`,
  NODE_UNKNOWN_CHAIN: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `There is no chain ${JSON.stringify(c.name)}${suggested(c.suggestion)}`,
  NODE_STATE_AND_STORE: () => 'Give a chain either a state folder or a store of your own, not both',
  NODE_CLOSED: () => 'The node is closed',
  NODE_LISTENS: () => 'The node listens already: one node has one set of ports',
});

/** An Ethereum chain of a node: what the chain itself takes, and where its state is kept. */
export type EthereumOptions = Omit<NonNullable<Parameters<typeof createEthereumChain>[0]>, 'scheduler'> & {
  /** Folder in which the chain is kept; Node only. In memory without. */
  readonly state?: string | undefined;
};

/** A Solana chain of a node. */
export type SolanaOptions = Omit<SolanaChainOptions, 'scheduler'>;

/** A Bitcoin chain of a node: what the chain itself takes, and where it is kept. */
export type BitcoinOptions = Omit<BitcoinChainOptions, 'after'> & {
  /** Folder in which blocks, mempool and wallets are kept; Node only. In memory without. */
  readonly state?: string | undefined;
};

/** What each chain of a node is. */
type ChainTypes = {
  readonly ethereum: EthereumChain;
  readonly solana: SolanaChain;
  readonly bitcoin: BitcoinChainHandle;
};

export type ChainName = keyof ChainTypes;

export type NodeOptions = {
  /** The chains that run, by name; an Ethereum chain with its defaults when absent. */
  readonly chains?:
    | {
        readonly ethereum?: EthereumOptions | undefined;
        readonly solana?: SolanaOptions | undefined;
        readonly bitcoin?: BitcoinOptions | undefined;
      }
    | undefined;
  /** For all chains that have none of their own. */
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
};

export type NodeUrls<Names extends ChainName = 'ethereum'> = {
  readonly [Name in Names]: Name extends 'bitcoin' ? BitcoinUrls : ChainUrls;
};

/** The chains that options ask for. */
type NamesIn<Options extends NodeOptions> = Options extends { readonly chains: infer Given }
  ? Extract<keyof Given, ChainName>
  : 'ethereum';

/** Chains in this process, each by its name. Nothing listens until {@link Node.listen}. */
export type Node<Names extends ChainName = 'ethereum'> = AsyncDisposable &
  Pick<ChainTypes, Names> & {
    /**
     * An independent node that begins as this one is now: one for each test. It costs nothing, however
     * long the chain is, lives in memory and is closed on its own.
     *
     * @throws `NODE_CLOSED`
     */
    readonly fork: () => Node<Names>;
    /**
     * Opens HTTP and WebSocket, one port for each chain; Solana's clients look for WebSocket on the next one.
     *
     * @throws `NODE_CLOSED`, `NODE_LISTENS`, `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
     */
    readonly listen: (options?: ListenOptions) => Promise<NodeUrls<Names>>;
    /** JSON-RPC of the first chain in the shape of `fetch`, for SDKs that take one of your own. */
    readonly fetch: (request: Request) => Promise<Response>;
    /** Stops listening and mining and waits for what is still to be written. May be called again. */
    readonly close: () => Promise<void>;
  };

const OPTIONS: readonly (keyof NodeOptions)[] = ['chains', 'clock', 'logger'];
const CHAINS: readonly ChainName[] = ['ethereum', 'solana', 'bitcoin'];

/**
 * Makes a node: no sockets, no timers, no server code. A chain's code is loaded when it is asked for.
 *
 * @throws `NODE_UNKNOWN_OPTION`, `NODE_UNKNOWN_CHAIN`, `NODE_STATE_AND_STORE`; what the chain throws for
 * its options and the store for its folder
 * @example
 * const node = await createNode({ chains: { ethereum: { fork: 'prague' } } });
 * await node.ethereum.request({ method: 'eth_blockNumber' }); // '0x0'
 * const child = node.fork();
 * const { ethereum } = await node.listen({ port: 0 });
 * await node.close();
 */
export async function createNode<const Options extends NodeOptions = Record<never, never>>(
  options?: Options,
): Promise<Node<NamesIn<Options>>> {
  const given: NodeOptions = options ?? {};
  for (const name of Object.keys(given)) {
    if (!OPTIONS.includes(name as keyof NodeOptions)) {
      throw fail('NODE_UNKNOWN_OPTION', { name, suggestion: didYouMean(name, OPTIONS) });
    }
  }
  const { chains = {}, clock = systemClock, logger = silentLogger } = given;
  for (const name of Object.keys(chains)) {
    if (!CHAINS.includes(name as ChainName))
      throw fail('NODE_UNKNOWN_CHAIN', { name, suggestion: didYouMean(name, CHAINS) });
  }
  // A name with no options is a chain with its defaults; no name at all is Ethereum.
  const isAsked = (name: ChainName): boolean => Object.hasOwn(chains, name);
  const hasEthereum = isAsked('ethereum') || !CHAINS.some(isAsked);
  const made: Chains = {
    ...(hasEthereum && { ethereum: await ethereumChain({ clock, logger, ...chains.ethereum }) }),
    ...(isAsked('solana') && { solana: await solanaChain({ clock, logger, ...chains.solana }) }),
    ...(isAsked('bitcoin') && { bitcoin: await bitcoinChain({ clock, logger, ...chains.bitcoin }) }),
  };
  return nodeOf(made, logger) as Node<NamesIn<Options>>;
}

async function solanaChain(options: SolanaOptions): Promise<SolanaChain> {
  const { createSolanaChain } = await import('@ninefold/chain-solana');
  return createSolanaChain({ ...options, scheduler: { every } });
}

async function bitcoinChain(options: BitcoinOptions): Promise<BitcoinChainHandle> {
  const { createBitcoin } = await import('@ninefold/chain-bitcoin');
  const { state, ...rest } = options;
  if (state === undefined) return createBitcoin({ ...rest, after });
  if (rest.store !== undefined) throw fail('NODE_STATE_AND_STORE', undefined);
  const { openBitcoinFolder } = await import('./state-folder.ts');
  const store = await openBitcoinFolder(state);
  try {
    const chain = await createBitcoin({ ...rest, store, after });
    // A node that is ready has its first block on disk.
    await chain.flushed();
    return chain;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Chain id of a local development chain. */
const DEV_CHAIN_ID = 31_337n;

async function ethereumChain(options: EthereumOptions): Promise<EthereumChain> {
  const { createEthereumChain } = await import('@ninefold/chain-ethereum');
  const { state, ...rest } = options;
  const scheduler = { every };
  if (state === undefined) return createEthereumChain({ ...rest, scheduler });
  if (rest.store !== undefined) throw fail('NODE_STATE_AND_STORE', undefined);
  const { openStateFolder } = await import('./state-folder.ts');
  const seconds = Math.floor((rest.clock ?? systemClock).now() / 1000);
  const asked = rest.chainId === undefined ? undefined : BigInt(rest.chainId);
  const birth = { genesisTime: rest.timestamp ?? BigInt(seconds), chainId: asked ?? DEV_CHAIN_ID };
  const { store, genesisTime, chainId } = await openStateFolder(state, birth, asked);
  try {
    const chain = await createEthereumChain({
      ...rest,
      timestamp: rest.timestamp ?? genesisTime,
      chainId,
      store,
      scheduler,
    });
    // A node that is ready has its first block on disk.
    await chain.node.chain.flushed();
    return chain;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function nodeOf(chains: Chains, logger: Logger): Node<ChainName> {
  let closing: Promise<void> | undefined;
  let listening: Promise<Listening> | undefined;

  const assertOpen = (): void => {
    if (closing !== undefined) throw fail('NODE_CLOSED', undefined);
  };

  const listen = async (options: ListenOptions = {}): Promise<NodeUrls<ChainName>> => {
    assertOpen();
    if (listening !== undefined) throw fail('NODE_LISTENS', undefined);
    listening = import('./listen.ts').then(({ listenOn }) => listenOn(chains, logger, options));
    try {
      return (await listening).urls as NodeUrls<ChainName>;
    } catch (error) {
      listening = undefined;
      throw error;
    }
  };

  const close = async (): Promise<void> => {
    const servers = await listening?.catch(() => undefined);
    await servers?.close();
    await Promise.all([chains.ethereum?.close(), chains.solana?.close(), chains.bitcoin?.close()]);
  };

  let handler: Promise<(request: Request) => Promise<Response>> | undefined;
  const fetch: Node['fetch'] = async (request) => {
    assertOpen();
    const { ethereum, solana, bitcoin } = chains;
    if (ethereum === undefined && solana !== undefined) return solana.fetch(request);
    if (ethereum === undefined && bitcoin !== undefined) return bitcoin.fetch(request);
    handler ??= import('@ninefold/rpc').then(({ createFetchHandler }) =>
      createFetchHandler({ dispatcher: (ethereum as EthereumChain).dispatcher }),
    );
    return (await handler)(request);
  };

  const closeOnce = (): Promise<void> => (closing ??= close());
  const node: Omit<Node<ChainName>, ChainName> = {
    fork: () => {
      assertOpen();
      const { ethereum, solana, bitcoin } = chains;
      return nodeOf(
        {
          ...(ethereum !== undefined && { ethereum: ethereum.fork() }),
          ...(solana !== undefined && { solana: solana.fork() }),
          ...(bitcoin !== undefined && { bitcoin: bitcoin.fork() }),
        },
        logger,
      );
    },
    listen,
    fetch,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
  return { ...chains, ...node } as Node<ChainName>;
}
