import type { Dispatcher, Session, SubscriptionHub } from '@ninefold/rpc';
import { stringifyExactJson } from '@ninefold/rpc';

// Clients in the same process: what they send and get is the text that would go over the wire, so
// that integers are as exact there as here, without a port.

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
export function createKitChannels(chain: {
  readonly dispatcher: Dispatcher;
  readonly hub: SubscriptionHub;
}): (config: { readonly abortSignal: AbortSignal }) => Promise<KitChannel> {
  return ({ abortSignal }) => {
    const listeners = new Set<(data: never) => void>();
    const tell = (text: string): void => {
      const message = parseWithBigints(text) as never;
      for (const listener of listeners) listener(message);
    };
    const connection = chain.hub.connect({ send: (text) => queueMicrotask(() => tell(text)) });
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
        if (answer !== undefined) queueMicrotask(() => tell(answer));
        session.end();
      },
    } satisfies KitChannel);
  };
}
