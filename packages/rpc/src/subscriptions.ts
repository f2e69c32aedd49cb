import type { Metrics } from '@ninefold/base';
import { createMetrics, toQuantity } from '@ninefold/base';
import type { JsonCodec } from './json-codec.ts';
import { INVALID_PARAMS, RpcError } from './errors.ts';
import { RawJson } from './json.ts';

export const MAX_SUBSCRIPTIONS = 1000;
export const MAX_QUEUED_NOTIFICATIONS = 10_000;

export type SubscriptionId = string | number;

/** Where a connection's notifications are written. */
export type NotificationSink = {
  readonly send: (text: string) => void;
  /**
   * Whether it can take more now; absent means always. Who answers false calls the connection's
   * `drain` when that has changed.
   */
  readonly isReady?: (() => boolean) | undefined;
};

/**
 * Makes of a topic's payload what one subscriber is told: undefined tells nothing. To return the
 * payload itself is cheap, its text is shared.
 */
export type Selector = (payload: unknown) => unknown;

/**
 * The subscriptions made while one message is handled. They stay silent until `end`, which the
 * transport calls after the answer is written: a client must know the id before it is used.
 */
export type Session = {
  /** @throws `RpcError` -32602 when the connection has too many. */
  readonly subscribe: (topic: string, select?: Selector) => SubscriptionId;
  /** Whether the id was a live subscription of this connection. */
  readonly unsubscribe: (id: SubscriptionId) => boolean;
  readonly end: () => void;
};

export type Connection = {
  readonly begin: () => Session;
  /** Writes what waits, as far as the sink is ready. */
  readonly drain: () => void;
  /** Ends all subscriptions; later calls do nothing. */
  readonly close: () => void;
  /** Live subscriptions. */
  readonly size: () => number;
};

export type SubscriptionHub = {
  readonly connect: (sink: NotificationSink) => Connection;
  /** Tells all subscribers of `topic`; never throws, never waits. */
  readonly publish: (topic: string, payload: unknown) => void;
  /** How many listen to `topic`: nobody, and the payload need not be built. */
  readonly listeners: (topic: string) => number;
};

export type SubscriptionHubOptions = {
  /** The notification's method, fixed or by topic (Solana: `slotNotification` …). */
  readonly method?: string | ((topic: string) => string) | undefined;
  readonly createId?: (() => SubscriptionId) | undefined;
  /** Writes payloads; `JSON.stringify` when absent. */
  readonly stringify?: JsonCodec['stringify'] | undefined;
  readonly maxSubscriptions?: number | undefined;
  /** Waiting notifications of a slow connection; beyond, the oldest are dropped and counted. */
  readonly maxQueued?: number | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly metrics?: Metrics | undefined;
};

type Subscription = {
  readonly topic: string;
  readonly select: Selector | undefined;
  /** Everything of the message before the result. */
  readonly head: string;
  readonly deliver: (message: string) => void;
};

/**
 * Topics, those who listen, and bounded queues to each.
 *
 * @example
 * const hub = createSubscriptionHub();
 * const session = hub.connect({ send: console.log }).begin();
 * session.subscribe('newHeads'); // '0x1'
 * session.end();
 * hub.publish('newHeads', { number: '0x1' });
 */
