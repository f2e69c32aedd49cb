import { type Bytes } from '@ninefold/base';
import type { BitcoinNode } from '../node.ts';
import type { AddressFormat } from '../tx/address.ts';
import {
  RPC_WALLET_ALREADY_LOADED,
  RPC_WALLET_ERROR,
  RPC_WALLET_NOT_FOUND,
  RPC_WALLET_NOT_SPECIFIED,
  rpcFailure,
} from '../api/errors.ts';
import { Wallet } from './wallet.ts';

const NONE_LOADED =
  'No wallet is loaded. Load a wallet using loadwallet or create a new one with createwallet. (Note: A default wallet is no longer automatically created)';
const SEVERAL_LOADED =
  'Multiple wallets are loaded. Please select which wallet to use by requesting the RPC through the /wallet/<walletname> URI path.';

/** Bytes of the seed of a new wallet. */
const SEED_BYTES = 32;

/** The wallets of a node by their names: loaded ones, and those that were put away. */
export class Wallets {
  readonly #node: BitcoinNode;
  readonly #format: AddressFormat;
  readonly #random: (length: number) => Bytes;
  readonly #loaded: Map<string, Wallet> = new Map();
  readonly #unloaded: Map<string, Wallet> = new Map();

  constructor(node: BitcoinNode, format: AddressFormat, random: (length: number) => Bytes) {
    this.#node = node;
    this.#format = format;
    this.#random = random;
  }

  names(): string[] {
    return [...this.#loaded.keys()];
  }

  allNames(): string[] {
    return [...this.#loaded.keys(), ...this.#unloaded.keys()];
  }

  create(name: string, options: { readonly privateKeys: boolean; readonly blank: boolean }): Wallet {
    if (this.#loaded.has(name) || this.#unloaded.has(name)) {
      throw rpcFailure(
        RPC_WALLET_ERROR,
        `Wallet file verification failed. Failed to create database path '${name}'. Database already exists.`,
      );
    }
    const wallet = new Wallet(name, this.#node, this.#format, options.privateKeys);
    if (options.privateKeys && !options.blank) wallet.addSeed(this.#random(SEED_BYTES), this.#node.now());
    this.#loaded.set(name, wallet);
    return wallet;
  }

  load(name: string): Wallet {
    if (this.#loaded.has(name)) {
      throw rpcFailure(RPC_WALLET_ALREADY_LOADED, `Wallet "${name}" is already loaded.`);
    }
    const wallet = this.#unloaded.get(name);
    if (wallet === undefined) {
      throw rpcFailure(
        RPC_WALLET_NOT_FOUND,
        `Wallet file verification failed. Failed to load database path '${name}'. Path does not exist.`,
      );
    }
    this.#unloaded.delete(name);
    this.#loaded.set(name, wallet);
    return wallet;
  }

  unload(name: string): void {
    const wallet = this.#loaded.get(name);
    if (wallet === undefined)
      throw rpcFailure(RPC_WALLET_NOT_FOUND, 'Requested wallet does not exist or is not loaded');
    this.#loaded.delete(name);
    this.#unloaded.set(name, wallet);
  }

  /** The wallet of a call: the one named in its path, else the only one. */
  of(name: string | undefined): Wallet {
    if (name !== undefined) {
      const wallet = this.#loaded.get(name);
      if (wallet === undefined) {
        throw rpcFailure(RPC_WALLET_NOT_FOUND, 'Requested wallet does not exist or is not loaded');
      }
      return wallet;
    }
    const [only, second] = this.#loaded.values();
    if (only === undefined) throw rpcFailure(RPC_WALLET_NOT_FOUND, NONE_LOADED);
    if (second !== undefined) throw rpcFailure(RPC_WALLET_NOT_SPECIFIED, SEVERAL_LOADED);
    return only;
  }

  /** All wallets as text, private keys included. */
  save(): string {
    const shown = (wallet: Wallet, loaded: boolean): StoredWallet => ({ ...wallet.toJSON(), loaded });
    return JSON.stringify([
      ...[...this.#loaded.values()].map((wallet) => shown(wallet, true)),
      ...[...this.#unloaded.values()].map((wallet) => shown(wallet, false)),
    ]);
  }

  /** Makes the wallets of {@link save} again, and looks for what they own. */
  restore(text: string): void {
    for (const stored of JSON.parse(text) as readonly StoredWallet[]) {
      const wallet = Wallet.fromJSON(stored, this.#node, this.#format);
      (stored.loaded ? this.#loaded : this.#unloaded).set(wallet.name, wallet);
    }
  }
}

type StoredWallet = ReturnType<Wallet['toJSON']> & { readonly loaded: boolean };
