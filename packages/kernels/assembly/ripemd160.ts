// RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996): two lines of 80 steps over the same block.

/** Bytes of scratch: state of 5 words and two blocks of padding. Need not be cleared. */
export const RIPEMD160_SCRATCH: usize = 24 + 128;

const TAIL: usize = 24;

// Which word of the block each step reads.
const LEFT_WORDS: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
  3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,
  1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
  4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
]);
const RIGHT_WORDS: usize = memory.data<u8>([
  5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,
  6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
  15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,
  8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
  12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
]);

// How far each step rotates.
const LEFT_ROTATIONS: usize = memory.data<u8>([
  11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,
  7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
  11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,
  11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
  9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
]);
const RIGHT_ROTATIONS: usize = memory.data<u8>([
  8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,
  9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
  9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,
  15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
  8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
]);

const LEFT_CONSTANTS: usize = memory.data<u32>([0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e]);
const RIGHT_CONSTANTS: usize = memory.data<u32>([0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0]);

/**
 * out = RIPEMD-160 of the `length` bytes at `input`: 20 bytes.
 *
 * `out` may overlap the input; the scratch area may not.
 */
export function ripemd160(out: usize, input: usize, length: usize, scratch: usize): void {
  store<u32>(scratch, 0x67452301);
  store<u32>(scratch, 0xefcdab89, 4);
  store<u32>(scratch, 0x98badcfe, 8);
  store<u32>(scratch, 0x10325476, 12);
  store<u32>(scratch, 0xc3d2e1f0, 16);

  const bits = <u64>length << 3;
  for (; length >= 64; length -= 64, input += 64) compress(scratch, input);

  const tail = scratch + TAIL;
  const padded: usize = length < 56 ? 64 : 128;
  memory.fill(tail, 0, padded);
  memory.copy(tail, input, length);
  store<u8>(tail + length, 0x80);
  store<u64>(tail + padded - 8, bits);
  compress(scratch, tail);
  if (padded == 128) compress(scratch, tail + 64);
  for (let i: usize = 0; i < 20; i += 4) store<u32>(out + i, load<u32>(scratch + i));
}

/** The non-linear function of round 0 to 4. */
@inline
function mix(round: usize, x: u32, y: u32, z: u32): u32 {
  switch (<i32>round) {
    case 0:
      return x ^ y ^ z;
    case 1:
      return (x & y) | (~x & z);
    case 2:
      return (x | ~y) ^ z;
    case 3:
      return (x & z) | (y & ~z);
    default:
      return x ^ (y | ~z);
  }
}

/** One block of 64 bytes into the five words at `state`. */
function compress(state: usize, block: usize): void {
  const h0 = load<u32>(state);
  const h1 = load<u32>(state, 4);
  const h2 = load<u32>(state, 8);
  const h3 = load<u32>(state, 12);
  const h4 = load<u32>(state, 16);
  let a = h0;
  let b = h1;
  let c = h2;
  let d = h3;
  let e = h4;
  let aa = h0;
  let bb = h1;
  let cc = h2;
  let dd = h3;
  let ee = h4;
  for (let round: usize = 0; round < 5; round++) {
    const k = load<u32>(LEFT_CONSTANTS + (round << 2));
    const kk = load<u32>(RIGHT_CONSTANTS + (round << 2));
    for (let step = round << 4; step < (round + 1) << 4; step++) {
      const word = load<u32>(block + (<usize>load<u8>(LEFT_WORDS + step) << 2));
      const t = rotl<u32>(a + mix(round, b, c, d) + word + k, load<u8>(LEFT_ROTATIONS + step)) + e;
      a = e;
      e = d;
      d = rotl<u32>(c, 10);
      c = b;
      b = t;

      // The right line goes through the functions in reverse.
      const word2 = load<u32>(block + (<usize>load<u8>(RIGHT_WORDS + step) << 2));
      const t2 = rotl<u32>(aa + mix(4 - round, bb, cc, dd) + word2 + kk, load<u8>(RIGHT_ROTATIONS + step)) + ee;
      aa = ee;
      ee = dd;
      dd = rotl<u32>(cc, 10);
      cc = bb;
      bb = t2;
    }
  }
  store<u32>(state, h1 + c + dd);
  store<u32>(state, h2 + d + ee, 4);
  store<u32>(state, h3 + e + aa, 8);
  store<u32>(state, h4 + a + bb, 12);
  store<u32>(state, h0 + b + cc, 16);
}
