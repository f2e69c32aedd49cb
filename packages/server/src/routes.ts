import type { IncomingHttpHeaders } from 'node:http';
import type { Bytes } from '@ninefold/base';
import type { Dispatcher, RpcContext, SubscriptionHub } from '@ninefold/rpc';
import { isJsonContentType } from '@ninefold/rpc';

/** What every handler is told about its caller. */
export type TransportContext = RpcContext & {
  readonly transport: 'http' | 'ws' | 'ipc';
  readonly remoteAddress: string | undefined;
  readonly signal: AbortSignal;
  readonly cancelled: () => boolean;
};

/** JSON-RPC on one path, over HTTP and WebSocket. */
export type RpcRoute = {
  readonly kind: 'rpc';
  readonly hub: SubscriptionHub | undefined;
  readonly handleText: (
    body: string,
    context: TransportContext,
  ) => string | undefined | Promise<string | undefined>;
};

export type HttpRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Bytes;
  readonly context: TransportContext;
};

export type HttpAnswer = {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whole, or piece by piece as for server-sent events. */
  readonly body?: string | Bytes | AsyncIterable<string | Bytes> | undefined;
};

/** Anything else over HTTP: REST, GraphQL. */
export type HttpRoute = {
  readonly kind: 'http';
  readonly handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;
  readonly accepts: (contentType: string | undefined) => boolean;
};

export type Route = RpcRoute | HttpRoute;

/** Path -> route; a path that ends with `/*` takes all below it, the longest one wins. */
export type Routes = Readonly<Record<string, Route>>;

/** @example rpcRoute({ dispatcher, hub }) */
export function rpcRoute<Context extends RpcContext>(options: {
  readonly dispatcher: Dispatcher<Context>;
  readonly hub?: SubscriptionHub | undefined;
  /** Adds what the chain's handlers need; without it they get the transport's context. */
  readonly createContext?: ((transport: TransportContext) => Context) | undefined;
}): RpcRoute {
  const { dispatcher, hub, createContext = (transport) => transport as unknown as Context } = options;
  return {
    kind: 'rpc',
    hub,
    handleText: (body, transport) => dispatcher.handleText(body, createContext(transport)),
  };
}

/**
 * A route that answers by itself. A request with a body must have one of `contentTypes`, by default
 * JSON: what an HTML form can send would let any web page call the node.
 */
export function httpRoute(
  handle: HttpRoute['handle'],
  options: { readonly contentTypes?: readonly string[] | undefined } = {},
): HttpRoute {
  const types = options.contentTypes?.map((type) => type.toLowerCase()) ?? [];
  const accepts = (contentType: string | undefined): boolean =>
    isJsonContentType(contentType) ||
    types.includes((contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
  return { kind: 'http', handle, accepts };
}

/** Finds the route of a path. */
export function createRouter(routes: Routes): (path: string) => Route | undefined {
  const exact = new Map(Object.entries(routes));
  const prefixes = Object.entries(routes)
    .filter(([pattern]) => pattern.endsWith('/*'))
    .map(([pattern, route]) => ({ prefix: pattern.slice(0, -1), route }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) => exact.get(path) ?? prefixes.find(({ prefix }) => path.startsWith(prefix))?.route;
}
