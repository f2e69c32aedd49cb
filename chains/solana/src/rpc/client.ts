import type { Dispatcher, Session, SubscriptionHub } from '@ninefold/rpc';
import { stringifyExactJson } from '@ninefold/rpc';

// Clients in the same process: what they send and get is the text that would go over the wire, so
// that integers are as exact there as here, without a port.

/** As a message from a socket: in a task of its own, when whoever asked has begun to listen. */
function later(task: () => void): void {
  setTimeout(task, 0);
}

/** A chain as clients in the same process reach it. */
export type ClientChain = {
  readonly dispatcher: Dispatcher;
  readonly hub: SubscriptionHub;
  readonly fetch: (request: Request) => Promise<Response>;
};

/** A transport of `@solana/kit`'s `createSolanaRpcFromTransport`. */
export type KitTransport = <Response>(config: {
  readonly payload: unknown;
  readonly signal?: AbortSignal | undefined;
}) => Promise<Response>;

/** As kit's own transports: every integer of an answer is a bigint, which kit then narrows. */
function parseWithBigints(text: string): unknown {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d+$/.test(token) ? `{"$n":"${token}"}` : token,
  );
  return JSON.parse(marked, (_, value: unknown) => {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    const [first] = entries;
    return entries.length === 1 && first?.[0] === '$n' ? BigInt(first[1] as string) : value;
  });
}

/**
 * A transport for kit.
 *
 * @example const rpc = createSolanaRpcFromTransport(createKitTransport(chain.dispatcher));
 */
export function createKitTransport(dispatcher: Dispatcher): KitTransport {
  return async <Response>({ payload }: { readonly payload: unknown }): Promise<Response> => {
    const answer = await dispatcher.handleText(stringifyExactJson(payload) ?? 'null', {});
    return parseWithBigints(answer ?? 'null') as Response;
  };
}

/** A channel of kit's `createRpcSubscriptionsTransportFromChannelCreator`. */
export type KitChannel = {
  readonly on: (
    name: 'error' | 'message',
    listener: (data: never) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ) => () => void;
  readonly send: (message: unknown) => Promise<void>;
};

/**
 * Makes channels for kit's subscriptions; the signal ends one.
 *
 * @example
 * const transport = createRpcSubscriptionsTransportFromChannelCreator(createKitChannels(chain));
 * const subscriptions = createSolanaRpcSubscriptionsFromTransport(transport);
 */
export function createKitChannels(
  chain: ClientChain,
): (config: { readonly abortSignal: AbortSignal }) => Promise<KitChannel> {
  return ({ abortSignal }) => {
    const listeners = new Set<(data: never) => void>();
    const tell = (text: string): void => {
      const message = parseWithBigints(text) as never;
      for (const listener of listeners) listener(message);
    };
    const deliver = (text: string): void => later(() => tell(text));
    const connection = chain.hub.connect({ send: deliver });
    abortSignal.addEventListener('abort', () => {
      connection.close();
      listeners.clear();
    });
    return Promise.resolve({
      on(name, listener, options) {
        if (name === 'message') listeners.add(listener);
        const stop = (): void => void listeners.delete(listener);
        options?.signal?.addEventListener('abort', stop);
        return stop;
      },
      async send(message) {
        const session: Session = connection.begin();
        const answer = await chain.dispatcher.handleText(stringifyExactJson(message) ?? 'null', { session });
        if (answer !== undefined) deliver(answer);
        session.end();
      },
    } satisfies KitChannel);
  };
}

type SocketEvents = {
  readonly open: object;
  readonly message: { readonly data: string };
  readonly error: Error;
  readonly close: { readonly code: number; readonly reason: string };
};

/** As much of a WebSocket as JSON-RPC clients use. */
export type InProcessSocket = {
  readonly readyState: number;
  readonly addEventListener: <Name extends keyof SocketEvents>(
    name: Name,
    listener: (event: SocketEvents[Name]) => void,
  ) => void;
  readonly send: (data: string, ...rest: readonly unknown[]) => void;
  readonly close: (code?: number, reason?: string) => void;
};

const OPEN = 1;
const CLOSED = 3;
const NORMAL_CLOSURE = 1000;

/** A WebSocket to a chain in the same process; it is open from the next task on. */
export function createInProcessSocket(chain: ClientChain): InProcessSocket {
  const listeners = new Map<string, ((event: never) => void)[]>();
  const emit = <Name extends keyof SocketEvents>(name: Name, event: SocketEvents[Name]): void => {
    for (const listener of listeners.get(name) ?? []) listener(event as never);
  };
  const deliver = (text: string): void => later(() => emit('message', { data: text }));
  const connection = chain.hub.connect({ send: deliver });
  const answer = async (data: string): Promise<void> => {
    const session = connection.begin();
    const text = await chain.dispatcher.handleText(data, { session });
    if (text !== undefined) deliver(text);
    session.end();
  };
  let readyState = 0;
  later(() => {
    if (readyState === CLOSED) return;
    readyState = OPEN;
    emit('open', {});
  });
  return {
    get readyState() {
      return readyState;
    },
    addEventListener: (name, listener) =>
      void listeners.set(name, [...(listeners.get(name) ?? []), listener]),
    send(data, ...rest) {
      const sent = rest.at(-1);
      void answer(data);
      if (typeof sent === 'function') later(() => void sent());
    },
    close(code = NORMAL_CLOSURE, reason = '') {
      if (readyState === CLOSED) return;
      readyState = CLOSED;
      connection.close();
      later(() => emit('close', { code, reason }));
    },
  };
}

/** What `new Connection(url, config)` of `@solana/web3.js` takes as `config`, and more of it. */
export type Web3Fetch = (input: unknown, init?: unknown) => Promise<Response>;

/** The socket of a web3.js connection, as its class has it. */
type Web3Socket = {
  webSocketFactory: (address: string) => InProcessSocket;
  underlyingSocket: InProcessSocket | undefined;
};

/** A `fetch` for web3.js's `Connection`: whatever the URL, the chain answers. */
export function createWeb3Fetch(chain: ClientChain): Web3Fetch {
  return (_, init) => chain.fetch(new Request('http://in.process/', init as RequestInit));
}

/**
 * Lets a web3.js `Connection` subscribe without a port: its socket is replaced by one in this process.
 *
 * @example
 * const connection = new Connection('http://in.process', { fetch: createWeb3Fetch(chain) });
 * attachWeb3(connection, chain);
 */
export function attachWeb3(connection: object, chain: ClientChain): void {
  const client = (connection as { readonly _rpcWebSocket: Web3Socket })._rpcWebSocket;
  client.webSocketFactory = () => {
    const socket = createInProcessSocket(chain);
    client.underlyingSocket = socket;
    return socket;
  };
}
