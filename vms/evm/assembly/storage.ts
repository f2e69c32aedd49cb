// Storage and transient storage of the running transaction: slots by (account, key) in one
// open-addressing table.
import { copy, fromBE, setZero, toBE } from '../../../packages/kernels/assembly/u256/word';
import { eq } from '../../../packages/kernels/assembly/u256/compare';
import { ensureLoaded, hasFlag } from './accounts';
import { reserve, reserveZeroed } from './arena';
import { hostStorage } from './host';
import { saveU32, saveWord } from './journal';
import {
  A_ADDRESS, A_SLOTS, ACCOUNT_CREATED, ACCOUNT_EXISTED, base, KEY_BYTES, S_CURRENT, S_KEY, S_NEXT,
  S_ORIGINAL, S_OWNER, S_READ, S_WARM, SLOT_BYTES, VALUE_BYTES,
} from './layout';
import { traceReadStorage } from './trace-host';

const FIRST_SLOTS: u32 = 64;
const TRANSIENT: u32 = 1;

let table: usize = 0;
let tableSlots: u32 = 0;
let count: u32 = 0;
/** Slots the host was asked for. */
let reads: u32 = 0;

export function resetStorage(): void {
  tableSlots = FIRST_SLOTS;
  table = reserveZeroed(<usize>FIRST_SLOTS << 2);
  count = 0;
  reads = 0;
}

@inline
function hashOf(owner: u32, key: usize): u32 {
  // Each limb by its own odd factor: mapping slots are hashes, array slots are consecutive.
  const mixed =
    (load<u64>(key) * 0x9e3779b97f4a7c15) ^
    rotl<u64>(load<u64>(key, 8) * 0xc2b2ae3d27d4eb4f, 17) ^
    rotl<u64>(load<u64>(key, 16) * 0x165667b19e3779f9, 31) ^
    rotl<u64>(load<u64>(key, 24) * 0xff51afd7ed558ccd, 47) ^
    (<u64>owner * 0xd6e8feb86659fd93);
  return <u32>((mixed * 0x9e3779b97f4a7c15) >> 32);
}

function find(owner: u32, key: usize): usize {
  const mask = tableSlots - 1;
  let i = hashOf(owner, key) & mask;
  let found = <usize>load<u32>(table + (<usize>i << 2));
  while (found != 0 && (load<u32>(found, S_OWNER) != owner || !eq(found + S_KEY, key))) {
    i = (i + 1) & mask;
    found = <usize>load<u32>(table + (<usize>i << 2));
  }
  return found;
}

function insert(slot: usize): void {
  const mask = tableSlots - 1;
  let i = hashOf(load<u32>(slot, S_OWNER), slot + S_KEY) & mask;
  while (load<u32>(table + (<usize>i << 2)) != 0) i = (i + 1) & mask;
  store<u32>(table + (<usize>i << 2), <u32>slot);
}

function growTable(): void {
  const old = table;
  const oldSlots = tableSlots;
  table = reserveZeroed(<usize>oldSlots << 3);
  tableSlots = oldSlots << 1;
  for (let i: u32 = 0; i < oldSlots; i++) {
    const slot = <usize>load<u32>(old + (<usize>i << 2));
    if (slot != 0) insert(slot);
  }
}

function create(owner: u32, key: usize): usize {
  // The key may lie on an operand stack, which `reserve` can move: keep it aside.
  const kept = base + KEY_BYTES;
  copy(kept, key);
  const slot = reserve(SLOT_BYTES);
  store<u32>(slot, owner, S_OWNER);
  store<u32>(slot, 0, S_NEXT);
  store<u32>(slot, 0, S_WARM);
  store<u32>(slot, 0, S_READ);
  copy(slot + S_KEY, kept);
  setZero(slot + S_ORIGINAL);
  setZero(slot + S_CURRENT);
  if (count * 2 >= tableSlots) growTable();
  insert(slot);
  count++;
  return slot;
}

/** The account's slot, or 0 when this transaction has not met it. */
@inline
export function findSlot(account: usize, key: usize): usize {
  return find(<u32>account, key);
}

/** The account's slot with its value. */
export function loadSlot(account: usize, key: usize): usize {
  const found = find(<u32>account, key);
  if (found != 0) return found;
  ensureLoaded(account);
  copy(base + VALUE_BYTES, key);
  toBE(base + KEY_BYTES, base + VALUE_BYTES);
  setZero(base + VALUE_BYTES);
  traceReadStorage(account, base + KEY_BYTES);
  const asked = hasFlag(account, ACCOUNT_EXISTED) && !hasFlag(account, ACCOUNT_CREATED);
  const stored = asked && hostStorage(account + A_ADDRESS, base + KEY_BYTES, base + VALUE_BYTES) != 0;
  const slot = createLoaded(account);
  if (asked) store<u32>(slot, ++reads, S_READ);
  if (stored) {
    fromBE(slot + S_ORIGINAL, base + VALUE_BYTES);
    copy(slot + S_CURRENT, slot + S_ORIGINAL);
  }
  return slot;
}

/** A slot for the key in KEY_BYTES, big-endian, in the account's list. */
function createLoaded(account: usize): usize {
  fromBE(base + KEY_BYTES, base + KEY_BYTES);
  const slot = create(<u32>account, base + KEY_BYTES);
  store<u32>(slot, load<u32>(account, A_SLOTS), S_NEXT);
  store<u32>(account, <u32>slot, A_SLOTS);
  return slot;
}

@inline
export function isSlotWarm(slot: usize): bool {
  return load<u32>(slot, S_WARM) != 0;
}

export function warmSlot(slot: usize): void {
  if (isSlotWarm(slot)) return;
  saveU32(slot + S_WARM);
  store<u32>(slot, 1, S_WARM);
}

export function writeSlot(slot: usize, value: usize): void {
  saveWord(slot + S_CURRENT);
  copy(slot + S_CURRENT, value);
}

/** out = transient storage at `key` (EIP-1153). */
export function readTransient(out: usize, account: usize, key: usize): void {
  const slot = find(<u32>account | TRANSIENT, key);
  if (slot == 0) setZero(out);
  else copy(out, slot + S_CURRENT);
}

/** Sets transient storage at `key`; both words may lie on an operand stack. */
export function writeTransient(account: usize, key: usize, value: usize): void {
  copy(base + VALUE_BYTES, value);
  let slot = find(<u32>account | TRANSIENT, key);
  if (slot == 0) slot = create(<u32>account | TRANSIENT, key);
  writeSlot(slot, base + VALUE_BYTES);
}
