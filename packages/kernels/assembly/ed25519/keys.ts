// Keys that were seen lately, decoded, and combs for those that come again and again: the same few sign
// most of a chain's transactions. Nothing but time depends on what is remembered.
import { KEY_COMB, makeKeyComb, makeOddTable, ODD_TABLE } from './multiply';
import { decode, encodeY, hasSmallOrder, negate } from './point';

// Keys stand in sets of four, the set being chosen by some of a key's bits; in a full set the one that
// was used least recently makes room.
const SETS: usize = 128;
const WAYS: usize = 4;

// An entry: the key, these, and the odd multiples of the negated point.
const SIGHTINGS: usize = 32;
const LAST_USE: usize = 36;
const COMB: usize = 40;
const STATE: usize = 44;
const ODD_MULTIPLES: usize = 48;
const ENTRY: usize = ODD_MULTIPLES + ODD_TABLE;
const ENTRIES: usize = memory.data(679936, 16); // SETS * WAYS * ENTRY

const COMBS: usize = 64;
const COMB_OWNERS: usize = memory.data(256);
const COMB_TABLES: usize = memory.data(7208960, 16); // COMBS * KEY_COMB

/** A comb takes as long to make as it saves in so many verifications. */
const COMB_SIGHTINGS: u32 = 4;
/** Verifications after which an idle key's comb may be taken: more than there are keys, or they would rob each other. */
const COMB_IDLE: u32 = 1024;

// What is known of a key.
const NEW: u32 = 0;
const USABLE: u32 = 1;
/** No point, or one of small order. */
const UNUSABLE: u32 = 2;

const POINT_BUFFER: usize = memory.data(160, 16);
const Y_BYTES: usize = memory.data(32);

/** Counts the keys that were asked for. */
let clock: u32 = 0;

/** The entry of a key, which may be new. */
export function entryOf(key: usize): usize {
  clock++;
  const set = <usize>(load<u32>(key) ^ load<u32>(key, 16)) & (SETS - 1);
  const first = ENTRIES + set * WAYS * ENTRY;
  let entry = first;
  let isFound = false;
  for (let way: usize = 0; way < WAYS; way++) {
    const other = first + way * ENTRY;
    isFound = load<u32>(other, LAST_USE) != 0 && isKey(other, key);
    if (isFound || age(other) > age(entry)) entry = other;
    if (isFound) break;
  }
  if (!isFound) {
    if (load<usize>(entry, COMB) != 0) takeComb(entry);
    memory.copy(entry, key, 32);
    store<u32>(entry, 0, SIGHTINGS);
    store<u32>(entry, NEW, STATE);
  }
  store<u32>(entry, clock, LAST_USE);
  store<u32>(entry, load<u32>(entry, SIGHTINGS) + 1, SIGHTINGS);
  return entry;
}

/** Whether nobody has said yet by {@link setPoint} what point an entry's key is. */
@inline
export function isNew(entry: usize): bool {
  return load<u32>(entry, STATE) == NEW;
}

/** Whether an entry's key is one that can sign. */
@inline
export function isUsable(entry: usize): bool {
  return load<u32>(entry, STATE) == USABLE;
}

/** Remembers the point that an entry's key is; 0 for none. The point is overwritten. */
export function setPoint(entry: usize, point: usize): void {
  store<u32>(entry, UNUSABLE, STATE);
  if (point == 0) return;
  encodeY(Y_BYTES, point);
  if (hasSmallOrder(Y_BYTES)) return;
  negate(point, point);
  makeOddTable(oddTableOf(entry), point);
  store<u32>(entry, USABLE, STATE);
}

/** The odd multiples of an entry's point, negated. */
@inline
export function oddTableOf(entry: usize): usize {
  return entry + ODD_MULTIPLES;
}

/** The comb of an entry's point, negated; 0 for a key that did not come often enough. */
export function combOf(entry: usize): usize {
  const comb = load<usize>(entry, COMB);
  if (comb != 0 || !isUsable(entry) || load<u32>(entry, SIGHTINGS) < COMB_SIGHTINGS) return comb;
  const owner = freeComb();
  if (owner == 0) return 0;
  const made = COMB_TABLES + ((owner - COMB_OWNERS) >> 2) * KEY_COMB;
  decode(POINT_BUFFER, entry);
  negate(POINT_BUFFER, POINT_BUFFER);
  makeKeyComb(made, POINT_BUFFER);
  store<usize>(owner, entry);
  store<usize>(entry, made, COMB);
  return made;
}

/** The place for the owner of a comb that nobody has or whose owner is idle; 0 when all are in use. */
function freeComb(): usize {
  let oldest = COMB_OWNERS;
  for (let owner = COMB_OWNERS; owner < COMB_OWNERS + 4 * COMBS; owner += 4) {
    const entry = load<usize>(owner);
    if (entry == 0) return owner;
    if (age(entry) > age(load<usize>(oldest))) oldest = owner;
  }
  const entry = load<usize>(oldest);
  if (age(entry) < COMB_IDLE) return 0;
  takeComb(entry);
  return oldest;
}

/** An entry's comb is no longer its own: it has to come as often again. */
function takeComb(entry: usize): void {
  store<usize>(COMB_OWNERS + 4 * ((load<usize>(entry, COMB) - COMB_TABLES) / KEY_COMB), 0);
  store<usize>(entry, 0, COMB);
  store<u32>(entry, 0, SIGHTINGS);
}

/** How many keys were asked for since an entry's. */
@inline
function age(entry: usize): u32 {
  return clock - load<u32>(entry, LAST_USE);
}

function isKey(entry: usize, key: usize): bool {
  return (
    load<u64>(entry) == load<u64>(key) &&
    load<u64>(entry, 8) == load<u64>(key, 8) &&
    load<u64>(entry, 16) == load<u64>(key, 16) &&
    load<u64>(entry, 24) == load<u64>(key, 24)
  );
}
