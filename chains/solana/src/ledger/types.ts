import type { Bytes } from '@ninefold/base';
import type { FrozenBank } from '../bank/bank.ts';
import type { TransactionResult } from '../bank/process.ts';
import type { BlockReward } from '../stake/epoch.ts';
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
  /** What was given to voters, to those who delegate, and to the leader. */
  readonly rewards: readonly BlockReward[];
  /** Blocks over which an epoch's rewards are paid, when this one is the first of the epoch. */
  readonly rewardPartitions: number | undefined;
};

/** How far a slot has come: executed, voted for, or never to be taken back. */
export type Commitment = 'processed' | 'confirmed' | 'finalized';

/** The accounts and hashes of a slot, whether it goes on or has ended. */
export type SlotView = Pick<FrozenBank, 'slot' | 'blockhash' | 'blockhashes' | 'accounts'> & {
  readonly blockHeight: number;
  readonly unixTimestamp: bigint;
  readonly transactionCount: number;
  readonly capitalization: bigint;
  readonly stakes: FrozenBank['stakes'];
};
