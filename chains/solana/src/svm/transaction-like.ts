import type { Bytes } from '@ninefold/base';
import { readMessage } from '../tx/message.ts';
import { createReader } from '../tx/reader.ts';
import { keepBytes, readTransaction, type Transaction } from '../tx/transaction.ts';

/** A signed transaction as a client library holds it: `@solana/kit`'s, by the signers' addresses. */
export type CompiledTransaction = {
  readonly messageBytes: ArrayLike<number>;
  readonly signatures: Readonly<Record<string, ArrayLike<number> | null>>;
};

/** A transaction that can write itself down: `@solana/web3.js`'s. */
export type SerializableTransaction = { readonly serialize: () => Uint8Array };

/** Everything that is taken for a transaction. */
export type TransactionLike = Bytes | Transaction | CompiledTransaction | SerializableTransaction;

/** A signature that is missing is one of zeros. */
const UNSIGNED: Bytes = new Uint8Array(64);

/**
 * The transaction in any of its forms. Bytes behind it are ignored, as nodes do.
 *
 * @throws what `readTransaction` throws
 */
export function toTransaction(like: TransactionLike): Transaction {
  if (like instanceof Uint8Array) return readTransaction(createReader(keepBytes(like)));
  if ('serialize' in like) return readTransaction(createReader(like.serialize()));
  if ('message' in like) return like;
  const messageBytes = Uint8Array.from(like.messageBytes);
  const reader = createReader(messageBytes);
  const message = readMessage(reader);
  reader.end();
  const signatures = Object.values(like.signatures).map((signature) =>
    signature === null ? UNSIGNED : Uint8Array.from(signature),
  );
  return { signatures, message, messageBytes };
}
