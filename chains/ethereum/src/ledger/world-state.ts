import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, EMPTY_BYTES, equalBytes, hexToBytes } from '@ninefold/base';
import type { NodeSource, StoredNode, Trie } from '@ninefold/state';
import { EMPTY_TRIE_ROOT, emptyTrie, openTrie, PersistentMap } from '@ninefold/state';
import type { Account, AccountChange, StateChanges } from '@ninefold/vm-evm';
import {
  decodeAccount,
  decodeSlot,
  EMPTY_CODE_HASH,
  encodeAccount,
  encodeSlot,
  hashedKey,
} from './account.ts';
import type { Dictionary, Preimages } from './dictionary.ts';
import { EMPTY_ROOT, ZERO_HASH } from './header.ts';
import type { AccountDump, AccountProof, World } from './world.ts';

/** Cached accounts and slots beyond these numbers are forgotten; the tries have them all. */
const MAX_CACHED_ACCOUNTS = 1 << 18;
const MAX_CACHED_SLOTS = 1 << 18;

/** What worlds of one chain have in common: only ever added to, so all of them may share it. */
export type WorldBacking = {
  /** Nodes that are not in memory. */
  readonly nodes: NodeSource;
  /** Code by its hash. */
  readonly codes: Dictionary;
  /** Addresses and slots by their hash, for dumps. */
  readonly preimages: Preimages;
};

/** An account as read from the trie, with the slots that were read or written since. */
type CachedAccount = {
  account: Account;
  storageRoot: Bytes;
  /** Zero words included: they are answers too. */
  readonly slots: Map<Hex, Hex>;
};

/** What makes an account of this world differ from the one in the world before; `null`: it is gone. */
type ChangedAccount = {
  readonly account: Account;
  readonly storageRoot: Bytes;
  readonly slots: ReadonlyMap<Hex, Hex>;
  /** Whether slots the account had in the world before are of no use any more. */
  readonly storageCleared: boolean;
} | null;

/** `null` for an account that is known not to exist. */
type AccountCache = Map<Hex, CachedAccount | null>;

/**
 * The world as an account trie and a storage trie for each contract. Both are immutable and share
 * structure: a world can be kept, forked and thrown away at no cost. In front of them is a flat cache,
 * which goes from one world of a chain to the next: see {@link WorldState.inheritReads}.
 *
 * PERF: a cached read is one look-up in a map; a miss hashes the key and walks the trie.
 */
export class WorldState implements World {
  readonly #accounts: Trie;
  /** Storage tries that changed since the world was opened or saved; others are opened by their root. */
  readonly #storages: PersistentMap<Trie>;
  readonly #backing: WorldBacking;
  // Only a cache: it changes as accounts are read, but what it answers does not.
  #cache: AccountCache;
  /** For {@link WorldState.inheritReads}, until that is done or pointless. */
  #changes: ReadonlyMap<Hex, ChangedAccount> | undefined;
  #root: Hex | undefined;

  /** Use {@link openWorld}. */
  constructor(
    accounts: Trie,
    storages: PersistentMap<Trie>,
    backing: WorldBacking,
    cache: AccountCache,
    changes?: ReadonlyMap<Hex, ChangedAccount>,
  ) {
    this.#accounts = accounts;
    this.#storages = storages;
    this.#backing = backing;
    this.#cache = cache;
    this.#changes = changes;
    this.#root = undefined;
  }

  root(): Hex {
    this.#root ??= bytesToHex(this.#accounts.root());
    return this.#root;
  }

  account(address: Hex): Account | undefined {
    return this.#read(address)?.account;
  }

  storage(address: Hex, slot: Hex): Hex | undefined {
    const cached = this.#read(address);
    if (cached === undefined) return undefined;
    let value = cached.slots.get(slot);
    if (value === undefined) {
      const encoded = this.#storageTrie(address, cached).get(hashedKey(slot));
      value = encoded === undefined ? ZERO_HASH : decodeSlot(encoded);
      if (cached.slots.size >= MAX_CACHED_SLOTS) cached.slots.clear();
      cached.slots.set(slot, value);
    }
    return value === ZERO_HASH ? undefined : value;
  }

  hasStorage(address: Hex): boolean {
    const cached = this.#read(address);
    return cached !== undefined && !equalBytes(cached.storageRoot, EMPTY_TRIE_ROOT);
  }

  storageRoot(address: Hex): Hex {
    const cached = this.#read(address);
    return cached === undefined ? EMPTY_ROOT : bytesToHex(cached.storageRoot);
  }

  code(codeHash: Hex): Bytes {
    return codeHash === EMPTY_CODE_HASH ? EMPTY_BYTES : this.#backing.codes.get(codeHash);
  }

