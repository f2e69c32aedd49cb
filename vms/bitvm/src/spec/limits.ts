/** Bytes of a preimage and of its hash (HASH160) in every commitment. */
export const LOCK_BYTES = 20;

/** Most gates of a circuit: what a tree of depth 24 can hold beside its other branches. */
export const MAX_GATES: number = 2 ** 23;
/** Most wires of a circuit. */
export const MAX_WIRES: number = 2 ** 23;
/** Longest text of a circuit file, in characters: 1 GiB would not fit a string. */
export const MAX_CIRCUIT_TEXT: number = 2 ** 28;

/**
 * Most bits one input of a transaction reveals. A tapscript starts with at most 1,000 stack items
 * (BIP 342); the signature, the challenge's preimage and the interpreter's own four come on top.
 */
export const MAX_LANE_BITS = 900;
/** Heaviest transaction that nodes relay. */
export const MAX_STANDARD_WEIGHT = 400_000;

/** Satoshi of an output that carries a tree of scripts and no money: just above dust (BIP 341 outputs: 330). */
export const CONNECTOR_VALUE = 330n;
/** Satoshi of an output that anyone may spend to pay a higher fee: the dust limit of `1 <4e73>`. */
export const ANCHOR_VALUE = 240n;

/** Blocks a player has for a move, at most: the lock of BIP 68 has 16 bits. */
export const MAX_TIMEOUT_BLOCKS = 0xffff;
/** Least of them: one block for the move, one for being late. */
export const MIN_TIMEOUT_BLOCKS = 2;
