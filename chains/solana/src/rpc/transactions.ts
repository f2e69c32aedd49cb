import { base64ToBytes, type Bytes } from '@ninefold/base';
import {
  array,
  boolean,
  command,
  integer,
  type Method,
  type MethodTable,
  object,
  optional,
  query,
  RpcError,
  type Validator,
} from '@ninefold/rpc';
import { describeError, toBase58 } from '@ninefold/vm-svm';
import type { TransactionResult } from '../bank/process.ts';
import { usedNonce } from '../bank/nonce.ts';
import { prepare } from '../bank/process.ts';
import type { Commitment, TransactionRecord } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import { MAX_PACKET_BYTES, MAX_V1_TRANSACTION_BYTES } from '../spec/limits.ts';
import { BLOCKHASH_LIFETIME } from '../spec/slots.ts';
import { addressKey, type AddressKey } from '../tx/address-key.ts';
import type { TransactionError } from '../tx/errors.ts';
import { readMessage } from '../tx/message.ts';
import { createReader } from '../tx/reader.ts';
import { isSane } from '../tx/sanitize.ts';
import { hasValidSignatures } from '../tx/signatures.ts';
import { decodeTransaction, type Transaction } from '../tx/transaction.ts';
import { accountJson, parsingContext } from './account-json.ts';
import { invalidParams, preflightFailure, returnDataJson, RPC_ERROR } from './errors.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import {
  feeOf,
  innerInstructionsJson,
  loadedAddressesJson,
  memosOf,
  metaJson,
  statusJson,
  tokenBalancesJson,
  transactionJson,
  versionJson,
} from './transaction-json.ts';
import {
  accountEncoding,
  address,
  commitment,
  commitmentOf,
  config,
  CONTEXT,
  contextConfig,
  encodedBytes,
  flag,
  inContext,
  MAX_SIGNATURE_STATUSES,
  signature,
  slot,
  text,
  transactionEncoding,
  u64,
} from './values.ts';

/** Signatures that one list of an address's transactions has at most. */
export const MAX_SIGNATURES_FOR_ADDRESS = 1000;

/** Slots whose fees are told, and accounts that they may be told for. */
const MAX_FEE_SLOTS = 150;
const MAX_FEE_ACCOUNTS = 128;

const KIND = 'solana_transaction::versioned::VersionedTransaction';

/** A transaction as it came over the wire; refused as Agave refuses it. */
export function decodeWireTransaction(given: string, encoding: 'base58' | 'base64'): Transaction {
  const bytes = encodedBytes(given, encoding, MAX_V1_TRANSACTION_BYTES);
  let transaction: Transaction;
  try {
    transaction = decodeTransaction(bytes);
  } catch (error) {
    const { message } = error as { readonly message: string };
    throw invalidParams(`failed to deserialize ${KIND}: ${message}`);
  }
  if (transaction.message.version !== 1 && bytes.length > MAX_PACKET_BYTES)
    throw invalidParams(`decoded ${KIND} too large: ${bytes.length} bytes (max: ${MAX_PACKET_BYTES} bytes)`);
  if (!isSane(transaction))
    throw invalidParams('invalid transaction: Transaction failed to sanitize accounts offsets correctly');
  return transaction;
}

const wireEncoding: Validator<'base58' | 'base64'> = (value) => {
  if (value === 'base58' || value === 'base64') return value;
  throw invalidParams(
    `unsupported encoding: ${transactionEncoding(value)}. Supported encodings: base58, base64`,
  );
};

/** What a simulation left of an account, or the account itself where it did not touch it. */
function simulatedAccounts(
  node: SolanaNode,
  result: TransactionResult,
  wanted: readonly Bytes[],
  encoding: 'base64' | 'base64+zstd' | 'jsonParsed',
  level: Commitment,
): Json {
  const { accounts } = node.ledger.view(level);
  // What failed has left nothing to show.
  if (result.error !== undefined) return wanted.map(() => null);
  const context = parsingContext(accounts);
  return wanted.map((at) => {
    const index = result.prepared?.list.keys.indexOf(addressKey(at)) ?? -1;
    const account = result.after[index] ?? accounts.get(addressKey(at));
    if (account === undefined || account.lamports === 0n) return null;
    return accountJson(toBase58(at), account, encoding, undefined, context);
  });
}

