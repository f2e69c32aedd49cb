import { type Bytes, bytesToBase64 } from '@ninefold/base';
import { RpcError } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import type { AccountsSnapshot } from '../bank/accounts.ts';
import { addressKey } from '../tx/address-key.ts';
import { addressBytes } from '@ninefold/vm-svm';
import { parseAccount, type ParsingContext } from './parsed/accounts.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { zstdFrame } from './zstd.ts';

export type AccountEncoding = 'base58' | 'base64' | 'base64+zstd' | 'jsonParsed' | 'binary';
export type DataSlice = { readonly offset: number; readonly length: number };

/** Longest data that is shown in base58: longer texts take too long to make. */
export const MAX_BASE58_BYTES = 128;

const MINT_DECIMALS_AT = 44;

/** Decimals of mints among `accounts`. */
export function parsingContext(accounts: AccountsSnapshot): ParsingContext {
  return {
    decimalsOf(mint) {
      const account = accounts.get(addressKey(addressBytes(mint)));
      return account === undefined || account.data.length <= MINT_DECIMALS_AT
        ? undefined
        : account.data[MINT_DECIMALS_AT];
    },
  };
}

function dataJson(data: Bytes, encoding: AccountEncoding): Json {
  switch (encoding) {
    case 'binary':
    case 'base58': {
      if (data.length > MAX_BASE58_BYTES) {
        throw new RpcError(
          -32_600,
          `Encoded binary (base 58) data should be less than ${MAX_BASE58_BYTES} bytes, please use Base64 encoding.`,
        );
      }
      const encoded = toBase58(data);
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
