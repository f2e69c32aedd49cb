// A frame's memory: byte-addressed, zero at first, paid for by the word, and quadratically.
import { ensureMemory } from './arena';
import { F_MEMORY, F_MEMORY_COST, F_MEMORY_SIZE } from './layout';
import { MEMORY_QUADRATIC_DIVISOR, MEMORY_WORD, price } from './rules';

/** No amount of gas: what functions that charge return when the gas does not suffice. */
export const NOT_ENOUGH: u64 = u64.MAX_VALUE;
/** Stands for every offset or length from 2^32 on: no gas limit reaches there, and no sum of two overflows. */
export const HUGE: u64 = 1 << 40;

/** The stack word at `word` as an offset or length. */
@inline
export function toOffset(word: usize): u64 {
  const low = load<u64>(word);
  return ((low >> 32) | load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24)) == 0 ? low : HUGE;
}

@inline
export function wordsOf(bytes: u64): u64 {
  return (bytes + 31) >> 5;
}

/** Gas of a memory of `words` words (Yellow Paper, equation 326). */
@inline
export function memoryCost(words: u64): u64 {
  return words * price(MEMORY_WORD) + (words * words) / price(MEMORY_QUADRATIC_DIVISOR);
}

/** What it costs to make bytes up to `end` usable; NOT_ENOUGH where no gas suffices. */
export function expansionCost(f: usize, end: u64): u64 {
  if (end <= <u64>load<u32>(f, F_MEMORY_SIZE)) return 0;
  if (end > 0xffffffe0) return NOT_ENOUGH;
  return memoryCost(wordsOf(end)) - load<u64>(f, F_MEMORY_COST);
}

/** Makes bytes up to `end` usable and returns the gas left, or NOT_ENOUGH and nothing is changed. */
export function expand(f: usize, end: u64, gas: u64): u64 {
  const size = load<u32>(f, F_MEMORY_SIZE);
  if (end <= <u64>size) return gas;
  const cost = expansionCost(f, end);
  if (cost > gas) return NOT_ENOUGH;
  const newSize = <u32>(wordsOf(end) << 5);
  const start = <usize>load<u32>(f, F_MEMORY);
  ensureMemory(<u64>start + <u64>newSize);
  memory.fill(start + size, 0, newSize - size);
  store<u32>(f, newSize, F_MEMORY_SIZE);
  store<u64>(f, load<u64>(f, F_MEMORY_COST) + cost, F_MEMORY_COST);
  return gas - cost;
}

/** As {@link expand} for a range, which needs nothing when it is empty. */
@inline
export function expandRange(f: usize, offset: u64, length: u64, gas: u64): u64 {
  return length == 0 ? gas : expand(f, offset + length, gas);
}

/** Copies `length` bytes from `offset` of a source of `size` bytes; zeros beyond its end. */
export function copyPadded(to: usize, source: usize, size: u32, offset: u64, length: usize): void {
  const available = offset < <u64>size ? <usize>(<u64>size - offset) : 0;
  const copied = min<usize>(available, length);
  if (copied != 0) memory.copy(to, source + <usize>offset, copied);
  if (copied < length) memory.fill(to + copied, 0, length - copied);
}
