// Code by its hash: padded, with a table of its basic blocks, in a bounded cache that lives across
// transactions. Code that no longer fits lies in the arena for one transaction, and the cache
// starts empty with the next.
import { keccak256 } from '../../../packages/kernels/assembly/keccak';
import { eq } from '../../../packages/kernels/assembly/u256/compare';
import { copy } from '../../../packages/kernels/assembly/u256/word';
import { hasCode, setEmptyCodeHash } from './accounts';
import { reserve } from './arena';
import { hostCode, hostCodeCopy } from './host';
import {
  A_CODE, A_CODE_HASH, base, C_BLOCKS, C_HASH, C_LENGTH, CODE_BYTES, CODE_PADDING, CODE_TABLE,
  CODE_TABLE_SLOTS, KECCAK,
} from './layout';
import {
  FLAG_BEGINS_BLOCK, FLAG_ENDS_BLOCK, OP_COST, OP_FLAGS, OP_PUSH_BYTES, OP_STACK_IN, OP_STACK_OUT,
  opcodeTable, STACK_LIMIT,
} from './rules';

/** Bytes a block entry takes for each byte of code. */
export const BLOCK_ENTRY: usize = 8;

/** Stack height of a block that cannot be entered as a whole. */
const NEVER: i32 = 0xffff;

let cacheStart: usize = 0;
let cacheTop: usize = 0;
let cacheEnd: usize = 0;
let cached: u32 = 0;
/** Something did not fit: empty the cache before the next transaction. */
let cacheFull: bool = false;
/** Record of the empty code. */
let emptyCode: usize = 0;

export function initCode(start: usize, end: usize): void {
  cacheStart = start;
  cacheEnd = end;
  clearCodeCache();
}

export function clearCodeCache(): void {
  cacheTop = cacheStart;
  cached = 0;
  cacheFull = false;
  memory.fill(base + CODE_TABLE, 0, CODE_TABLE_SLOTS << 2);
  emptyCode = cacheTop;
  cacheTop += recordBytes(0);
  memory.fill(emptyCode, 0, recordBytes(0));
  setEmptyCodeHash(emptyCode + C_HASH);
}

/** Drops the cache if it overflowed in the last transaction. */
export function trimCodeCache(): void {
  if (cacheFull) clearCodeCache();
}

@inline
function recordBytes(length: u32): usize {
  return (CODE_BYTES + <usize>length + CODE_PADDING + 7) & ~7;
}

/** Room in the cache, or in the arena when that is full. */
function allocate(bytes: usize): usize {
  if (cacheEnd - cacheTop >= bytes) {
    const at = cacheTop;
    cacheTop += bytes;
    return at;
  }
  cacheFull = true;
  return reserve(bytes);
}

@inline
function slotOf(index: u32): usize {
  return base + CODE_TABLE + (<usize>index << 2);
}

/** The account's code record; asks the host the first time. */
export function codeOf(account: usize): usize {
  const known = <usize>load<u32>(account, A_CODE);
  if (known != 0) return known;
  const record = hasCode(account) ? recordOf(account + A_CODE_HASH) : emptyCode;
  store<u32>(account, <u32>record, A_CODE);
  return record;
}

function recordOf(hash: usize): usize {
  const mask = <u32>CODE_TABLE_SLOTS - 1;
  let i = load<u32>(hash) & mask;
  for (let record = <usize>load<u32>(slotOf(i)); record != 0; record = <usize>load<u32>(slotOf(i))) {
    if (eq(record + C_HASH, hash)) return record;
    i = (i + 1) & mask;
  }
  const length = hostCode(hash);
  if (cached * 2 >= <u32>CODE_TABLE_SLOTS) cacheFull = true;
  const record = cacheFull ? reserve(recordBytes(length)) : allocate(recordBytes(length));
  hostCodeCopy(record + CODE_BYTES);
  finishRecord(record, length);
  copy(record + C_HASH, hash);
  if (!cacheFull) {
    store<u32>(slotOf(i), <u32>record);
    cached++;
  }
  return record;
}

function finishRecord(record: usize, length: u32): void {
  store<u32>(record, length, C_LENGTH);
  store<u32>(record, 0, C_BLOCKS);
  memory.fill(record + CODE_BYTES + length, 0, CODE_PADDING);
}

