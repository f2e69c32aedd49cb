// The undo log: what a place in memory held before it was changed. A frame that fails puts
// everything back by walking the log down to its mark, at a cost in proportion to its changes.
import { copy } from '../../../packages/kernels/assembly/u256/word';
import { reserve } from './arena';

/** An entry: place u32, bytes u32 (4, 8 or 32), old content. */
const ENTRY: usize = 40;
const CONTENT: usize = 8;
const FIRST_CAPACITY: usize = 32 * ENTRY;

let start: usize = 0;
let top: usize = 0;
let end: usize = 0;

/** Gas to be given back at the end, never below zero when a transaction ends. */
export let refund: i64 = 0;

export function resetJournal(): void {
  start = 0;
  top = 0;
  end = 0;
  refund = 0;
}

@inline
export function addRefund(gas: i64): void {
  refund += gas;
}

export function setRefund(gas: i64): void {
  refund = gas;
}

/** Position to come back to with {@link revertTo}. */
@inline
export function undoMark(): u32 {
  return <u32>(top - start);
}

/** Remembers the u32 at `at`. */
export function saveU32(at: usize): void {
  const entry = push(at, 4);
  store<u32>(entry + CONTENT, load<u32>(at));
}

/** Remembers the u64 at `at`. */
export function saveU64(at: usize): void {
  const entry = push(at, 8);
  store<u64>(entry + CONTENT, load<u64>(at));
}

/** Remembers the 32 bytes at `at`. */
export function saveWord(at: usize): void {
  const entry = push(at, 32);
  copy(entry + CONTENT, at);
}

function push(at: usize, bytes: u32): usize {
  if (top == end) grow();
  const entry = top;
  top += ENTRY;
  store<u32>(entry, <u32>at);
  store<u32>(entry, bytes, 4);
  return entry;
}

function grow(): void {
  const used = end - start;
  const capacity = used == 0 ? FIRST_CAPACITY : used * 2;
  const moved = reserve(capacity);
  memory.copy(moved, start, used);
  start = moved;
  top = moved + used;
  end = moved + capacity;
}

/** Undoes every change since `mark`, last first. */
export function revertTo(mark: u32): void {
  const until = start + mark;
  while (top > until) {
    top -= ENTRY;
    const at = <usize>load<u32>(top);
    const bytes = load<u32>(top, 4);
    if (bytes == 32) copy(at, top + CONTENT);
    else if (bytes == 8) store<u64>(at, load<u64>(top + CONTENT));
    else store<u32>(at, load<u32>(top + CONTENT));
  }
}
