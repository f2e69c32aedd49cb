import { base64ToBytes, type Bytes, bytesToBase64, hexToBytes, isNinefoldError } from '@ninefold/base';
import {
  boolean,
  command,
  integer,
  type MethodTable,
  object,
  oneOf,
  optional,
  ParamFailure,
  query,
  string,
  type Validator,
} from '@ninefold/rpc';
import {
  addressBytes,
  decodeLoaderState,
  encodeLoaderState,
  findProgramAddress,
  PROGRAM_DATA_HEADER_BYTES,
  programDataOf,
  toBase58,
} from '@ninefold/vm-svm';
import { type Account, NO_ACCOUNT } from '../bank/account.ts';
import { firstSlotOf } from '../bank/epoch-schedule.ts';
import { programAccounts } from '../bank/genesis.ts';
import { minimumBalance } from '../bank/rent.ts';
import type { Idl } from '../dev/idls.ts';
import type { SolanaNode } from '../node.ts';
import { LOADER_V3 } from '../spec/addresses.ts';
import { addressKey, keyAddress } from '../tx/address-key.ts';
import { accountJson, parsingContext } from './account-json.ts';
import { accountsOf } from './accounts.ts';
import { epochInfo } from './cluster.ts';
import { invalidParams } from './errors.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { decodeWireTransaction } from './transactions.ts';
import { address, config, flag, inContext, slot, text, u64 } from './values.ts';

// The cheats of Surfpool by their names there, as far as they mean something on a chain that copies
// nothing from elsewhere.

const TOKEN_PROGRAM = addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const ASSOCIATED_TOKEN_PROGRAM = addressBytes('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');

/** The last slot that time travels to: from there on numbers count another 2^52 slots exactly. */
const MAX_SLOT: number = 2 ** 52;

const TOKEN_ACCOUNT_BYTES = 165;
const TOKEN = { amount: 64, delegate: 72, state: 108, delegated: 121, closeAuthority: 129 } as const;
const TOKEN_STATES = ['uninitialized', 'initialized', 'frozen'] as const;

/** Bytes as a list, or as hex; base64 is taken as well. */
const bytes: Validator<Bytes> = (value) => {
  if (Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256))
    return Uint8Array.from(value as number[]);
  if (typeof value !== 'string') throw new ParamFailure('expected bytes');
  try {
    return /^(?:0x)?(?:[\da-fA-F]{2})*$/.test(value)
      ? hexToBytes(value.startsWith('0x') ? value : `0x${value}`)
      : base64ToBytes(value);
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    throw new ParamFailure('expected hex');
  }
};

/** An address, or null for none. */
const authority: Validator<Bytes | null> = (value) =>
  value === null || value === 'null' ? null : address(value);

const accountUpdate = object({
  lamports: optional(u64),
  data: optional(bytes),
  owner: optional(address),
  executable: optional(boolean),
  rentEpoch: optional(u64),
});

const tokenUpdate = object({
  amount: optional(u64),
  delegate: (value) => (value === undefined ? undefined : authority(value)),
  state: optional(oneOf(TOKEN_STATES)),
  delegatedAmount: optional(u64),
  closeAuthority: (value) => (value === undefined ? undefined : authority(value)),
});

const timeTravel = config({
  absoluteEpoch: optional(slot),
  absoluteSlot: optional(slot),
  absoluteTimestamp: optional(slot),
});

/** An Anchor IDL, of which only the address is looked at. */
const idl: Validator<Idl> = (value) => {
  const { address: program } = config({ address })(value);
  return { ...(value as JsonObject), address: toBase58(program) };
};

function writeKey(data: Bytes, at: number, key: Bytes | null): void {
  data.fill(0, at, at + 36);
  if (key === null) return;
  data[at] = 1;
  data.set(key, at + 4);
}

const nothing = (node: SolanaNode): JsonObject => inContext(node.ledger.bank.slot, null);

