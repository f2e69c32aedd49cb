import { type Bytes, bytesToBase64 } from '@ninefold/base';
import { INVALID_REQUEST, RpcError } from '@ninefold/rpc';
import { addressBytes, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import { decodeClock } from '../bank/sysvars.ts';
import { addressKey } from '../tx/address-key.ts';
import { parseAccount, type ParsingContext } from './parsed/accounts.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { type TokenUnit, tokenUnit } from './parsed/token-amount.ts';
import { zstdFrame } from './zstd.ts';

export type AccountEncoding = 'base58' | 'base64' | 'base64+zstd' | 'jsonParsed' | 'binary';
export type DataSlice = { readonly offset: number; readonly length: number };

/** Longest data that is shown in base58: longer texts take too long to make. */
export const MAX_BASE58_BYTES = 128;

/** What notifications say instead of data that are too long for base58: nobody waits for an error there. */
const TOO_LARGE_FOR_BASE58 = 'error: data too large for bs58 encoding';

const CLOCK = addressKey(addressBytes(SYSVAR.clock));

/** The time that `accounts` tell, in seconds since 1970. */
const timeOf = (accounts: AccountsSnapshot): bigint => {
  const clock = accounts.get(CLOCK);
  return clock === undefined ? 0n : decodeClock(clock.data).unixTimestamp;
};

/** The unit of a mint, at the time of `accounts`. */
export const mintUnit = (mint: Account, accounts: AccountsSnapshot): TokenUnit | undefined =>
  tokenUnit(mint.data, timeOf(accounts));

/** What accounts have to be told of the mints among `accounts`. */
export function parsingContext(accounts: AccountsSnapshot): ParsingContext {
  return {
    unitOf(mint) {
      const account = accounts.get(addressKey(addressBytes(mint)));
      return account === undefined ? undefined : mintUnit(account, accounts);
    },
  };
}

function dataJson(data: Bytes, encoding: AccountEncoding): Json {
  switch (encoding) {
    case 'binary':
    case 'base58': {
      const encoded = data.length > MAX_BASE58_BYTES ? TOO_LARGE_FOR_BASE58 : toBase58(data);
      return encoding === 'binary' ? encoded : [encoded, 'base58'];
    }
    case 'base64+zstd':
      return [bytesToBase64(zstdFrame(data)), 'base64+zstd'];
    default:
      return [bytesToBase64(data), 'base64'];
  }
}

/** The part of `data` that is asked for. */
export function sliceData(data: Bytes, slice: DataSlice | undefined): Bytes {
  if (slice === undefined) return data;
  return data.subarray(slice.offset, slice.offset + slice.length);
}

/**
 * Refuses to show an account to whoever asks for it in an encoding that it is too long for.
 *
 * @throws `RpcError` -32600, Agave's code for it
 */
export function requireShort(
  account: Account,
  encoding: AccountEncoding,
  slice: DataSlice | undefined,
): void {
  if (encoding !== 'binary' && encoding !== 'base58') return;
  if (sliceData(account.data, slice).length <= MAX_BASE58_BYTES) return;
  throw new RpcError(
    INVALID_REQUEST,
    `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
  );
}

/** An account as clients see it. */
export function accountJson(
  address: string,
  account: Account,
  encoding: AccountEncoding,
  slice: DataSlice | undefined,
  context: ParsingContext,
): JsonObject {
  const owner = toBase58(account.owner);
  const parsed =
    encoding === 'jsonParsed' && slice === undefined
      ? parseAccount(address, owner, account.data, context)
      : undefined;
  return {
    lamports: account.lamports,
    owner,
    data:
      parsed === undefined
        ? dataJson(sliceData(account.data, slice), encoding)
        : { ...parsed, space: account.data.length },
    executable: account.isExecutable,
    rentEpoch: account.rentEpoch,
    space: account.data.length,
  };
}
