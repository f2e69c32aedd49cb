// The kernel's memory map: one region from `base` on, everything in it by pointer.
//
//   base                fixed tables and records (offsets below)
//   base + FIXED_BYTES  code cache, bounded, lives across transactions
//   arena ->            transaction data, accounts, slots, undo log, logs, return data; grows upwards
//   <- operand stacks   one behind the other, growing downwards into the same gap
//   frames ->           per frame: its record, initcode if it creates, its memory; grows upwards
//
// When arena and operand stacks meet, stacks and frames move up together (arena.ts). Words are four
// little-endian u64 limbs; addresses 20 big-endian bytes; hashes 32 big-endian bytes.

/** Start of the region, given at `init`. */
export let base: usize = 0;

export function setBase(value: usize): void {
  base = value;
}

// Fixed part, offsets from `base`.
export const OPCODES: usize = 0; // 256 entries of 8 bytes, see schedule.ts
export const SCHEDULE: usize = 2048; // u64 words, see schedule.ts
export const BLOCK: usize = 3072;
export const TX: usize = 3328;
export const RESULT: usize = 3712;
export const DIVISION: usize = 3840; // scratch of u256/division, keeps its reciprocal between calls
export const EXP: usize = 4128; // scratch of u256/exp
export const KECCAK: usize = 4448; // scratch of keccak
export const WORDS: usize = 4672; // scratch words, see below
export const CODE_TABLE: usize = 5248; // open addressing: code hash -> code record
export const CODE_TABLE_SLOTS: usize = 1024;
export const FIXED_BYTES: usize = CODE_TABLE + CODE_TABLE_SLOTS * 4;

// Scratch words, offsets from `base`: each has one user at a time.
export const ADDRESS_WORD: usize = WORDS; // big-endian word whose last 20 bytes are an address
export const KEY_BYTES: usize = WORDS + 32; // slot key for the host
export const VALUE_BYTES: usize = WORDS + 64; // slot value from the host
export const HASH_BYTES: usize = WORDS + 96;
export const WORD_A: usize = WORDS + 128;
export const WORD_B: usize = WORDS + 160;
export const WORD_C: usize = WORDS + 192;
export const BUFFER: usize = WORDS + 224; // 256 bytes for RLP and small hash inputs
export const STEP: usize = WORDS + 480; // step record, tracing build only

// Block record.
export const B_CHAIN_ID: usize = 0; // word
export const B_NUMBER: usize = 32; // u64
export const B_TIMESTAMP: usize = 40; // u64
export const B_GAS_LIMIT: usize = 48; // u64
export const B_SLOT_NUMBER: usize = 56; // u64
export const B_COINBASE: usize = 64; // address, padded to 32
export const B_RANDAO: usize = 96; // word: difficulty before Paris
export const B_BASE_FEE: usize = 128; // word
export const B_BLOB_BASE_FEE: usize = 160; // word
export const BLOCK_BYTES: usize = 192;

// Transaction record.
export const T_TYPE: usize = 0; // u32
export const T_FLAGS: usize = 4; // u32, TX_ bits
export const T_NONCE: usize = 8; // u64
export const T_GAS_LIMIT: usize = 16; // u64
export const T_BLOCK_GAS_USED: usize = 24; // u64
export const T_BLOB_GAS_USED: usize = 32; // u64
export const T_DATA: usize = 40; // pointer
export const T_DATA_LENGTH: usize = 44; // u32
export const T_ACCESS_LIST: usize = 48; // pointer to entries: address 20, key count u32, keys of 32 bytes
export const T_ACCESS_COUNT: usize = 52; // u32
export const T_AUTHORIZATIONS: usize = 56; // pointer to records of AUTHORIZATION_BYTES
export const T_AUTHORIZATION_COUNT: usize = 60; // u32
export const T_BLOBS: usize = 64; // pointer to hashes
export const T_BLOB_COUNT: usize = 68; // u32
export const T_FROM: usize = 72; // address
export const T_TO: usize = 96; // address
export const T_CHAIN_ID: usize = 120; // word
export const T_MAX_FEE: usize = 152; // word
export const T_PRIORITY_FEE: usize = 184; // word
export const T_VALUE: usize = 216; // word
export const T_MAX_BLOB_FEE: usize = 248; // word
export const T_PRICE: usize = 280; // word, set by the kernel: what the sender pays per gas
export const T_MOVES: usize = 312; // pointer to moved precompiles: address, u32 number or 0
export const T_MOVE_COUNT: usize = 316; // u32
export const TX_BYTES: usize = 320;

