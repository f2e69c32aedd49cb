import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { orderedTrieRoot } from '@ninefold/state';
import type { Log } from '@ninefold/vm-evm';
import type { Field } from '../tx/encode-fields.ts';
import { encodeFields } from '../tx/encode-fields.ts';
import { decodeStructure, FieldReader } from '../tx/fields.ts';
import type { TransactionType } from '../tx/types.ts';
import { BLOOM_LENGTH } from './bloom.ts';

/** What a block's `receiptsRoot` commits to for one transaction. */
export type Receipt = {
  readonly type: TransactionType;
  /** From Byzantium (EIP-658) whether it succeeded; before, the state root after it. */
  readonly outcome: boolean | Hex;
  /** Of this and all transactions before it in the block. */
  readonly cumulativeGasUsed: bigint;
  readonly logsBloom: Bytes;
  readonly logs: readonly Log[];
};

/** The consensus encoding: RLP, behind the type byte for typed transactions (EIP-2718). */
export function encodeReceipt(receipt: Receipt): Bytes {
  const { type, outcome, cumulativeGasUsed, logsBloom, logs } = receipt;
  const status = typeof outcome === 'string' ? outcome : outcome ? 1 : 0;
  const fields = [status, cumulativeGasUsed, logsBloom, logs.map(logFields)];
  return encodeFields(fields, type === 0 ? undefined : type);
}

/** @throws `ETH_MALFORMED_RLP`, `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD` */
export function decodeReceipt(bytes: Bytes): Receipt {
  const first = bytes[0] ?? 0;
  const isTyped = first >= 1 && first <= 4;
  const type = (isTyped ? first : 0) as TransactionType;
  const payload = isTyped ? bytes.subarray(1) : bytes;
  const fields = new FieldReader(decodeStructure(payload, 'receipt'), 'receipt', 4);
  const status = fields.bytes('status');
  const outcome = status.length === 32 ? bytesToHex(status) : statusOf(status);
  return {
    type,
    outcome,
    cumulativeGasUsed: fields.uint('cumulativeGasUsed', 8),
    logsBloom: fields.fixed('logsBloom', BLOOM_LENGTH),
    logs: fields.list('logs').map(logFromRlp),
  };
}

function statusOf(status: Bytes): boolean {
  return new FieldReader([status], 'receipt', 1).bit('status') === 1;
}

function logFields({ address, topics, data }: Log): Field {
  return [address, topics, data];
}

function logFromRlp(item: RlpValue): Log {
  const fields = new FieldReader(item, 'log', 3);
  const address = fields.hex('address', 20);
  const topics = fields.list('topics');
  const words = new FieldReader(topics, 'log', 0, 4);
  return { address, topics: topics.map(() => words.hex('topic', 32)), data: fields.bytes('data') };
}

/** What a header's `receiptsRoot` commits to. */
export function receiptsRoot(receipts: readonly Receipt[]): Hex {
  return bytesToHex(orderedTrieRoot(receipts.map(encodeReceipt)));
}
