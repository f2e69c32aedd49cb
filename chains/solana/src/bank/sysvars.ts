import { type Bytes, defineErrors } from '@ninefold/base';
import { addressBytes, SYSVAR, toBase58 } from '@ninefold/vm-svm';
import { SYSVAR_OWNER } from '../spec/addresses.ts';
import { LAMPORTS_PER_SIGNATURE } from '../spec/fees.ts';
import { MAX_PROCESSING_AGE } from '../spec/slots.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { type Account, RENT_EXEMPT_EPOCH } from './account.ts';
import { minimumBalance, type Rent } from './rent.ts';

/** Time as programs see it; seconds since 1970. */
export type BankClock = {
  readonly slot: bigint;
  readonly epochStartTimestamp: bigint;
  readonly epoch: bigint;
  /** The newest epoch whose leaders are known. */
  readonly leaderScheduleEpoch: bigint;
  readonly unixTimestamp: bigint;
};

/** The hash of a slot's bank. */
export type SlotHash = { readonly slot: bigint; readonly hash: Bytes };

/** Slot hashes that are kept. */
export const MAX_SLOT_HASHES = 512;

const CLOCK_BYTES = 40;
const RENT_BYTES = 17;
const SLOT_HASH_BYTES = 40;
const SLOT_HASHES_BYTES: number = 8 + MAX_SLOT_HASHES * SLOT_HASH_BYTES;
const RECENT_BLOCKHASHES_BYTES: number = 8 + MAX_PROCESSING_AGE * SLOT_HASH_BYTES;

/** Slots that the slot history covers, one bit each. */
const HISTORY_SLOTS: number = 1024 * 1024;
const HISTORY_WORDS: number = HISTORY_SLOTS / 64;
/** Behind the option's tag and the number of words. */
const HISTORY_BITS_AT = 9;
const HISTORY_BITS_BYTES: number = HISTORY_SLOTS / 8;
const HISTORY_BYTES: number = HISTORY_BITS_AT + HISTORY_BITS_BYTES + 16;

const OWNER: Bytes = addressBytes(SYSVAR_OWNER);

/** Sysvars that programs may read by a syscall; the others are accounts only. */
export const READABLE_SYSVARS: readonly string[] = [
  SYSVAR.clock,
  SYSVAR.epochRewards,
  SYSVAR.epochSchedule,
  SYSVAR.lastRestartSlot,
  SYSVAR.rent,
  SYSVAR.slotHashes,
  SYSVAR.stakeHistory,
];

const viewOf = (data: Bytes): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** A sysvar's account; it keeps lamports that it has beyond what exempts it from rent. */
export function sysvarAccount(data: Bytes, rent: Rent, before: Account | undefined): Account {
  const needed = minimumBalance(rent, data.length);
  const lamports = before !== undefined && before.lamports > needed ? before.lamports : needed;
  return { lamports, data, owner: OWNER, isExecutable: false, rentEpoch: RENT_EXEMPT_EPOCH };
}

export function encodeClock(clock: BankClock): Bytes {
  const data = new Uint8Array(CLOCK_BYTES);
  const view = viewOf(data);
  view.setBigUint64(0, clock.slot, true);
  view.setBigInt64(8, clock.epochStartTimestamp, true);
  view.setBigUint64(16, clock.epoch, true);
  view.setBigUint64(24, clock.leaderScheduleEpoch, true);
  view.setBigInt64(32, clock.unixTimestamp, true);
  return data;
}

export function decodeClock(data: Bytes): BankClock {
  const view = viewOf(data);
  return {
    slot: view.getBigUint64(0, true),
    epochStartTimestamp: view.getBigInt64(8, true),
    epoch: view.getBigUint64(16, true),
    leaderScheduleEpoch: view.getBigUint64(24, true),
    unixTimestamp: view.getBigInt64(32, true),
  };
}

export function encodeRent(rent: Rent): Bytes {
  const data = new Uint8Array(RENT_BYTES);
  const view = viewOf(data);
  view.setBigUint64(0, rent.lamportsPerByte, true);
  view.setFloat64(8, rent.threshold, true);
  data[16] = rent.burnPercent;
  return data;
}

/** Newest first; room that is not used is zero. */
export function encodeSlotHashes(hashes: readonly SlotHash[]): Bytes {
  const data = new Uint8Array(SLOT_HASHES_BYTES);
  const view = viewOf(data);
  view.setBigUint64(0, BigInt(hashes.length), true);
  for (const [i, { slot, hash }] of hashes.entries()) {
    view.setBigUint64(8 + i * SLOT_HASH_BYTES, slot, true);
    data.set(hash, 16 + i * SLOT_HASH_BYTES);
  }
  return data;
}

