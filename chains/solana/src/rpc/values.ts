import { base64ToBytes, type Bytes, isNinefoldError } from '@ninefold/base';
import {
  boolean,
  integer,
  object,
  oneOf,
  optional,
  ParamFailure,
  RpcError,
  type Shape,
  type ShapeValue,
  string,
  type Validator,
} from '@ninefold/rpc';
import { fromBase58 } from '@ninefold/vm-svm';
import type { Commitment } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import type { AccountEncoding, DataSlice } from './account-json.ts';
import { invalidParams, RPC_ERROR } from './errors.ts';
import type { TransactionEncoding } from './transaction-json.ts';

/** Longest base58 of 32 and 64 bytes. */
const MAX_ADDRESS_TEXT = 44;
const MAX_SIGNATURE_TEXT = 88;

/** Agave's longest lists. */
export const MAX_MULTIPLE_ACCOUNTS = 100;
export const MAX_SIGNATURE_STATUSES = 256;

function base58Of(value: unknown, bytes: number, maxText: number): Bytes {
  if (typeof value !== 'string') throw new ParamFailure('expected a string');
  // `Invalid` and `WrongSize` are the words of the SDK's parsers.
  if (value.length > maxText) throw invalidParams('Invalid param: WrongSize');
  let decoded: Bytes;
  try {
    decoded = fromBase58(value);
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    throw invalidParams('Invalid param: Invalid');
  }
  if (decoded.length !== bytes) throw invalidParams('Invalid param: WrongSize');
  return decoded;
}

/** An address, as its 32 bytes. */
export const address: Validator<Bytes> = (value) => {
  if (value === undefined) throw new ParamFailure('missing', 'missing');
  return base58Of(value, 32, MAX_ADDRESS_TEXT);
};

/** A blockhash, as its 32 bytes; what is none is told in fewer words than of addresses. */
export const blockhash: Validator<Bytes> = (value) => {
  try {
    return address(value);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw invalidParams(error.message.replace('Invalid param: ', ''));
  }
};

/** A signature as its text, which is what transactions are found by. */
export const signature: Validator<string> = (value) => {
  if (value === undefined) throw new ParamFailure('missing', 'missing');
  base58Of(value, 64, MAX_SIGNATURE_TEXT);
  return value as string;
};

/** An integer of 64 bits. */
export const u64: Validator<bigint> = (value) => {
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!isInteger) throw new ParamFailure('expected an integer', value === undefined ? 'missing' : 'type');
  const integerValue = BigInt(value as number | bigint);
  if (integerValue < 0n || integerValue >= 2n ** 64n) throw new ParamFailure('expected an unsigned integer');
  return integerValue;
};

/** A slot, or any integer that is used as one; what no slot can be is far in the future. */
export const slot: Validator<number> = (value) => {
  const given = u64(value);
  return given > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(given);
};

export const commitment: Validator<Commitment> = (value) => {
  // Names of before 2021 that are still taken.
  switch (value) {
    case 'recent':
      return 'processed';
    case 'single':
    case 'singleGossip':
      return 'confirmed';
    case 'max':
    case 'root':
      return 'finalized';
    default:
      return oneOf(['processed', 'confirmed', 'finalized'])(value);
  }
};

/** An object of which nobody minds what else is in it, as Agave's are. */
export function config<S extends Shape>(shape: S): Validator<ShapeValue<S>> {
  const check = object(shape, { unknownKeys: 'ignore' });
  return (value) => check(value ?? {});
}

/** Options that nearly all methods have. */
export const CONTEXT: {
  readonly commitment: Validator<Commitment | undefined>;
  readonly minContextSlot: Validator<number | undefined>;
} = { commitment: optional(commitment), minContextSlot: optional(slot) };

export type ContextConfig = {
  readonly commitment: Commitment | undefined;
  readonly minContextSlot: number | undefined;
};

export const contextConfig: Validator<ContextConfig> = config(CONTEXT);

/** The commitment asked for, `finalized` by default; refuses a node that is behind. */
export function commitmentOf(node: SolanaNode, options: ContextConfig): Commitment {
  const level = options.commitment ?? 'finalized';
  const { slot: contextSlot } = node.ledger.view(level);
  if (options.minContextSlot !== undefined && contextSlot < options.minContextSlot) {
    throw new RpcError(RPC_ERROR.minContextSlot, 'Minimum context slot has not been reached', {
      contextSlot,
    });
  }
  return level;
}

export const API_VERSION = '4.2.0';

/** A value and the slot that it is of. */
export type WithContext<Value> = {
  readonly context: { readonly slot: number; readonly apiVersion: string };
  readonly value: Value;
};

export function inContext<Value>(contextSlot: number, value: Value): WithContext<Value> {
  return { context: { slot: contextSlot, apiVersion: API_VERSION }, value };
}

export const accountEncoding: Validator<AccountEncoding> = oneOf([
  'binary',
  'base58',
  'base64',
  'base64+zstd',
  'jsonParsed',
]);

export const transactionEncoding: Validator<TransactionEncoding> = oneOf([
  'binary',
  'base58',
  'base64',
  'json',
  'jsonParsed',
]);

export const dataSlice: Validator<DataSlice> = config({
  offset: integer(0),
  length: integer(0),
});

/** Options of methods that answer with accounts. */
export const ACCOUNT: typeof CONTEXT & {
  readonly encoding: Validator<AccountEncoding | undefined>;
  readonly dataSlice: Validator<DataSlice | undefined>;
} = {
  ...CONTEXT,
  encoding: optional(accountEncoding),
  dataSlice: optional(dataSlice),
};

export const flag: Validator<boolean> = (value) =>
  value === undefined || value === null ? false : boolean(value);

/** Base58 or base64 text of at most `maxBytes` bytes. */
export function encodedBytes(text: string, encoding: 'base58' | 'base64', maxBytes: number): Bytes {
  const maxText = encoding === 'base64' ? 4 * Math.ceil(maxBytes / 3) : Math.ceil(maxBytes * 1.37) + 1;
  const kind = 'solana_transaction::versioned::VersionedTransaction';
  if (text.length > maxText)
    throw invalidParams(
      `${encoding} encoded ${kind} too large: ${text.length} bytes (max: encoded/raw ${maxText}/${maxBytes})`,
    );
  let bytes: Bytes;
  try {
    bytes = encoding === 'base64' ? base64ToBytes(text) : fromBase58(text);
  } catch (error) {
    if (!isNinefoldError(error)) throw error;
    throw invalidParams(`invalid ${encoding} encoding: ${error.message}`);
  }
  if (bytes.length > maxBytes)
    throw invalidParams(`decoded ${kind} too large: ${bytes.length} bytes (max: ${maxBytes} bytes)`);
  return bytes;
}

export const text: Validator<string> = string(100_000);
