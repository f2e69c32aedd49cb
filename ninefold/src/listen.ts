import type { Logger } from '@ninefold/base';
import { defineErrors, didYouMean } from '@ninefold/base';
import type { EthereumChain } from '@ninefold/chain-ethereum';
import { createServer, rpcRoute } from '@ninefold/server';

const fail = defineErrors({
  NODE_UNKNOWN_LISTEN_OPTION: (c: { readonly name: string; readonly suggestion: string | undefined }) =>
    `Unknown option ${JSON.stringify(c.name)}${c.suggestion === undefined ? '' : `: did you mean "${c.suggestion}"?`}`,
});

/** The port of Ethereum's ecosystem. */
export const DEFAULT_PORT = 8545;

export type ListenOptions = {
  /** 8545 when absent, 0 for any free one. */
  readonly port?: number | undefined;
  /** Loopback (IPv4 and IPv6) when absent; with another, everybody who reaches it may call. */
  readonly host?: string | undefined;
  /** Path of a Unix socket that answers as well. */
  readonly ipc?: string | undefined;
  /** Origins of web pages that may call besides those of this machine; `'*'` for all. */
  readonly cors?: readonly string[] | '*' | undefined;
  /** Names in the `Host` header besides localhost and addresses; `'*'` in it for all. */
  readonly allowedHosts?: readonly string[] | undefined;
};

const OPTIONS: readonly string[] = ['port', 'host', 'ipc', 'cors', 'allowedHosts'];

/** Where one chain answers. */
export type ChainUrls = {
  /** `http://127.0.0.1:8545` */
  readonly http: string;
  /** `ws://127.0.0.1:8545` */
  readonly ws: string;
  readonly ipc?: string;
};

export type Listening = { readonly urls: ChainUrls; readonly close: () => Promise<void> };

/**
 * Serves a chain on a port.
 *
 * @throws `NODE_UNKNOWN_LISTEN_OPTION`, `SERVER_PORT_IN_USE`, `SERVER_LISTEN_FAILED`
 */
export async function listenOn(
  chain: EthereumChain,
  logger: Logger,
  options: ListenOptions,
): Promise<Listening> {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      throw fail('NODE_UNKNOWN_LISTEN_OPTION', { name, suggestion: didYouMean(name, OPTIONS) });
    }
  }
  const { port = DEFAULT_PORT, host, ipc, cors, allowedHosts } = options;
  const route = rpcRoute({ dispatcher: chain.dispatcher, hub: chain.hub });
  const instance = (await chain.request({ method: 'ninefold_instanceId' })) as string;
  const server = await createServer({
    routes: { '/': route },
    port,
    host,
    cors,
    allowedHosts,
    ipc: ipc === undefined ? undefined : { path: ipc, route },
    instance,
    logger,
  });
  const urls: ChainUrls = { http: server.url, ws: server.wsUrl, ...(ipc !== undefined && { ipc }) };
  return { urls, close: server.close };
}
