import { PersistentMap } from '@ninefold/state';
import type { AddressKey } from '../tx/address-key.ts';
import type { Account } from './account.ts';

/** An account that is not the same any more as at the begin of its slot. */
export type AccountChange = {
  readonly key: AddressKey;
  readonly before: Account | undefined;
  readonly after: Account | undefined;
};

/** Accounts at a moment that has passed. */
export type AccountsSnapshot = PersistentMap<Account>;

/**
 * The accounts of a slot while it goes on: what the slot changed lies over what its parent left.
 *
 * PERF: changes go into a plain map and are folded into the persistent one by `snapshot` and
 * `fork`, so a run of transactions costs no tree nodes.
 */
export class Accounts {
  readonly #start: AccountsSnapshot;
  #base: AccountsSnapshot;
  #changes: Map<AddressKey, Account | undefined> = new Map();
  /** Keys whose changes have been folded into the base. */
  #folded: readonly AddressKey[];

  private constructor(start: AccountsSnapshot, base: AccountsSnapshot, folded: readonly AddressKey[]) {
    this.#start = start;
    this.#base = base;
    this.#folded = folded;
  }

  /** The accounts of a slot on top of `parent`. */
  static on(parent: AccountsSnapshot = PersistentMap.empty<Account>()): Accounts {
    return new Accounts(parent, parent, []);
  }

  get(key: AddressKey): Account | undefined {
    const changed = this.#changes.get(key);
    if (changed !== undefined) return changed;
    return this.#changes.has(key) ? undefined : this.#base.get(key);
  }

  /** Puts an account in place; one without lamports is none. */
  set(key: AddressKey, account: Account | undefined): void {
    this.#changes.set(key, account === undefined || account.lamports === 0n ? undefined : account);
  }

  /** All accounts as they are now; costs as much as has changed since the last time. */
  snapshot(): AccountsSnapshot {
    if (this.#changes.size > 0) {
      for (const [key, account] of this.#changes) {
        this.#base = account === undefined ? this.#base.delete(key) : this.#base.set(key, account);
      }
      this.#folded = [...this.#folded, ...this.#changes.keys()];
      this.#changes = new Map();
    }
    return this.#base;
  }

  /** The same slot once more, to go another way. */
  fork(): Accounts {
    return new Accounts(this.#start, this.snapshot(), this.#folded);
  }

  /** What the slot has changed so far, each account once. */
  *changes(): Generator<AccountChange, void, undefined> {
    const now = this.snapshot();
    for (const key of new Set(this.#folded)) {
      const before = this.#start.get(key);
      const after = now.get(key);
      if (before !== after) yield { key, before, after };
    }
  }
}
