import type { Bytes, Hex } from '@ninefold/base';
import type { Account, AccountChange, Accesses, Log, StateChanges } from '../types.ts';
import type { KernelMemory } from './memory.ts';

const EXISTS = 1;
const CLEARED = 2;
/** Key, value, number of the read. */
const SLOT_BYTES = 68;

const NO_STORAGE: ReadonlyMap<Hex, Hex> = new Map();

/** What a transaction left behind, see `assembly/output.ts`. */
export type Changes = {
  readonly changes: StateChanges;
  readonly logs: readonly Log[];
  readonly accessed: Accesses | undefined;
};

/**
 * Reads the record of changes at `at`; `withAccesses` when the transaction recorded them.
 *
 * PERF: `slotKeys` are the keys the kernel asked for, in that order: a changed slot mostly is one of
 * them, and its text need not be made again. It is missing where storage was known to be empty.
 */
export function decodeChanges(
  memory: KernelMemory,
  at: number,
  slotKeys: readonly (Hex | undefined)[],
  withAccesses: boolean,
): Changes {
  const accounts = new Map<Hex, AccountChange>();
  const codes = new Map<Hex, Bytes>();
  let count = memory.getU32(at);
  at += 4;
  for (; count > 0; count--) {
    const flags = memory.getU32(at + 20);
    const slots = memory.getU32(at + 96);
    const account: Account | undefined =
      (flags & EXISTS) === 0
        ? undefined
        : {
            nonce: memory.getU64(at + 24),
            balance: memory.getWord(at + 32),
            codeHash: memory.getHex(at + 64, 32),
          };
    const address = memory.getHex(at, 20);
    at += 100;
    const storage = slots === 0 ? NO_STORAGE : decodeSlots(memory, at, slots, slotKeys);
    at += SLOT_BYTES * slots;
    accounts.set(address, { account, storageCleared: (flags & CLEARED) !== 0, storage });
  }

  count = memory.getU32(at);
  at += 4;
  for (; count > 0; count--) {
    const length = memory.getU32(at + 32);
    codes.set(memory.getHex(at, 32), memory.getBytes(at + 36, length));
    at += 36 + length;
  }

  count = memory.getU32(at);
  at += 4;
  const logs: Log[] = [];
  for (; count > 0; count--) {
    const topics = memory.getU32(at + 20);
    const length = memory.getU32(at + 24);
    logs.push(decodeLog(memory, memory.getHex(at, 20), at + 28, topics, length));
    at += 28 + 32 * topics + length;
  }
  return {
    changes: { accounts, codes },
    logs,
    accessed: withAccesses ? decodeAccesses(memory, at) : undefined,
  };
}

function decodeSlots(
  memory: KernelMemory,
  at: number,
  count: number,
  slotKeys: readonly (Hex | undefined)[],
): Map<Hex, Hex> {
  const storage = new Map<Hex, Hex>();
  for (let i = 0; i < count; i++, at += SLOT_BYTES) {
    const read = memory.getU32(at + 64);
    const key = (read === 0 ? undefined : slotKeys[read - 1]) ?? memory.getHex(at, 32);
    storage.set(key, memory.getHex(at + 32, 32));
  }
  return storage;
}

/** A log whose topics stand at `at`, the data behind them. */
export function decodeLog(
  memory: KernelMemory,
  address: Hex,
  at: number,
  topics: number,
  length: number,
): Log {
  const hashes: Hex[] = [];
  for (let i = 0; i < topics; i++) hashes.push(memory.getHex(at + 32 * i, 32));
  return { address, topics: hashes, data: memory.getBytes(at + 32 * topics, length) };
}

function decodeAccesses(memory: KernelMemory, at: number): Accesses {
  const addresses: Hex[] = [];
  const slots = new Map<Hex, readonly Hex[]>();
  let count = memory.getU32(at);
  at += 4;
  for (; count > 0; count--) {
    const address = memory.getHex(at, 20);
    const keys: Hex[] = [];
    const slotCount = memory.getU32(at + 20);
    at += 24;
    for (let i = 0; i < slotCount; i++, at += 32) keys.push(memory.getHex(at, 32));
    addresses.push(address);
    if (slotCount > 0) slots.set(address, keys);
  }
  return { addresses, slots };
}
