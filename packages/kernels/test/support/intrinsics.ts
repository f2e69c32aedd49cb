type Intrinsics = {
  readonly mulhi64: (a: bigint, b: bigint) => bigint;
  readonly bswap64: (x: bigint) => bigint;
};

/** What a translator offers to the portable build, as the host would define it. */
export const intrinsics: Intrinsics = {
  mulhi64: (a: bigint, b: bigint) => (BigInt.asUintN(64, a) * BigInt.asUintN(64, b)) >> 64n,
  bswap64: (x: bigint) => {
    let reversed = 0n;
    for (let rest = BigInt.asUintN(64, x), i = 0; i < 8; i++, rest >>= 8n)
      reversed = (reversed << 8n) | (rest & 255n);
    return reversed;
  },
};