export function createSubscriptionHub(options: SubscriptionHubOptions = {}): SubscriptionHub {
  const {
    method = 'eth_subscription',
    createId = countingIds(),
    stringify = JSON.stringify,
    maxSubscriptions = MAX_SUBSCRIPTIONS,
    maxQueued = MAX_QUEUED_NOTIFICATIONS,
    onError = () => {},
    metrics = createMetrics(),
  } = options;
  const methodOf = typeof method === 'string' ? () => method : method;
  const topics = new Map<string, Set<Subscription>>();
  const dropped = metrics.counter(
    'ninefold_rpc_notifications_dropped_total',
    'Notifications dropped for slow readers.',
  );

  const listen = (subscription: Subscription): void => {
    const set = topics.get(subscription.topic) ?? new Set();
    topics.set(subscription.topic, set);
    set.add(subscription);
  };

  const forget = (subscription: Subscription): void => {
    const set = topics.get(subscription.topic);
    set?.delete(subscription);
    if (set?.size === 0) topics.delete(subscription.topic);
  };

  const connect = (sink: NotificationSink): Connection => {
    const { isReady = () => true } = sink;
    const live = new Map<SubscriptionId, Subscription>();
    const queue = boundedQueue(maxQueued, () => dropped.add());
    let open = true;

    const drain = (): void => {
      while (queue.size() > 0 && isReady()) {
        try {
          sink.send(queue.shift());
        } catch (error) {
          onError(error);
        }
      }
    };
    const send = (message: string): void => {
      if (!open) return;
      queue.push(message);
      drain();
    };

    const begin = (): Session => {
      let ended = false;
      const early = boundedQueue(maxQueued, () => dropped.add());

      const subscribe = (topic: string, select?: Selector): SubscriptionId => {
        if (live.size >= maxSubscriptions) {
          throw new RpcError(INVALID_PARAMS, `too many subscriptions, want at most ${maxSubscriptions}`);
        }
        const id = createId();
        const head = `{"jsonrpc":"2.0","method":${JSON.stringify(methodOf(topic))},"params":{"subscription":${JSON.stringify(id)},"result":`;
        const deliver = (message: string): void => (ended ? send(message) : early.push(message));
        const subscription: Subscription = { topic, select, head, deliver };
        // The client may be gone by the time an asynchronous handler comes here.
        if (open) {
          live.set(id, subscription);
          listen(subscription);
        }
        return id;
      };

      const unsubscribe = (id: SubscriptionId): boolean => {
        const subscription = live.get(id);
        if (subscription === undefined) return false;
        live.delete(id);
        forget(subscription);
        return true;
      };

      const end = (): void => {
        ended = true;
        while (early.size() > 0) send(early.shift());
      };

      return { subscribe, unsubscribe, end };
    };

    const close = (): void => {
      open = false;
      for (const subscription of live.values()) forget(subscription);
      live.clear();
      queue.clear();
    };

    return { begin, drain, close, size: () => live.size };
  };

  const publish = (topic: string, payload: unknown): void => {
    let shared: string | undefined;
    // A copy: to deliver may close a connection.
    for (const { select, head, deliver } of Array.from(topics.get(topic) ?? [])) {
      try {
        const result = select === undefined ? payload : select(payload);
        if (result === undefined) continue;
        const text =
          result === payload ? (shared ??= jsonText(payload, stringify)) : jsonText(result, stringify);
        deliver(`${head}${text}}}`);
      } catch (error) {
        onError(error);
      }
    }
  };

  return { connect, publish, listeners: (topic) => topics.get(topic)?.size ?? 0 };
}

function jsonText(value: unknown, stringify: JsonCodec['stringify']): string {
  return value instanceof RawJson ? value.text : (stringify(value) ?? 'null');
}

function countingIds(): () => SubscriptionId {
  let last = 0;
  return () => toQuantity(++last);
}

type Queue = {
  readonly push: (message: string) => void;
  readonly shift: () => string;
  readonly size: () => number;
  readonly clear: () => void;
};

/** First in, first out; when full the oldest gives way. */
function boundedQueue(limit: number, onDrop: () => void): Queue {
  let items: string[] = [];
  let first = 0;
  const shift = (): string => {
    const item = items[first++] as string;
    // Moving the rest down now and then keeps `shift` constant on average.
    if (first > 32 && first * 2 > items.length) {
      items = items.slice(first);
      first = 0;
    }
    return item;
  };
  return {
    push: (message) => {
      items.push(message);
      if (items.length - first <= limit) return;
      shift();
      onDrop();
    },
    shift,
    size: () => items.length - first,
    clear: () => {
      items = [];
      first = 0;
    },
  };
}
