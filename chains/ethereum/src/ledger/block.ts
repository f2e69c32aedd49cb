import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, copyBytes } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { orderedTrieRoot } from '@ninefold/state';
import type { Field } from '../tx/encode-fields.ts';
import { encodeFields, hashFields } from '../tx/encode-fields.ts';
import { decodeStructure, FieldReader } from '../tx/fields.ts';
import { encodeTransaction, transactionFromRlp, transactionFields } from '../tx/transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import type { Header } from './header.ts';
import { EMPTY_OMMERS_HASH, EMPTY_ROOT, headerFromRlp, headerFields } from './header.ts';
import type { Withdrawal } from './withdrawal.ts';
import { withdrawalFromRlp, withdrawalFields } from './withdrawal.ts';

export type Block = {
  readonly header: Header;
  readonly transactions: readonly SignedTransaction[];
  readonly ommers: readonly Header[];
  /** From Shanghai. */
  readonly withdrawals: readonly Withdrawal[] | undefined;
};

export function encodeBlock(block: Block): Bytes {
  const { header, transactions, ommers, withdrawals } = block;
  const items: Field[] = [
    headerFields(header),
    transactions.map(transactionFields),
    ommers.map(headerFields),
  ];
  if (withdrawals !== undefined) items.push(withdrawals.map(withdrawalFields));
  return encodeFields(items);
}

/**
 * Decodes a block; only the canonical form is accepted.
 *
 * @throws `ETH_MALFORMED_RLP`, `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD`, and for a transaction in it
 * what `decodeTransaction` throws
 */
export function decodeBlock(bytes: Bytes): Block {
  // Owned: the block's byte strings are views of it.
  return blockFromRlp(decodeStructure(copyBytes(bytes), 'block'));
}

/** As {@link decodeBlock}, from an item of a larger structure; the block keeps views of its bytes. */
export function blockFromRlp(item: RlpValue): Block {
  const fields = new FieldReader(item, 'block', 3, 4);
  const header = headerFromRlp(fields.list('header'));
  const transactions = fields.list('transactions').map(transactionFromRlp);
  const ommers = fields.list('ommers').map(headerFromRlp);
  const withdrawals = fields.more ? fields.list('withdrawals').map(withdrawalFromRlp) : undefined;
  return { header, transactions, ommers, withdrawals };
}

/** What a header's `transactionsRoot` commits to. */
export function transactionsRoot(transactions: readonly SignedTransaction[]): Hex {
  if (transactions.length === 0) return EMPTY_ROOT;
  return bytesToHex(orderedTrieRoot(transactions.map(encodeTransaction)));
}

/** What a header's `ommersHash` commits to. */
export function ommersHash(ommers: readonly Header[]): Hex {
  if (ommers.length === 0) return EMPTY_OMMERS_HASH;
  return bytesToHex(hashFields(ommers.map(headerFields)));
}
