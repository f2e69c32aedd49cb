import type { BlobSchedule, ForkName } from '../types.ts';

/** When mainnet switched: by block number up to Paris, by timestamp (seconds) from Shanghai. */
export type Activation = { readonly block: number } | { readonly time: number };

export type ForkSpec = {
  readonly name: ForkName;
  /** `undefined` while mainnet has no date. */
  readonly mainnet: Activation | undefined;
  /** Behaviour switched on, beyond new instructions and prices, which have tables of their own. */
  readonly adds: readonly Feature[];
  /** Behaviour switched off again. */
  readonly removes?: readonly Feature[] | undefined;
  /** EIP-7840 schedule from this fork on; inherited where absent. */
  readonly blobs?: BlobSchedule | undefined;
};

/**
 * Behaviour that a fork switches on, named by its EIP; what is only a new price, limit or
 * instruction is in the other tables. The position is the bit in the kernel's
 * feature set: append only.
 */
export const FEATURES = [
  /** Homestead: a creation that cannot pay its code deposit fails; signatures have low s. */
  'eip2',
  /** All but one 64th is forwarded; asking for more is no error. */
  'eip150',
  /** Replay protection by chain id in legacy signatures. */
  'eip155',
  /** Touched empty accounts vanish; new contracts start with nonce 1. */
  'eip161',
  /** MODEXP exists, priced by the Byzantium formula. */
  'eip198',
  /** Receipts carry a status instead of a state root. */
  'eip658',
  /** Net-metered SSTORE without the gas sentry. */
  'eip1283',
  /** Net-metered SSTORE with the 2300 gas sentry. */
  'eip2200',
  /** MODEXP priced by words squared over 3. */
  'eip2565',
  /** Cold and warm accounts and slots. */
  'eip2929',
  /** Transactions of type 1: access lists. */
  'eip2930',
  /** Transactions of type 2 and a base fee that is burnt. */
  'eip1559',
  /** New code may not begin with 0xEF. */
  'eip3541',
  /** Proof of stake: 0x44 pushes the beacon chain's randomness. */
  'eip4399',
  /** The coinbase is warm from the start. */
  'eip3651',
  /** Transactions of type 3: blobs. */
  'eip4844',
  /** SELFDESTRUCT deletes only what the same transaction created. */
  'eip6780',
  /** Transactions of type 4: delegated code. */
  'eip7702',
  /** MODEXP: inputs of at most 1024 bytes, no division, minimum 500 (with EIP-7823). */
  'eip7883',
  /** P256VERIFY at 0x100. */
  'eip7951',
  /** Intrinsic gas by what a transaction touches. */
  'eip2780',
  /** Value transfers are logged. */
  'eip7708',
  /** Block gas is counted before refunds. */
  'eip7778',
  /** Block access lists. */
  'eip7928',
  /** Gas for new state is counted apart, out of a reservoir first. */
  'eip8037',
  /** SELFDESTRUCT in the creating transaction leaves the balance. */
  'eip8246',
] as const;

export type Feature = (typeof FEATURES)[number];

/** Every fork the machine knows, oldest first. DAO transfer and difficulty bombs are the chain's affair. */
export const FORKS: readonly ForkSpec[] = [
  { name: 'frontier', mainnet: { block: 0 }, adds: [] },
  { name: 'homestead', mainnet: { block: 1_150_000 }, adds: ['eip2'] },
  { name: 'tangerineWhistle', mainnet: { block: 2_463_000 }, adds: ['eip150'] },
  { name: 'spuriousDragon', mainnet: { block: 2_675_000 }, adds: ['eip155', 'eip161'] },
  { name: 'byzantium', mainnet: { block: 4_370_000 }, adds: ['eip198', 'eip658'] },
  // Mainnet went from Byzantium to Petersburg in one block; only test chains ran EIP-1283.
  { name: 'constantinople', mainnet: { block: 7_280_000 }, adds: ['eip1283'] },
  { name: 'petersburg', mainnet: { block: 7_280_000 }, adds: [], removes: ['eip1283'] },
  { name: 'istanbul', mainnet: { block: 9_069_000 }, adds: ['eip2200'] },
  { name: 'berlin', mainnet: { block: 12_244_000 }, adds: ['eip2565', 'eip2929', 'eip2930'] },
  { name: 'london', mainnet: { block: 12_965_000 }, adds: ['eip1559', 'eip3541'] },
  { name: 'paris', mainnet: { block: 15_537_394 }, adds: ['eip4399'] },
  { name: 'shanghai', mainnet: { time: 1_681_338_455 }, adds: ['eip3651'] },
  {
    name: 'cancun',
    mainnet: { time: 1_710_338_135 },
    adds: ['eip4844', 'eip6780'],
    blobs: { target: 3, max: 6, updateFraction: 3_338_477n },
  },
  {
    name: 'prague',
    mainnet: { time: 1_746_612_311 },
    adds: ['eip7702'],
    blobs: { target: 6, max: 9, updateFraction: 5_007_716n },
  },
  { name: 'osaka', mainnet: { time: 1_764_798_551 }, adds: ['eip7883', 'eip7951'] },
  {
    name: 'bpo1',
    mainnet: { time: 1_765_290_071 },
    adds: [],
    blobs: { target: 10, max: 15, updateFraction: 8_346_193n },
  },
  {
    name: 'bpo2',
    mainnet: { time: 1_767_747_671 },
    adds: [],
    blobs: { target: 14, max: 21, updateFraction: 11_684_671n },
  },
  // Blob-only forks without mainnet parameters: a chain that schedules one brings its own numbers.
  { name: 'bpo3', mainnet: undefined, adds: [] },
  { name: 'bpo4', mainnet: undefined, adds: [] },
  {
    name: 'amsterdam',
    mainnet: undefined,
    adds: ['eip2780', 'eip7708', 'eip7778', 'eip7928', 'eip8037', 'eip8246'],
  },
];

/** What a chain runs when nothing is said: the newest rules mainnet has. */
export const DEFAULT_FORK: ForkName = 'bpo2';

const INDEX: ReadonlyMap<ForkName, number> = new Map(FORKS.map((fork, index) => [fork.name, index]));

/** Position of `fork` in {@link FORKS}: later forks compare greater. */
export function forkIndex(fork: ForkName): number {
  return INDEX.get(fork) as number;
}

/** Whether `fork` is `other` or comes after it: `isAtLeast('cancun', 'berlin') === true`. */
export function isAtLeast(fork: ForkName, other: ForkName): boolean {
  return forkIndex(fork) >= forkIndex(other);
}

/** `fork` and all forks before it, oldest first. */
export function forksUntil(fork: ForkName): readonly ForkSpec[] {
  return FORKS.slice(0, forkIndex(fork) + 1);
}

/** Everything that is switched on in `fork`. */
export function featuresOf(fork: ForkName): ReadonlySet<Feature> {
  const features = new Set<Feature>();
  for (const { adds, removes } of forksUntil(fork)) {
    for (const feature of adds) features.add(feature);
    for (const feature of removes ?? []) features.delete(feature);
  }
  return features;
}

/** The fork's blob schedule; `undefined` before Cancun. */
export function blobScheduleOf(fork: ForkName): BlobSchedule | undefined {
  return forksUntil(fork).findLast(({ blobs }) => blobs !== undefined)?.blobs;
}
