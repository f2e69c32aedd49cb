import type { Bytes } from '@ninefold/base';
import { bytesToHex, equalBytes } from '@ninefold/base';
import { ByteHeap, GrowableF64, GrowableU32 } from './growable.ts';

/** Steps per entry of a stream's index, and between two checkpoints. */
export const CHECKPOINT_STEPS = 4096;

/** How a VM's words are kept: without the zero bytes at the most significant end. */
export type WordFormat = { readonly width: number; readonly endian: 'big' | 'little' };

/** The widest word. */
export const MAX_WORD_BYTES = 4096;

/** Slots of one space are below this. */
export const MAX_SLOTS = 65_536;

/**
 * Changes in the order in which they happened. `sees[i]` is the first step whose machine sees entry
 * `i`: what step `s` writes is seen by `s + 1`, what stands there at the start by 0.
 */
export abstract class DeltaStream {
  readonly sees: GrowableU32 = new GrowableU32();
  /** Where the value of an entry ends in the heap; it begins where the one before ends. */
  readonly ends: GrowableU32 = new GrowableU32();
  readonly heap: ByteHeap = new ByteHeap();
  /** `firsts[k]`: the first entry seen at step `k * 4096` or later. */
  readonly firsts: GrowableU32 = new GrowableU32();

  get length(): number {
    return this.sees.length;
  }

  protected append(sees: number, value: Bytes, from: number, to: number): void {
    while (this.firsts.length * CHECKPOINT_STEPS <= sees) this.firsts.push(this.sees.length);
    this.sees.push(sees);
    this.heap.append(value, from, to);
    this.ends.push(this.heap.length);
  }

  /** A view of the stored bytes of an entry. */
  value(entry: number): Bytes {
    const start = entry === 0 ? 0 : (this.ends.array[entry - 1] as number);
    return this.heap.bytes.subarray(start, this.ends.array[entry]);
  }

  /** The first entry seen only at `step` or later. */
  entryAt(step: number): number {
    const checkpoint = Math.floor(step / CHECKPOINT_STEPS);
    if (checkpoint >= this.firsts.length) return this.length;
    let entry = this.firsts.array[checkpoint] as number;
    while (entry < this.length && (this.sees.array[entry] as number) < step) entry++;
    return entry;
  }
}

/** Writes of stack slots or registers: (space, slot) = word. */
export class SlotStream extends DeltaStream {
  readonly format: WordFormat | undefined;
  readonly spaces: GrowableU32 = new GrowableU32();
  readonly slots: GrowableU32 = new GrowableU32();

  constructor(format: WordFormat | undefined) {
    super();
    this.format = format;
  }

  push(sees: number, space: number, slot: number, bytes: Bytes, from: number, to: number): void {
    let [start, end] = [from, to];
    if (this.format !== undefined) {
      if (this.format.endian === 'big') while (start < end && bytes[start] === 0) start++;
      else while (start < end && bytes[end - 1] === 0) end--;
    }
    this.append(sees, bytes, start, end);
    this.spaces.push(space);
    this.slots.push(slot);
  }

  /** The word of an entry in full width, in memory of its own. */
  word(entry: number): Bytes {
    const stored = this.value(entry);
    if (this.format === undefined) return stored.slice();
    const word = new Uint8Array(this.format.width);
    word.set(stored, this.format.endian === 'big' ? this.format.width - stored.length : 0);
    return word;
  }
}

/** Writes of memory: (space, address) = bytes. */
export class MemoryStream extends DeltaStream {
  readonly spaces: GrowableU32 = new GrowableU32();
  readonly addresses: GrowableF64 = new GrowableF64();

  push(sees: number, space: number, address: number, bytes: Bytes, from: number, to: number): void {
    this.append(sees, bytes, from, to);
    this.spaces.push(space);
    this.addresses.push(address);
  }
}

/** A place of the chain's state, as the VM names it: account and slot, object and field. */
export type StateLocation = { readonly entity: Bytes; readonly key: Bytes };

/** Values of the chain's state: location = bytes, or absent. */
export class StateStream extends DeltaStream {
  readonly locations: StateLocation[] = [];
  /** Index into `locations`, by entry. */
  readonly places: GrowableU32 = new GrowableU32();
  /** The location's entry before plus one, 0 when it is the first. */
  readonly previous: GrowableU32 = new GrowableU32();
  /** What an entry says: bits of {@link PRESENT} and {@link OBSERVED}. */
  readonly kinds: GrowableU32 = new GrowableU32();
  readonly #ids = new Map<string, number>();
  readonly #last = new GrowableU32();

  /** The number of a location; undefined when nothing was recorded of it. */
  find(entity: Bytes, key: Bytes): number | undefined {
    return this.#ids.get(locationKey(entity, key));
  }

  /** Records a value that was written, or read: one that is known already is not recorded again. */
  push(sees: number, entity: Bytes, key: Bytes, value: Bytes | undefined, isRead: boolean): void {
    const name = locationKey(entity, key);
    let place = this.#ids.get(name);
    if (place === undefined) {
      place = this.locations.length;
      this.#ids.set(name, place);
      this.locations.push({ entity: entity.slice(), key: key.slice() });
      this.#last.push(0);
    }
    this.#set(sees, place, value, isRead);
  }

  /** Takes back all writes since there were `mark` entries, as entries seen at `sees`. */
  revert(sees: number, mark: number): void {
    const undone = new Set<number>();
    const end = this.length;
    for (let entry = mark; entry < end; entry++) {
      const place = this.places.array[entry] as number;
      if (undone.has(place)) continue;
      undone.add(place);
      // A first read tells what was there before; a first write leaves only the entry before.
      const before = this.isRead(entry) ? entry + 1 : (this.previous.array[entry] as number);
      this.#set(sees, place, before === 0 ? undefined : this.valueAt(before - 1)?.slice(), false);
    }
  }

  /** The value of an entry, undefined when the location does not exist. */
  valueAt(entry: number): Bytes | undefined {
    return ((this.kinds.array[entry] as number) & PRESENT) === 0 ? undefined : this.value(entry);
  }

  /** Whether an entry tells what was found and not what was written. */
  isRead(entry: number): boolean {
    return ((this.kinds.array[entry] as number) & OBSERVED) !== 0;
  }

  #set(sees: number, place: number, value: Bytes | undefined, isRead: boolean): void {
    const last = this.#last.array[place] as number;
    if (last !== 0 && isSame(this.valueAt(last - 1), value)) return;
    this.append(sees, value ?? NOTHING, 0, value?.length ?? 0);
    this.places.push(place);
    this.previous.push(last);
    this.kinds.push((value === undefined ? 0 : PRESENT) | (isRead ? OBSERVED : 0));
    this.#last.array[place] = this.length;
  }
}

const PRESENT = 1;
const OBSERVED = 2;
const NOTHING: Bytes = new Uint8Array(0);

function isSame(a: Bytes | undefined, b: Bytes | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

function locationKey(entity: Bytes, key: Bytes): string {
  return `${bytesToHex(entity)}/${bytesToHex(key)}`;
}
