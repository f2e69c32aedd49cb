// Compute units of syscalls and calls (SIMD-0049 ff.; the values of Agave's `SVMTransactionExecutionCost`).

export const SYSCALL_BASE = 100;
export const MEM_OP_BASE = 10;
/** Bytes that one unit moves in memory operations, calls and return data. */
export const BYTES_PER_UNIT = 250;
export const LOG_64 = 100;
export const LOG_PUBKEY = 100;
export const CREATE_PROGRAM_ADDRESS = 1500;
export const SYSVAR_BASE = 100;

export const HASH_BASE = 85;
/** Two bytes cost one unit. */
export const HASH_BYTES_PER_UNIT = 2;
export const MAX_HASH_SLICES = 20_000;

export const SECP256K1_RECOVER = 25_000;

/** By operation: add, subtract, multiply. */
export const EDWARDS = {
  validate: 159,
  add: 473,
  subtract: 475,
  multiply: 2177,
  msm: 2273,
  msmMore: 758,
} as const;
export const RISTRETTO = {
  validate: 169,
  add: 521,
  subtract: 519,
  multiply: 2208,
  msm: 2303,
  msmMore: 788,
} as const;
export const MAX_MSM_POINTS = 512;

export const BLS_G1 = { validate: 1565, decompress: 2100, add: 128, subtract: 129, multiply: 4627 } as const;
export const BLS_G2 = { validate: 1968, decompress: 3050, add: 203, subtract: 204, multiply: 8255 } as const;
export const BLS_PAIRING = { first: 25_445, more: 13_023 } as const;

export const BN254 = {
  g1Add: 334,
  g1Multiply: 3840,
  g2Add: 535,
  g2Multiply: 15_670,
  pairingFirst: 36_364,
  pairingMore: 12_121,
  g1Compress: 30,
  g1Decompress: 398,
  g2Compress: 86,
  g2Decompress: 13_610,
} as const;

/** Poseidon of n inputs costs `square * n^2 + base`. */
export const POSEIDON = { square: 61, base: 542, maxInputs: 12 } as const;

/** Modular exponentiation of operands up to n bytes costs `base + n^2 / divisor`, and the syscall's base. */
export const BIG_MOD_EXP = { base: 190, divisor: 2, maxBytes: 512 } as const;

/** What a program call costs before its data and accounts. */
export const INVOKE = 946;
export const MAX_RETURN_DATA = 1024;

/** 32 KiB of heap beyond the first cost this much at the start of a program. */
export const HEAP_PAGE_BYTES = 32_768;
export const HEAP_PAGE_COST = 8;
