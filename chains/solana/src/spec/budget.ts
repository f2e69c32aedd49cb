/** Compute units that a transaction may ask for at most. */
export const MAX_UNIT_LIMIT = 1_400_000;

/** Units for an instruction when the transaction says nothing: of a builtin program, or of another. */
export const DEFAULT_UNITS = { builtin: 3000, program: 200_000 } as const;

export const HEAP = { min: 32_768, max: 262_144, granularity: 1024 } as const;

/** Bytes of accounts that a transaction may load. */
export const MAX_LOADED_DATA_BYTES: number = 64 * 1024 * 1024;

/** What an account counts for besides its data (SIMD-0186). */
export const LOADED_ACCOUNT_BASE_BYTES = 64;

/** What a lookup table counts for, however long it is (SIMD-0186). */
export const LOADED_TABLE_BYTES = 8248;