/** Transactions: sending, simulating, and what is known of those that were sent. */
export function transactionMethods(node: SolanaNode): MethodTable {
  const verifies = (transaction: Transaction): boolean => {
    const { verify } = node.ledger.bank.rules;
    return verify === undefined || hasValidSignatures(transaction, verify);
  };

  const send = command(
    [
      text,
      config({
        skipPreflight: flag,
        preflightCommitment: optional(commitment),
        encoding: optional(wireEncoding),
        maxRetries: optional(integer(0)),
        minContextSlot: optional(slot),
      }),
    ],
    ([given, options]) => {
      const transaction = decodeWireTransaction(given, options.encoding ?? 'base58');
      const level = commitmentOf(node, { ...options, commitment: options.preflightCommitment });
      if (!options.skipPreflight) {
        if (!verifies(transaction))
          throw new RpcError(RPC_ERROR.signatureVerification, 'Transaction signature verification failure');
        const result = node.simulate(transaction, level, {});
        if (isFailed(result)) throw preflightFailure(result);
      }
      node.submit(transaction);
      return toBase58(transaction.signatures[0] as Bytes);
    },
  );

  const simulate = query(
    [
      text,
      config({
        ...CONTEXT,
        sigVerify: flag,
        replaceRecentBlockhash: flag,
        encoding: optional(wireEncoding),
        innerInstructions: flag,
        accounts: optional(
          object(
            { addresses: array(address), encoding: optional(accountEncoding) },
            { unknownKeys: 'ignore' },
          ),
        ),
      }),
    ],
    ([given, options]) => {
      const transaction = decodeWireTransaction(given, options.encoding ?? 'base58');
      const level = commitmentOf(node, options);
      if (options.sigVerify) {
        if (options.replaceRecentBlockhash)
          throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
        if (!verifies(transaction))
          throw new RpcError(RPC_ERROR.signatureVerification, 'Transaction signature verification failure');
      }
      const view = node.ledger.view(level);
      const result = node.simulate(transaction, level, { replacesBlockhash: options.replaceRecentBlockhash });
      return inContext(view.slot, simulationJson(result, level, options));
    },
  );

  const simulationJson = (
    result: TransactionResult,
    level: Commitment,
    options: {
      readonly replaceRecentBlockhash: boolean;
      readonly innerInstructions: boolean;
      readonly accounts:
        | { readonly addresses: readonly Bytes[]; readonly encoding: string | undefined }
        | undefined;
    },
  ): JsonObject => {
    const view = node.ledger.view(level);
    const context = parsingContext(view.accounts);
    const { error, logs, units, loadedBytes, before, after, prepared } = result;
    const addresses = prepared?.list.addresses ?? [];
    const encoding = options.accounts?.encoding ?? 'base64';
    if (options.accounts !== undefined && (encoding === 'base58' || encoding === 'binary'))
      throw invalidParams('base58 encoding not supported');
    const most = addresses.length || result.transaction.message.keys.length;
    if ((options.accounts?.addresses.length ?? 0) > most)
      throw invalidParams(`Too many accounts provided; max ${most}`);
    const hasRun = result.stage !== 'refused';
    return {
      err: (error ?? null) as Json,
      accounts:
        options.accounts === undefined
          ? null
          : simulatedAccounts(
              node,
              result,
              options.accounts.addresses,
              encoding as 'base64' | 'base64+zstd' | 'jsonParsed',
              level,
            ),
      logs,
      unitsConsumed: units,
      loadedAccountsDataSize: loadedBytes,
      returnData: returnDataJson(result),
      innerInstructions: options.innerInstructions ? innerInstructionsJson(result, true) : null,
      replacementBlockhash: options.replaceRecentBlockhash
        ? {
            blockhash: toBase58(view.blockhash),
            lastValidBlockHeight: view.blockHeight + BLOCKHASH_LIFETIME,
          }
        : null,
      fee: prepared === undefined ? null : feeOf(result),
      preBalances: hasRun ? before.map(({ lamports }) => lamports) : null,
      postBalances: hasRun ? after.map(({ lamports }) => lamports) : null,
      preTokenBalances: hasRun ? tokenBalancesJson(before, addresses, context) : null,
      postTokenBalances: hasRun ? tokenBalancesJson(after, addresses, context) : null,
      loadedAddresses: hasRun ? loadedAddressesJson(result) : null,
    };
  };

  return {
    sendTransaction: send,
    simulateTransaction: simulate,
    requestAirdrop: airdropMethod(node),
    ...statusMethods(node),
    ...feeMethods(node),
  };
}

