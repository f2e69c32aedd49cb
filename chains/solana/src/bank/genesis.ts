import { type Bytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  addressBytes,
  encodeLoaderState,
  type FeatureSet,
  FEATURES,
  findProgramAddress,
  PROGRAM,
  PROGRAM_DATA_HEADER_BYTES,
  SYSVAR,
} from '@ninefold/vm-svm';
import { LOADER_V3, MIGRATED_PROGRAM, NATIVE_LOADER, SYSTEM_PROGRAM } from '../spec/addresses.ts';
import { addressKey, keyAddress } from '../tx/address-key.ts';
import { type Account, RENT_EXEMPT_EPOCH } from './account.ts';
import { Accounts } from './accounts.ts';
import { bankHash, type FrozenBank } from './bank.ts';
import { BlockhashQueue } from './blockhash-queue.ts';
import { encodeEpochSchedule, type EpochSchedule, leaderScheduleEpochOf } from './epoch-schedule.ts';
import { encodeLattice, type Lattice, LATTICE_LANES, latticeOf, replaceInLattice } from './lattice.ts';
import { minimumBalance, type Rent, rentOf } from './rent.ts';
import { initialStakes } from '../stake/epoch.ts';
import { StatusCache } from './status-cache.ts';
import {
  type BankClock,
  emptySlotHistory,
  encodeClock,
  encodeRecentBlockhashes,
  encodeRent,
  encodeSlotHashes,
  INITIAL_SYSVAR_BYTES,
  sysvarAccount,
  withSlotInHistory,
} from './sysvars.ts';

/** A program that is there from the begin. */
export type InitialProgram = {
  /** Base58. */
  readonly address: string;
  /** Its loader's address; the upgradeable loader unless it says otherwise. */
  readonly loader?: string | undefined;
  /** The ELF file. */
  readonly file: Bytes;
  /** Who may upgrade it; nobody unless it says so. */
  readonly authority?: Bytes | undefined;
};

/** An account and where it is. */
export type PlacedAccount = readonly [address: Bytes, account: Account];

/** What a chain starts with. */
export type GenesisOptions = {
  readonly features: FeatureSet;
  readonly epochSchedule: EpochSchedule;
  /** Seconds since 1970. */
  readonly unixTimestamp?: number | undefined;
  readonly rent?: Rent | undefined;
  readonly accounts?: readonly PlacedAccount[] | undefined;
  readonly programs?: readonly InitialProgram[] | undefined;
};

const NOTHING: Lattice = new Uint16Array(LATTICE_LANES);

/** Programs that are part of the machine, by the name that their account holds. */
const BUILTINS: readonly (readonly [address: string, name: string])[] = [
  [PROGRAM.system, 'system_program'],
  [PROGRAM.vote, 'vote_program'],
  [PROGRAM.computeBudget, 'compute_budget_program'],
  [PROGRAM.loaderV1, 'solana_bpf_loader_deprecated_program'],
  [PROGRAM.loaderV2, 'solana_bpf_loader_program'],
  [PROGRAM.loaderV3, 'solana_bpf_loader_upgradeable_program'],
  [PROGRAM.ed25519, ''],
  [PROGRAM.secp256k1, ''],
  [PROGRAM.secp256r1, ''],
];

/** The accounts of builtin programs. */
export function builtinAccounts(): readonly PlacedAccount[] {
  return BUILTINS.map(([address, name]) => [
    addressBytes(address),
    {
      lamports: 1n,
      data: utf8ToBytes(name),
      owner: NATIVE_LOADER,
      isExecutable: true,
      rentEpoch: RENT_EXEMPT_EPOCH,
    },
  ]);
}

// Chains share what is the same on each: its lattice value is computed once.
const knownFeatures = new Map<string, PlacedAccount>();
const knownPrograms = new WeakMap<InitialProgram, readonly PlacedAccount[]>();

/** The accounts of a program that was deployed in slot 0; one or two, as its loader wants it. */
export function programAccounts(program: InitialProgram, rent: Rent): readonly PlacedAccount[] {
  const known = knownPrograms.get(program);
  if (
    known !== undefined &&
    known.every(([, { lamports, data }]) => lamports === minimumBalance(rent, data.length))
  )
    return known;
  const placed = placeProgram(program, rent);
  knownPrograms.set(program, placed);
  return placed;
}

function placeProgram(program: InitialProgram, rent: Rent): readonly PlacedAccount[] {
  const address = addressBytes(program.address);
  const loader = program.loader === undefined ? LOADER_V3 : addressBytes(program.loader);
  const account = (data: Bytes, isExecutable: boolean): Account => ({
    lamports: minimumBalance(rent, data.length),
    data,
    owner: loader,
    isExecutable,
    rentEpoch: RENT_EXEMPT_EPOCH,
  });
  if (program.loader !== undefined && program.loader !== PROGRAM.loaderV3)
    return [[address, account(program.file, true)]];
  const holder = findProgramAddress([address], LOADER_V3)?.address as Bytes;
  const pointer = encodeLoaderState({ kind: 'program', programData: holder });
  const data = new Uint8Array(PROGRAM_DATA_HEADER_BYTES + program.file.length);
  data.set(encodeLoaderState({ kind: 'programData', slot: 0n, authority: program.authority }));
  data.set(program.file, PROGRAM_DATA_HEADER_BYTES);
  return [
    [address, account(pointer, true)],
    [holder, account(data, false)],
  ];
}

