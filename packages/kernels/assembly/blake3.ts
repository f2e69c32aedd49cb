// BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, "BLAKE3: one function, fast everywhere", 2020),
// the plain hash with output of any length.
//
// PERF: the state is four rows of four words, each in a vector: one mixing does four columns at once.

const BLOCK_BYTES: usize = 64;
const CHUNK_BYTES: usize = 1024;
const CV_BYTES: usize = 32;

/** Levels of a tree over as many chunks as an address space could hold. */
const MAX_DEPTH: usize = 54;

// Flags of table 3.
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

/** The last block of a node and the chaining value before it; chaining values of finished trees. */
const BLOCK: usize = 0;
const CV: usize = 64;
const STACK: usize = 96;

/** Bytes of scratch. Need not be cleared. */
export const BLAKE3_SCRATCH: usize = STACK + MAX_DEPTH * CV_BYTES;

// As in SHA-256: fractional parts of the square roots of the first 8 primes.
const IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

// Byte offsets of the message words of the seven rounds: table 2 applied again and again, times 4.
// Each row stands as the mixings take it: words 0 2 4 6, 1 3 5 7, 8 10 12 14, 9 11 13 15.
const SCHEDULE: usize = memory.data<u8>([
  0, 8, 16, 24, 4, 12, 20, 28, 32, 40, 48, 56, 36, 44, 52, 60,
  8, 12, 28, 16, 24, 40, 0, 52, 4, 48, 36, 60, 44, 20, 56, 32,
  12, 40, 52, 28, 16, 48, 8, 56, 24, 36, 44, 32, 20, 0, 60, 4,
  40, 48, 56, 52, 28, 36, 12, 60, 16, 44, 20, 4, 0, 8, 32, 24,
  48, 36, 60, 56, 52, 44, 40, 32, 28, 20, 0, 24, 8, 12, 4, 16,
  36, 44, 32, 60, 56, 20, 48, 4, 52, 0, 8, 16, 12, 40, 24, 28,
  44, 20, 4, 32, 60, 0, 36, 24, 56, 8, 12, 28, 40, 48, 16, 52,
]);
const SCHEDULE_END: usize = SCHEDULE + 112;

/**
 * out = `outLength` bytes of BLAKE3 of the `length` bytes at `input`; `out` has room for a multiple of
 * 64. Neither `out` nor the scratch area may overlap the input.
 */
export function blake3(out: usize, outLength: usize, input: usize, length: usize, scratch: usize): void {
  let top = scratch + STACK;
  let chunk: u64 = 0;
  for (; length > CHUNK_BYTES; length -= CHUNK_BYTES, input += CHUNK_BYTES) {
    const end = input + CHUNK_BYTES - BLOCK_BYTES;
    const cv = startChunk(input, end, chunk, scratch);
    compress(cv, end, chunk, <u32>BLOCK_BYTES, CHUNK_END, top, false);
    top += CV_BYTES;
    chunk++;
    // Two trees of equal size become one: as many as the count of chunks has zeros at its end.
    for (let count = chunk; (count & 1) == 0; count >>= 1) {
      top -= CV_BYTES;
      const pair = top - CV_BYTES;
      memory.copy(scratch + BLOCK, pair, BLOCK_BYTES);
      compress(IV, scratch + BLOCK, 0, <u32>BLOCK_BYTES, PARENT, pair, false);
    }
  }

  // The last chunk's last block is the node whose output is asked for, unless there are trees before.
  const last = length == 0 ? 0 : ((length - 1) / BLOCK_BYTES) * BLOCK_BYTES;
  let cv = startChunk(input, input + last, chunk, scratch);
  let blockLength = <u32>(length - last);
  let flags = CHUNK_END | (last == 0 ? CHUNK_START : 0);
  let counter = chunk;
  const block = scratch + BLOCK;
  memory.fill(block, 0, BLOCK_BYTES);
  memory.copy(block, input + last, blockLength);
  while (top > scratch + STACK) {
    // The right half first: it may be made of the block that the left one is put into.
    compress(cv, block, counter, blockLength, flags, block + CV_BYTES, false);
    top -= CV_BYTES;
    memory.copy(block, top, CV_BYTES);
    cv = IV;
    blockLength = <u32>BLOCK_BYTES;
    flags = PARENT;
    counter = 0;
  }
  for (let at: usize = 0; at < outLength; at += BLOCK_BYTES)
    compress(cv, block, <u64>at / BLOCK_BYTES, blockLength, flags | ROOT, out + at, true);
}