export function decodeSlotHashes(data: Bytes): readonly SlotHash[] {
  const view = viewOf(data);
  const room = Math.floor((data.length - 8) / SLOT_HASH_BYTES);
  return Array.from({ length: Math.min(Number(view.getBigUint64(0, true)), room) }, (_, i) => {
    const at = 8 + i * SLOT_HASH_BYTES;
    return { slot: view.getBigUint64(at, true), hash: data.subarray(at + 8, at + SLOT_HASH_BYTES) };
  });
}

/** Puts a slot's hash where it belongs among those sorted newest first, and lets go of the oldest. */
export function withSlotHash(hashes: readonly SlotHash[], added: SlotHash): readonly SlotHash[] {
  const at = hashes.findIndex(({ slot }) => slot <= added.slot);
  const [before, after] = at < 0 ? [hashes, []] : [hashes.slice(0, at), hashes.slice(at)];
  const rest = after[0]?.slot === added.slot ? after.slice(1) : after;
  return [...before, added, ...rest].slice(0, MAX_SLOT_HASHES);
}

/** Blockhashes newest first, each with the fee for a signature. */
export function encodeRecentBlockhashes(hashes: readonly Bytes[]): Bytes {
  const data = new Uint8Array(RECENT_BLOCKHASHES_BYTES);
  const view = viewOf(data);
  const kept = hashes.slice(0, MAX_PROCESSING_AGE);
  view.setBigUint64(0, BigInt(kept.length), true);
  for (const [i, hash] of kept.entries()) {
    data.set(hash, 8 + i * SLOT_HASH_BYTES);
    view.setBigUint64(40 + i * SLOT_HASH_BYTES, LAMPORTS_PER_SIGNATURE, true);
  }
  return data;
}

/** A history in which no slot has happened. */
export function emptySlotHistory(): Bytes {
  const data = new Uint8Array(HISTORY_BYTES);
  const view = viewOf(data);
  data[0] = 1;
  view.setBigUint64(1, BigInt(HISTORY_WORDS), true);
  view.setBigUint64(HISTORY_BITS_AT + HISTORY_BITS_BYTES, BigInt(HISTORY_SLOTS), true);
  return data;
}

/** The history with `slot` in it; slots that were left out since the last one did not happen. */
export function withSlotInHistory(history: Bytes, slot: number): Bytes {
  const data = history.slice();
  const view = viewOf(data);
  const nextAt = HISTORY_BITS_AT + HISTORY_BITS_BYTES + 8;
  const next = Number(view.getBigUint64(nextAt, true));
  const bits = data.subarray(HISTORY_BITS_AT, HISTORY_BITS_AT + HISTORY_BITS_BYTES);
  const byteOf = (at: number): number => (at % HISTORY_SLOTS) >> 3;
  if (slot - next >= HISTORY_SLOTS) bits.fill(0);
  else
    for (let at = next; at < slot; at++) bits[byteOf(at)] = (bits[byteOf(at)] as number) & ~(1 << (at & 7));
  bits[byteOf(slot)] = (bits[byteOf(slot)] as number) | (1 << (slot & 7));
  view.setBigUint64(nextAt, BigInt(slot + 1), true);
  return data;
}

/** Sysvars that a chain cannot go on without, with the bytes of them that it reads. */
const NEEDED: ReadonlyMap<AddressKey, number> = new Map(
  (
    [
      [SYSVAR.clock, CLOCK_BYTES],
      [SYSVAR.rent, RENT_BYTES],
      [SYSVAR.slotHashes, 8],
      [SYSVAR.slotHistory, HISTORY_BYTES],
    ] as const
  ).map(([address, bytes]) => [addressKey(addressBytes(address)), bytes]),
);

const fail = defineErrors({
  SOLANA_SYSVAR_NEEDED: (c: { readonly address: string; readonly bytes: number }) =>
    `The chain lives on the sysvar ${c.address}: it needs lamports and at least ${c.bytes} bytes of data`,
});

/**
 * Whoever puts accounts in place may put any in place, but none that would end the chain.
 *
 * @throws `SOLANA_SYSVAR_NEEDED` for a sysvar that could not be read any more
 */
export function requireReadable(key: AddressKey, account: Account | undefined): void {
  const bytes = NEEDED.get(key);
  if (bytes === undefined) return;
  if (account === undefined || account.lamports === 0n || account.data.length < bytes)
    throw fail('SOLANA_SYSVAR_NEEDED', { address: toBase58(keyAddress(key)), bytes });
}

/** Data of a sysvar that is a row of numbers, and of those that are empty at first. */
export const INITIAL_SYSVAR_BYTES = { epochRewards: 81, lastRestartSlot: 8, stakeHistory: 16_392 } as const;