const isFailed = (
  result: TransactionResult,
): result is TransactionResult & { readonly error: TransactionError } => result.error !== undefined;

function airdropMethod(node: SolanaNode): Method {
  return command([address, u64, optional(contextConfig)], ([to, lamports]) => {
    const { transaction, result } = node.airdrop(to, lamports);
    if (result.error !== undefined) {
      const reason = result.error;
      const detail =
        typeof reason === 'object' && 'InstructionError' in reason
          ? describeError(reason.InstructionError[1])
          : JSON.stringify(reason);
      throw new RpcError(-32_603, `Internal error: the faucet cannot send ${lamports} lamports: ${detail}`);
    }
    return toBase58(transaction.signatures[0] as Bytes);
  });
}

/** What became of transactions. */
function statusMethods(node: SolanaNode): MethodTable {
  const statusOf = (name: string): Json => {
    const record = node.ledger.record(name);
    if (record === undefined) return null;
    const confirmationStatus = node.ledger.commitmentOf(record.slot);
    return {
      slot: record.slot,
      confirmations:
        confirmationStatus === 'finalized' ? null : Math.max(node.ledger.head.slot + 1 - record.slot, 0),
      status: statusJson(record.result),
      err: (record.result.error ?? null) as Json,
      confirmationStatus,
    };
  };

  return {
    getSignatureStatuses: query(
      [array(signature), config({ searchTransactionHistory: optional(boolean) })],
      ([names]) => {
        if (names.length > MAX_SIGNATURE_STATUSES)
          throw invalidParams(`Too many inputs provided; max ${MAX_SIGNATURE_STATUSES}`);
        return inContext(node.ledger.view('processed').slot, names.map(statusOf));
      },
    ),

    getTransaction: query([signature, transactionConfig], ([name, given]) => {
      const options = typeof given === 'string' ? { ...NO_OPTIONS, encoding: given } : given;
      requireHistory(options.commitment);
      const record = node.ledger.record(name);
      if (record === undefined || !isAt(node, record.slot, options.commitment ?? 'finalized')) return null;
      const { transaction } = record.result;
      const encoding = options.encoding ?? 'json';
      const version = versionJson(transaction, options.maxSupportedTransactionVersion);
      const context = parsingContext(node.ledger.view('processed').accounts);
      return {
        slot: record.slot,
        transactionIndex: record.index,
        transaction: transactionJson(transaction, record.result, encoding),
        meta: metaJson(record.result, encoding, context),
        ...version,
        blockTime: record.blockTime,
      };
    }),

    getSignaturesForAddress: query(
      [
        address,
        config({
          ...CONTEXT,
          limit: optional(integer(0)),
          before: optional(signature),
          until: optional(signature),
        }),
      ],
      ([at, options]) => {
        requireHistory(options.commitment);
        const level = commitmentOf(node, options);
        const limit = options.limit ?? MAX_SIGNATURES_FOR_ADDRESS;
        if (limit === 0 || limit > MAX_SIGNATURES_FOR_ADDRESS)
          throw invalidParams(`Invalid limit; max ${MAX_SIGNATURES_FOR_ADDRESS}`);
        // Both ends may be transactions that do not name the address.
        const before = options.before === undefined ? undefined : node.ledger.record(options.before);
        if (options.before !== undefined && before === undefined) return [];
        const until = options.until === undefined ? undefined : node.ledger.record(options.until);
        const found: JsonObject[] = [];
        for (const record of node.ledger.mentionsOf(addressKey(at))) {
          if (until !== undefined && !isAfter(record, until)) break;
          if (found.length === limit || record.slot < node.ledger.firstSlot) break;
          if (before !== undefined && !isAfter(before, record)) continue;
          if (!isAt(node, record.slot, level)) continue;
          found.push({
            signature: record.signature,
            slot: record.slot,
            transactionIndex: record.index,
            err: (record.result.error ?? null) as Json,
            memo: memosOf(record),
            blockTime: record.blockTime,
            confirmationStatus: node.ledger.commitmentOf(record.slot),
          });
        }
        return found;
      },
    ),

    getTransactionCount: query(
      [contextConfig],
      ([options]) => node.ledger.view(commitmentOf(node, options)).transactionCount,
    ),
  };
}

/** Whether a transaction comes later on the chain than another. */
const isAfter = (a: TransactionRecord, b: TransactionRecord): boolean =>
  a.slot > b.slot || (a.slot === b.slot && a.index > b.index);

