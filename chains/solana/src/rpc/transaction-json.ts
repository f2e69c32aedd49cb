import { type Bytes, bytesToBase64 } from '@ninefold/base';
import { RpcError } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Account } from '../bank/account.ts';
import { costOf } from '../bank/cost.ts';
import type { TransactionResult } from '../bank/process.ts';
import type { TransactionRecord } from '../ledger/types.ts';
import { type InnerInstruction, innerInstructionsOf } from '../tx/inner-instructions.ts';
import type { CompiledInstruction, Message } from '../tx/message.ts';
import { encodeTransaction, type Transaction } from '../tx/transaction.ts';
import { returnDataJson, RPC_ERROR } from './errors.ts';
import type { ParsingContext } from './parsed/accounts.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { isMemoProgram, memoText, parseInstruction } from './parsed/instructions.ts';
import { tokenKind } from './parsed/token-account.ts';
import { tokenAmount } from './parsed/token-amount.ts';

export type TransactionEncoding = 'base58' | 'base64' | 'json' | 'jsonParsed' | 'binary';

/** Instructions of the transaction itself are at this height of the stack. */
const TOP_HEIGHT = 1;

/** Addresses of a transaction's accounts, base58, in order. */
function addressesOf(transaction: Transaction, result: TransactionResult | undefined): readonly string[] {
  return (result?.prepared?.list.addresses ?? transaction.message.keys).map(toBase58);
}

function instructionJson(
  instruction: CompiledInstruction | InnerInstruction,
  addresses: readonly string[],
  height: number,
  isParsed: boolean,
): JsonObject {
  const { program, accounts, data } = instruction;
  if (!isParsed)
    return { programIdIndex: program, accounts: [...accounts], data: toBase58(data), stackHeight: height };
  const programId = addresses[program] ?? '';
  const named = Array.from(accounts, (index) => addresses[index] ?? '');
  const parsed = parseInstruction(programId, named, data);
  if (parsed !== undefined) return { ...parsed, programId, stackHeight: height };
  return { programId, accounts: named, data: toBase58(data), stackHeight: height };
}

function lookupsJson(message: Message): JsonObject {
  if (message.version !== 0) return {};
  return {
    addressTableLookups: message.lookups.map(({ table, writable, readonly }) => ({
      accountKey: toBase58(table),
      writableIndexes: [...writable],
      readonlyIndexes: [...readonly],
    })),
  };
}

/** Whether keys of the message itself may be written, before anything is demoted. */
function isWritableKey({ header, keys }: Message, index: number): boolean {
  if (index < header.signatures) return index < header.signatures - header.readonlySigned;
  return index < keys.length - header.readonlyUnsigned;
}

/** The accounts of a transaction with what it may do with them. */
export function accountKeysJson(transaction: Transaction, result: TransactionResult | undefined): Json {
  const { message } = transaction;
  return addressesOf(transaction, result).map((pubkey, index) => ({
    pubkey,
    writable: result?.prepared?.list.isWritable[index] ?? isWritableKey(message, index),
    signer: index < message.header.signatures,
    source: index < message.keys.length ? 'transaction' : 'lookupTable',
  }));
}

function messageJson(
  transaction: Transaction,
  result: TransactionResult | undefined,
  isParsed: boolean,
): JsonObject {
  const { message } = transaction;
  const { header, keys, blockhash, instructions } = message;
  const addresses = addressesOf(transaction, result);
  const body = {
    recentBlockhash: toBase58(blockhash),
    instructions: instructions.map((each) => instructionJson(each, addresses, TOP_HEIGHT, isParsed)),
    ...lookupsJson(message),
  };
  if (isParsed) return { accountKeys: accountKeysJson(transaction, result), ...body };
  return {
    header: {
      numRequiredSignatures: header.signatures,
      numReadonlySignedAccounts: header.readonlySigned,
      numReadonlyUnsignedAccounts: header.readonlyUnsigned,
    },
    accountKeys: keys.map(toBase58),
    ...body,
  };
}

/** A transaction in one of its encodings. */
export function transactionJson(
  transaction: Transaction,
  result: TransactionResult | undefined,
  encoding: TransactionEncoding,
): Json {
  switch (encoding) {
    case 'binary':
      return toBase58(encodeTransaction(transaction));
    case 'base58':
      return [toBase58(encodeTransaction(transaction)), 'base58'];
    case 'base64':
      return [bytesToBase64(encodeTransaction(transaction)), 'base64'];
    default:
      return {
        signatures: transaction.signatures.map(toBase58),
        message: messageJson(transaction, result, encoding === 'jsonParsed'),
      };
  }
}

