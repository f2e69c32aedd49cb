// Written by `npm run gen`: the numbers of `src/engine/layout.ts`.

export const REGISTERS: usize = 0;
export const PC: usize = 88;
export const DEPTH: usize = 92;
export const METER: usize = 96;
export const FAULT_ADDRESS: usize = 104;
export const FAULT_BYTES: usize = 112;
export const FAULT_IS_WRITE: usize = 116;
export const CODE: usize = 120;
export const CODE_SLOTS: usize = 124;
export const TEXT_ADDRESS: usize = 128;
export const FRAMES: usize = 136;
export const FRAME_STEP: usize = 140;
export const MAX_DEPTH: usize = 144;
export const PIECES: usize = 148;
export const PIECE_COUNT: usize = 152;
export const SYSCALL_KEY: usize = 156;
export const MAX_COMPILED_DEPTH: usize = 160;
export const ANSWERS_MEMORY: usize = 164;
export const WINDOWS: usize = 192;

export const WINDOW_START: usize = 0;
export const WINDOW_HOST: usize = 8;
export const WINDOW_READ_LIMITS: usize = 16;
export const WINDOW_WRITE_LIMITS: usize = 48;
export const WINDOW_BYTES: usize = 128;

export const PIECE_START: usize = 0;
export const PIECE_LENGTH: usize = 8;
export const PIECE_HOST: usize = 16;
export const PIECE_FLAGS: usize = 20;
export const PIECE_BYTES: usize = 24;
export const PIECE_IS_WRITABLE: u32 = 1;
export const PIECE_IS_GAPPED: u32 = 2;
export const PIECE_IS_SHALLOW: u32 = 4;
export const PIECE_IS_REACHED: u32 = 8;
export const SHALLOW_BYTES: u64 = 16384;

export const FRAME_SAVED: usize = 0;
export const FRAME_FRAME_POINTER: usize = 32;
export const FRAME_RETURN: usize = 40;
export const FRAME_BYTES: usize = 48;

export const RECORD_OPERATION: usize = 0;
export const RECORD_DST: usize = 2;
export const RECORD_SRC: usize = 3;
export const RECORD_OFFSET: usize = 4;
export const RECORD_IMM: usize = 8;
export const RECORD_BYTES: usize = 16;

export const EXIT: u32 = 1;
export const SYSCALL: u32 = 2;
export const EXCEEDED_MAX_INSTRUCTIONS: u32 = 3;
export const EXECUTION_OVERRUN: u32 = 4;
export const ACCESS_VIOLATION: u32 = 5;
export const DIVIDE_BY_ZERO: u32 = 6;
export const DIVIDE_OVERFLOW: u32 = 7;
export const CALL_DEPTH_EXCEEDED: u32 = 8;
export const CALL_OUTSIDE_TEXT_SEGMENT: u32 = 9;
export const UNSUPPORTED_INSTRUCTION: u32 = 10;

export const BYTES_PER_UNIT: u64 = 250;
export const MEM_OP_BASE: u64 = 10;
