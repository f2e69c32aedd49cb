import type { Bytes, Hex } from '@ninefold/base';
import type { Account, AccountChange, StateChanges, StateView } from '@ninefold/vm-evm';
import { EMPTY_ACCOUNT } from './account.ts';
import { ZERO_HASH } from './header.ts';
import type { PendingState } from './types.ts';
import type { WorldState } from './world-state.ts';

type PendingAccount = {
  account: Account | undefined;
  storageCleared: boolean;
  storage: Map<Hex, Hex>;
};

/**
 * A state on top of `world`. `blockHash` answers BLOCKHASH: the hash of the block with this number
 * in the chain that is being extended.
 *
 * PERF: a read is one `Map` look-up before it falls through to the world; a change costs the number
 * of accounts and slots in it.
 */
export class Overlay implements PendingState {
  readonly #world: WorldState;
  readonly #accounts = new Map<Hex, PendingAccount>();
  readonly #codes = new Map<Hex, Bytes>();
  readonly blockHash: StateView['blockHash'];

  constructor(world: WorldState, blockHash: StateView['blockHash']) {
    this.#world = world;
    this.blockHash = blockHash;
  }

  account(address: Hex): Account | undefined {
    const pending = this.#accounts.get(address);
    return pending === undefined ? this.#world.account(address) : pending.account;
  }

  storage(address: Hex, slot: Hex): Hex | undefined {
    const pending = this.#accounts.get(address);
    if (pending === undefined) return this.#world.storage(address, slot);
    const value = pending.storage.get(slot);
    if (value !== undefined) return value === ZERO_HASH ? undefined : value;
    return pending.storageCleared ? undefined : this.#world.storage(address, slot);
  }

  hasStorage(address: Hex): boolean {
    const pending = this.#accounts.get(address);
    if (pending === undefined) return this.#world.hasStorage(address);
    let deletes = false;
    for (const value of pending.storage.values()) {
      if (value !== ZERO_HASH) return true;
      deletes = true;
    }
    if (pending.storageCleared || !this.#world.hasStorage(address)) return false;
    // Whether the deletions leave anything is only seen in the trie; hardly ever asked.
    return !deletes || this.world().hasStorage(address);
  }

  code(codeHash: Hex): Bytes {
    return this.#codes.get(codeHash) ?? this.#world.code(codeHash);
  }

  apply(changes: StateChanges): void {
    for (const [hash, code] of changes.codes) this.#codes.set(hash, code);
    for (const [address, change] of changes.accounts) this.#applyAccount(address, change);
  }

  /** Adds to a balance; an account that does not exist begins to. Zero does nothing. */
  addBalance(address: Hex, amount: bigint): void {
    if (amount === 0n) return;
    const account = this.account(address) ?? EMPTY_ACCOUNT;
    this.setAccount(address, { ...account, balance: account.balance + amount });
  }

  /** Replaces nonce, balance and code hash; the storage stays. */
  setAccount(address: Hex, account: Account): void {
    this.#applyAccount(address, { account, storageCleared: false, storage: NO_STORAGE });
  }

  /** Writes one slot of an account that exists. */
  setStorage(address: Hex, slot: Hex, value: Hex): void {
    const pending = this.#accounts.get(address);
    if (pending !== undefined) {
      pending.storage.set(slot, value);
      return;
    }
    const account = this.#world.account(address);
    this.#accounts.set(address, { account, storageCleared: false, storage: new Map([[slot, value]]) });
  }

  changes(): StateChanges {
    return { accounts: this.#accounts, codes: this.#codes };
  }

  world(): WorldState {
    return this.#accounts.size === 0 ? this.#world : this.#world.apply(this.changes());
  }

  #applyAccount(address: Hex, change: AccountChange): void {
    const { account } = change;
    // A removed account takes its storage with it: what comes after begins anew.
    const storageCleared = change.storageCleared || account === undefined;
    const storage = account === undefined ? NO_STORAGE : change.storage;
    const pending = this.#accounts.get(address);
    if (pending === undefined) {
      this.#accounts.set(address, { account, storageCleared, storage: new Map(storage) });
      return;
    }
    pending.account = account;
    if (storageCleared) {
      pending.storageCleared = true;
      pending.storage = new Map(storage);
    } else {
      for (const [slot, value] of storage) pending.storage.set(slot, value);
    }
  }
}

const NO_STORAGE: ReadonlyMap<Hex, Hex> = new Map();
