// Guest memory: pages of 4 KiB that the host makes when they are first touched. The table that says
// where they are has room for 4 GiB of addresses; with wider ones an entry is shared by all pages of
// equal low bits and holds the high bits of the one it is for, and the host changes it when another is
// asked for. A misaligned access is put together byte by byte.
import {
  ADDRESS,
  GATHERED,
  LOAD_MISALIGNED,
  LOAD_PAGE,
  MISALIGNED,
  MISALIGNED_TRAPS,
  PAGE_COUNT,
  PAGE_SIZE,
  STORE_MISALIGNED,
  STORE_PAGE,
} from './layout';

/** Where the byte at `address` is here; 0 when its page is not in the table. */
@inline
function hostOf<U>(pages: usize, address: U): usize {
  const page = address >>> 12;
  const entry = pages + (((<usize>page) & (PAGE_COUNT - 1)) << 3);
  if (sizeof<U>() == 8 && load<u32>(entry, 4) != <u32>(<u64>page >>> 20)) return 0;
  const start = <usize>load<u32>(entry);
  return start == 0 ? 0 : start + ((<usize>address) & (PAGE_SIZE - 1));
}

/** Where the `T` at `address` can be read here; 0 when it cannot: `failure` says why. */
@inline
export function readable<U, T>(vm: usize, pages: usize, address: U): usize {
  if (sizeof<T>() > 1 && (address & <U>(sizeof<T>() - 1)) != 0) return gather<U>(vm, pages, address, <u32>sizeof<T>());
  return hostOf<U>(pages, address);
}

/** Where the `T` at `address`, which is aligned, can be read and written here; 0 when it cannot. */
@inline
export function aligned<U, T>(pages: usize, address: U): usize {
  return (address & <U>(sizeof<T>() - 1)) != 0 ? 0 : hostOf<U>(pages, address);
}

/** Writes `value` to `address`; false when that cannot be done: `failure` says why. */
@inline
export function write<U, T>(vm: usize, pages: usize, address: U, value: T): bool {
  if (sizeof<T>() > 1 && (address & <U>(sizeof<T>() - 1)) != 0) return scatter<U>(vm, pages, address, <u64>value, <u32>sizeof<T>());
  const at = hostOf<U>(pages, address);
  if (at == 0) return false;
  store<T>(at, value);
  return true;
}

/**
 * Why an access of `size` bytes at `address` could not be done, as a status; the address that was
 * missed is left in the block. Atomics have to be aligned whatever the guest's other accesses may be.
 */
export function failure<U>(vm: usize, pages: usize, address: U, size: u32, isStore: bool, isAtomic: bool): u32 {
  if ((address & <U>(size - 1)) != 0 && (isAtomic || load<u32>(vm, MISALIGNED_TRAPS) != 0)) {
    store<u64>(vm, <u64>address, ADDRESS);
    return isStore ? STORE_MISALIGNED : LOAD_MISALIGNED;
  }
  // Of an access over the end of a page the part in the second one is missed: its first byte is named.
  const missed = hostOf<U>(pages, address) == 0 ? address : (address + <U>(size - 1)) & ~(<U>(PAGE_SIZE - 1));
  store<u64>(vm, <u64>missed, ADDRESS);
  return isStore ? STORE_PAGE : LOAD_PAGE;
}

/** Copies a misaligned access's bytes to the block; the place there, or 0. */
function gather<U>(vm: usize, pages: usize, address: U, size: u32): usize {
  if (load<u32>(vm, MISALIGNED_TRAPS) != 0) return 0;
  if (hostOf<U>(pages, address) == 0 || hostOf<U>(pages, address + <U>(size - 1)) == 0) return 0;
  for (let i: u32 = 0; i < size; i++) store<u8>(vm + i, load<u8>(hostOf<U>(pages, address + <U>i)), GATHERED);
  store<u64>(vm, load<u64>(vm, MISALIGNED) + 1, MISALIGNED);
  return vm + GATHERED;
}

/** Writes a misaligned access's bytes, all or none. */
function scatter<U>(vm: usize, pages: usize, address: U, value: u64, size: u32): bool {
  if (load<u32>(vm, MISALIGNED_TRAPS) != 0) return false;
  if (hostOf<U>(pages, address) == 0 || hostOf<U>(pages, address + <U>(size - 1)) == 0) return false;
  for (let i: u32 = 0; i < size; i++) store<u8>(hostOf<U>(pages, address + <U>i), <u8>(value >>> (i << 3)));
  store<u64>(vm, load<u64>(vm, MISALIGNED) + 1, MISALIGNED);
  return true;
}

/** The doubleword that `address` is in, 0 where there is no page; for traces. */
export function doublewordAt<U>(pages: usize, address: U): u64 {
  const at = hostOf<U>(pages, address & ~(<U>7));
  return at == 0 ? 0 : load<u64>(at);
}
