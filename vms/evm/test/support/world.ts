import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/kernels';
import type {
  BlockEnvironment,
  ExecutedTransaction,
  StateView,
  Transaction,
  TransactionOutcome,
} from '../../src/types.ts';

export type WorldAccount = {
  readonly balance?: bigint;
  readonly nonce?: bigint;
  readonly code?: Hex;
  readonly storage?: Readonly<Record<Hex, Hex>>;
};

export const word = (value: bigint | number): Hex => `0x${BigInt(value).toString(16).padStart(64, '0')}`;
export const addressOf = (value: bigint | number): Hex => `0x${BigInt(value).toString(16).padStart(40, '0')}`;
export const hashOf = (bytes: Bytes): Hex => bytesToHex(keccak256(bytes));

export const SENDER: Hex = addressOf(0x5e4de5);
export const COINBASE: Hex = addressOf(0xc01b);
export const CONTRACT: Hex = addressOf(0xc0de);

/** A fixed state to read from; `reads` counts the questions. */
export function createWorld(accounts: Readonly<Record<Hex, WorldAccount>>): StateView & { reads: string[] } {
  const codes = new Map<Hex, Bytes>();
  for (const { code = '0x' } of Object.values(accounts))
    codes.set(hashOf(hexToBytes(code)), hexToBytes(code));
  const reads: string[] = [];
  return {
    reads,
    account(address) {
      reads.push(address);
      const account = accounts[address];
      if (account === undefined) return undefined;
      const { balance = 0n, nonce = 0n, code = '0x' } = account;
      return { balance, nonce, codeHash: hashOf(hexToBytes(code)) };
    },
    storage(address, slot) {
      reads.push(`${address}/${slot}`);
      return accounts[address]?.storage?.[slot];
    },
    hasStorage: (address) => Object.keys(accounts[address]?.storage ?? {}).length > 0,
    code: (hash) => codes.get(hash) as Bytes,
    blockHash: (number) => word(number * 0x1_0001n),
  };
}

export const BLOCK: BlockEnvironment = {
  chainId: 1n,
  number: 1000n,
  timestamp: 2000n,
  gasLimit: 60_000_000n,
  coinbase: COINBASE,
  difficulty: 0x0d1ffn,
  prevRandao: word(0x4a4d),
  baseFee: 7n,
  blobBaseFee: 1n,
  slotNumber: 77n,
};

/** A transaction of type 2 from SENDER to CONTRACT. */
export function transactionWith(changes: Partial<Transaction> = {}): Transaction {
  return {
    type: 2,
    from: SENDER,
    to: CONTRACT,
    nonce: 0n,
    gasLimit: 1_000_000n,
    maxFeePerGas: 10n,
    maxPriorityFeePerGas: 2n,
    value: 0n,
    data: new Uint8Array(0),
    ...changes,
  };
}

/** The outcome as a valid one. */
export function executed(outcome: TransactionOutcome): ExecutedTransaction {
  if (!outcome.valid) throw new Error(`invalid: ${outcome.reason}`);
  return outcome;
}
