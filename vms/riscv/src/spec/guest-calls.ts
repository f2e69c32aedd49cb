// What guests call, by number, of each interface: for the hosts that answer and for the chips that prove.

/** Call numbers, in a7; accelerators follow from 0x100 on. */
export const STANDARD_CALL = { READ_INPUT: 1, WRITE_OUTPUT: 2, WRITE_STREAM: 64, EXIT: 93 } as const;

/** Where the input is in memory before the guest begins: as `read_input` of the standard wants, without a copy. */
export const STANDARD_INPUT_ADDRESS = 0x4000_0000;

/** SP1's call numbers, in t0, of what is no accelerator. */
export const SP1_CALL = {
  HALT: 0x00,
  WRITE: 0x02,
  ENTER_UNCONSTRAINED: 0x03,
  EXIT_UNCONSTRAINED: 0x04,
  COMMIT: 0x10,
  COMMIT_DEFERRED_PROOFS: 0x1a,
  VERIFY_SP1_PROOF: 0x1b,
  HINT_LEN: 0xf0,
  HINT_READ: 0xf1,
} as const;

export type Sp1Call = keyof typeof SP1_CALL;

/** SP1's accelerators (sp1/crates/core/executor/src/syscalls/code.rs). */
export const SP1_PRECOMPILE = {
  SHA_EXTEND: 0x300105,
  SHA_COMPRESS: 0x010106,
  KECCAK_PERMUTE: 0x010109,
  SECP256K1_ADD: 0x01010a,
  SECP256K1_DOUBLE: 0x00010b,
  BN254_ADD: 0x01010e,
  BN254_DOUBLE: 0x00010f,
  BLS12381_ADD: 0x01011e,
  BLS12381_DOUBLE: 0x00011f,
  SECP256R1_ADD: 0x01012c,
  SECP256R1_DOUBLE: 0x00012d,
  UINT256_MUL: 0x01011d,
  BLS12381_FP_ADD: 0x010120,
  BLS12381_FP_SUB: 0x010121,
  BLS12381_FP_MUL: 0x010122,
  BLS12381_FP2_ADD: 0x010123,
  BLS12381_FP2_SUB: 0x010124,
  BLS12381_FP2_MUL: 0x010125,
  BN254_FP_ADD: 0x010126,
  BN254_FP_SUB: 0x010127,
  BN254_FP_MUL: 0x010128,
  BN254_FP2_ADD: 0x010129,
  BN254_FP2_SUB: 0x01012a,
  BN254_FP2_MUL: 0x01012b,
  UINT256_ADD_CARRY: 0x010130,
  UINT256_MUL_CARRY: 0x010131,
} as const;

export type Sp1PrecompileName = keyof typeof SP1_PRECOMPILE;

/** SP1's calls by number. */
export const SP1_CALL_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...SP1_CALL, ...SP1_PRECOMPILE }).map(([name, code]) => [code, name]),
);

/** What a custom-0 instruction of OpenVM is of, by its bits 12 to 14. */
export const OPENVM_FUNCT3 = {
  TERMINATE: 0,
  HINT: 1,
  REVEAL: 2,
  PHANTOM: 3,
  HASH: 4,
  INT256: 5,
  BEQ256: 6,
} as const;

/** Immediates of OpenVM's hints: one word, or as many as a register says. */
export const OPENVM_HINT = { WORD: 0, BUFFER: 1 } as const;

/** Immediates of what OpenVM's machine itself does not see. */
export const OPENVM_PHANTOM = { INPUT: 0, PRINT: 1 } as const;
