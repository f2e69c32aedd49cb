// The kernel's exports. Order of use: `init` once, the rules' tables into `opcodes()` and
// `schedule()`, then `rulesChanged`; per transaction `begin`, the host writes data and records,
// `transact` or `systemCall`, the host reads the result.
import { ensureMemory, initArena } from './arena';
import { clearCodeCache, initCode } from './code';
import { floorGas, intrinsicGas, priceTransaction } from './intrinsic';
import { base, BLOCK, FIXED_BYTES, OPCODES, RESULT, SCHEDULE, setBase, TX } from './layout';
import { returnData, returnDataLength } from './return-data';
export { begin, systemCall, transact } from './transaction';

/**
 * Sets the region: from `start`, or behind the module's own data where that is 0, to `limit`, or as
 * far as memory grows where that is 0; `codeBytes` of it for the code cache.
 */
export function init(start: usize, limit: usize, codeBytes: usize): void {
  setBase(((start == 0 ? __heap_base : start) + 15) & ~15);
  const codeStart = base + FIXED_BYTES;
  const codeEnd = codeStart + codeBytes;
  initArena(codeEnd, limit);
  ensureMemory(<u64>codeEnd);
  memory.fill(base, 0, FIXED_BYTES);
  initCode(codeStart, codeEnd);
}

/** What is cached under the rules before is void. */
export function rulesChanged(): void {
  clearCodeCache();
}

export function opcodes(): usize {
  return base + OPCODES;
}

export function schedule(): usize {
  return base + SCHEDULE;
}

export function block(): usize {
  return base + BLOCK;
}

export function transaction(): usize {
  return base + TX;
}

export function result(): usize {
  return base + RESULT;
}

/** Prices the transaction in the record; the gas before execution. */
export function intrinsic(): u64 {
  priceTransaction();
  return intrinsicGas;
}

/** Calldata floor of the transaction last priced. */
export function floor(): u64 {
  return floorGas;
}

/** Start and length of the running frame's return data, for tracers. */
export function returnDataStart(): usize {
  return returnData;
}

export function returnDataSize(): u32 {
  return returnDataLength;
}
