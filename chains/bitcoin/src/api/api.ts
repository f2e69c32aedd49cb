import type { FilterIndex } from '../filter/filter-index.ts';
import type { BitcoinNode } from '../node.ts';
import type { AddressFormat } from '../tx/address.ts';

/** What the methods work on. */
export type Api = {
  readonly node: BitcoinNode;
  readonly format: AddressFormat;
  readonly filters: FilterIndex;
  /** Seconds since the start. */
  readonly uptime: () => number;
  /**
   * Waits until `subscribe` calls back, or so many milliseconds have passed; 0 sets no limit. What
   * `subscribe` returns ends the subscription.
   */
  readonly wait: (timeout: number, subscribe: (done: () => void) => () => void) => Promise<void>;
  /** Asks for the process to end: `stop`. */
  readonly stop: () => void;
};
