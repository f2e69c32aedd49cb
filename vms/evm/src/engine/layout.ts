// The part of the kernel's memory map that the host reads and writes; `assembly/layout.ts` is the
// original, and a test compares the two.

export const B_CHAIN_ID = 0;
export const B_NUMBER = 32;
export const B_TIMESTAMP = 40;
export const B_GAS_LIMIT = 48;
export const B_SLOT_NUMBER = 56;
export const B_COINBASE = 64;
export const B_RANDAO = 96;
export const B_BASE_FEE = 128;
export const B_BLOB_BASE_FEE = 160;

export const T_TYPE = 0;
export const T_FLAGS = 4;
export const T_NONCE = 8;
export const T_GAS_LIMIT = 16;
export const T_BLOCK_GAS_USED = 24;
export const T_BLOB_GAS_USED = 32;
export const T_DATA = 40;
export const T_DATA_LENGTH = 44;
export const T_ACCESS_LIST = 48;
export const T_ACCESS_COUNT = 52;
export const T_AUTHORIZATIONS = 56;
export const T_AUTHORIZATION_COUNT = 60;
export const T_BLOBS = 64;
export const T_BLOB_COUNT = 68;
export const T_FROM = 72;
export const T_TO = 96;
export const T_CHAIN_ID = 120;
export const T_MAX_FEE = 152;
export const T_PRIORITY_FEE = 184;
export const T_VALUE = 216;
export const T_MAX_BLOB_FEE = 248;
export const T_PRICE = 280;
export const T_MOVES = 312;
export const T_MOVE_COUNT = 316;
export const TX_BYTES = 320;

export const MOVE_BYTES = 24;
export const MOVE_NUMBER = 20;

export const TX_CREATES = 1;
export const TX_HAS_CHAIN_ID = 2;
export const TX_SKIP_NONCE = 4;
export const TX_SKIP_FEES = 8;
export const TX_SKIP_SENDER_CODE = 16;
export const TX_SKIP_GAS_CAP = 32;
export const TX_NONCE_OVERFLOWS = 64;
export const TX_RECORD_ACCESS = 128;
export const TX_DISCARD_CHANGES = 256;

export const AUTH_CHAIN_ID = 0;
export const AUTH_ADDRESS = 32;
export const AUTH_PARITY = 52;
export const AUTH_NONCE = 56;
export const AUTH_R = 64;
export const AUTH_S = 96;
export const AUTHORIZATION_BYTES = 128;

export const R_STATUS = 0;
export const R_REASON = 4;
export const R_GAS_USED = 8;
export const R_GAS_REFUNDED = 16;
export const R_BLOCK_GAS_USED = 24;
export const R_OUTPUT = 32;
export const R_OUTPUT_LENGTH = 36;
export const R_CHANGES = 40;
export const R_BLOCK_STATE_GAS_USED = 72;
export const R_CREATED = 48;
export const R_CREATED_ADDRESS = 52;

export const STATUS_SUCCESS = 0;
export const STATUS_REVERT = 1;
export const STATUS_HALT = 2;
export const STATUS_INVALID = 3;
export const STATUS_MISSING_CODE = 4;

export const STEP_FRAME = 0;
export const STEP_PC = 4;
export const STEP_OPCODE = 8;
export const STEP_HEIGHT = 12;
export const STEP_COST = 16;
export const STEP_REFUND = 24;

export const F_SP = 20;
export const F_MEMORY = 28;
export const F_MEMORY_SIZE = 32;
export const F_SELF = 44;
export const F_CODE_ACCOUNT = 52;
export const F_DEPTH = 68;
export const F_GAS = 88;

export const LOG_BYTES = 16;
export const L_ACCOUNT = 4;
export const L_TOPICS = 8;
export const L_DATA_LENGTH = 12;