/** What the tests of an ecosystem may do to a chain. */
export function cheatMethods(node: SolanaNode): MethodTable {
  const now = (at: Bytes): Account | undefined => node.ledger.bank.account(at);

  const withRent = (account: Account): Account => {
    const needed = minimumBalance(node.ledger.bank.rent(), account.data.length);
    return account.lamports < needed ? { ...account, lamports: needed } : account;
  };

  /** The second account of a program, where its file and authority are. */
  const programData = (program: Bytes): { readonly at: Bytes; readonly account: Account } => {
    const account = now(program);
    const at = account === undefined ? undefined : programDataOf(account);
    const holder = at === undefined ? undefined : now(at);
    if (at === undefined || holder === undefined)
      throw invalidParams(`${toBase58(program)} is no program of the upgradeable loader`);
    return { at, account: holder };
  };

  const reset = (at: Bytes, includesOwned: boolean): void => {
    const owned = includesOwned
      ? accountsOf(node.ledger.view('processed').accounts, at, undefined).map((found) => found.address)
      : [];
    node.place(
      [at, ...owned].map((each) => [each, node.original(each)] as const) as Parameters<
        SolanaNode['place']
      >[0],
    );
  };

  return {
    surfnet_setAccount: command([address, accountUpdate], ([at, update]) => {
      const before = now(at) ?? NO_ACCOUNT;
      const account: Account = {
        lamports: update.lamports ?? before.lamports,
        data: update.data ?? before.data,
        owner: update.owner ?? before.owner,
        isExecutable: update.executable ?? before.isExecutable,
        rentEpoch: update.rentEpoch ?? before.rentEpoch,
      };
      node.place([[at, account]]);
      return nothing(node);
    }),

    surfnet_setTokenAccount: command(
      [address, address, tokenUpdate, optional(address)],
      ([owner, mint, update, program = TOKEN_PROGRAM]) => {
        const derived = findProgramAddress([owner, program, mint], ASSOCIATED_TOKEN_PROGRAM);
        const at = derived?.address as Bytes;
        const before = now(at);
        const data = new Uint8Array(Math.max(before?.data.length ?? 0, TOKEN_ACCOUNT_BYTES));
        if (before === undefined) {
          data.set(mint);
          data.set(owner, 32);
          data[TOKEN.state] = TOKEN_STATES.indexOf('initialized');
        } else data.set(before.data);
        const view = new DataView(data.buffer);
        if (update.amount !== undefined) view.setBigUint64(TOKEN.amount, update.amount, true);
        if (update.delegate !== undefined) writeKey(data, TOKEN.delegate, update.delegate);
        if (update.state !== undefined) data[TOKEN.state] = TOKEN_STATES.indexOf(update.state);
        if (update.delegatedAmount !== undefined)
          view.setBigUint64(TOKEN.delegated, update.delegatedAmount, true);
        if (update.closeAuthority !== undefined) writeKey(data, TOKEN.closeAuthority, update.closeAuthority);
        node.place([[at, withRent({ ...(before ?? NO_ACCOUNT), owner: program, data })]]);
        return nothing(node);
      },
    ),

    surfnet_cloneProgramAccount: command([address, address], ([source, target]) => {
      const { account } = programData(source);
      const state = decodeLoaderState(account.data);
      const file = account.data.subarray(PROGRAM_DATA_HEADER_BYTES);
      const key = state?.kind === 'programData' ? state.authority : undefined;
      const copy = { address: toBase58(target), file, authority: key };
      node.place(programAccounts(copy, node.ledger.bank.rent()));
      return nothing(node);
    }),

    surfnet_setProgramAuthority: command(
      [address, (value: unknown) => (value === undefined ? null : authority(value))],
      ([program, key]) => {
        const { at, account } = programData(program);
        const data = account.data.slice();
        data.fill(0, 12, PROGRAM_DATA_HEADER_BYTES);
        const state = decodeLoaderState(account.data);
        const deployed = state?.kind === 'programData' ? state.slot : 0n;
        data.set(encodeLoaderState({ kind: 'programData', slot: deployed, authority: key ?? undefined }));
        node.place([[at, { ...account, data }]]);
        return nothing(node);
      },
    ),

    surfnet_writeProgram: command(
      [address, bytes, integer(0, 10 * 1024 * 1024), optional(address)],
      ([program, part, offset, key]) => {
        const known = now(program);
        const holder = known === undefined ? undefined : programDataOf(known);
        const before = holder === undefined ? undefined : now(holder);
        const file = before?.data.subarray(PROGRAM_DATA_HEADER_BYTES) ?? new Uint8Array(0);
        const grown = new Uint8Array(Math.max(file.length, offset + part.length));
        grown.set(file);
        grown.set(part, offset);
        const written = { address: toBase58(program), file: grown, authority: key };
        node.place(programAccounts(written, node.ledger.bank.rent()));
        return nothing(node);
      },
    ),

    surfnet_timeTravel: command([timeTravel], ([target]) => {
      const asked = [target.absoluteEpoch, target.absoluteSlot, target.absoluteTimestamp].filter(
        (value) => value !== undefined,
      );
      if (asked.length !== 1)
        throw invalidParams('Give one of absoluteEpoch, absoluteSlot and absoluteTimestamp');
      const { epochSchedule } = node.ledger.bank.rules;
      const to =
        target.absoluteEpoch === undefined
          ? target.absoluteSlot
          : firstSlotOf(epochSchedule, target.absoluteEpoch);
      if (to !== undefined && to <= node.ledger.bank.slot)
        throw invalidParams(`Slot ${to} is in the past: slot ${node.ledger.bank.slot} goes on`);
      if (to !== undefined && to > MAX_SLOT) throw invalidParams(`Slot ${to} is too far; max ${MAX_SLOT}`);
      // Surfpool takes milliseconds; the chain counts seconds.
      const timestamp =
        target.absoluteTimestamp === undefined ? undefined : Math.floor(target.absoluteTimestamp / 1000);
      if (timestamp !== undefined && timestamp < node.now())
        throw invalidParams(`Time ${timestamp} is in the past: it is ${node.now()}`);
      node.travel({ slot: to, timestamp });
      return epochInfo(node, 'processed');
    }),

    surfnet_pauseClock: command([], () => {
      node.pause();
      return epochInfo(node, 'processed');
    }),

    surfnet_resumeClock: command([], () => {
      node.resume();
      return epochInfo(node, 'processed');
    }),

    surfnet_resetAccount: command([address, config({ includeOwnedAccounts: flag })], ([at, options]) => {
      reset(at, options.includeOwnedAccounts);
      return nothing(node);
    }),

    surfnet_resetNetwork: command([], () => {
      node.reset();
      return nothing(node);
    }),

    surfnet_registerIdl: command([idl, optional(slot)], ([given, from]) => {
      node.idls.register(given, from ?? node.ledger.bank.slot);
      return nothing(node);
    }),

    surfnet_getActiveIdl: query([address, optional(slot)], ([program, asked]) => {
      const at = asked ?? node.ledger.bank.slot;
      return inContext(node.ledger.bank.slot, node.idls.activeAt(toBase58(program), at) ?? null);
    }),

    surfnet_profileTransaction: query([text, optional(string())], ([given]) => {
      const transaction = decodeWireTransaction(given, 'base64');
      const result = node.simulate(transaction, 'processed', { replacesBlockhash: true });
      const { accounts } = node.ledger.view('processed');
      const context = parsingContext(accounts);
      const shown = (account: Account | undefined, at: string): Json =>
        account === undefined || account.lamports === 0n
          ? null
          : accountJson(at, account, 'base64', undefined, context);
      const addresses = (result.prepared?.list.addresses ?? []).map(toBase58);
      const capture = (list: readonly Account[]): JsonObject =>
        Object.fromEntries(addresses.map((at, i) => [at, shown(list[i], at)]));
      return inContext(node.ledger.bank.slot, {
        transactionProfile: {
          preExecutionCapture: capture(result.before),
          postExecutionCapture: capture(result.after),
          computeUnitsConsumed: result.units,
          logMessages: result.logs,
          errorMessage: result.error === undefined ? null : JSON.stringify(result.error),
        },
      });
    }),

    surfnet_exportSnapshot: query(
      [config({ includeParsedAccounts: flag, filter: (value: unknown) => exportFilter(value ?? {}) })],
      ([options]) => {
        const { accounts, slot: at } = node.ledger.view('processed');
        const context = parsingContext(accounts);
        const { includeProgramAccounts, includeAccounts, excludeAccounts } = options.filter;
        const snapshot: Record<string, Json> = {};
        for (const [key, account] of accounts) {
          const pubkey = toBase58(keyAddress(key));
          const isProgram = account.isExecutable || addressKey(account.owner) === addressKey(LOADER_V3);
          if (includeAccounts !== undefined && !includeAccounts.includes(pubkey)) continue;
          if (excludeAccounts?.includes(pubkey) === true || (isProgram && !includeProgramAccounts)) continue;
          const parsed = options.includeParsedAccounts
            ? accountJson(pubkey, account, 'jsonParsed', undefined, context)['data']
            : null;
          snapshot[pubkey] = {
            lamports: account.lamports,
            owner: toBase58(account.owner),
            executable: account.isExecutable,
            rentEpoch: account.rentEpoch,
            data: bytesToBase64(account.data),
            parsedData: Array.isArray(parsed) ? null : (parsed ?? null),
          };
        }
        return inContext(at, snapshot);
      },
    ),

    surfnet_getLocalSignatures: query([optional(integer(0, 1000))], ([limit]) => {
      const { head } = node.ledger;
      const value = [];
      for (const { signature, result } of node.ledger.recent(head.slot + 1)) {
        if (value.length >= (limit ?? 50)) break;
        value.push({ signature, err: result.error ?? null, logs: result.logs });
      }
      return inContext(head.slot, value);
    }),

    surfnet_getSurfnetInfo: query([], () => inContext(node.ledger.bank.slot, { runbookExecutions: [] })),
  };
}

const listOfText: Validator<readonly string[] | undefined> = (value) => {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string'))
    throw new ParamFailure('expected a list of addresses');
  return value as string[];
};

const exportFilter = object({
  includeProgramAccounts: flag,
  includeAccounts: listOfText,
  excludeAccounts: listOfText,
});
