import { type Bytes, concatBytes, defineErrors, pageCopier } from '@ninefold/base';
import { encodeMessage, type Message, readMany, readMessage, VERSION_PREFIX } from './message.ts';
import { createReader, type Reader } from './reader.ts';
import { createWriter } from './writer.ts';

/** A signed transaction. */
export type Transaction = {
  /** 64 bytes each; the first one names the transaction. */
  readonly signatures: readonly Bytes[];
  readonly message: Message;
  /** The message as it was signed. */
  readonly messageBytes: Bytes;
};

export const SIGNATURE_BYTES = 64;

/** A copy of a transaction's bytes, which nobody writes to. */
export const keepBytes: (bytes: Bytes) => Bytes = pageCopier();

const fail = defineErrors({
  SOLANA_SIGNATURES_MISPLACED: (c: { readonly version: number | 'legacy' }) =>
    `Signatures stand on the wrong side of a message of version ${c.version}: they follow version 1 and precede the others`,
});

/**
 * Reads a transaction of any format; what it holds are views of a copy of `bytes`. Says nothing of
 * whether positions, counts and signatures are right.
 *
 * @throws `SOLANA_TRUNCATED`, `SOLANA_TRAILING_BYTES`, `SOLANA_INVALID_LENGTH`,
 *   `SOLANA_MESSAGE_VERSION`, `SOLANA_CONFIG_MASK`, `SOLANA_SIGNATURES_MISPLACED`
 * @example decodeTransaction(bytes).message.version // 'legacy', 0 or 1
 */
export function decodeTransaction(bytes: Bytes): Transaction {
  const reader = createReader(keepBytes(bytes));
  const transaction = readTransaction(reader);
  reader.end();
  return transaction;
}

/** Reads one transaction and leaves the reader behind it: blocks hold them back to back. */
export function readTransaction(reader: Reader): Transaction {
  const start = reader.at();
  // In version 1 the signatures follow the message; the version's byte is no count of signatures.
  const isMessageFirst = reader.peek() > VERSION_PREFIX;
  const before = isMessageFirst ? [] : readSignatures(reader, reader.compact());
  const from = isMessageFirst ? start : reader.at();
  const message = readMessage(reader);
  if ((message.version === 1) !== isMessageFirst)
    throw fail('SOLANA_SIGNATURES_MISPLACED', { version: message.version });
  const messageBytes = reader.since(from);
  const signatures = isMessageFirst ? readSignatures(reader, message.header.signatures) : before;
  return { signatures, message, messageBytes };
}

const readSignatures = (reader: Reader, count: number): readonly Bytes[] =>
  readMany(reader, count, (from) => from.take(SIGNATURE_BYTES));

/**
 * The transaction on the wire.
 *
 * @throws `SOLANA_FIELD_RANGE`
 */
export function encodeTransaction({ signatures, message, messageBytes }: Transaction): Bytes {
  if (message.version === 1) return concatBytes(messageBytes, ...signatures);
  const writer = createWriter();
  writer.compact(signatures.length);
  for (const signature of signatures) writer.bytes(signature);
  writer.bytes(messageBytes);
  return writer.finish();
}

/** A transaction of `message` with `signatures`, in the order of the signing keys. */
export function createTransaction(message: Message, signatures: readonly Bytes[]): Transaction {
  return { signatures, message, messageBytes: encodeMessage(message) };
}
