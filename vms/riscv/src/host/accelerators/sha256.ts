// The two halves of SHA-256's compression that guest interfaces accelerate (FIPS 180-4, section 6.2.2).

/** Round constants: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
export const SHA256_CONSTANTS: Uint32Array = roundConstants();

function roundConstants(): Uint32Array {
  const constants = new Uint32Array(64);
  for (let found = 0, candidate = 2n; found < 64; candidate++) {
    if (!isPrime(candidate)) continue;
    // floor(cbrt(p) * 2^32) is the integer cube root of p * 2^96.
    constants[found++] = Number(BigInt.asUintN(32, cubeRoot(candidate << 96n)));
  }
  return constants;
}

function isPrime(n: bigint): boolean {
  for (let divisor = 2n; divisor * divisor <= n; divisor++) if (n % divisor === 0n) return false;
  return true;
}

/** Largest integer whose cube is not above `n`, by bisection. */
function cubeRoot(n: bigint): bigint {
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n <= n) low = middle;
    else high = middle;
  }
  return low;
}

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/** Fills words 16 to 63 of a message schedule from words 0 to 15. */
export function sha256Extend(w: Uint32Array): void {
  for (let i = 16; i < 64; i++) {
    const [a, b] = [w[i - 15] as number, w[i - 2] as number];
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1;
  }
}

/** Adds the 64 rounds over the schedule `w` to the state of 8 words. */
export function sha256Compress(state: Uint32Array, w: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (SHA256_CONSTANTS[i] as number) + (w[i] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = (state[i] as number) + word;
  });
}