/** Calls of programs by programs, by the transaction's instruction that led to them. */
export function innerInstructionsJson(result: TransactionResult, isParsed: boolean): Json {
  const list = result.prepared?.list;
  if (list === undefined) return [];
  const addresses = list.addresses.map(toBase58);
  return innerInstructionsOf(result.trace, list.keys).map(({ index, instructions }) => ({
    index,
    instructions: instructions.map((each) => instructionJson(each, addresses, each.stackHeight, isParsed)),
  }));
}

const TOKEN_PROGRAMS: readonly string[] = [
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
];

const AMOUNT_AT = 64;

/** Tokens in the accounts of a transaction. */
export function tokenBalancesJson(
  accounts: readonly Account[],
  addresses: readonly Bytes[],
  context: ParsingContext,
): readonly JsonObject[] {
  return addresses.flatMap((_, accountIndex) => {
    const account = accounts[accountIndex];
    if (account === undefined) return [];
    const programId = toBase58(account.owner);
    if (!TOKEN_PROGRAMS.includes(programId) || tokenKind(account.data) !== 'account') return [];
    const { data } = account;
    const mint = toBase58(data.subarray(0, 32));
    // Of what was, amounts are shown without interest and scale.
    const decimals = context.unitOf(mint)?.decimals;
    if (decimals === undefined) return [];
    const amount = new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(AMOUNT_AT, true);
    const owner = toBase58(data.subarray(32, 64));
    return [{ accountIndex, mint, owner, programId, uiTokenAmount: tokenAmount(amount, decimals) }];
  });
}

/** `{ Ok: null }` or `{ Err: … }`. */
export function statusJson(result: TransactionResult): JsonObject {
  return result.error === undefined ? { Ok: null } : { Err: result.error as Json };
}

/** The fee that a transaction pays. */
export function feeOf({ prepared }: TransactionResult): bigint {
  return prepared === undefined ? 0n : prepared.fee.signatures + prepared.fee.priority;
}

/** Accounts that tables stand for. */
export function loadedAddressesJson(result: TransactionResult): JsonObject {
  const { message } = result.transaction;
  const loaded = (result.prepared?.list.addresses ?? []).slice(message.keys.length).map(toBase58);
  const writable =
    message.version === 0 ? message.lookups.reduce((sum, lookup) => sum + lookup.writable.length, 0) : 0;
  return { writable: loaded.slice(0, writable), readonly: loaded.slice(writable) };
}

/** What became of a transaction. */
export function metaJson(
  result: TransactionResult,
  encoding: TransactionEncoding,
  context: ParsingContext,
): JsonObject {
  const { error, logs, units, loadedBytes, prepared, before, after } = result;
  const addresses = prepared?.list.addresses ?? [];
  const returnData = returnDataJson(result);
  return {
    err: (error ?? null) as Json,
    status: statusJson(result),
    fee: feeOf(result),
    preBalances: before.map(({ lamports }) => lamports),
    postBalances: after.map(({ lamports }) => lamports),
    innerInstructions: innerInstructionsJson(result, encoding === 'jsonParsed'),
    logMessages: logs,
    preTokenBalances: tokenBalancesJson(before, addresses, context),
    postTokenBalances: tokenBalancesJson(after, addresses, context),
    rewards: [],
    ...(encoding !== 'jsonParsed' && { loadedAddresses: loadedAddressesJson(result) }),
    ...(returnData !== null && { returnData }),
    computeUnitsConsumed: units,
    ...(prepared !== undefined && { costUnits: costOf(prepared, units, loadedBytes).units }),
  };
}

/** The version that a client is told, if it says which ones it knows. */
export function versionJson({ message }: Transaction, known: number | undefined): JsonObject {
  if (message.version !== 'legacy' && (known === undefined || message.version > known)) {
    throw new RpcError(
      RPC_ERROR.unsupportedVersion,
      `Transaction version (${message.version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${message.version}`,
    );
  }
  return known === undefined ? {} : { version: message.version };
}

/** The memos of a transaction, as lists of signatures show them. */
export function memosOf({ result }: TransactionRecord): string | null {
  const { transaction } = result;
  const addresses = addressesOf(transaction, result);
  const memos = transaction.message.instructions.flatMap(({ program, data }) => {
    if (!isMemoProgram(addresses[program] ?? '')) return [];
    return [`[${data.length}] ${memoText(data) ?? '(unreadable)'}`];
  });
  return memos.length === 0 ? null : memos.join('; ');
}
