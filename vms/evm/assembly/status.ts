// How running code stops, and why a frame or a transaction fails. The order of the reasons is
// the host's (`src/engine/reasons.ts`).

// What `interpret` comes back with.
export const END_STOP: u32 = 0;
export const END_RETURN: u32 = 1;
export const END_REVERT: u32 = 2;
export const END_HALT: u32 = 3;
/** Instruction at F_PC is of the CALL family. */
export const DO_CALL: u32 = 4;
/** Instruction at F_PC creates. */
export const DO_CREATE: u32 = 5;
/** Go on with the frame as its record says. */
export const DO_RESUME: u32 = 6;

export const OUT_OF_GAS: u32 = 0;
export const STACK_UNDERFLOW: u32 = 1;
export const STACK_OVERFLOW: u32 = 2;
export const INVALID_JUMP: u32 = 3;
export const INVALID_OPCODE: u32 = 4;
export const STATIC_VIOLATION: u32 = 5;
export const RETURN_DATA_OUT_OF_BOUNDS: u32 = 6;
export const INVALID_CODE_PREFIX: u32 = 7;
export const CODE_SIZE_EXCEEDED: u32 = 8;
export const INITCODE_SIZE_EXCEEDED: u32 = 9;
export const ADDRESS_COLLISION: u32 = 10;
export const NONCE_OVERFLOW: u32 = 11;
export const PRECOMPILE_FAILURE: u32 = 12;
export const CALL_DEPTH_EXCEEDED: u32 = 13;
export const INSUFFICIENT_BALANCE: u32 = 14;

/** Why the last frame halted. */
export let haltReason: u32 = 0;

/** Notes why a frame fails. */
export function halt(reason: u32): u32 {
  haltReason = reason;
  return END_HALT;
}

export const VALID: u32 = 0;
export const TYPE_NOT_SUPPORTED: u32 = 1;
export const CHAIN_ID_MISMATCH: u32 = 2;
export const NONCE_TOO_LOW: u32 = 3;
export const NONCE_TOO_HIGH: u32 = 4;
export const NONCE_IS_MAX: u32 = 5;
export const SENDER_NOT_EOA: u32 = 6;
export const INSUFFICIENT_FUNDS: u32 = 7;
export const INTRINSIC_GAS_TOO_LOW: u32 = 8;
export const GAS_BELOW_FLOOR: u32 = 9;
export const GAS_LIMIT_EXCEEDS_CAP: u32 = 10;
export const BLOCK_GAS_EXCEEDED: u32 = 11;
export const INITCODE_TOO_LARGE: u32 = 12;
export const FEE_CAP_BELOW_BASE_FEE: u32 = 13;
export const PRIORITY_FEE_ABOVE_FEE_CAP: u32 = 14;
export const BLOB_FEE_CAP_TOO_LOW: u32 = 15;
export const BLOB_COUNT_EXCEEDED: u32 = 16;
export const BLOB_LIST_EMPTY: u32 = 17;
export const BLOB_VERSION_INVALID: u32 = 18;
export const BLOB_CREATES_CONTRACT: u32 = 19;
export const BLOB_BLOCK_GAS_EXCEEDED: u32 = 20;
export const AUTHORIZATION_LIST_EMPTY: u32 = 21;
export const SET_CODE_CREATES_CONTRACT: u32 = 22;
