import { type Bytes, equalBytes } from '@ninefold/base';
import { type MethodTable, object, ParamFailure, query, type Validator } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import type { SolanaNode } from '../node.ts';
import { addressKey } from '../tx/address-key.ts';
import { mintUnit } from './account-json.ts';
import { accountsOf, type FoundAccount, keyedAccounts } from './accounts.ts';
import { invalidParams } from './errors.ts';
import { isTokenProgram, tokenKind } from './parsed/token-account.ts';
import { tokenAmount, type TokenUnit } from './parsed/token-amount.ts';
import { ACCOUNT, address, commitmentOf, config, contextConfig, inContext } from './values.ts';

const MAX_LARGEST_ACCOUNTS = 20;

/** Where the fields of a token account are, and those of a mint. */
const AT = { mint: 0, owner: 32, amount: 64, delegateTag: 72, delegate: 76, delegated: 121 } as const;
const MINT_AT = { supply: 36, initialized: 45 } as const;

const keyIn = (data: Bytes, at: number): Bytes => data.subarray(at, at + 32);
const u64In = (data: Bytes, at: number): bigint =>
  new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(at, true);

/** Which accounts: those of one mint, or all of one token program. */
type Wanted = { readonly mint: Bytes } | { readonly programId: Bytes };

const wanted: Validator<Wanted> = (value) => {
  if (typeof value === 'object' && value !== null && 'mint' in value)
    return object({ mint: address }, { unknownKeys: 'ignore' })(value);
  if (typeof value === 'object' && value !== null && 'programId' in value)
    return object({ programId: address }, { unknownKeys: 'ignore' })(value);
  throw new ParamFailure('expected mint or programId', value === undefined ? 'missing' : 'type');
};

const isMint = ({ data }: Account): boolean => tokenKind(data) === 'mint' && data[MINT_AT.initialized] === 1;

/** A mint that something else names. */
function mintOf(accounts: AccountsSnapshot, at: Bytes): Account {
  const account = accounts.get(addressKey(at));
  if (account === undefined) throw invalidParams('Invalid param: could not find mint');
  if (!isMint(account)) throw invalidParams('Invalid param: Token mint could not be unpacked');
  if (!isTokenProgram(account.owner)) throw invalidParams('Invalid param: not a Token mint');
  return account;
}

/** A mint that is asked for itself. */
function supplyOf(accounts: AccountsSnapshot, at: Bytes): Account {
  const account = accounts.get(addressKey(at));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  if (!isTokenProgram(account.owner)) throw invalidParams('Invalid param: not a Token mint');
  if (!isMint(account)) throw invalidParams('Invalid param: mint could not be unpacked');
  return account;
}

/** Mints have a unit: they are longer than where it is. */
const unitIn = (accounts: AccountsSnapshot, mint: Account): TokenUnit =>
  mintUnit(mint, accounts) as TokenUnit;

function tokenAccountOf(accounts: AccountsSnapshot, at: Bytes): Account {
  const account = accounts.get(addressKey(at));
  if (account === undefined) throw invalidParams('Invalid param: could not find account');
  if (!isTokenProgram(account.owner) || tokenKind(account.data) !== 'account')
    throw invalidParams('Invalid param: not a Token account');
  return account;
}

/** The program whose accounts are meant, and how to tell them. */
function scopeOf(
  accounts: AccountsSnapshot,
  filter: Wanted,
): { readonly program: Bytes; readonly mint: Bytes | undefined } {
  if ('mint' in filter) return { program: mintOf(accounts, filter.mint).owner, mint: filter.mint };
  if (!isTokenProgram(filter.programId)) throw invalidParams('Invalid param: unrecognized Token program id');
  return { program: filter.programId, mint: undefined };
}

/** Token accounts, balances and supplies. */
export function tokenMethods(node: SolanaNode): MethodTable {
  const search = (
    accounts: AccountsSnapshot,
    filter: Wanted,
    holds: (data: Bytes) => boolean,
  ): readonly FoundAccount[] => {
    const { program, mint } = scopeOf(accounts, filter);
    return accountsOf(
      accounts,
      program,
      ({ data }) =>
        tokenKind(data) === 'account' &&
        holds(data) &&
        (mint === undefined || equalBytes(keyIn(data, AT.mint), mint)),
    );
  };

  const byKey = (isMeant: (data: Bytes, key: Bytes) => boolean): ReturnType<typeof query> =>
    query([address, wanted, config(ACCOUNT)], ([key, filter, options]) => {
      const { accounts, slot } = node.ledger.view(commitmentOf(node, options));
      const found = search(accounts, filter, (data) => isMeant(data, key));
      const encoding = options.encoding ?? 'binary';
      return inContext(slot, keyedAccounts(found, encoding, options.dataSlice, accounts));
    });

  return {
    getTokenAccountsByOwner: byKey((data, owner) => equalBytes(keyIn(data, AT.owner), owner)),

    getTokenAccountsByDelegate: byKey(
      (data, delegate) => data[AT.delegateTag] === 1 && equalBytes(keyIn(data, AT.delegate), delegate),
    ),

    getTokenAccountBalance: query([address, contextConfig], ([at, options]) => {
      const { accounts, slot } = node.ledger.view(commitmentOf(node, options));
      const { data } = tokenAccountOf(accounts, at);
      const unit = unitIn(accounts, mintOf(accounts, keyIn(data, AT.mint)));
      return inContext(slot, tokenAmount(u64In(data, AT.amount), unit));
    }),

    getTokenSupply: query([address, contextConfig], ([at, options]) => {
      const { accounts, slot } = node.ledger.view(commitmentOf(node, options));
      const mint = supplyOf(accounts, at);
      return inContext(slot, tokenAmount(u64In(mint.data, MINT_AT.supply), unitIn(accounts, mint)));
    }),

    getTokenLargestAccounts: query([address, contextConfig], ([at, options]) => {
      const { accounts, slot } = node.ledger.view(commitmentOf(node, options));
      const unit = unitIn(accounts, mintOf(accounts, at));
      const value = search(accounts, { mint: at }, () => true)
        .map(({ address: holder, account }) => ({ holder, amount: u64In(account.data, AT.amount) }))
        .sort((a, b) => (a.amount < b.amount ? 1 : -1))
        .slice(0, MAX_LARGEST_ACCOUNTS)
        .map(({ holder, amount }) => ({ address: toBase58(holder), ...tokenAmount(amount, unit) }));
      return inContext(slot, value);
    }),
  };
}