  /** The world after `changes`, which are kept until another world follows: do not alter them then. */
  apply(changes: StateChanges): WorldState {
    for (const [hash, code] of changes.codes) this.#backing.codes.add(hash, code);
    const leaves: (readonly [Bytes, Bytes | undefined])[] = [];
    let storages = this.#storages;
    const changed = new Map<Hex, ChangedAccount>();
    for (const [address, change] of changes.accounts) {
      const key = hashedKey(address);
      const { account, storageCleared, storage } = change;
      if (account === undefined) {
        leaves.push([key, undefined]);
        storages = storages.delete(address);
        changed.set(address, null);
        continue;
      }
      const before = storageCleared ? undefined : this.#read(address);
      const old = before === undefined ? emptyTrie : this.#storageTrie(address, before);
      const trie = this.#updateStorage(old, change);
      const storageRoot = trie.root();
      if (trie !== old || storageCleared) {
        storages = equalBytes(storageRoot, EMPTY_TRIE_ROOT)
          ? storages.delete(address)
          : storages.set(address, trie);
      }
      changed.set(address, { account, storageRoot, slots: storage, storageCleared });
      this.#backing.preimages.note(address, key);
      leaves.push([key, encodeAccount(account, storageRoot)]);
    }
    return new WorldState(this.#accounts.update(leaves), storages, this.#backing, new Map(), changed);
  }

  /**
   * Takes over what `before` has in its cache, `before` being the world these changes were applied to: for
   * a world that follows it as the head's. The tries of `before` answer all the same.
   *
   * PERF: one map that wanders along costs a write for each change; a persistent one that all worlds
   * share would cost as much as hashing.
   */
  inheritReads(before: WorldState): void {
    const changes = this.#changes;
    if (changes === undefined) return;
    const cache = before.#giveCache();
    for (const [address, change] of changes) {
      const known = cache.get(address);
      if (change === null) {
        cache.set(address, null);
      } else if (change.storageCleared || known === undefined || known === null) {
        const { account, storageRoot, slots } = change;
        cache.set(address, { account, storageRoot, slots: new Map(slots) });
      } else {
        known.account = change.account;
        known.storageRoot = change.storageRoot;
        for (const [slot, value] of change.slots) known.slots.set(slot, value);
      }
    }
    this.#cache = cache.size > MAX_CACHED_ACCOUNTS ? new Map() : cache;
    this.#changes = undefined;
  }

  /** The cache, which this world begins anew. */
  #giveCache(): AccountCache {
    const cache = this.#cache;
    this.#cache = new Map();
    this.#changes = undefined;
    return cache;
  }

  prove(address: Hex, slots: readonly Hex[]): AccountProof {
    const cached = this.#read(address);
    const storage = cached === undefined ? emptyTrie : this.#storageTrie(address, cached);
    return {
      address,
      account: cached?.account,
      storageRoot: this.storageRoot(address),
      accountProof: this.#accounts.prove(hashedKey(address)),
      storageProofs: slots.map((slot) => ({
        slot,
        value: this.storage(address, slot),
        proof: storage.prove(hashedKey(slot)),
      })),
    };
  }

  *dump(): Generator<AccountDump, void, undefined> {
    const { preimages } = this.#backing;
    for (const [key] of this.#accounts.entries()) {
      const address = bytesToHex(preimages.get(bytesToHex(key)));
      const cached = this.#read(address) as CachedAccount;
      const storage = new Map<Hex, Hex>();
      for (const [slotKey, value] of this.#storageTrie(address, cached).entries()) {
        storage.set(bytesToHex(preimages.get(bytesToHex(slotKey))), decodeSlot(value));
      }
      yield { address, account: cached.account, code: this.code(cached.account.codeHash), storage };
    }
  }

  /** Trie nodes that are in no store yet, children first: see `Trie.unsavedNodes`. */
  unsavedNodes(): readonly StoredNode[] {
    const nodes: StoredNode[] = [];
    for (const [, trie] of this.#storages.entries()) nodes.push(...trie.unsavedNodes());
    nodes.push(...this.#accounts.unsavedNodes());
    return nodes;
  }

  /**
   * The same world once {@link unsavedNodes} are in the backing store: storage tries are found there
   * from now on. With `forget` the account trie lets go of the nodes it has read.
   */
  saved(forget: boolean): WorldState {
    for (const [, trie] of this.#storages.entries()) trie.markSaved();
    this.#accounts.markSaved();
    const { nodes } = this.#backing;
    const accounts = forget ? openTrie(this.#accounts.root(), nodes) : this.#accounts;
    return new WorldState(accounts, PersistentMap.empty(), this.#backing, this.#giveCache());
  }

  #read(address: Hex): CachedAccount | undefined {
    let cached = this.#cache.get(address);
    if (cached === undefined) {
      const leaf = this.#accounts.get(hashedKey(address));
      cached = leaf === undefined ? null : { ...decodeAccount(leaf), slots: new Map() };
      if (this.#cache.size >= MAX_CACHED_ACCOUNTS) this.#cache.clear();
      this.#cache.set(address, cached);
    }
    return cached ?? undefined;
  }

  #storageTrie(address: Hex, cached: CachedAccount): Trie {
    return this.#storages.get(address) ?? openTrie(cached.storageRoot, this.#backing.nodes);
  }

  #updateStorage(trie: Trie, { storage }: AccountChange): Trie {
    if (storage.size === 0) return trie;
    const entries: (readonly [Bytes, Bytes])[] = [];
    for (const [slot, value] of storage) {
      const key = hashedKey(slot);
      this.#backing.preimages.note(slot, key);
      entries.push([key, encodeSlot(value)]);
    }
    return trie.update(entries);
  }
}

/** The world with this state root, whose nodes are in `backing`. */
export function openWorld(stateRoot: Hex, backing: WorldBacking): WorldState {
  const accounts = openTrie(hexToBytes(stateRoot), backing.nodes);
  return new WorldState(accounts, PersistentMap.empty(), backing, new Map());
}
