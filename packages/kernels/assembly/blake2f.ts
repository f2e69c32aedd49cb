// The compression function F of BLAKE2b (RFC 7693, section 3.2) with a free number of rounds, as
// EIP-152 exposes it.
//
// PERF: the sixteen working words are locals; a round is eight mixings and sixteen message loads.
// Engines replace their quick first translation of a function only between calls: long runs are cut
// into many calls of `mix`, or a call with billions of rounds would never leave slow code.

/** Bytes of scratch: the sixteen working words. Need not be cleared. */
export const BLAKE2F_SCRATCH: usize = 128;

/** Rounds of one call of `mix`: whole passes through the ten permutations. */
const ROUNDS_PER_CALL: u32 = 1000;

// Byte offsets of the message words of each round: the ten permutations of section 2.7, times 8.
const SCHEDULE: usize = memory.data<u8>([
  0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120,
  112, 80, 32, 64, 72, 120, 104, 48, 8, 96, 0, 16, 88, 56, 40, 24,
  88, 64, 96, 0, 40, 16, 120, 104, 80, 112, 24, 48, 56, 8, 72, 32,
  56, 72, 24, 8, 104, 96, 88, 112, 16, 48, 40, 80, 32, 0, 120, 64,
  72, 0, 40, 56, 16, 32, 80, 120, 112, 8, 88, 96, 48, 64, 24, 104,
  16, 96, 48, 80, 0, 88, 64, 24, 32, 104, 56, 40, 120, 112, 8, 72,
  96, 40, 8, 120, 112, 104, 32, 80, 0, 56, 48, 24, 72, 16, 64, 88,
  104, 88, 56, 112, 96, 8, 24, 72, 40, 0, 120, 32, 64, 48, 16, 80,
  48, 120, 112, 72, 88, 24, 0, 64, 96, 16, 104, 56, 8, 32, 80, 40,
  80, 16, 64, 32, 56, 48, 8, 40, 120, 88, 72, 112, 24, 96, 104, 0,
]);
const SCHEDULE_END: usize = SCHEDULE + 160;

/**
 * Mixes the message at `m` (16 little-endian words) into the state at `h` (8 words, updated in
 * place) with the byte counter `t0` + 2^64 `t1`. A VM that meters rounds bounds `rounds` by gas.
 */
export function blake2f(
  rounds: u32,
  h: usize,
  m: usize,
  t0: u64,
  t1: u64,
  final: bool,
  scratch: usize,
): void {
  memory.copy(scratch, h, 64);
  store<u64>(scratch, 0x6a09e667f3bcc908, 64);
  store<u64>(scratch, 0xbb67ae8584caa73b, 72);
  store<u64>(scratch, 0x3c6ef372fe94f82b, 80);
  store<u64>(scratch, 0xa54ff53a5f1d36f1, 88);
  store<u64>(scratch, 0x510e527fade682d1 ^ t0, 96);
  store<u64>(scratch, 0x9b05688c2b3e6c1f ^ t1, 104);
  store<u64>(scratch, final ? ~<u64>0x1f83d9abfb41bd6b : 0x1f83d9abfb41bd6b, 112);
  store<u64>(scratch, 0x5be0cd19137e2179, 120);

  for (; rounds > ROUNDS_PER_CALL; rounds -= ROUNDS_PER_CALL) mix(ROUNDS_PER_CALL, scratch, m);
  mix(rounds, scratch, m);

  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(h + i, load<u64>(h + i) ^ load<u64>(scratch + i) ^ load<u64>(scratch + i, 64));
  }
}

