/*
 * What a node relays and mines by default, beyond what blocks may hold: Bitcoin Core 29's values.
 */

/** Highest version of a transaction that is relayed. */
export const TX_MAX_STANDARD_VERSION: number = 3;
export const MAX_STANDARD_TX_WEIGHT: number = 400_000;
/** Shorter ones could pass for an inner node of a Merkle tree (CVE-2017-12842). */
export const MIN_STANDARD_TX_NONWITNESS_SIZE: number = 65;
/** Holds a 15-of-15 multisig behind a script hash. */
export const MAX_STANDARD_SCRIPTSIG_SIZE: number = 1650;
export const MAX_STANDARD_TX_SIGOPS_COST: number = 16_000;
export const MAX_P2SH_SIGOPS: number = 15;
export const MAX_STANDARD_P2WSH_STACK_ITEMS: number = 100;
export const MAX_STANDARD_P2WSH_STACK_ITEM_SIZE: number = 80;
export const MAX_STANDARD_P2WSH_SCRIPT_SIZE: number = 3600;
export const MAX_STANDARD_TAPSCRIPT_STACK_ITEM_SIZE: number = 80;
/** Keys of a multisig that stands in an output itself. */
export const MAX_BARE_MULTISIG_KEYS: number = 3;
/** Outputs too small to be worth spending that a transaction may have, when its child spends them. */
export const MAX_DUST_OUTPUTS_PER_TX: number = 1;
/** Virtual bytes that a unit of signature checking costs at least. */
export const BYTES_PER_SIGOP: number = 20;

/** Transactions in the mempool that one may depend on, itself included. */
export const ANCESTOR_LIMIT: number = 25;
/** Virtual bytes of these. */
export const ANCESTOR_SIZE_LIMIT: number = 101_000;
export const DESCENDANT_LIMIT: number = 25;
export const DESCENDANT_SIZE_LIMIT: number = 101_000;
/** One small descendant more is let in, so that two parties can both bump a fee (CPFP carve-out). */
export const EXTRA_DESCENDANT_TX_SIZE_LIMIT: number = 10_000;

/** Transactions that one may push out. */
export const MAX_REPLACEMENT_CANDIDATES: number = 100;

/** Version of transactions that are limited topologically (BIP 431). */
export const TRUC_VERSION: number = 3;
export const TRUC_ANCESTOR_LIMIT: number = 2;
export const TRUC_DESCENDANT_LIMIT: number = 2;
export const TRUC_MAX_VSIZE: number = 10_000;
export const TRUC_CHILD_MAX_VSIZE: number = 1000;

export const MAX_PACKAGE_COUNT: number = 25;
export const MAX_PACKAGE_WEIGHT: number = 404_000;

/** Weight that block templates leave for header and coinbase. */
export const BLOCK_RESERVED_WEIGHT: number = 8000;

/** Blocks that a fee can be estimated for. */
export const MAX_CONFIRMATION_TARGET: number = 1008;

/** What can be set about a node's policy. */
export type Policy = {
  /** Satoshi for 1000 virtual bytes. */
  readonly minRelayFeeRate: number;
  /** What a replacement pays more for each 1000 of its own virtual bytes. */
  readonly incrementalRelayFeeRate: number;
  /** At this rate an output has to be worth more than what it costs to spend. */
  readonly dustRelayFeeRate: number;
  /** Blocks ask for as much. */
  readonly blockMinFeeRate: number;
  /** Longest script of an output that carries data, 0 for none. */
  readonly dataCarrierBytes: number;
  readonly permitBareMultisig: boolean;
  /** Whether only standard transactions are relayed. */
  readonly requireStandard: boolean;
  /** Virtual bytes the mempool holds before it drops what pays least. */
  readonly maxMempoolBytes: number;
  /** Seconds after which a transaction is dropped. */
  readonly mempoolExpiry: number;
  /** The limits of BIP 110 ("reduced data"), as a rule of relay. */
  readonly reducedData: boolean;
};

const DAYS = 86_400;

export const DEFAULT_POLICY: Policy = {
  minRelayFeeRate: 1000,
  incrementalRelayFeeRate: 1000,
  dustRelayFeeRate: 3000,
  blockMinFeeRate: 1000,
  dataCarrierBytes: 83,
  permitBareMultisig: true,
  requireStandard: true,
  maxMempoolBytes: 300_000_000,
  mempoolExpiry: 14 * DAYS,
  reducedData: false,
};

/** What `vsize` virtual bytes pay at a rate for 1000, rounded up. */
export function feeAt(rate: number, vsize: number): bigint {
  return BigInt(Math.ceil((rate * vsize) / 1000));
}
