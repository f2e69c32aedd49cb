import type { Emitter } from '@ninefold/base';
import { createEmitter } from '@ninefold/base';
import type { Dispatcher, RpcContext, RpcParams } from './dispatcher.ts';
import { INVALID_REQUEST, RpcError } from './errors.ts';
import type { Connection, Session, SubscriptionHub } from './subscriptions.ts';

export type RequestArguments = { readonly method: string; readonly params?: RpcParams | undefined };

export type ProviderMessage = { readonly type: string; readonly data: unknown };

/** The events of EIP-1193. `message` comes from subscriptions, the others from the chain. */
export type ProviderEvents = {
  readonly message: ProviderMessage;
  readonly connect: { readonly chainId: string };
  readonly disconnect: RpcError;
  readonly chainChanged: string;
  readonly accountsChanged: readonly string[];
};

export type ProviderListener<Name extends keyof ProviderEvents> = (payload: ProviderEvents[Name]) => void;

/** An EIP-1193 provider, as viem's `custom()` and ethers' `BrowserProvider` take it. */
export type Provider = {
  /** Rejects with an `RpcError`: code, message and data as a `ProviderRpcError` has them. */
  readonly request: (request: RequestArguments) => Promise<unknown>;
  readonly on: <Name extends keyof ProviderEvents>(name: Name, listener: ProviderListener<Name>) => Provider;
  readonly removeListener: <Name extends keyof ProviderEvents>(
    name: Name,
    listener: ProviderListener<Name>,
  ) => Provider;
  /** Ends this provider's subscriptions. */
  readonly close: () => void;
};

export type ProviderOptions<Context extends RpcContext> = {
  readonly dispatcher: Dispatcher<Context>;
  /** Makes `eth_subscribe` work; notifications arrive as `message` events. */
  readonly hub?: SubscriptionHub | undefined;
  /** What handlers are given besides the session. */
  readonly context?: Omit<Context, 'session'> | undefined;
  /** The chain's own events, passed on to listeners. */
  readonly events?: Emitter<ProviderEvents> | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
};

/**
 * A provider that calls the dispatcher in this process: no port, no JSON text.
 *
 * PERF: nothing is made for a call besides its promise.
 *
 * @example
 * const provider = createProvider({ dispatcher });
 * await provider.request({ method: 'eth_chainId' });
 */
export function createProvider<Context extends RpcContext>(options: ProviderOptions<Context>): Provider {
  const { dispatcher, hub, context, onError = () => {} } = options;
  const messages = createEmitter<ProviderEvents>(onError);
  const events = options.events;
  const stops = new Map<unknown, Map<keyof ProviderEvents, () => void>>();
  const connection = hub?.connect({
    send: (text) => {
      const { method, params } = JSON.parse(text) as { readonly method: string; readonly params: unknown };
      messages.emit('message', { type: method, data: params });
    },
  });
  const session = connection && immediateSession(connection);
  const callContext = { ...context, session } as Context;

  const request = (args: RequestArguments): Promise<unknown> => {
    try {
      if (typeof args !== 'object' || args === null || typeof args.method !== 'string') {
        throw new RpcError(INVALID_REQUEST, 'Invalid Request');
      }
      return Promise.resolve(dispatcher.call(args.method, args.params, callContext));
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const removeListener: Provider['removeListener'] = (name, listener) => {
    stops.get(listener)?.get(name)?.();
    stops.get(listener)?.delete(name);
    if (stops.get(listener)?.size === 0) stops.delete(listener);
    return provider;
  };

  const on: Provider['on'] = (name, listener) => {
    removeListener(name, listener);
    const source = name === 'message' ? messages : events;
    const stop = source?.on(name, listener);
    if (stop === undefined) return provider;
    const byName = stops.get(listener) ?? new Map<keyof ProviderEvents, () => void>();
    stops.set(listener, byName.set(name, stop));
    return provider;
  };

  const provider: Provider = { request, on, removeListener, close: () => connection?.close() };
  return provider;
}

/** One session for all calls: a subscription speaks from the next task on, when its id has arrived. */
function immediateSession(connection: Connection): Session {
  const subscribe: Session['subscribe'] = (topic, select) => {
    const session = connection.begin();
    const id = session.subscribe(topic, select);
    setTimeout(session.end, 0);
    return id;
  };
  const { unsubscribe } = connection.begin();
  return { subscribe, unsubscribe, end: () => {} };
}
