import type { Bytes, Hex } from '@ninefold/base';
import { bigintToBytes, bytesToHex, concatBytes, defineErrors, hexToBytes } from '@ninefold/base';
import { secp256k1 } from '@ninefold/crypto';
import { addressOf, impersonate, signTransaction } from '../tx/signature.ts';
import type { SignedTransaction, UnsignedTransaction } from '../tx/types.ts';
import { DEFAULT_ACCOUNTS, DEFAULT_DERIVATION_PATH, DEFAULT_MNEMONIC } from './default-accounts.ts';

/** An account whose key the node holds, and the path it was derived by. */
export type DevAccount = { readonly address: Hex; readonly privateKey: Bytes; readonly path: string };

const fail = defineErrors({
  ETH_INVALID_MNEMONIC: () => 'The mnemonic is no BIP-39 phrase of English words with a valid checksum',
  ETH_INVALID_DERIVATION_PATH: (c: { readonly path: string }) =>
    `${JSON.stringify(c.path)} is no derivation path: it looks like "m/44'/60'/0'/0"`,
  ETH_UNKNOWN_ACCOUNT: () => 'unknown account',
});

/** More accounts than any test needs; deriving them takes about a second. */
export const MAX_DEV_ACCOUNTS = 1_000;

/**
 * The first `count` accounts of a phrase.
 *
 * @throws `ETH_INVALID_MNEMONIC`, `ETH_INVALID_DERIVATION_PATH`
 */
export async function deriveAccounts(options: {
  readonly mnemonic: string;
  readonly path: string;
  readonly count: number;
}): Promise<readonly DevAccount[]> {
  const { mnemonic, path, count } = options;
  if (mnemonic === DEFAULT_MNEMONIC && path === DEFAULT_DERIVATION_PATH && count <= DEFAULT_ACCOUNTS.length) {
    return DEFAULT_ACCOUNTS.slice(0, count).map(([address, key], index) => ({
      address,
      privateKey: hexToBytes(key),
      path: `${path}/${index}`,
    }));
  }
  // Loaded only when needed: together they take 40 ms.
  const [{ HDKey }, bip39, { wordlist }] = await Promise.all([
    import('@scure/bip32'),
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js'),
  ]);
  const phrase = mnemonic.trim().replaceAll(/\s+/g, ' ');
  if (!bip39.validateMnemonic(phrase, wordlist)) throw fail('ETH_INVALID_MNEMONIC', {});
  if (!isPath(path)) throw fail('ETH_INVALID_DERIVATION_PATH', { path });
  const parent = HDKey.fromMasterSeed(await bip39.mnemonicToSeed(phrase)).derive(path);
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = parent.deriveChild(index);
    // Only an extended public key has none.
    const key = privateKey as Bytes;
    return { address: addressOf(key), privateKey: key, path: `${path}/${index}` };
  });
}

/** Indices have 31 bits; an apostrophe hardens them (BIP-32). */
function isPath(path: string): boolean {
  return (
    /^m(\/\d{1,10}'?)*$/.test(path) && (path.match(/\d+/g) ?? []).every((index) => Number(index) < 2 ** 31)
  );
}

/** What impersonation has been asked for. Immutable: a snapshot is the value itself. */
export type AccountsState = { readonly impersonated: ReadonlySet<Hex>; readonly impersonateAll: boolean };

/** Those who can send without a wallet: accounts whose keys the node holds, and impersonated ones. */
export class Accounts {
  readonly #own: ReadonlyMap<Hex, DevAccount>;
  #state: AccountsState = { impersonated: new Set(), impersonateAll: false };

  constructor(accounts: readonly DevAccount[]) {
    this.#own = new Map(accounts.map((account) => [account.address, account]));
  }

  /** The same accounts, with an impersonation of their own from now on. */
  fork(): Accounts {
    const copy = new Accounts(this.own());
    copy.restore(this.#state);
    return copy;
  }

  /** Addresses whose keys the node holds, then impersonated ones. */
  addresses(): readonly Hex[] {
    return [...new Set([...this.#own.keys(), ...this.#state.impersonated])];
  }

  /** The node's own accounts, for start-up banners. */
  own(): readonly DevAccount[] {
    return [...this.#own.values()];
  }

  get state(): AccountsState {
    return this.#state;
  }

  restore(state: AccountsState): void {
    this.#state = state;
  }

  impersonate(address: Hex): void {
    this.#state = { ...this.#state, impersonated: new Set(this.#state.impersonated).add(address) };
  }

  /** Whether it was impersonated. */
  stopImpersonating(address: Hex): boolean {
    const impersonated = new Set(this.#state.impersonated);
    const was = impersonated.delete(address);
    this.#state = { ...this.#state, impersonated };
    return was;
  }

  impersonateAll(enabled: boolean): void {
    this.#state = { ...this.#state, impersonateAll: enabled };
  }

  /** Whether transactions can be sent from `address`. */
  canSend(address: Hex): boolean {
    return this.#own.has(address) || this.isImpersonated(address);
  }

  /** @throws `ETH_UNKNOWN_ACCOUNT` when nothing can be sent from `address` */
  requireSender(address: Hex): void {
    if (!this.canSend(address)) throw fail('ETH_UNKNOWN_ACCOUNT', { address });
  }

  isImpersonated(address: Hex): boolean {
    return this.#state.impersonated.has(address) || (this.#state.impersonateAll && !this.#own.has(address));
  }

  /**
   * Signs a transaction: with the account's key, or for an impersonated account with a signature
   * that proves nothing.
   *
   * @throws `ETH_UNKNOWN_ACCOUNT`
   */
  signTransaction(from: Hex, transaction: UnsignedTransaction): SignedTransaction {
    const key = this.#own.get(from)?.privateKey;
    if (key !== undefined && !this.#state.impersonated.has(from))
      return signTransaction(transaction, key, from);
    if (this.isImpersonated(from)) return impersonate(transaction, from);
    throw fail('ETH_UNKNOWN_ACCOUNT', { address: from });
  }

  /**
   * Signs a 32-byte hash: r, s and v of 27 or 28, 65 bytes.
   *
   * @throws `ETH_UNKNOWN_ACCOUNT`, also for an impersonated account: there is no key
   */
  signHash(address: Hex, hash: Bytes): Hex {
    const key = this.#own.get(address)?.privateKey;
    if (key === undefined) throw fail('ETH_UNKNOWN_ACCOUNT', { address });
    const { r, s, yParity } = secp256k1.sign(hash, key);
    return bytesToHex(concatBytes(bigintToBytes(r, 32), bigintToBytes(s, 32), Uint8Array.of(27 + yParity)));
  }
}
