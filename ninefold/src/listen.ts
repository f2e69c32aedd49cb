import { randomBytes } from 'node:crypto';
import type { Logger } from '@ninefold/base';
import { bytesToUtf8, defineErrors, didYouMean, isNinefoldError } from '@ninefold/base';
import type { BitcoinChainHandle, RestReply } from '@ninefold/chain-bitcoin';
import type { EthereumChain } from '@ninefold/chain-ethereum';
import type { SolanaChain } from '@ninefold/chain-solana';
import {
  createServer,
  type HttpAnswer,
  httpRoute,
  type HttpRoute,
  rpcRoute,
  type Server,
  type ServerLimits,
  type ServerOptions,
} from '@ninefold/server';

const fail = defineErrors({
  NODE_UNKNOWN_LISTEN_OPTION: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `Unknown option ${JSON.stringify(c.name)}${c.suggestion === undefined ? '' : `: did you mean "${c.suggestion}"?`}`,
});

/** The port of Ethereum's ecosystem. */
export const DEFAULT_PORT = 8545;

/** The port of Solana's ecosystem; WebSocket is on the next one. */
export const DEFAULT_SOLANA_PORT = 8899;

export type ListenOptions = {
  /** Ethereum's: 8545 when absent; 0 for any free one, of all chains. */
  readonly port?: number | undefined;
  /** Solana's: 8899 when absent, 0 for any free one. WebSocket is on the next one as well. */
  readonly solanaPort?: number | undefined;
  /** 18443 when absent, or any free one where `port` is 0. */
  readonly bitcoinPort?: number | undefined;
  /** Of Esplora's REST interface; 3002 when absent, or any free one where `port` is 0. */
  readonly esploraPort?: number | undefined;
  /** `user:password` of Bitcoin's JSON-RPC; a cookie made up at the start when absent. */
  readonly bitcoinAuth?: string | undefined;
  /** Loopback (IPv4 and IPv6) when absent; with another, everybody who reaches it may call. */
  readonly host?: string | undefined;
  /** Path of a Unix socket that answers as well. */
  readonly ipc?: string | undefined;
  /** Origins of web pages that may call besides those of this machine; `'*'` for all. */
  readonly cors?: readonly string[] | '*' | undefined;
  /** Names in the `Host` header besides localhost and addresses; `'*'` in it for all. */
  readonly allowedHosts?: readonly string[] | undefined;
};

const OPTIONS: readonly string[] = [
  'port',
  'solanaPort',
  'bitcoinPort',
  'esploraPort',
  'bitcoinAuth',
  'host',
  'ipc',
  'cors',
  'allowedHosts',
];

/** Ports of Bitcoin's ecosystem for regtest. */
export const DEFAULT_BITCOIN_PORT = 18_443;
export const DEFAULT_ESPLORA_PORT = 3002;
/** User of a password that is made up at the start, as bitcoind's `.cookie` has it. */
const COOKIE_USER = '__cookie__';

/** Where one chain answers. */
export type ChainUrls = {
  /** `http://127.0.0.1:8545` */
  readonly http: string;
  /** `ws://127.0.0.1:8545` */
  readonly ws: string;
  readonly ipc?: string;
};

/** The chains of a node. */
export type Chains = {
  readonly ethereum?: EthereumChain | undefined;
  readonly solana?: SolanaChain | undefined;
  readonly bitcoin?: BitcoinChainHandle | undefined;
};

/** Where a Bitcoin chain answers. */
export type BitcoinUrls = {
  /** `http://127.0.0.1:18443` */
  readonly http: string;
  /** `http://127.0.0.1:3002` */
  readonly esplora: string;
  /** `user:password` for JSON-RPC. */
  readonly auth: string;
};

export type Listening = {
  readonly urls: {
    readonly ethereum?: ChainUrls;
    readonly solana?: ChainUrls;
    readonly bitcoin?: BitcoinUrls;
  };
  readonly close: () => Promise<void>;
};

// The port behind the one that was given may be taken; then another pair is tried.
const FREE_PAIR_ATTEMPTS = 20;

/**
 * Serves chains, each on its port.
 *
 * @throws `NODE_UNKNOWN_LISTEN_OPTION`, `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
 */
