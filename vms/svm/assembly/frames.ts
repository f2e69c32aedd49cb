// Frames of calls: where the caller goes on, and its r6 to r10.
import {
  CODE, DEPTH, FRAMES, FRAME_BYTES, FRAME_RETURN, FRAME_SAVED, FRAME_STEP, MAX_DEPTH, RECORD_BYTES, REGISTERS,
} from './layout';

const FIRST_SAVED: usize = REGISTERS + 6 * 8;
const FRAME_POINTER: usize = REGISTERS + 10 * 8;

/** Copies r6 to r10. PERF: `memory.copy` leaves the engine's code for so few bytes. */
@inline
function copyWords(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
  store<u64>(to, load<u64>(from, 32), 32);
}

/** Saves the frame of the caller at `pc` and enters the next one; false when there is none. */
export function pushFrame(vm: usize, pc: usize): bool {
  const depth = load<u32>(vm, DEPTH);
  const frame = <usize>load<u32>(vm, FRAMES) + <usize>depth * FRAME_BYTES;
  copyWords(frame + FRAME_SAVED, vm + FIRST_SAVED);
  store<u32>(frame, <u32>(pc - <usize>load<u32>(vm, CODE)) + <u32>RECORD_BYTES, FRAME_RETURN);
  store<u32>(vm, depth + 1, DEPTH);
  if (depth + 1 == load<u32>(vm, MAX_DEPTH)) return false;
  store<u64>(vm, load<u64>(vm, FRAME_POINTER) + load<u32>(vm, FRAME_STEP), FRAME_POINTER);
  return true;
}

/** Leaves the frame at `depth`, which is not the first; where in the code its caller goes on. */
@inline
export function popFrame(vm: usize, depth: u32): usize {
  store<u32>(vm, depth - 1, DEPTH);
  const frame = <usize>load<u32>(vm, FRAMES) + <usize>(depth - 1) * FRAME_BYTES;
  copyWords(vm + FIRST_SAVED, frame + FRAME_SAVED);
  return <usize>load<u32>(frame, FRAME_RETURN);
}
