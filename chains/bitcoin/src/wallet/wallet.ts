import { type Bytes, bytesToHex, defineErrors } from '@ninefold/base';
import { COINBASE_MATURITY, isCoinbase, type TxOutput } from '@ninefold/vm-bitcoin-script';
import { type Descriptor, parseDescriptor } from '../descriptor/descriptor.ts';
import { formatPath, masterKey } from '../descriptor/keys.ts';
import type { BlockEntry } from '../ledger/chain.ts';
import type { BitcoinNode } from '../node.ts';
import type { AddressFormat } from '../tx/address.ts';
import { WalletHistory } from './history.ts';
import { KeyRing } from './key-ring.ts';

/*
 * A descriptor wallet: which outputs of the chain and the mempool are its own, and what it has done.
 */

const fail = defineErrors({
  WALLET_NO_DESCRIPTOR: (c: { readonly type: string }) => `No ${c.type} addresses available.`,
});

/** Forms of addresses, by the names of JSON-RPC. */
export const ADDRESS_TYPES = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m'] as const;
export type AddressType = (typeof ADDRESS_TYPES)[number];

/** Addresses that are watched beyond the last one in use. */
export const GAP_LIMIT = 20;

/** BIP 44, 49, 84 and 86: purposes of the accounts a new wallet has. */
const ACCOUNTS: readonly (readonly [AddressType, purpose: number, (key: string) => string])[] = [
  ['legacy', 44, (key) => `pkh(${key})`],
  ['p2sh-segwit', 49, (key) => `sh(wpkh(${key}))`],
  ['bech32', 84, (key) => `wpkh(${key})`],
  ['bech32m', 86, (key) => `tr(${key})`],
];
const HARDENED = 0x80000000;

/** A descriptor the wallet watches. */
export type WalletDescriptor = {
  readonly descriptor: Descriptor;
  /** Whether new addresses are taken from it. */
  active: boolean;
  readonly internal: boolean;
  /** First index nobody was given yet. */
  next: number;
  /** Indices below are watched; above 0 for those with a range. */
  end: number;
  readonly timestamp: number;
  readonly label: string | undefined;
};

/** What the wallet knows of one of its scripts. */
export type OwnScript = {
  readonly source: WalletDescriptor;
  readonly index: number;
};

/** An unspent output of the wallet's. */
export type WalletCoin = {
  readonly id: string;
  readonly vout: number;
  readonly output: TxOutput;
  readonly own: OwnScript;
  readonly confirmations: number;
  readonly coinbase: boolean;
  /** Confirmed, or change of the wallet's own transactions and of trusted coins. */
  readonly trusted: boolean;
  /** Trusted, and of no transaction that has replaced another or may still be replaced by one. */
  readonly safe: boolean;
  readonly mature: boolean;
};

export type Balances = { readonly trusted: bigint; readonly pending: bigint; readonly immature: bigint };

const nameOf = (script: Bytes): string => bytesToHex(script);

/** One wallet of a node. */
export class Wallet {
  readonly name: string;
  readonly privateKeysEnabled: boolean;
  readonly ring: KeyRing = new KeyRing();
  readonly descriptors: WalletDescriptor[] = [];
  /** Names of addresses, by their script. */
  readonly labels: Map<string, string> = new Map();
  /** `txid:vout` of coins that are not to be chosen. */
  readonly locked: Set<string> = new Set();
  readonly history: WalletHistory;
  readonly #node: BitcoinNode;
  readonly #format: AddressFormat;
  readonly #scripts: Map<string, OwnScript> = new Map();
  readonly #stops: (() => void)[] = [];

