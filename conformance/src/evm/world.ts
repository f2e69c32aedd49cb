import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes, trimLeadingZeros } from '@ninefold/base';
import { encodeRlp, rlpFromUint } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import type { Trie } from '@ninefold/state';
import { emptyTrie } from '@ninefold/state';
import type { Account, AccountChange, ForkName, Log, StateChanges, StateView } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { RecordAccount } from './state-record.ts';
import { blockHashOf, toAddress, toBigint, toWord } from './state-record.ts';

const NO_CODE: Hex = bytesToHex(keccak256(new Uint8Array(0)));
const ZERO_WORD: Hex = toWord('0x0');

type WorldAccount = {
  readonly account: Account;
  readonly storage: ReadonlyMap<Hex, Hex>;
  /** Made when it is first needed. */
  storageTrie: Trie | undefined;
};

/** The state before a test: a view for the machine, and the trie that the state after it is derived from. */
export type World = {
  readonly view: StateView;
  /** Root after `changes`, and after a miner's reward of 0 to `rewarded` if there is one. */
  readonly rootAfter: (changes: StateChanges | undefined, fork: ForkName, rewarded: Hex | undefined) => Hex;
};

/** Builds the state of a record's `pre`. */
export function createWorld(pre: Readonly<Record<string, RecordAccount>>): World {
  const accounts = new Map<Hex, WorldAccount>();
  const codes = new Map<Hex, Bytes>();
  for (const [address, fields] of Object.entries(pre)) {
    const code = hexToBytes(fields.code);
    const codeHash = bytesToHex(keccak256(code));
    codes.set(codeHash, code);
    const storage = new Map<Hex, Hex>();
    for (const [slot, value] of Object.entries(fields.storage)) {
      if (toBigint(value) !== 0n) storage.set(toWord(slot), toWord(value));
    }
    const account = { nonce: toBigint(fields.nonce), balance: toBigint(fields.balance), codeHash };
    accounts.set(toAddress(address), { account, storage, storageTrie: undefined });
  }

  let before: Trie | undefined;
  const trieBefore = (): Trie =>
    (before ??= emptyTrie.update(
      [...accounts].map(([address, entry]) => [
        hashOf(address),
        encodeAccount(entry.account, storageTrieOf(entry)),
      ]),
    ));

  return {
    view: {
      account: (address) => accounts.get(address)?.account,
      storage: (address, slot) => accounts.get(address)?.storage.get(slot),
      hasStorage: (address) => (accounts.get(address)?.storage.size ?? 0) > 0,
      code: (codeHash) => codes.get(codeHash) as Bytes,
      blockHash: blockHashOf,
    },
    rootAfter: (changes, fork, rewarded) => {
      const entries: [Bytes, Bytes | undefined][] = [];
      for (const [address, change] of changes?.accounts ?? []) {
        entries.push([hashOf(address), accountAfter(accounts.get(address), change)]);
      }
      if (rewarded !== undefined) {
        const change = changes?.accounts.get(rewarded);
        const account = change === undefined ? accounts.get(rewarded)?.account : change.account;
        if (isCreatedByTouch(account, fork)) entries.push([hashOf(rewarded), EMPTY_ACCOUNT]);
        if (isRemovedByTouch(account, fork)) entries.push([hashOf(rewarded), undefined]);
      }
      return bytesToHex(trieBefore().update(entries).root());
    },
  };
}

/** A reward of 0 brings an account into being … */
function isCreatedByTouch(account: Account | undefined, fork: ForkName): boolean {
  return account === undefined && !isAtLeast(fork, 'spuriousDragon');
}

/** … and from EIP-161 on removes one that is empty. */
function isRemovedByTouch(account: Account | undefined, fork: ForkName): boolean {
  const isEmpty = account?.nonce === 0n && account.balance === 0n && account.codeHash === NO_CODE;
  return isEmpty && isAtLeast(fork, 'spuriousDragon');
}

const EMPTY_ACCOUNT: Bytes = encodeAccount({ nonce: 0n, balance: 0n, codeHash: NO_CODE }, emptyTrie);

function accountAfter(before: WorldAccount | undefined, change: AccountChange): Bytes | undefined {
  if (change.account === undefined) return undefined;
  const kept = change.storageCleared || before === undefined ? emptyTrie : storageTrieOf(before);
  return encodeAccount(change.account, kept.update(slotEntries(change.storage)));
}

function storageTrieOf(entry: WorldAccount): Trie {
  return (entry.storageTrie ??= emptyTrie.update(slotEntries(entry.storage)));
}

function slotEntries(storage: ReadonlyMap<Hex, Hex>): readonly (readonly [Bytes, Bytes | undefined])[] {
  return [...storage].map(([slot, value]) => [
    hashOf(slot),
    value === ZERO_WORD ? undefined : encodeRlp(trimLeadingZeros(hexToBytes(value))),
  ]);
}

function encodeAccount({ nonce, balance, codeHash }: Account, storage: Trie): Bytes {
  return encodeRlp([rlpFromUint(nonce), rlpFromUint(balance), storage.root(), hexToBytes(codeHash)]);
}

function hashOf(hex: Hex): Bytes {
  return keccak256(hexToBytes(hex));
}

/** What fixtures commit to logs by: Keccak-256 of the RLP list of [address, topics, data]. */
export function logsHash(logs: readonly Log[]): Hex {
  const items = logs.map(({ address, topics, data }) => [
    hexToBytes(address),
    topics.map((topic) => hexToBytes(topic)),
    data,
  ]);
  return bytesToHex(keccak256(encodeRlp(items)));
}
