import type { SubscriptionHub } from '@ninefold/rpc';
import type { Topic } from './methods.ts';

/** The longest an event waits for others to go with it. */
export const BATCH_MS = 100;
/** Events of one batch; beyond, the oldest are dropped and counted. */
export const MAX_BATCH_ITEMS = 200;

/** What a subscriber is told. A gap in `seq` means that something was missed: read again. */
export type StreamEvent = {
  readonly topic: Topic;
  readonly seq: number;
  readonly items: readonly unknown[];
  readonly dropped: number;
};

/** Runs a task later; the result takes it back. */
export type Later = (ms: number, task: () => void) => () => void;

/** Gathers events and publishes them in batches, so that ten a second is the most a reader has to paint. */
export class BatchedStream {
  readonly #hub: SubscriptionHub;
  readonly #later: Later;
  readonly #waiting = new Map<Topic, { items: unknown[]; dropped: number }>();
  readonly #seq = new Map<Topic, number>();
  #cancel: (() => void) | undefined;

  constructor(hub: SubscriptionHub, later: Later) {
    this.#hub = hub;
    this.#later = later;
  }

  push(topic: Topic, items: readonly unknown[]): void {
    if (items.length === 0 || this.#hub.listeners(topic) === 0) return;
    const batch = this.#waiting.get(topic) ?? { items: [], dropped: 0 };
    this.#waiting.set(topic, batch);
    batch.items.push(...items.slice(-MAX_BATCH_ITEMS));
    batch.dropped += Math.max(0, items.length - MAX_BATCH_ITEMS);
    if (batch.items.length > MAX_BATCH_ITEMS) {
      batch.dropped += batch.items.length - MAX_BATCH_ITEMS;
      batch.items.splice(0, batch.items.length - MAX_BATCH_ITEMS);
    }
    this.#cancel ??= this.#later(BATCH_MS, () => this.flush());
  }

  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [topic, { items, dropped }] of this.#waiting) {
      const seq = (this.#seq.get(topic) ?? 0) + 1;
      this.#seq.set(topic, seq);
      this.#hub.publish(topic, { topic, seq, items, dropped } satisfies StreamEvent);
    }
    this.#waiting.clear();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting.clear();
  }
}