/** One moved precompile. */
export const MOVE_BYTES: usize = 24;
export const MOVE_NUMBER: usize = 20;

export const TX_CREATES: u32 = 1;
export const TX_HAS_CHAIN_ID: u32 = 2;
export const TX_SKIP_NONCE: u32 = 4;
export const TX_SKIP_FEES: u32 = 8;
export const TX_SKIP_SENDER_CODE: u32 = 16;
export const TX_SKIP_GAS_CAP: u32 = 32;
/** The outcome leaves out changes and logs. */
export const TX_DISCARD_CHANGES: u32 = 256;
/** The outcome lists all accounts and slots met. */
export const TX_RECORD_ACCESS: u32 = 128;
/** The transaction's nonce does not fit in 64 bits. */
export const TX_NONCE_OVERFLOWS: u32 = 64;

// Authorization record (EIP-7702).
export const AUTH_CHAIN_ID: usize = 0; // word
export const AUTH_ADDRESS: usize = 32; // address
export const AUTH_PARITY: usize = 52; // u32
export const AUTH_NONCE: usize = 56; // u64
export const AUTH_R: usize = 64; // 32 bytes, big-endian
export const AUTH_S: usize = 96; // 32 bytes, big-endian
export const AUTHORIZATION_BYTES: usize = 128;

// Result record.
export const R_STATUS: usize = 0; // u32: 0 success, 1 revert, 2 halt, 3 invalid, 4 missing code
export const R_REASON: usize = 4; // u32: halt or invalid reason
export const R_GAS_USED: usize = 8; // u64
export const R_GAS_REFUNDED: usize = 16; // u64
export const R_BLOCK_GAS_USED: usize = 24; // u64
export const R_OUTPUT: usize = 32; // pointer
export const R_OUTPUT_LENGTH: usize = 36; // u32
export const R_CHANGES: usize = 40; // pointer, see output.ts
export const R_CHANGES_LENGTH: usize = 44; // u32
export const R_BLOCK_STATE_GAS_USED: usize = 72; // u64
export const R_CREATED: usize = 48; // u32: whether R_CREATED_ADDRESS is set
export const R_CREATED_ADDRESS: usize = 52; // address
export const RESULT_BYTES: usize = 80;

export const STATUS_SUCCESS: u32 = 0;
export const STATUS_REVERT: u32 = 1;
export const STATUS_HALT: u32 = 2;
export const STATUS_INVALID: u32 = 3;
export const STATUS_MISSING_CODE: u32 = 4;

// Step record: what the host's tracer reads.
export const STEP_FRAME: usize = 0; // pointer
export const STEP_PC: usize = 4; // u32
export const STEP_OPCODE: usize = 8; // u32
export const STEP_HEIGHT: usize = 12; // u32
export const STEP_COST: usize = 16; // u64
export const STEP_REFUND: usize = 24; // i64

// Frame record.
export const F_PARENT: usize = 0; // frame, 0 for the first
export const F_CODE: usize = 4; // pointer to the first byte of code
export const F_CODE_LENGTH: usize = 8; // u32
export const F_BLOCKS: usize = 12; // pointer to block entries, see code.ts
export const F_PC: usize = 16; // pointer into the code
export const F_SP: usize = 20; // pointer to the top item
export const F_STACK_BASE: usize = 24; // pointer behind the lowest item
export const F_MEMORY: usize = 28; // pointer
export const F_MEMORY_SIZE: usize = 32; // u32, multiple of 32
export const F_INPUT: usize = 36; // pointer to the call data
export const F_INPUT_LENGTH: usize = 40; // u32
export const F_SELF: usize = 44; // account whose storage and balance are used
export const F_CALLER: usize = 48; // account
export const F_CODE_ACCOUNT: usize = 52; // account whose code runs
export const F_KIND: usize = 56; // u32, KIND_
export const F_STATIC: usize = 60; // u32
export const F_EXACT: usize = 64; // u32: metered per instruction
export const F_DEPTH: usize = 68; // u32, 0 for the first
export const F_UNDO_MARK: usize = 72; // u32
export const F_LOG_MARK: usize = 76; // pointer to the last log before the frame
export const F_OUTPUT_OFFSET: usize = 80; // u32: where the caller wants the output
export const F_OUTPUT_LENGTH: usize = 84; // u32
export const F_GAS: usize = 88; // u64
export const F_REFUND_MARK: usize = 96; // i64
export const F_MEMORY_COST: usize = 104; // u64
export const F_GAS_START: usize = 112; // u64
export const F_RETURN_OFFSET: usize = 120; // u32: what RETURN and REVERT name
export const F_RETURN_LENGTH: usize = 124; // u32
export const F_SPILLED: usize = 128; // u64: state gas taken from the frame's gas (EIP-8037)
export const F_RESERVOIR_MARK: usize = 136; // u64
export const F_STATE_GAS_MARK: usize = 144; // i64
export const F_PENDING_STATE_GAS: usize = 152; // u64: comes back if the account being made is not
export const F_VALUE: usize = 160; // word
export const FRAME_BYTES: usize = 192;

