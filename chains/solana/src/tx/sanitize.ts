import { MAX_INSTRUCTIONS, MAX_V1_TRANSACTION_BYTES, V1_LIMITS } from '../spec/limits.ts';
import { HEAP } from '../spec/budget.ts';
import { addressKey } from './address-key.ts';
import type { Message, V1Config } from './message.ts';
import { SIGNATURE_BYTES, type Transaction } from './transaction.ts';

/** Positions are one byte, so a message reaches no more accounts than that. */
const MAX_ACCOUNTS = 256;

/** Accounts that one instruction may name (SIMD-0406). */
const MAX_INSTRUCTION_ACCOUNTS = 255;

/**
 * Whether counts and positions in a transaction agree with each other: signers are among the keys,
 * one of them can be written to, every position exists, and limits of the format are kept.
 */
export function isSane(transaction: Transaction): boolean {
  const { message, signatures } = transaction;
  const { header, keys, instructions } = message;
  if (header.signatures + header.readonlyUnsigned > keys.length) return false;
  // The first signer pays, so it has to be writable.
  if (header.readonlySigned >= header.signatures) return false;
  if (signatures.length !== header.signatures) return false;
  if (instructions.length > MAX_INSTRUCTIONS) return false;
  const lookedUp = lookupCount(message);
  if (lookedUp === undefined) return false;
  const accounts = keys.length + lookedUp;
  if (accounts > MAX_ACCOUNTS) return false;
  for (const instruction of instructions) {
    // A program is neither the payer nor looked up.
    if (instruction.program === 0 || instruction.program >= keys.length) return false;
    if (instruction.accounts.length > MAX_INSTRUCTION_ACCOUNTS) return false;
    for (const index of instruction.accounts) if (index >= accounts) return false;
  }
  return message.version !== 1 || isSaneV1(transaction, message);
}

/** How many keys a message takes out of tables; `undefined` when it names a table for nothing. */
function lookupCount(message: Message): number | undefined {
  if (message.version !== 0) return 0;
  let count = 0;
  for (const { writable, readonly } of message.lookups) {
    if (writable.length + readonly.length === 0) return undefined;
    count += writable.length + readonly.length;
  }
  return count;
}

function isSaneV1({ messageBytes }: Transaction, message: Message & { readonly version: 1 }): boolean {
  const { header, keys, instructions, config } = message;
  const bytes = messageBytes.length + header.signatures * SIGNATURE_BYTES;
  return (
    bytes <= MAX_V1_TRANSACTION_BYTES &&
    header.signatures <= V1_LIMITS.signatures &&
    keys.length <= V1_LIMITS.addresses &&
    instructions.length <= V1_LIMITS.instructions &&
    isHeapSize(config) &&
    new Set(keys.map(addressKey)).size === keys.length
  );
}

function isHeapSize({ heapBytes }: V1Config): boolean {
  if (heapBytes === undefined) return true;
  return heapBytes >= HEAP.min && heapBytes <= HEAP.max && heapBytes % HEAP.granularity === 0;
}
