// The allocator of a transaction, and the room that arena, operand stacks and frames share.
import { hostExhausted } from './host';
import {
  F_BLOCKS, F_CODE, F_INPUT, F_MEMORY, F_MEMORY_SIZE, F_PARENT, F_PC, F_SP, F_STACK_BASE, STACK_BYTES,
} from './layout';

/** Room left between arena and operand stacks when the first frame starts. */
const INITIAL_GAP: usize = isDefined(PORTABLE) ? 8 * 1024 : 64 * 1024;
/** Host memory grows by at least this much. */
const GROWTH: usize = 1 << 20;

let arenaStart: usize = 0;
/** First free byte of the arena. */
export let arenaTop: usize = 0;
/** The arena may not pass this: the lowest place the running frame's stack can reach. */
let arenaLimit: usize = 0;
/** End of the region. */
let memoryLimit: usize = 0;
let growable: bool = false;
/** The running frame, 0 outside of execution. */
export let frame: usize = 0;

/** Sets the part of the region behind the code cache; `size` 0 means memory may grow. */
export function initArena(start: usize, limit: usize): void {
  arenaStart = start;
  growable = limit == 0 && !isDefined(PORTABLE);
  memoryLimit = limit == 0 ? <usize>memory.size() << 16 : limit;
  resetArena();
}

/** Forgets everything a transaction left. */
export function resetArena(): void {
  arenaTop = arenaStart;
  arenaLimit = memoryLimit;
  frame = 0;
}

/** Makes addresses below `end` usable. */
export function ensureMemory(end: u64): void {
  if (end <= <u64>memoryLimit) return;
  if (!growable || end > 0xffff0000) {
    hostExhausted();
    unreachable();
  }
  if (!isDefined(PORTABLE)) {
    const needed = <usize>((end - <u64>memoryLimit + 0xffff) >> 16);
    const wanted = max<usize>(needed, GROWTH >> 16);
    if (memory.grow(<i32>wanted) < 0 && memory.grow(<i32>needed) < 0) {
      hostExhausted();
      unreachable();
    }
    memoryLimit = <usize>memory.size() << 16;
  }
}

/** `bytes` fresh bytes, not cleared. May move stacks and frames: reload pointers into them. */
export function reserve(bytes: usize): usize {
  const at = (arenaTop + 7) & ~7;
  const end = at + bytes;
  if (end > arenaLimit || end < at) makeRoom(<u64>at + <u64>bytes);
  arenaTop = end;
  return at;
}

/** `bytes` more bytes right behind the last ones reserved, without alignment. */
export function extend(bytes: usize): usize {
  const at = arenaTop;
  const end = at + bytes;
  if (end > arenaLimit || end < at) makeRoom(<u64>at + <u64>bytes);
  arenaTop = end;
  return at;
}

/** As {@link reserve}, cleared. */
export function reserveZeroed(bytes: usize): usize {
  const at = reserve(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

function makeRoom(end: u64): void {
  if (frame == 0) {
    ensureMemory(end);
    arenaLimit = memoryLimit;
    return;
  }
  const top = load<u32>(frame, F_MEMORY) + load<u32>(frame, F_MEMORY_SIZE);
  const least = end - <u64>arenaLimit;
  // Twice the arena, so that moving stays cheap on average; in a fixed region only what is needed.
  const wanted = growable ? max<u64>(least, <u64>(arenaTop - arenaStart)) : least;
  const shift = (wanted + 4095) & ~4095;
  ensureMemory(<u64>top + shift);
  moveUp(arenaLimit, top, <usize>shift);
}

/** Moves stacks and frames, and all pointers to them. */
function moveUp(from: usize, top: usize, shift: usize): void {
  memory.copy(from + shift, from, top - from);
  frame += shift;
  for (let f = frame; f != 0; f = load<u32>(f, F_PARENT)) {
    movePointer(f + F_PARENT, from, shift);
    movePointer(f + F_CODE, from, shift);
    movePointer(f + F_BLOCKS, from, shift);
    movePointer(f + F_PC, from, shift);
    movePointer(f + F_SP, from, shift);
    movePointer(f + F_STACK_BASE, from, shift);
    movePointer(f + F_MEMORY, from, shift);
    movePointer(f + F_INPUT, from, shift);
  }
  arenaLimit += shift;
}

/** What lies below `from` (cached code, the transaction's data, 0) has not moved. */
@inline
function movePointer(at: usize, from: usize, shift: usize): void {
  const pointer = <usize>load<u32>(at);
  if (pointer >= from) store<u32>(at, <u32>(pointer + shift));
}

/** Where the first frame's stack begins and its record goes. */
export function firstStackBase(): usize {
  const stackBase = (arenaTop + INITIAL_GAP + STACK_BYTES + 15) & ~15;
  ensureMemory(<u64>stackBase);
  return stackBase;
}

/** Makes `f` the running frame: the arena ends where its stack may reach. */
export function setFrame(f: usize): void {
  frame = f;
  arenaLimit = f == 0 ? memoryLimit : <usize>load<u32>(f, F_STACK_BASE) - STACK_BYTES;
}

/** Makes sure a frame whose stack begins at the running frame's top item has room for a full stack. */
export function ensureStackRoom(sp: usize): void {
  if (sp < arenaTop + STACK_BYTES) makeRoomForStack(arenaTop + STACK_BYTES - sp);
}

function makeRoomForStack(needed: usize): void {
  makeRoom(<u64>arenaLimit + <u64>needed);
}
