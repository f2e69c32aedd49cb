import { type Bytes, equalBytes } from '@ninefold/base';
import { addressBytes } from '@ninefold/vm-svm';
import { MIGRATED_PROGRAM } from '../spec/addresses.ts';
import type { PlainTransactionError } from './errors.ts';
import { KEY_BYTES, type TableLookup } from './message.ts';

/** An address lookup table. */
export type LookupTable = {
  /** The slot in which it was deactivated; {@link NEVER} while it is active. */
  readonly deactivationSlot: bigint;
  readonly lastExtendedSlot: bigint;
  /** Where the addresses start that were added in the last slot of extension. */
  readonly lastExtendedStart: number;
  readonly authority: Bytes | undefined;
  readonly addresses: readonly Bytes[];
};

/** Keys that lookups stand for. */
export type LookedUpKeys = { readonly writable: readonly Bytes[]; readonly readonly: readonly Bytes[] };

/** What resolving needs to know of the slot and its accounts. */
export type LookupScene = {
  readonly slot: number;
  /** Data of the slot hashes sysvar. */
  readonly slotHashes: Bytes | undefined;
  readonly account: (address: Bytes) => { readonly owner: Bytes; readonly data: Bytes } | undefined;
};

export const NEVER: bigint = 2n ** 64n - 1n;

/** Bytes before the addresses. */
export const TABLE_HEADER_BYTES = 56;

const PROGRAM_ADDRESS: Bytes = addressBytes(MIGRATED_PROGRAM.addressLookupTable);
const INITIALIZED = 1;

/** The table in an account's data; `undefined` when it is none. */
export function decodeLookupTable(data: Bytes): LookupTable | undefined {
  if (data.length < TABLE_HEADER_BYTES || (data.length - TABLE_HEADER_BYTES) % KEY_BYTES !== 0)
    return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const hasAuthority = view.getUint8(21);
  if (view.getUint32(0, true) !== INITIALIZED || hasAuthority > 1) return undefined;
  const count = (data.length - TABLE_HEADER_BYTES) / KEY_BYTES;
  return {
    deactivationSlot: view.getBigUint64(4, true),
    lastExtendedSlot: view.getBigUint64(12, true),
    lastExtendedStart: view.getUint8(20),
    authority: hasAuthority === 1 ? data.slice(22, 22 + KEY_BYTES) : undefined,
    addresses: Array.from({ length: count }, (_, i) => {
      const at = TABLE_HEADER_BYTES + i * KEY_BYTES;
      return data.subarray(at, at + KEY_BYTES);
    }),
  };
}

/** Whether the sysvar, sorted by slot and newest first, still has `slot`. */
function hasSlotHash(slotHashes: Bytes | undefined, slot: bigint): boolean {
  if (slotHashes === undefined || slotHashes.length < 8) return false;
  const view = new DataView(slotHashes.buffer, slotHashes.byteOffset, slotHashes.byteLength);
  let low = 0;
  let high = Math.min(Number(view.getBigUint64(0, true)), Math.floor((slotHashes.length - 8) / 40));
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = view.getBigUint64(8 + 40 * middle, true);
    if (found === slot) return true;
    if (found > slot) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** How many of a table's addresses can be used in a slot; `undefined` when it is out of use. */
function activeCount(table: LookupTable, { slot, slotHashes }: LookupScene): number | undefined {
  const { deactivationSlot } = table;
  const isActive =
    deactivationSlot === NEVER ||
    deactivationSlot === BigInt(slot) ||
    hasSlotHash(slotHashes, deactivationSlot);
  if (!isActive) return undefined;
  // What was added in this slot can be used from the next one on.
  return BigInt(slot) > table.lastExtendedSlot ? table.addresses.length : table.lastExtendedStart;
}

/** The keys that a message's lookups stand for, or why there are none. */
export function resolveLookups(
  lookups: readonly TableLookup[],
  scene: LookupScene,
): LookedUpKeys | PlainTransactionError {
  const writable: Bytes[] = [];
  const readonly: Bytes[] = [];
  for (const lookup of lookups) {
    const account = scene.account(lookup.table);
    if (account === undefined) return 'AddressLookupTableNotFound';
    if (!equalBytes(account.owner, PROGRAM_ADDRESS)) return 'InvalidAddressLookupTableOwner';
    const table = decodeLookupTable(account.data);
    if (table === undefined) return 'InvalidAddressLookupTableData';
    const count = activeCount(table, scene);
    if (count === undefined) return 'AddressLookupTableNotFound';
    if (count > table.addresses.length) return 'InvalidAddressLookupTableData';
    for (const [indices, keys] of [
      [lookup.writable, writable],
      [lookup.readonly, readonly],
    ] as const) {
      for (const index of indices) {
        if (index >= count) return 'InvalidAddressLookupTableIndex';
        keys.push(table.addresses[index] as Bytes);
      }
    }
  }
  return { writable, readonly };
}