/** Compresses a chunk's blocks before the one at `end`; gives the chaining value. */
function startChunk(input: usize, end: usize, chunk: u64, scratch: usize): usize {
  if (input == end) return IV;
  const cv = scratch + CV;
  let flags = CHUNK_START;
  for (let before = IV; input < end; input += BLOCK_BYTES) {
    compress(before, input, chunk, <u32>BLOCK_BYTES, flags, cv, false);
    before = cv;
    flags = 0;
  }
  return cv;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function gather(block: usize, at: usize): v128 {
  let words = v128.load_zero<u32>(block + load<u8>(at));
  words = v128.load_lane<u32>(block + load<u8>(at, 1), words, 1);
  words = v128.load_lane<u32>(block + load<u8>(at, 2), words, 2);
  return v128.load_lane<u32>(block + load<u8>(at, 3), words, 3);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function rotate16(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function rotate8(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function rotate(x: v128, bits: i32): v128 {
  return v128.or(v128.shr<u32>(x, bits), v128.shl<u32>(x, 32 - bits));
}

/**
 * The compression function (section 2.2): the new chaining value, 32 bytes, or with `isWhole` all 64
 * bytes of output. `out` may be `cv` or a part of `block`.
 */
function compress(
  cv: usize,
  block: usize,
  counter: u64,
  length: u32,
  flags: u32,
  out: usize,
  isWhole: bool,
): void {
  const first = v128.load(cv);
  const second = v128.load(cv, 16);
  let a = first;
  let b = second;
  let c = v128.load(IV);
  let d = v128.replace_lane<u64>(v128.splat<u64>(counter), 1, (<u64>flags << 32) | <u64>length);
  for (let at = SCHEDULE; at < SCHEDULE_END; at += 16) {
    a = v128.add<u32>(v128.add<u32>(a, b), gather(block, at));
    d = rotate16(v128.xor(d, a));
    c = v128.add<u32>(c, d);
    b = rotate(v128.xor(b, c), 12);
    a = v128.add<u32>(v128.add<u32>(a, b), gather(block, at + 4));
    d = rotate8(v128.xor(d, a));
    c = v128.add<u32>(c, d);
    b = rotate(v128.xor(b, c), 7);
    // The diagonals become columns, and columns again.
    b = v128.shuffle<u32>(b, b, 1, 2, 3, 0);
    c = v128.shuffle<u32>(c, c, 2, 3, 0, 1);
    d = v128.shuffle<u32>(d, d, 3, 0, 1, 2);
    a = v128.add<u32>(v128.add<u32>(a, b), gather(block, at + 8));
    d = rotate16(v128.xor(d, a));
    c = v128.add<u32>(c, d);
    b = rotate(v128.xor(b, c), 12);
    a = v128.add<u32>(v128.add<u32>(a, b), gather(block, at + 12));
    d = rotate8(v128.xor(d, a));
    c = v128.add<u32>(c, d);
    b = rotate(v128.xor(b, c), 7);
    b = v128.shuffle<u32>(b, b, 3, 0, 1, 2);
    c = v128.shuffle<u32>(c, c, 2, 3, 0, 1);
    d = v128.shuffle<u32>(d, d, 1, 2, 3, 0);
  }
  v128.store(out, v128.xor(a, c));
  v128.store(out, v128.xor(b, d), 16);
  if (!isWhole) return;
  v128.store(out, v128.xor(c, first), 32);
  v128.store(out, v128.xor(d, second), 48);
}
