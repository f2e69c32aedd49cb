import type { Bytes } from '@ninefold/base';
import type { FrozenBank } from '../bank/bank.ts';
import type { TransactionResult } from '../bank/process.ts';
import type { AddressKey } from '../tx/address-key.ts';

/** A transaction of a block and what became of it. */
export type TransactionRecord = {
  /** Its first signature, base58: its name. */
  readonly signature: string;
  readonly slot: number;
  /** Position in the block. */
  readonly index: number;
  /** Seconds since 1970. */
  readonly blockTime: number;
  readonly result: TransactionResult;
};

/** A slot that has ended. */
export type Block = {
  readonly slot: number;
  readonly parentSlot: number;
  readonly height: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly blockhash: Bytes;
  readonly previousBlockhash: Bytes;
  readonly transactions: readonly TransactionRecord[];
  /** Accounts that it changed. */
  readonly changed: readonly AddressKey[];
  readonly leader: Bytes;
  /** Lamports of fees that the leader was given, and what it has then. */
  readonly reward: { readonly lamports: bigint; readonly balance: bigint } | undefined;
};

/** How far a slot has come: executed, voted for, or never to be taken back. */
export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** The accounts and hashes of a slot, whether it goes on or has ended. */
export type SlotView = Pick<FrozenBank, 'slot' | 'blockhash' | 'blockhashes' | 'accounts'> & {
  readonly blockHeight: number;
  readonly unixTimestamp: bigint;
  readonly transactionCount: number;
  readonly capitalization: bigint;
};
