import type { Bytes } from '@ninefold/base';
import {
  array,
  boolean,
  integer,
  INVALID_REQUEST,
  type MethodTable,
  oneOf,
  optional,
  query,
  RpcError,
} from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import { epochOf } from '../bank/epoch-schedule.ts';
import { minimumBalance } from '../bank/rent.ts';
import type { Commitment } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import { isLocked, isStakeAccount } from '../stake/stake-account.ts';
import { addressKey, keyAddress } from '../tx/address-key.ts';
import {
  type AccountEncoding,
  accountJson,
  type DataSlice,
  parsingContext,
  requireShort,
} from './account-json.ts';
import { type AccountFilter, filters } from './filters.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { isTokenProgram } from './parsed/token-account.ts';
import {
  ACCOUNT,
  address,
  commitmentOf,
  config,
  CONTEXT,
  contextConfig,
  flag,
  inContext,
  MAX_MULTIPLE_ACCOUNTS,
} from './values.ts';

/** An account under its address, as clients see it. */
export type KeyedAccount = { readonly pubkey: string; readonly account: JsonObject };

/** An account together with its address. */
export type FoundAccount = { readonly address: Bytes; readonly account: Account };

/**
 * Accounts of an owner, those that `filter` lets through.
 *
 * PERF: looks at every account there is; an owner is compared by its text, made once.
 */
export function accountsOf(
  accounts: AccountsSnapshot,
  owner: Bytes,
  filter: AccountFilter | undefined,
): readonly FoundAccount[] {
  const wanted = addressKey(owner);
  const found: FoundAccount[] = [];
  for (const [key, account] of accounts) {
    if (addressKey(account.owner) === wanted && filter?.(account) !== false)
      found.push({ address: keyAddress(key), account });
  }
  return found;
}

/**
 * Accounts as a list of clients' `{ pubkey, account }`. Of the token programs' accounts `jsonParsed`
 * lists those only that can be parsed.
 */
export function keyedAccounts(
  found: readonly FoundAccount[],
  encoding: AccountEncoding,
  slice: DataSlice | undefined,
  accounts: AccountsSnapshot,
): readonly KeyedAccount[] {
  const context = parsingContext(accounts);
  const list = found.map(({ address: at, account }) => {
    const pubkey = toBase58(at);
    requireShort(account, encoding, slice);
    return { pubkey, account: accountJson(pubkey, account, encoding, slice, context) };
  });
  return encoding === 'jsonParsed'
    ? list.filter((_, i) => {
        const { owner } = (found[i] as FoundAccount).account;
        return !isTokenProgram(owner) || !Array.isArray(list[i]?.account['data']);
      })
    : list;
}

/** Bytes that an account may have (`MAX_PERMITTED_DATA_LENGTH`). */
const MAX_ACCOUNT_BYTES: number = 10 * 1024 * 1024;

/** The largest accounts that a list shows. */
const MAX_LARGEST_ACCOUNTS = 20;

/** Accounts, what they hold and what they cost. */
export function accountMethods(node: SolanaNode): MethodTable {
  const shown = (
    at: Bytes,
    level: Commitment,
    encoding: AccountEncoding,
    slice: DataSlice | undefined,
  ): Json => {
    const { accounts } = node.ledger.view(level);
    const account = accounts.get(addressKey(at));
    if (account === undefined) return null;
    requireShort(account, encoding, slice);
    return accountJson(toBase58(at), account, encoding, slice, parsingContext(accounts));
  };

  /** Stake under a lockup: what does not circulate. Mainnet's list of its foundation's accounts is not here. */
  const lockedAccounts = (level: Commitment): ReadonlyMap<string, Account> => {
    const { accounts, slot, unixTimestamp } = node.ledger.view(level);
    const epoch = BigInt(epochOf(node.ledger.bank.rules.epochSchedule, slot).epoch);
    return new Map(
      [...accounts].filter(
        ([, account]) => isStakeAccount(account) && isLocked(account, unixTimestamp, epoch),
      ),
    );
  };

  return {
    getAccountInfo: query([address, config(ACCOUNT)], ([at, options]) => {
      const level = commitmentOf(node, options);
      const value = shown(at, level, options.encoding ?? 'binary', options.dataSlice);
      return inContext(node.ledger.view(level).slot, value);
    }),

    getMultipleAccounts: query([array(address), config(ACCOUNT)], ([list, options]) => {
      if (list.length > MAX_MULTIPLE_ACCOUNTS)
        throw new RpcError(-32_602, `Too many inputs provided; max ${MAX_MULTIPLE_ACCOUNTS}`);
      const level = commitmentOf(node, options);
      const encoding = options.encoding ?? 'base64';
      const value = list.map((at) => shown(at, level, encoding, options.dataSlice));
      return inContext(node.ledger.view(level).slot, value);
    }),

    getBalance: query([address, contextConfig], ([at, options]) => {
      const level = commitmentOf(node, options);
      return inContext(node.ledger.view(level).slot, node.account(at, level)?.lamports ?? 0n);
    }),

    getProgramAccounts: query(
      [address, config({ ...ACCOUNT, filters, withContext: flag, sortResults: optional(boolean) })],
      ([owner, options]) => {
        const level = commitmentOf(node, options);
        const { accounts, slot } = node.ledger.view(level);
        const found = accountsOf(accounts, owner, options.filters);
        const list = keyedAccounts(found, options.encoding ?? 'binary', options.dataSlice, accounts);
        const value =
          options.sortResults === false ? list : list.toSorted((a, b) => (a.pubkey < b.pubkey ? -1 : 1));
        return options.withContext ? inContext(slot, value) : value;
      },
    ),

    getMinimumBalanceForRentExemption: query([integer(0), optional(contextConfig)], ([length]) => {
      if (length > MAX_ACCOUNT_BYTES) throw new RpcError(INVALID_REQUEST, 'Invalid request');
      return minimumBalance(node.ledger.bank.rent(), length);
    }),

    getLargestAccounts: query(
      [
        config({
          ...CONTEXT,
          filter: optional(oneOf(['circulating', 'nonCirculating'])),
          sortResults: optional(boolean),
        }),
      ],
      ([options]) => {
        const level = commitmentOf(node, options);
        const { accounts, slot } = node.ledger.view(level);
        const { filter } = options;
        const locked = filter === undefined ? undefined : lockedAccounts(level);
        const all = [...accounts].filter(
          ([key]) => locked === undefined || locked.has(key) === (filter === 'nonCirculating'),
        );
        const value = all
          .sort(([, a], [, b]) => (a.lamports < b.lamports ? 1 : -1))
          .slice(0, MAX_LARGEST_ACCOUNTS)
          .map(([key, { lamports }]) => ({ address: toBase58(keyAddress(key)), lamports }));
        return inContext(slot, value);
      },
    ),

    getSupply: query([config({ ...CONTEXT, excludeNonCirculatingAccountsList: flag })], ([options]) => {
      const level = commitmentOf(node, options);
      const { capitalization: total, slot } = node.ledger.view(level);
      const locked = lockedAccounts(level);
      let nonCirculating = 0n;
      for (const { lamports } of locked.values()) nonCirculating += lamports;
      return inContext(slot, {
        total,
        circulating: total - nonCirculating,
        nonCirculating,
        nonCirculatingAccounts: options.excludeNonCirculatingAccountsList
          ? []
          : [...locked.keys()].map((key) => toBase58(keyAddress(key))),
      });
    }),
  };
}
