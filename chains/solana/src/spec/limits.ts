/** Bytes of a transaction in the formats before version 1: one IPv6 packet. */
export const MAX_PACKET_BYTES = 1232;

/** Bytes of a transaction of version 1 (SIMD-0296). */
export const MAX_V1_TRANSACTION_BYTES = 4096;

/** Limits of transaction version 1 (SIMD-0385). */
export const V1_LIMITS = { signatures: 12, addresses: 64, instructions: 64 } as const;

/** Instructions of a transaction, whatever its format (SIMD-0160). */
export const MAX_INSTRUCTIONS = 64;

/** Accounts that a transaction may lock. */
export const MAX_ACCOUNT_LOCKS = 64;
