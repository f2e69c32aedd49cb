import { base64ToBytes, type Bytes, isNinefoldError } from '@ninefold/base';
import {
  array,
  integer,
  object,
  oneOf,
  optional,
  ParamFailure,
  type RpcError,
  type Validator,
} from '@ninefold/rpc';
import { fromBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import { invalidParams } from './errors.ts';
import { tokenKind } from './parsed/token-account.ts';
import { TOKEN_ACCOUNT_BYTES } from './parsed/token-extensions.ts';

/** Filters that a scan may have, and bytes that one compares. */
export const MAX_FILTERS = 4;
export const MAX_COMPARED_BYTES = 128;

/** Characters that so many bytes take at most. */
const MAX_TEXT = { base58: 175, base64: 172 } as const;

/** `RpcFilterError::DataTooLarge`. */
const tooLarge = (): RpcError => invalidParams('Invalid param: DataTooLarge');

/** Whether an account is wanted. */
export type AccountFilter = (account: Account) => boolean;

const STATE_AT = 108;

/** A token account that somebody holds tokens in. */
const isTokenAccount: AccountFilter = ({ data }) =>
  tokenKind(data) === 'account' && data.length >= TOKEN_ACCOUNT_BYTES && data[STATE_AT] !== 0;

function bytesOf(value: unknown, encoding: 'base58' | 'base64' | 'bytes' | undefined): Bytes {
  if (Array.isArray(value)) {
    if (value.some((byte) => !Number.isInteger(byte) || byte < 0 || byte > 255))
      throw new ParamFailure('expected bytes');
    return Uint8Array.from(value as number[]);
  }
  if (typeof value !== 'string') throw new ParamFailure('expected a string or bytes');
  const isBase64 = encoding === 'base64';
  if (value.length > (isBase64 ? MAX_TEXT.base64 : MAX_TEXT.base58)) throw tooLarge();
  try {
    return isBase64 ? base64ToBytes(value) : fromBase58(value);
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    throw invalidParams(`Invalid param: ${isBase64 ? 'Base64' : 'Base58'}DecodeError(${error.message})`);
  }
}

const memcmpShape = object(
  {
    offset: integer(0),
    bytes: (value: unknown) => value,
    encoding: optional(oneOf(['base58', 'base64', 'bytes'])),
  },
  { unknownKeys: 'ignore' },
);

function memcmp(value: unknown): AccountFilter {
  const { offset, bytes: given, encoding } = memcmpShape(value);
  const bytes = bytesOf(given, encoding);
  if (bytes.length > MAX_COMPARED_BYTES) throw tooLarge();
  return ({ data }) => {
    if (offset + bytes.length > data.length) return false;
    for (let i = 0; i < bytes.length; i++) if (data[offset + i] !== bytes[i]) return false;
    return true;
  };
}

const filter: Validator<AccountFilter> = (value) => {
  if (value === 'tokenAccountState') return isTokenAccount;
  if (typeof value !== 'object' || value === null) throw new ParamFailure('expected a filter');
  if ('memcmp' in value) return memcmp(value.memcmp);
  if ('dataSize' in value) {
    const size = integer(0)(value.dataSize);
    return ({ data }) => data.length === size;
  }
  if ('tokenAccountState' in value) return isTokenAccount;
  throw new ParamFailure('expected memcmp, dataSize or tokenAccountState');
};

/** Filters that all have to hold. */
export const filters: Validator<AccountFilter | undefined> = (value) => {
  if (value === undefined || value === null) return undefined;
  const list = array(filter)(value);
  if (list.length > MAX_FILTERS) throw invalidParams(`Too many filters provided; max ${MAX_FILTERS}`);
  return (account) => list.every((holds) => holds(account));
};
