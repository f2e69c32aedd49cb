import type { FilterIndex } from '../filter/filter-index.ts';
import type { BitcoinNode } from '../node.ts';
import type { AddressFormat } from '../tx/address.ts';
import type { Wallets } from '../wallet/wallets.ts';

/** What the methods work on. */
export type Api = {
  readonly node: BitcoinNode;
  readonly format: AddressFormat;
  readonly filters: FilterIndex;
  readonly wallets: Wallets;
  /** What wallets pay where nothing can be estimated: satoshi for 1000 virtual bytes, 0 for an error instead. */
  readonly fallbackFeeRate: number;
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