/** The accounts of features that are active: activated in slot 0. */
export function featureAccounts(features: FeatureSet, rent: Rent): readonly PlacedAccount[] {
  const owner = addressBytes(MIGRATED_PROGRAM.feature);
  const data = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0);
  const lamports = minimumBalance(rent, data.length);
  return FEATURES.filter(([name]) => features.has(name)).map(([name, address]) => {
    const known = knownFeatures.get(name);
    if (known !== undefined && known[1].lamports === lamports) return known;
    const account = { lamports, data, owner, isExecutable: false, rentEpoch: RENT_EXEMPT_EPOCH };
    const placed: PlacedAccount = [addressBytes(address), account];
    knownFeatures.set(name, placed);
    return placed;
  });
}

/** The sysvars as they are at `clock`, before anything has happened. */
export function sysvarAccounts(
  clock: BankClock,
  schedule: EpochSchedule,
  rent: Rent,
  blockhash: Bytes,
): readonly PlacedAccount[] {
  const zeros = (length: number): Bytes => new Uint8Array(length);
  const data: readonly (readonly [address: string, data: Bytes])[] = [
    [SYSVAR.clock, encodeClock(clock)],
    [SYSVAR.rent, encodeRent(rent)],
    [SYSVAR.epochSchedule, encodeEpochSchedule(schedule)],
    [SYSVAR.slotHashes, encodeSlotHashes([])],
    [SYSVAR.recentBlockhashes, encodeRecentBlockhashes([blockhash])],
    [SYSVAR.slotHistory, withSlotInHistory(emptySlotHistory(), Number(clock.slot))],
    [SYSVAR.epochRewards, zeros(INITIAL_SYSVAR_BYTES.epochRewards)],
    [SYSVAR.lastRestartSlot, zeros(INITIAL_SYSVAR_BYTES.lastRestartSlot)],
    [SYSVAR.stakeHistory, zeros(INITIAL_SYSVAR_BYTES.stakeHistory)],
  ];
  return data.map(([address, bytes]) => [addressBytes(address), sysvarAccount(bytes, rent, undefined)]);
}

/** An ordinary account with `lamports` and nothing else. */
export function walletAccount(lamports: bigint): Account {
  return {
    lamports,
    data: new Uint8Array(0),
    owner: SYSTEM_PROGRAM,
    isExecutable: false,
    rentEpoch: RENT_EXEMPT_EPOCH,
  };
}

/**
 * Slot 0 of a new chain. Its blockhash follows from all accounts, so that chains that start otherwise
 * have transactions that do not fit each other.
 *
 * @example createGenesis({ features: mainnetFeatures(), epochSchedule: epochScheduleOf() })
 */
export function createGenesis(options: GenesisOptions): FrozenBank {
  const { features, epochSchedule } = options;
  const rent = options.rent ?? rentOf(features);
  const timestamp = BigInt(options.unixTimestamp ?? 0);
  const clock: BankClock = {
    slot: 0n,
    epochStartTimestamp: timestamp,
    epoch: 0n,
    leaderScheduleEpoch: BigInt(leaderScheduleEpochOf(epochSchedule, 0)),
    unixTimestamp: timestamp,
  };
  const accounts = Accounts.on();
  const place = (placed: readonly PlacedAccount[]): void => {
    for (const [address, account] of placed) accounts.set(addressKey(address), account);
  };
  place(builtinAccounts());
  place(featureAccounts(features, rent));
  for (const program of options.programs ?? []) place(programAccounts(program, rent));
  place(options.accounts ?? []);
  const lattice = new Uint16Array(LATTICE_LANES);
  let capitalization = 0n;
  const count = (placed: readonly PlacedAccount[]): void => {
    for (const [address, account] of placed) {
      replaceInLattice(lattice, NOTHING, latticeOf(address, account));
      capitalization += account.lamports;
    }
  };
  count(Array.from(accounts.changes(), ({ key, after }) => [keyAddress(key), after as Account]));
  const blockhash = sha256(encodeLattice(lattice));
  const sysvars = sysvarAccounts(clock, epochSchedule, rent, blockhash);
  place(sysvars);
  count(sysvars);
  const stakes = initialStakes(accounts.snapshot(), features, rent);
  return {
    slot: 0,
    parentSlot: 0,
    blockHeight: 0,
    hash: bankHash(new Uint8Array(32), 0, blockhash, lattice),
    blockhash,
    accounts: accounts.snapshot(),
    lattice,
    capitalization,
    blockhashes: new BlockhashQueue([blockhash]),
    statuses: StatusCache.empty(),
    transactionCount: 0,
    signatureCount: 0,
    clock,
    stakes,
  };
}
