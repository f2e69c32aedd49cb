/** Longest script of the legacy and witness v0 rules, in bytes. */
export const MAX_SCRIPT_SIZE: number = 10_000;
/** Longest element on the stack, in bytes. */
export const MAX_SCRIPT_ELEMENT_SIZE: number = 520;
/** Longest push and script argument under BIP 110, in bytes. */
export const MAX_SCRIPT_ELEMENT_SIZE_REDUCED: number = 256;
/** Instructions above OP_16 in a legacy or witness v0 script; keys of a multisig count as well. */
export const MAX_OPS_PER_SCRIPT: number = 201;
/** Items on stack and alternative stack together. */
export const MAX_STACK_SIZE: number = 1000;
export const MAX_PUBKEYS_PER_MULTISIG: number = 20;

/** Bytes of an arithmetic operand; results may be longer. */
export const MAX_NUMBER_SIZE: number = 4;
/** Bytes of the operand of OP_CHECKLOCKTIMEVERIFY and OP_CHECKSEQUENCEVERIFY (BIP 65, BIP 112). */
export const MAX_LOCK_NUMBER_SIZE: number = 5;

/** Lock times below are heights, others seconds since 1970. */
export const LOCKTIME_THRESHOLD: number = 500_000_000;
export const SEQUENCE_FINAL: number = 0xffffffff;
/** BIP 68: this bit takes the relative lock off. */
export const SEQUENCE_LOCKTIME_DISABLE_FLAG: number = 0x80000000;
/** BIP 68: with this bit the lock is in units of 512 seconds, else in blocks. */
export const SEQUENCE_LOCKTIME_TYPE_FLAG: number = 0x00400000;
export const SEQUENCE_LOCKTIME_MASK: number = 0x0000ffff;

export const TAPROOT_LEAF_MASK: number = 0xfe;
export const TAPROOT_LEAF_TAPSCRIPT: number = 0xc0;
/** First byte of an annex (BIP 341). */
export const ANNEX_TAG: number = 0x50;
export const TAPROOT_CONTROL_BASE_SIZE: number = 33;
export const TAPROOT_CONTROL_NODE_SIZE: number = 32;
export const TAPROOT_CONTROL_MAX_NODE_COUNT: number = 128;
/** Longest path under BIP 110: trees have up to 128 leaves. */
export const TAPROOT_CONTROL_MAX_NODE_COUNT_REDUCED: number = 7;
/** BIP 342: what each executed signature check with a signature takes from the budget. */
export const VALIDATION_WEIGHT_PER_SIGOP_PASSED: number = 50;
/** BIP 342: what the budget has besides the size of the witness. */
export const VALIDATION_WEIGHT_OFFSET: number = 50;

/** Weight of a byte that is no witness (BIP 141). */
export const WITNESS_SCALE_FACTOR: number = 4;
export const MAX_BLOCK_WEIGHT: number = 4_000_000;
export const MAX_BLOCK_SIGOPS_COST: number = 80_000;
/** All coins there will ever be, in satoshi. */
export const MAX_MONEY: bigint = 2_100_000_000_000_000n;
/** Confirmations before a coinbase's outputs may be spent. */
export const COINBASE_MATURITY: number = 100;