export async function listenOn(chains: Chains, logger: Logger, options: ListenOptions): Promise<Listening> {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      throw fail('NODE_UNKNOWN_LISTEN_OPTION', { name, suggestion: didYouMean(name, OPTIONS) });
    }
  }
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const urls: { ethereum?: ChainUrls; solana?: ChainUrls; bitcoin?: BitcoinUrls } = {};
    if (chains.ethereum !== undefined)
      urls.ethereum = await serveEthereum(chains.ethereum, logger, options, servers);
    if (chains.solana !== undefined) urls.solana = await serveSolana(chains.solana, logger, options, servers);
    if (chains.bitcoin !== undefined) {
      urls.bitcoin = await serveBitcoin(chains.bitcoin, logger, options, servers);
    }
    return { urls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serveEthereum(
  chain: EthereumChain,
  logger: Logger,
  options: ListenOptions,
  servers: Server[],
): Promise<ChainUrls> {
  const { port = DEFAULT_PORT, host, ipc, cors, allowedHosts } = options;
  const route = rpcRoute({ dispatcher: chain.dispatcher, hub: chain.hub });
  const server = await createServer({
    routes: { '/': route },
    port,
    host,
    cors,
    allowedHosts,
    ipc: ipc === undefined ? undefined : { path: ipc, route },
    instance: (await chain.request({ method: 'ninefold_instanceId' })) as string,
    logger,
  });
  servers.push(server);
  return { http: server.url, ws: server.wsUrl, ...(ipc !== undefined && { ipc }) };
}

/** HTTP and WebSocket on one port, and both on the next: clients look for WebSocket there. */
async function serveSolana(
  chain: SolanaChain,
  logger: Logger,
  options: ListenOptions,
  servers: Server[],
): Promise<ChainUrls> {
  const { host, cors, allowedHosts } = options;
  const port = options.solanaPort ?? (options.port === 0 ? 0 : DEFAULT_SOLANA_PORT);
  const common: ServerOptions = {
    routes: { '/': rpcRoute({ dispatcher: chain.dispatcher, hub: chain.hub }) },
    host,
    cors,
    allowedHosts,
    instance: chain.node.instance,
    logger,
  };
  for (let attempt = 1; ; attempt++) {
    const first = await createServer({ ...common, port });
    try {
      const second = await createServer({ ...common, port: first.port + 1 });
      servers.push(first, second);
      return { http: first.url, ws: second.wsUrl };
    } catch (error) {
      await first.close();
      const isTaken = isNinefoldError(error) && error.code.startsWith('SERVER_');
      if (!isTaken || port !== 0 || attempt === FREE_PAIR_ATTEMPTS) throw error;
    }
  }
}

/**
 * JSON-RPC with Basic authentication on one port, Esplora's REST on another. Clients of JSON-RPC send
 * any content type: the password keeps web pages out.
 */
async function serveBitcoin(
  chain: BitcoinChainHandle,
  logger: Logger,
  options: ListenOptions,
  servers: Server[],
): Promise<BitcoinUrls> {
  const { answerRpc } = await import('@ninefold/chain-bitcoin');
  const { host, cors, allowedHosts } = options;
  const auth = options.bitcoinAuth ?? `${COOKIE_USER}:${randomBytes(32).toString('hex')}`;
  const [user = '', ...password] = auth.split(':');
  const credentials = { user, password: password.join(':') };
  const toAnswer = ({ status, headers, body }: RestReply): HttpAnswer => ({ status, headers, body });
  const rpc: HttpRoute = {
    kind: 'http',
    accepts: () => true,
    handle: async ({ method, path, headers, body }) => {
      const { authorization } = headers;
      return toAnswer(
        await answerRpc({ method, path, authorization, body: bytesToUtf8(body) }, chain.rpc, credentials),
      );
    },
  };
  const rest = httpRoute(
    ({ method, path, body }) => toAnswer(chain.esplora.handle(method, path, bytesToUtf8(body))),
    { contentTypes: ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', ''] },
  );
  const common = { host, cors, allowedHosts, logger };
  const orFree = (port: number | undefined, fallback: number): number =>
    port ?? (options.port === 0 ? 0 : fallback);
  const rpcServer = await createServer({
    ...common,
    routes: { '/': rpc, '/*': rpc },
    port: orFree(options.bitcoinPort, DEFAULT_BITCOIN_PORT),
    limits: BITCOIN_LIMITS,
  });
  servers.push(rpcServer);
  const restServer = await createServer({
    ...common,
    routes: { '/': rest, '/*': rest },
    port: orFree(options.esploraPort, DEFAULT_ESPLORA_PORT),
    limits: BITCOIN_LIMITS,
  });
  servers.push(restServer);
  return { http: rpcServer.url, esplora: restServer.url, auth };
}

/** A block in hex has up to 8 MB; waits for blocks take as long as they do. */
const BITCOIN_LIMITS: Partial<ServerLimits> = { bodyBytes: 32 * 1024 * 1024, executionMs: 24 * 3600 * 1000 };