export const KIND_CALL: u32 = 0;
export const KIND_CALLCODE: u32 = 1;
export const KIND_DELEGATECALL: u32 = 2;
export const KIND_STATICCALL: u32 = 3;
export const KIND_CREATE: u32 = 4;
export const KIND_CREATE2: u32 = 5;
export const KIND_SELFDESTRUCT: u32 = 6;

// Account record.
export const A_ADDRESS: usize = 0; // address, padded to 24
export const A_FLAGS: usize = 24; // u32, ACCOUNT_ bits
export const A_NEXT: usize = 28; // next account of the transaction
export const A_NONCE: usize = 32; // u64
export const A_BALANCE: usize = 40; // word
export const A_CODE_HASH: usize = 72; // 32 bytes
export const A_CODE: usize = 104; // code record, 0 while not needed
export const A_SLOTS: usize = 108; // first slot of the account's list
export const A_ORIGINAL_NONCE: usize = 112; // u64
export const A_ORIGINAL_BALANCE: usize = 120; // word
export const A_ORIGINAL_CODE_HASH: usize = 152; // 32 bytes
export const ACCOUNT_BYTES: usize = 184;

/** The host was asked. */
export const ACCOUNT_LOADED: u32 = 1;
/** Was there before the transaction. */
export const ACCOUNT_EXISTED: u32 = 2;
export const ACCOUNT_EXISTS: u32 = 4;
export const ACCOUNT_WARM: u32 = 8;
export const ACCOUNT_TOUCHED: u32 = 16;
/** A creation of this transaction made it: its storage began empty. */
export const ACCOUNT_CREATED: u32 = 32;
export const ACCOUNT_DESTROYED: u32 = 64;
/** EIP-2780: the account's write is paid for. */
export const ACCOUNT_WRITE_PAID: u32 = 256;
/** EIP-8037: the first authorization of this authority has been looked at, and what it found. */
export const ACCOUNT_AUTHORIZED: u32 = 512;
export const ACCOUNT_WAS_DELEGATED: u32 = 1024;
export const ACCOUNT_DELEGATION_PAID: u32 = 2048;
/** Code was set in this transaction. */
export const ACCOUNT_NEW_CODE: u32 = 128;

// Slot record; transient slots are the same records under the key `account | 1`.
export const S_OWNER: usize = 0; // account, lowest bit set when transient
export const S_NEXT: usize = 4; // next slot of the account
export const S_WARM: usize = 8; // u32
export const S_READ: usize = 12; // u32: which of the host's answers it came from, counted from 1; 0 for none
export const S_KEY: usize = 16; // word
export const S_ORIGINAL: usize = 48; // word
export const S_CURRENT: usize = 80; // word
export const SLOT_BYTES: usize = 112;

// Code record, followed by the code and CODE_PADDING zero bytes.
export const C_HASH: usize = 0; // 32 bytes
export const C_LENGTH: usize = 32; // u32
export const C_BLOCKS: usize = 36; // pointer to block entries, 0 while never run
export const CODE_BYTES: usize = 64; // offset of the first byte of code
/** A PUSH32 as last byte reads 32 bytes on, and a STOP must follow. */
export const CODE_PADDING: usize = 40;

// Log record, followed by the topics as big-endian words and the data.
export const L_NEXT: usize = 0;
export const L_ACCOUNT: usize = 4;
export const L_TOPICS: usize = 8; // u32
export const L_DATA_LENGTH: usize = 12; // u32
export const LOG_BYTES: usize = 16;

/** Bytes of a full operand stack. */
export const STACK_BYTES: usize = 1024 * 32;
/** Calls within calls (Yellow Paper, section 8). */
export const MAX_DEPTH: u32 = 1024;