  constructor(name: string, node: BitcoinNode, format: AddressFormat, privateKeysEnabled: boolean) {
    this.name = name;
    this.privateKeysEnabled = privateKeysEnabled;
    this.#node = node;
    this.#format = format;
    this.history = new WalletHistory(node, {
      owns: (script) => this.ownScript(script) !== undefined,
      received: (script) => this.#use(script),
      // What is spent needs no lock any more.
      spent: (coin) => void this.locked.delete(coin),
    });
    this.#stops.push(
      node.chain.events.on('connected', (entry) => this.history.connect(entry)),
      node.chain.events.on('disconnected', (entry) => this.history.disconnect(entry)),
      node.pool.events.on('added', ({ tx }) => this.history.see(tx, undefined)),
    );
  }

  /** Stops listening to the node. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  /** Adds the accounts of a seed: four forms of addresses, each with one for change. */
  addSeed(seed: Bytes, timestamp: number): void {
    const network = this.#format.hrp === 'bc' ? 'main' : 'test';
    const coin = network === 'main' ? 0 : 1;
    const root = masterKey(seed, network);
    const { privateExtendedKey } = root;
    for (const [, purpose, wrap] of ACCOUNTS) {
      const path = formatPath([purpose + HARDENED, coin + HARDENED, HARDENED]);
      for (const internal of [false, true]) {
        const text = wrap(`${privateExtendedKey}${path}/${internal ? 1 : 0}/*`);
        const descriptor = parseDescriptor(text, { format: this.#format });
        this.addDescriptor({
          descriptor,
          active: true,
          internal,
          next: 0,
          end: 0,
          timestamp,
          label: undefined,
        });
      }
    }
  }

  /** Watches a descriptor from now on; what is in blocks is found by {@link rescan}. */
  addDescriptor(source: WalletDescriptor): void {
    const text = source.descriptor.toText();
    const known = this.descriptors.findIndex(({ descriptor }) => descriptor.toText() === text);
    if (known >= 0) this.descriptors.splice(known, 1);
    const type = addressTypeOf(source.descriptor);
    if (source.active) {
      for (const other of this.descriptors) {
        const same = other.internal === source.internal && addressTypeOf(other.descriptor) === type;
        if (same) other.active = false;
      }
    }
    this.descriptors.push(source);
    const { isRange } = source.descriptor;
    const end = isRange ? Math.max(source.end, source.next + GAP_LIMIT) : 1;
    source.end = 0;
    this.#watch(source, end);
  }

  #watch(source: WalletDescriptor, end: number): void {
    for (; source.end < end; source.end++) this.#add(source, source.end);
  }

  #add(source: WalletDescriptor, index: number): void {
    for (const { scriptPubKey } of this.ring.addDescriptor(source.descriptor, index)) {
      this.#scripts.set(nameOf(scriptPubKey), { source, index });
      if (source.label !== undefined) this.labels.set(nameOf(scriptPubKey), source.label);
    }
  }

  /** Watches so many indices beyond those in use. */
  refill(size: number): void {
    for (const source of this.descriptors) {
      if (source.active) this.#watch(source, source.next + size);
    }
  }

  ownScript(script: Bytes): OwnScript | undefined {
    return this.#scripts.get(nameOf(script));
  }

  /** Whether there is a descriptor that new addresses are taken from. */
  hasAddresses(internal: boolean): boolean {
    return this.descriptors.some((one) => one.active && one.internal === internal);
  }

  /**
   * The script of the next address of a form, which nobody is given again.
   *
   * @throws `WALLET_NO_DESCRIPTOR`
   */
  nextScript(type: AddressType, internal: boolean): Bytes {
    const script = this.peekScript(type, internal);
    const source = this.#activeOf(type, internal);
    if (script === undefined || source === undefined) throw fail('WALLET_NO_DESCRIPTOR', { type });
    source.next++;
    this.#watch(source, source.next + GAP_LIMIT);
    return script;
  }

  /** What {@link nextScript} would give; undefined where there is no such descriptor. */
  peekScript(type: AddressType, internal: boolean): Bytes | undefined {
    const source = this.#activeOf(type, internal);
    return source?.descriptor.outputs(source.next)[0]?.scriptPubKey;
  }

  #activeOf(type: AddressType, internal: boolean): WalletDescriptor | undefined {
    return this.descriptors.find(
      (one) => one.active && one.internal === internal && addressTypeOf(one.descriptor) === type,
    );
  }

  /** The form of addresses change is of: the default, or whatever there is. */
  changeType(preferred: AddressType): AddressType {
    const has = (type: AddressType): boolean =>
      this.descriptors.some((one) => one.active && one.internal && addressTypeOf(one.descriptor) === type);
    return has(preferred) ? preferred : (ADDRESS_TYPES.find(has) ?? preferred);
  }

  labelOf(script: Bytes): string | undefined {
    return this.labels.get(nameOf(script));
  }

  /** Whether a script is the wallet's own but no address anybody was given. */
  isChange(script: Bytes): boolean {
    return this.ownScript(script) !== undefined && this.labelOf(script) === undefined;
  }

  setLabel(script: Bytes, label: string): void {
    this.labels.set(nameOf(script), label);
  }

  /** All scripts with labels. */
  labelled(): readonly { readonly script: string; readonly label: string }[] {
    return [...this.labels].map(([script, label]) => ({ script, label }));
  }

  /** Takes note that a script was paid to. */
  #use(script: Bytes): void {
    const own = this.ownScript(script);
    if (own === undefined) return;
    const { source, index } = own;
    // What others pay to is an address, named or not: only change goes without.
    if (source.active && !source.internal && this.labelOf(script) === undefined) this.setLabel(script, '');
    // An address in use moves the end of what is watched.
    if (!source.descriptor.isRange) return;
    source.next = Math.max(source.next, index + 1);
    this.#watch(source, source.next + GAP_LIMIT);
  }

  /** Looks through blocks of the active chain again, and through the mempool when it ends with the tip. */
  rescan(from = 0, to: number = this.#node.chain.tip.height): void {
    const { chain, pool } = this.#node;
    for (let height = from; height <= to; height++) this.history.connect(chain.at(height) as BlockEntry);
    if (to < chain.tip.height) return;
    for (const { tx } of pool.entries()) this.history.see(tx, undefined);
  }

  /** What can be spent, now or later. */
  coins(): WalletCoin[] {
    const coins: WalletCoin[] = [];
    for (const entry of this.history.transactions()) {
      const confirmations = this.history.depthOf(entry);
      if (confirmations < 0 || (confirmations === 0 && !this.history.isInMempool(entry))) continue;
      const coinbase = isCoinbase(entry.tx);
      const trusted = this.history.isTrusted(entry);
      const settled =
        confirmations > 0 || !(entry.notes.has('replaces_txid') || entry.notes.has('replaced_by_txid'));
      entry.tx.outputs.forEach((output, vout) => {
        const own = this.ownScript(output.scriptPubKey);
        if (own === undefined || this.#node.coin(entry.id, vout) === undefined) return;
        coins.push({
          id: entry.id,
          vout,
          output,
          own,
          confirmations,
          coinbase,
          trusted,
          safe: trusted && settled,
          mature: !coinbase || confirmations > COINBASE_MATURITY,
        });
      });
    }
    return coins;
  }

  balances(): Balances {
    let [trusted, pending, immature] = [0n, 0n, 0n];
    for (const coin of this.coins()) {
      if (!coin.mature) immature += coin.output.value;
      else if (coin.trusted) trusted += coin.output.value;
      else pending += coin.output.value;
    }
    return { trusted, pending, immature };
  }

  /** What has to be kept to make the wallet again: private keys are in it. */
  toJSON(): StoredWallet {
    return {
      name: this.name,
      privateKeysEnabled: this.privateKeysEnabled,
      labels: [...this.labels],
      locked: [...this.locked],
      descriptors: this.descriptors.map(({ descriptor, ...rest }) => ({
        ...rest,
        text: descriptor.toText('private'),
      })),
    };
  }

  /** The wallet of {@link toJSON}, with what it owns of the chain and the mempool. */
  static fromJSON(stored: StoredWallet, node: BitcoinNode, format: AddressFormat): Wallet {
    const wallet = new Wallet(stored.name, node, format, stored.privateKeysEnabled);
    for (const [script, label] of stored.labels) wallet.labels.set(script, label);
    for (const name of stored.locked) wallet.locked.add(name);
    for (const { text, ...rest } of stored.descriptors) {
      wallet.addDescriptor({ ...rest, label: rest.label, descriptor: parseDescriptor(text, { format }) });
    }
    wallet.rescan();
    return wallet;
  }
}

/** A wallet as JSON. */
export type StoredWallet = {
  readonly name: string;
  readonly privateKeysEnabled: boolean;
  readonly labels: readonly (readonly [script: string, label: string])[];
  readonly locked: readonly string[];
  readonly descriptors: readonly (Omit<WalletDescriptor, 'descriptor' | 'label'> & {
    readonly text: string;
    readonly label?: string | undefined;
  })[];
};

/** The form of a descriptor's addresses; undefined for what has none of the usual ones. */
export function addressTypeOf({ node }: Descriptor): AddressType | undefined {
  switch (node.kind) {
    case 'pkh':
      return 'legacy';
    case 'sh':
      return node.sub.kind === 'wpkh' || node.sub.kind === 'wsh' ? 'p2sh-segwit' : 'legacy';
    case 'wpkh':
    case 'wsh':
      return 'bech32';
    case 'tr':
    case 'rawtr':
      return 'bech32m';
    default:
      return undefined;
  }
}