const transactionOptions = config({
  commitment: optional(commitment),
  encoding: optional(transactionEncoding),
  maxSupportedTransactionVersion: optional(integer(0, 255)),
});

type TransactionOptions = ReturnType<typeof transactionOptions>;

const NO_OPTIONS: TransactionOptions = {
  commitment: undefined,
  encoding: undefined,
  maxSupportedTransactionVersion: undefined,
};

/** Options, or the encoding alone as in the first versions. */
const transactionConfig = (
  value: unknown,
): TransactionOptions | Exclude<TransactionOptions['encoding'], undefined> =>
  typeof value === 'string' ? transactionEncoding(value) : transactionOptions(value);

/** @throws `RpcError` -32602 for the slot that goes on, whose history is not written yet */
export function requireHistory(level: Commitment | undefined): void {
  if (level === 'processed') throw invalidParams('Method does not support commitment below `confirmed`');
}

/** Whether a slot has come as far as a commitment. */
export function isAt(node: SolanaNode, at: number, level: Commitment): boolean {
  return at <= node.ledger.view(level).slot && node.ledger.commitmentOf(at) !== 'processed';
}

/** What transactions cost. */
function feeMethods(node: SolanaNode): MethodTable {
  return {
    getFeeForMessage: query([text, contextConfig], ([given, options]) => {
      const view = node.ledger.view(commitmentOf(node, options));
      const reader = createReader(base64ToBytes(given));
      let message: ReturnType<typeof readMessage>;
      try {
        message = readMessage(reader);
        reader.end();
      } catch (error) {
        throw invalidParams(
          `failed to deserialize solana_message::versions::VersionedMessage: ${(error as Error).message}`,
        );
      }
      const unsigned = Array.from({ length: message.header.signatures }, () => new Uint8Array(64));
      const transaction = { message, signatures: unsigned, messageBytes: new Uint8Array(0) };
      const prepared = isSane(transaction)
        ? prepare(
            {
              slot: view.slot,
              environment: {
                features: node.ledger.bank.rules.features,
                sysvars: new Map(),
                epochStake: () => 0n,
              },
              rent: node.ledger.bank.rent(),
              blockhash: view.blockhash,
              account: (key) => view.accounts.get(key),
              isRecent: () => true,
              isProcessed: () => false,
            },
            transaction,
          )
        : 'SanitizeFailure';
      if (typeof prepared !== 'object' || !('fee' in prepared))
        throw invalidParams('invalid transaction: Transaction failed to sanitize accounts offsets correctly');
      const { list, fee } = prepared;
      const isKnown =
        view.blockhashes.ageOf(message.blockhash) !== undefined ||
        usedNonce(message, list, view.blockhash, (i) => view.accounts.get(list.keys[i] as AddressKey)) !==
          undefined;
      return inContext(view.slot, isKnown ? fee.signatures + fee.priority : null);
    }),

    getRecentPrioritizationFees: query([optional(array(address))], ([accounts]) => {
      if ((accounts?.length ?? 0) > MAX_FEE_ACCOUNTS)
        throw invalidParams(`Too many inputs provided; max ${MAX_FEE_ACCOUNTS}`);
      const wanted = (accounts ?? []).map(addressKey);
      const fees = new Map<number, bigint>();
      const { head } = node.ledger;
      const first = Math.max(head.slot - MAX_FEE_SLOTS + 1, node.ledger.firstSlot, 1);
      for (let at = first; at <= head.slot; at++) fees.set(at, 0n);
      for (const { slot: at, result } of node.ledger.recent(MAX_FEE_SLOTS)) {
        const { prepared } = result;
        if (prepared === undefined || !wanted.every((key) => isWrittenBy(prepared, key))) continue;
        const { unitLimit, priorityFee } = prepared.budget;
        const price = unitLimit === 0 ? 0n : (priorityFee * 1_000_000n) / BigInt(unitLimit);
        const least = fees.get(at);
        if (least === undefined || least === 0n || price < least) fees.set(at, price);
      }
      return Array.from(fees, ([at, prioritizationFee]) => ({ slot: at, prioritizationFee }));
    }),
  };
}

const isWrittenBy = ({ list }: NonNullable<TransactionResult['prepared']>, key: string): boolean =>
  list.keys.some((candidate, i) => candidate === key && list.isWritable[i] === true);