/** `rounds` rounds over the working words at `v`, from the first permutation on. */
function mix(rounds: u32, v: usize, m: usize): void {
  let v0 = load<u64>(v);
  let v1 = load<u64>(v, 8);
  let v2 = load<u64>(v, 16);
  let v3 = load<u64>(v, 24);
  let v4 = load<u64>(v, 32);
  let v5 = load<u64>(v, 40);
  let v6 = load<u64>(v, 48);
  let v7 = load<u64>(v, 56);
  let v8 = load<u64>(v, 64);
  let v9 = load<u64>(v, 72);
  let v10 = load<u64>(v, 80);
  let v11 = load<u64>(v, 88);
  let v12 = load<u64>(v, 96);
  let v13 = load<u64>(v, 104);
  let v14 = load<u64>(v, 112);
  let v15 = load<u64>(v, 120);

  let schedule = SCHEDULE;
  for (; rounds != 0; rounds--) {
    // Columns.
    v0 += v4 + word(m, schedule, 0);
    v12 = rotr<u64>(v12 ^ v0, 32);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 24);
    v0 += v4 + word(m, schedule, 1);
    v12 = rotr<u64>(v12 ^ v0, 16);
    v8 += v12;
    v4 = rotr<u64>(v4 ^ v8, 63);
    v1 += v5 + word(m, schedule, 2);
    v13 = rotr<u64>(v13 ^ v1, 32);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 24);
    v1 += v5 + word(m, schedule, 3);
    v13 = rotr<u64>(v13 ^ v1, 16);
    v9 += v13;
    v5 = rotr<u64>(v5 ^ v9, 63);
    v2 += v6 + word(m, schedule, 4);
    v14 = rotr<u64>(v14 ^ v2, 32);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 24);
    v2 += v6 + word(m, schedule, 5);
    v14 = rotr<u64>(v14 ^ v2, 16);
    v10 += v14;
    v6 = rotr<u64>(v6 ^ v10, 63);
    v3 += v7 + word(m, schedule, 6);
    v15 = rotr<u64>(v15 ^ v3, 32);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 24);
    v3 += v7 + word(m, schedule, 7);
    v15 = rotr<u64>(v15 ^ v3, 16);
    v11 += v15;
    v7 = rotr<u64>(v7 ^ v11, 63);

    // Diagonals.
    v0 += v5 + word(m, schedule, 8);
    v15 = rotr<u64>(v15 ^ v0, 32);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 24);
    v0 += v5 + word(m, schedule, 9);
    v15 = rotr<u64>(v15 ^ v0, 16);
    v10 += v15;
    v5 = rotr<u64>(v5 ^ v10, 63);
    v1 += v6 + word(m, schedule, 10);
    v12 = rotr<u64>(v12 ^ v1, 32);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 24);
    v1 += v6 + word(m, schedule, 11);
    v12 = rotr<u64>(v12 ^ v1, 16);
    v11 += v12;
    v6 = rotr<u64>(v6 ^ v11, 63);
    v2 += v7 + word(m, schedule, 12);
    v13 = rotr<u64>(v13 ^ v2, 32);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 24);
    v2 += v7 + word(m, schedule, 13);
    v13 = rotr<u64>(v13 ^ v2, 16);
    v8 += v13;
    v7 = rotr<u64>(v7 ^ v8, 63);
    v3 += v4 + word(m, schedule, 14);
    v14 = rotr<u64>(v14 ^ v3, 32);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 24);
    v3 += v4 + word(m, schedule, 15);
    v14 = rotr<u64>(v14 ^ v3, 16);
    v9 += v14;
    v4 = rotr<u64>(v4 ^ v9, 63);

    schedule += 16;
    if (schedule == SCHEDULE_END) schedule = SCHEDULE;
  }

  store<u64>(v, v0);
  store<u64>(v, v1, 8);
  store<u64>(v, v2, 16);
  store<u64>(v, v3, 24);
  store<u64>(v, v4, 32);
  store<u64>(v, v5, 40);
  store<u64>(v, v6, 48);
  store<u64>(v, v7, 56);
  store<u64>(v, v8, 64);
  store<u64>(v, v9, 72);
  store<u64>(v, v10, 80);
  store<u64>(v, v11, 88);
  store<u64>(v, v12, 96);
  store<u64>(v, v13, 104);
  store<u64>(v, v14, 112);
  store<u64>(v, v15, 120);
}

/** The message word that place `i` of this round takes. */
@inline
function word(m: usize, schedule: usize, i: usize): u64 {
  return load<u64>(m + <usize>load<u8>(schedule + i));
}
