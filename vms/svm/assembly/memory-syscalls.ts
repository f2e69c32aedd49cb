// The syscalls on memory alone, where nothing is wrong with them. What is (too few units, a range that is
// not there, an overlap, an unaligned result) is left to the host, which has charged nothing yet and
// knows the faults.
import { ANSWERS_MEMORY, BYTES_PER_UNIT, MEM_OP_BASE } from './layout';
import { range } from './memory';
import * as op from './operations';

/** For the host to answer. */
const REFUSED: i64 = -1;

/** `memcmp` stores an i32. */
const RESULT_BYTES: u64 = 4;

/** PERF: copies below this do not leave the engine's code for the C library. */
const SHORT: u64 = 64;

/**
 * Answers the syscall `operation` with arguments r1 to r4; its r0 is 0.
 *
 * @returns units that are left, or -1 when the host has to answer
 */
export function answerMemorySyscall(vm: usize, operation: u32, r1: u64, r2: u64, r3: u64, r4: u64, left: u64): i64 {
  if (load<u32>(vm, ANSWERS_MEMORY) == 0) return REFUSED;
  const cost = max(r3 / BYTES_PER_UNIT, MEM_OP_BASE);
  if (cost > left) return REFUSED;
  let done = false;
  switch (operation) {
    case op.MEMCPY:
      done = (r2 > r1 ? r2 - r1 : r1 - r2) >= r3 && move(vm, r1, r2, r3);
      break;
    case op.MEMMOVE:
      done = move(vm, r1, r2, r3);
      break;
    case op.MEMSET:
      done = set(vm, r1, <u8>r2, r3);
      break;
    default:
      done = compare(vm, r1, r2, r3, r4);
  }
  return done ? <i64>(left - cost) : REFUSED;
}

function move(vm: usize, to: u64, from: u64, length: u64): bool {
  // No bytes are everywhere.
  if (length == 0) return true;
  const target = range(vm, to, length, true);
  const source = range(vm, from, length, false);
  if (target == 0 || source == 0) return false;
  // Forward by words is right unless the target begins inside the source.
  if (length <= SHORT && target - source >= <usize>length) {
    let i: usize = 0;
    const words = <usize>length & ~7;
    for (; i < words; i += 8) store<u64>(target + i, load<u64>(source + i));
    for (; i < <usize>length; i++) store<u8>(target + i, load<u8>(source + i));
  } else memory.copy(target, source, <usize>length);
  return true;
}

function set(vm: usize, to: u64, value: u8, length: u64): bool {
  if (length == 0) return true;
  const target = range(vm, to, length, true);
  if (target == 0) return false;
  memory.fill(target, value, <usize>length);
  return true;
}

function compare(vm: usize, first: u64, second: u64, length: u64, result: u64): bool {
  if ((result & (RESULT_BYTES - 1)) != 0) return false;
  let difference: i32 = 0;
  if (length != 0) {
    const a = range(vm, first, length, false);
    const b = range(vm, second, length, false);
    if (a == 0 || b == 0) return false;
    const size = <usize>length;
    let i: usize = 0;
    while (i + 8 <= size && load<u64>(a + i) == load<u64>(b + i)) i += 8;
    while (i < size && difference == 0) {
      difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
      i++;
    }
  }
  const target = range(vm, result, RESULT_BYTES, true);
  if (target == 0) return false;
  store<i32>(target, difference);
  return true;
}
