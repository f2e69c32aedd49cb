import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import type { BlockLimits } from '../spec/slots.ts';
import { addressKey, type AddressKey } from '../tx/address-key.ts';
import type { PlainTransactionError } from '../tx/errors.ts';
import type { Message } from '../tx/message.ts';
import type { Prepared } from './process.ts';

/** What a transaction costs a block, in compute units; the price list of the cost model. */
export const COST = {
  signature: 720,
  ed25519: 2400,
  secp256k1: 6690,
  secp256r1: 4800,
  writeLock: 300,
  /** Bytes of instruction data for one unit. */
  dataBytesPerUnit: 4,
  loadedPageBytes: 32_768,
  loadedPage: 8,
} as const;

/** Longest data of an account, and what one transaction is counted for at most. */
const MAX_ACCOUNT_BYTES = 10 * 1024 * 1024;
const MAX_TRANSACTION_NEW_BYTES: number = 2 * MAX_ACCOUNT_BYTES;

/** What a transaction takes of a block. */
export type TransactionCost = {
  readonly units: number;
  /** Bytes of accounts that it creates. */
  readonly newDataBytes: number;
};

const SYSTEM: AddressKey = addressKey(addressBytes(PROGRAM.system));

/** Where instructions of the system program that allocate have the length: behind what, by tag. */
const SPACE_AT: Readonly<Record<number, number>> = { 0: 12, 8: 4, 13: 12 };
/** Instructions with a seed of any length before the space. */
const SEEDED_SPACE_AT: Readonly<Record<number, readonly [seedAt: number, afterSeed: number]>> = {
  3: [36, 8],
  9: [36, 0],
};

/** The length that an instruction of the system program allocates; `undefined` when it is malformed. */
function allocatedBy(data: Uint8Array): number | undefined {
  if (data.length < 4) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const tag = view.getUint32(0, true);
  const seeded = SEEDED_SPACE_AT[tag];
  let at = SPACE_AT[tag];
  if (seeded !== undefined) {
    const [seedAt, afterSeed] = seeded;
    if (data.length < seedAt + 8) return undefined;
    at = seedAt + 8 + Number(view.getBigUint64(seedAt, true)) + afterSeed;
  }
  if (at === undefined) return 0;
  return data.length < at + 8 ? undefined : Number(view.getBigUint64(at, true));
}

/** Bytes of accounts that a message's own instructions create; none when one of them cannot be. */
export function newDataBytesOf({ instructions }: Message, keys: readonly AddressKey[]): number {
  let sum = 0;
  for (const { program, data } of instructions) {
    if (keys[program] !== SYSTEM) continue;
    const space = allocatedBy(data);
    if (space === undefined || space > MAX_ACCOUNT_BYTES) return 0;
    sum += space;
  }
  return Math.min(sum, MAX_TRANSACTION_NEW_BYTES);
}

/** What a simple vote costs, as long as votes are counted alike. */
export const SIMPLE_VOTE_UNITS = 3428;

const VOTE: AddressKey = addressKey(addressBytes(PROGRAM.vote));

/** Whether a message is a vote and nothing else. */
export function isSimpleVote(message: Message, keys: readonly AddressKey[]): boolean {
  const [first, ...more] = message.instructions;
  const { signatures } = message.header;
  const isVote = first !== undefined && keys[first.program] === VOTE;
  return message.version === 'legacy' && signatures <= 2 && isVote && more.length === 0;
}

/** The cost of a transaction that uses `units` and loads `loadedBytes`. */
export function costOf(
  { transaction, list, signatures, isCountedAsVote }: Prepared,
  units: number,
  loadedBytes: number,
): TransactionCost {
  const { message } = transaction;
  if (isCountedAsVote) return { units: SIMPLE_VOTE_UNITS, newDataBytes: 0 };
  const dataBytes = message.instructions.reduce((sum, { data }) => sum + data.length, 0);
  const writeLocks = list.isWritable.filter((isWritable) => isWritable).length;
  return {
    units:
      COST.signature * signatures.own +
      COST.ed25519 * signatures.ed25519 +
      COST.secp256k1 * signatures.secp256k1 +
      COST.secp256r1 * signatures.secp256r1 +
      COST.writeLock * writeLocks +
      Math.floor(dataBytes / COST.dataBytesPerUnit) +
      Math.ceil(loadedBytes / COST.loadedPageBytes) * COST.loadedPage +
      units,
    newDataBytes: newDataBytesOf(message, list.keys),
  };
}

/** Adds up what the transactions of a block cost. */
export type CostTracker = {
  /** Units so far. */
  readonly units: () => number;
  /** Units of transactions that write to an account. */
  readonly accountUnits: (key: AddressKey) => number;
  /** Why a transaction does not fit in any more; `undefined` when it does. */
  readonly problem: (
    cost: TransactionCost,
    writable: readonly AddressKey[],
  ) => PlainTransactionError | undefined;
  readonly add: (cost: TransactionCost, writable: readonly AddressKey[]) => void;
};

export function createCostTracker(limits: BlockLimits): CostTracker {
  const accounts = new Map<AddressKey, number>();
  let blockUnits = 0;
  let newDataBytes = 0;
  const accountUnits = (key: AddressKey): number => accounts.get(key) ?? 0;
  return {
    units: () => blockUnits,
    accountUnits,
    problem({ units, newDataBytes: bytes }, writable) {
      if (blockUnits + units > limits.blockUnits) return 'WouldExceedMaxBlockCostLimit';
      if (units > limits.accountUnits) return 'WouldExceedMaxAccountCostLimit';
      if (newDataBytes + bytes > limits.newDataBytes) return 'WouldExceedAccountDataBlockLimit';
      const isFull = writable.some((key) => accountUnits(key) + units > limits.accountUnits);
      return isFull ? 'WouldExceedMaxAccountCostLimit' : undefined;
    },
    add({ units, newDataBytes: bytes }, writable) {
      blockUnits += units;
      newDataBytes += bytes;
      for (const key of writable) accounts.set(key, accountUnits(key) + units);
    },
  };
}