/** A record in the arena for new code: `length` bytes at `bytes`, which must not be moved by reserving. */
export function newCode(bytes: usize, length: u32): usize {
  if (length == 0) return emptyCode;
  const record = reserve(recordBytes(length));
  memory.copy(record + CODE_BYTES, bytes, length);
  finishRecord(record, length);
  keccak256(record + C_HASH, record + CODE_BYTES, length, base + KECCAK);
  return record;
}

/** The record's block entries, made on first use. */
export function blocksOf(record: usize): usize {
  const known = <usize>load<u32>(record, C_BLOCKS);
  if (known != 0) return known;
  const length = load<u32>(record, C_LENGTH);
  const inCache = record >= cacheStart && record < cacheEnd;
  const bytes = blockBytes(length);
  const blocks = inCache ? allocate(bytes) : reserve(bytes);
  analyse(record + CODE_BYTES, length, blocks);
  store<u32>(record, <u32>blocks, C_BLOCKS);
  return blocks;
}

/** Bytes of the block entries of code: one for every byte and one for the STOP behind it. */
@inline
export function blockBytes(length: u32): usize {
  return (<usize>length + 1) * BLOCK_ENTRY;
}

/**
 * Writes the block entries of `length` bytes of code: at the offset of each block's first
 * instruction its static gas (u32), the stack height it needs (u16) and the greatest height it
 * may start at (u16); zero elsewhere, so that a JUMPDEST without an entry is push data.
 *
 * A block ends behind an instruction that jumps, ends the frame, or sees or hands on the gas left,
 * and before a JUMPDEST. Charging it whole is exact as long as it succeeds; see interpreter.ts.
 */
export function analyse(code: usize, length: u32, blocks: usize): void {
  memory.fill(blocks, 0, blockBytes(length));
  const table = opcodeTable();
  const end = code + length;
  let at = code;
  while (at <= end) {
    const start = at;
    let gas: u32 = 0;
    let height: i32 = 0;
    let need: i32 = 0;
    let peak: i32 = 0;
    do {
      const op = load<u8>(at);
      const entry = table + (<usize>op << 3);
      const flags = load<u8>(entry, OP_FLAGS);
      if ((flags & FLAG_BEGINS_BLOCK) != 0 && at != start) break;
      gas += load<u16>(entry, OP_COST);
      need = max<i32>(need, <i32>load<u8>(entry, OP_STACK_IN) - height);
      height += <i32>load<u8>(entry, OP_STACK_OUT) - <i32>load<u8>(entry, OP_STACK_IN);
      peak = max<i32>(peak, height);
      at += 1 + load<u8>(entry, OP_PUSH_BYTES);
      if (flags == 0) {
        // The fork does not define it: a block that cannot be entered goes stepwise and finds out.
        need = NEVER;
        break;
      }
      if (op >= 0xe6 && op <= 0xe8) {
        // Which items these reach their immediate says: metered one by one. To jump targets it is code.
        need = NEVER;
        break;
      }
      if ((flags & FLAG_ENDS_BLOCK) != 0) break;
    } while (at <= end);
    // Overflows from any height.
    if (peak > STACK_LIMIT) need = NEVER;
    const entry = blocks + (start - code) * BLOCK_ENTRY;
    store<u32>(entry, gas);
    store<u16>(entry, <u16>min<i32>(need, NEVER), 4);
    store<u16>(entry, <u16>max<i32>(STACK_LIMIT - peak, 0), 6);
  }
}

/** Whether code may be jumped to at `target`. */
@inline
export function isJumpTarget(code: usize, length: u32, blocks: usize, target: u64): bool {
  return (
    target < <u64>length &&
    load<u8>(code + <usize>target) == 0x5b &&
    load<u32>(blocks + <usize>target * BLOCK_ENTRY) != 0
  );
}

/** Whether the code names the account whose code shall run in its place (EIP-7702). */
@inline
export function isDelegation(record: usize): bool {
  return (
    load<u32>(record, C_LENGTH) == 23 && (load<u32>(record + CODE_BYTES) & 0xffffff) == 0x0001ef
  );
}
