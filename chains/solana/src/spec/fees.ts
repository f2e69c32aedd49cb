/** What a signature costs: the transaction's own, and those that signature programs check. */
export const LAMPORTS_PER_SIGNATURE = 5000n;

/** The price of a compute unit is given in these. */
export const MICRO_LAMPORTS_PER_LAMPORT = 1_000_000n;

/** Share of the signature fees that is destroyed, in percent; the leader gets the rest. */
export const BURN_PERCENT = 50n;
