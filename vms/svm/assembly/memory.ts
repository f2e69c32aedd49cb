// Guest memory. A region of the address space holds one piece of memory or several; the piece that
// was last accessed is the region's window, against which an access costs one comparison.
import {
  FAULT_ADDRESS,
  FAULT_BYTES,
  FAULT_IS_WRITE,
  PIECE_BYTES,
  PIECE_COUNT,
  PIECE_FLAGS,
  PIECE_HOST,
  PIECE_IS_GAPPED,
  PIECE_IS_REACHED,
  PIECE_IS_SHALLOW,
  PIECE_IS_WRITABLE,
  PIECE_LENGTH,
  PIECE_START,
  PIECES,
  SHALLOW_BYTES,
  WINDOW_BYTES,
  WINDOW_HOST,
  WINDOW_READ_LIMITS,
  WINDOW_START,
  WINDOW_WRITE_LIMITS,
  WINDOWS,
} from './layout';

/** Bytes of a stack frame; in version 0 as many bytes of nothing follow. */
const FRAME_SIZE: u64 = 4096;

@inline
function windowOf(vm: usize, address: u64): usize {
  return vm + WINDOWS + ((<usize>(address >> 32) & 7) * WINDOW_BYTES);
}

/** Where the `T` at `address` is here; 0 when it may not be read. */
@inline
export function readable<T>(vm: usize, address: u64): usize {
  const window = windowOf(vm, address);
  const offset = address - load<u64>(window, WINDOW_START);
  if (offset < load<u64>(window, WINDOW_READ_LIMITS + 8 * alignof<T>())) return <usize>(load<u32>(window, WINDOW_HOST) + <u32>offset);
  return miss(vm, address, <u32>sizeof<T>(), 0);
}

/** Where the `T` at `address` is here; 0 when it may not be written. */
@inline
export function writable<T>(vm: usize, address: u64): usize {
  const window = windowOf(vm, address);
  const offset = address - load<u64>(window, WINDOW_START);
  if (offset < load<u64>(window, WINDOW_WRITE_LIMITS + 8 * alignof<T>())) return <usize>(load<u32>(window, WINDOW_HOST) + <u32>offset);
  return miss(vm, address, <u32>sizeof<T>(), 1);
}

/** The last piece that starts at or before `address`; 0 when there is none. */
function pieceAt(vm: usize, address: u64): usize {
  const pieces = <usize>load<u32>(vm, PIECES);
  let low: u32 = 0;
  let high = load<u32>(vm, PIECE_COUNT);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u64>(pieces + <usize>middle * PIECE_BYTES, PIECE_START) <= address) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? 0 : pieces + <usize>(low - 1) * PIECE_BYTES;
}

function fault(vm: usize, address: u64, bytes: u32, isWrite: u32): usize {
  store<u64>(vm, address, FAULT_ADDRESS);
  store<u32>(vm, bytes, FAULT_BYTES);
  store<u32>(vm, isWrite, FAULT_IS_WRITE);
  return 0;
}

/** Moves the region's window to the piece at `address`, and tries there. */
export function miss(vm: usize, address: u64, bytes: u32, isWrite: u32): usize {
  const piece = pieceAt(vm, address);
  if (piece == 0) return fault(vm, address, bytes, isWrite);
  const flags = load<u32>(piece, PIECE_FLAGS);
  let start = load<u64>(piece, PIECE_START);
  let length = load<u64>(piece, PIECE_LENGTH);
  let host = load<u32>(piece, PIECE_HOST);
  // Only where an access begins has to lie in a frame: its end may reach into the next one.
  let reach = length;
  const isShallow = (flags & PIECE_IS_SHALLOW) != 0;
  if (flags & PIECE_IS_GAPPED) {
    const frame = (address - start) / (2 * FRAME_SIZE);
    const before = frame * FRAME_SIZE;
    if (before >= length) return fault(vm, address, bytes, isWrite);
    start += 2 * before;
    host += <u32>before;
    length -= before;
    reach = FRAME_SIZE;
    if (isShallow && before >= SHALLOW_BYTES) store<u32>(piece, flags | PIECE_IS_REACHED, PIECE_FLAGS);
  } else if (isShallow) {
    if (address - start < SHALLOW_BYTES) reach = min(length, SHALLOW_BYTES);
    else store<u32>(piece, flags | PIECE_IS_REACHED, PIECE_FLAGS);
  }
  const window = windowOf(vm, address);
  store<u64>(window, start, WINDOW_START);
  store<u32>(window, host, WINDOW_HOST);
  for (let index: u32 = 0; index < 4; index++) {
    const size: u64 = 1 << index;
    const limit = length < size ? 0 : min(length - size + 1, reach);
    store<u64>(window + (index << 3), limit, WINDOW_READ_LIMITS);
    store<u64>(window + (index << 3), flags & PIECE_IS_WRITABLE ? limit : 0, WINDOW_WRITE_LIMITS);
  }
  const limits = window + (isWrite ? WINDOW_WRITE_LIMITS : WINDOW_READ_LIMITS);
  const offset = address - start;
  if (offset >= load<u64>(limits + (<usize>ctz(bytes) << 3))) return fault(vm, address, bytes, isWrite);
  return <usize>(host + <u32>offset);
}

/**
 * Where `length` bytes at `address` are here; 0 when they are not all in one piece, or read-only and to
 * be written. The rules are those of an access, for any length.
 */
export function range(vm: usize, address: u64, length: u64, isWrite: bool): usize {
  const piece = pieceAt(vm, address);
  if (piece == 0) return 0;
  const flags = load<u32>(piece, PIECE_FLAGS);
  if (isWrite && (flags & PIECE_IS_WRITABLE) == 0) return 0;
  let offset = address - load<u64>(piece, PIECE_START);
  if (flags & PIECE_IS_GAPPED) {
    if ((offset / FRAME_SIZE) & 1) return 0;
    offset = (offset / (2 * FRAME_SIZE)) * FRAME_SIZE + (offset & (FRAME_SIZE - 1));
  }
  const bytes = load<u64>(piece, PIECE_LENGTH);
  if (offset > bytes || length > bytes - offset) return 0;
  if (isWrite && (flags & PIECE_IS_SHALLOW) && offset + length > SHALLOW_BYTES)
    store<u32>(piece, flags | PIECE_IS_REACHED, PIECE_FLAGS);
  return <usize>(load<u32>(piece, PIECE_HOST) + <u32>offset);
}
