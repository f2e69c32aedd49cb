import { bytesToBase64 } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  type Account,
  Accounts,
  addressKey,
  areEntriesValid,
  type Bank,
  type BankRules,
  BlockhashQueue,
  builtinAccounts,
  decodeClock,
  decodeEpochSchedule,
  decodeLattice,
  createTransaction,
  decodeTransaction,
  epochOf,
  estimateTimestamp,
  leaderSchedule,
  encodeLattice,
  entriesOfShreds,
  type Entry,
  type FrozenBank,
  type Message,
  openBank,
  programAccounts,
  StatusCache,
  type TransactionResult,
} from '@ninefold/chain-solana';
import {
  addressBytes,
  decodeVoteState,
  FEATURES,
  type FeatureSet,
  mainnetFeatures,
  SYSVAR,
  toBase58,
} from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { PRELOADED } from './preloaded.ts';
import { createCounter, differs, fromBase64, readJson, readText, toHex, type VectorFiles } from './read.ts';

type RecordedAccount = {
  readonly pubkey: string;
  readonly lamports: string;
  readonly owner: string;
  readonly data: string;
  readonly executable: boolean;
};

type RecordedPost = {
  readonly lamports: string;
  readonly owner: string;
  readonly data?: string;
  readonly dataLength?: number;
  readonly dataSha256?: string;
};

type RecordedBlock = {
  readonly slot: string;
  readonly entries: readonly {
    readonly numHashes: number;
    readonly hash: string;
    readonly txs?: readonly string[];
  }[];
  readonly results: readonly { readonly err: unknown; readonly cu: number; readonly fee: string }[];
  readonly post: Readonly<Record<string, RecordedPost | null>>;
  readonly fees: { readonly total: string; readonly burned: string; readonly toLeader: string };
  readonly signatureCount: number;
  readonly lastBlockhash: string;
  readonly ltHash: string;
  readonly capitalization: string;
  readonly bankHash: string;
};

type RecordedChain = {
  readonly parent: {
    readonly slot: string;
    readonly bankHash: string;
    readonly lastBlockhash: string;
    readonly blockhashQueue: readonly string[];
    readonly capitalization: string;
    readonly ltHash: string;
  };
  readonly programs: readonly {
    readonly programId: string;
    readonly loader: string;
    readonly file: string;
  }[];
  readonly leader: string;
  readonly accounts: readonly RecordedAccount[];
  readonly blocks: readonly RecordedBlock[];
};

type BankStart = {
  readonly slot: number;
  readonly hash: string;
  readonly queue: readonly string[];
  readonly capitalization: string;
  readonly lattice: string;
  readonly blockHeight: number;
};

const keyOf = (address: string): string => addressKey(addressBytes(address));

/** The bank that a recording starts from; `queue` has the oldest blockhash first. */
function startBank(start: BankStart, accounts: Accounts): FrozenBank {
  const blockhashes = new BlockhashQueue(start.queue.map((hash) => addressBytes(hash)).reverse());
  const clock = accounts.get(keyOf(SYSVAR.clock)) as Account;
  return {
    slot: start.slot,
    parentSlot: start.slot - 1,
    blockHeight: start.blockHeight,
    hash: addressBytes(start.hash),
    blockhash: blockhashes.latest,
    accounts: accounts.snapshot(),
    lattice: decodeLattice(fromBase64(start.lattice)),
    capitalization: BigInt(start.capitalization),
    blockhashes,
    statuses: StatusCache.empty(),
    transactionCount: 0,
    signatureCount: 0,
    clock: decodeClock(clock.data),
  };
}

/** Limits beyond what any recording reaches. */
const limits = { blockUnits: 100_000_000, accountUnits: 40_000_000, newDataBytes: 100_000_000 };

function rulesOf(accounts: Accounts, leader: string, features: FeatureSet): BankRules {
  const schedule = accounts.get(keyOf(SYSVAR.epochSchedule)) as Account;
  const identity = addressBytes(leader);
  return { features, epochSchedule: decodeEpochSchedule(schedule.data), limits, leader: () => identity };
}

function replay(bank: Bank, entries: readonly Entry[]): readonly TransactionResult[] {
  return entries.flatMap(({ transactions }) => transactions.map((transaction) => bank.process(transaction)));
}

function checkHashes(
  frozen: FrozenBank,
  expected: { readonly ltHash: string; readonly bankHash: string },
): string | undefined {
  return (
    differs('lattice hash', bytesToBase64(encodeLattice(frozen.lattice)), expected.ltHash) ??
    differs('bank hash', toBase58(frozen.hash), expected.bankHash)
  );
}

function checkPost(frozen: FrozenBank, post: RecordedBlock['post']): string | undefined {
  for (const [address, expected] of Object.entries(post)) {
    const account = frozen.accounts.get(keyOf(address));
    if (expected === null || account === undefined) {
      if ((expected === null) !== (account === undefined)) return `${address} is there or not`;
      continue;
    }
    const data =
      expected.data === undefined
        ? differs(`${address} data`, toHex(sha256(account.data)), expected.dataSha256)
        : differs(`${address} data`, bytesToBase64(account.data), expected.data);
    const problem =
      data ??
      differs(`${address} lamports`, account.lamports, BigInt(expected.lamports)) ??
      differs(`${address} owner`, toBase58(account.owner), expected.owner);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const toEntries = (block: RecordedBlock): readonly Entry[] =>
  block.entries.map(({ numHashes, hash, txs }) => ({
    hashes: numHashes,
    hash: addressBytes(hash),
    transactions: (txs ?? []).map((text) => decodeTransaction(fromBase64(text))),
  }));

function checkResult(
  result: TransactionResult,
  recorded: RecordedBlock['results'][number],
): string | undefined {
  const fee = result.prepared?.fee;
  return (
    differs('error', JSON.stringify(result.error ?? null), JSON.stringify(recorded.err)) ??
    differs('units', result.units, recorded.cu) ??
    differs('fee', fee === undefined ? 0n : fee.signatures + fee.priority, BigInt(recorded.fee))
  );
}

/** A chain of recorded blocks: every transaction, every account, and the hashes of each block. */
export function runBlocks(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/blocks');
  const chain = readJson<RecordedChain>(vectors, 'golden/blocks.json.gz');
  const accounts = Accounts.on();
  for (const { pubkey, lamports, owner, data, executable } of chain.accounts) {
    accounts.set(keyOf(pubkey), {
      lamports: BigInt(lamports),
      owner: addressBytes(owner),
      data: fromBase64(data),
      isExecutable: executable,
      rentEpoch: 2n ** 64n - 1n,
    });
  }
  placePrograms(accounts, chain, vectors);
  const { parent } = chain;
  let head = startBank(
    {
      slot: Number(parent.slot),
      hash: parent.bankHash,
      queue: parent.blockhashQueue,
      capitalization: parent.capitalization,
      lattice: parent.ltHash,
      blockHeight: Number(parent.slot),
    },
    accounts,
  );
  const rules = rulesOf(accounts, chain.leader, mainnetFeatures());
  for (const block of chain.blocks) {
    const entries = toEntries(block);
    counter.check(`${block.slot} entries`, () =>
      areEntriesValid(head.blockhash, entries) ? undefined : 'do not follow from each other',
    );
    const bank = openBank(head, rules, Number(block.slot));
    const results = replay(bank, entries);
    for (const [index, result] of results.entries()) {
      const recorded = block.results[index] as RecordedBlock['results'][number];
      counter.check(`${block.slot} transaction ${index}`, () => checkResult(result, recorded));
    }
    const frozen = bank.freeze(addressBytes(block.lastBlockhash));
    counter.check(`${block.slot} accounts`, () => checkPost(frozen, block.post));
    counter.check(
      `${block.slot} bank`,
      () =>
        differs('fees', frozen.distribution.toLeader, BigInt(block.fees.toLeader)) ??
        differs('signatures', frozen.signatureCount, block.signatureCount) ??
        differs('capitalization', frozen.capitalization, BigInt(block.capitalization)) ??
        checkHashes(frozen, block),
    );
    head = frozen;
  }
  return counter.result();
}

function placePrograms(accounts: Accounts, chain: RecordedChain, vectors: VectorFiles): void {
  const rent = { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 };
  for (const [at, account] of builtinAccounts()) accounts.set(addressKey(at), account);
  const listed = chain.programs.map(({ programId, file, loader }) => [programId, file, loader] as const);
  for (const [address, file, loader] of [...PRELOADED, ...listed]) {
    const elf = vectors.read(`programs/${file}.gz`);
    for (const [at, account] of programAccounts({ address, loader, file: elf }, rent))
      accounts.set(addressKey(at), account);
  }
}

type SnapshotBank = {
  readonly epochStakes: readonly {
    readonly epoch: string;
    readonly nodes: readonly (readonly [identity: string, stake: string, ...unknown[]])[];
  }[];
  readonly parent: {
    readonly slot: string;
    readonly bankHash: string;
    readonly blockHeight: string;
    readonly capitalization: string;
    readonly leader: string;
    readonly ltHash: string;
    readonly blockhashQueue: { readonly oldestFirst: readonly (readonly [hash: string, ...string[]])[] };
    readonly hardForks: readonly (readonly [slot: string, count: string])[];
  };
  readonly expected: {
    readonly slot: string;
    readonly entries: number;
    readonly poHashes: number;
    readonly transactions: number;
    readonly everyTransactionError: unknown;
    readonly signatureCount: number;
    readonly fees: {
      readonly total: string;
      readonly burned: string;
      readonly toLeader: string;
      readonly leader: string;
    };
    readonly lastBlockhash: string;
    readonly ltHash: string;
    readonly bankHash: string;
  };
};

type SnapshotAccount = {
  readonly pubkey: string;
  readonly lamports: string;
  readonly owner: string;
  readonly executable: boolean;
  readonly data: readonly number[];
};

/** Features whose accounts say that they are active. */
function activeFeatures(accounts: Accounts): FeatureSet {
  const isActive = (address: string): boolean => accounts.get(keyOf(address))?.data[0] === 1;
  return new Set(FEATURES.flatMap(([name, address]) => (isActive(address) ? [name] : [])));
}

/** Accounts; their lamports are beyond what a JSON number holds. */
function readSnapshot(vectors: VectorFiles): readonly SnapshotAccount[] {
  const text = readText(vectors, 'ledger/testnet-417955322.accounts.json.gz');
  return JSON.parse(text.replaceAll(/"lamports": ?(\d+)/g, '"lamports":"$1"')) as readonly SnapshotAccount[];
}

/** A slot of testnet, from its shreds to its bank hash. */
export function runRecordedSlot(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/recorded-slot');
  const { parent, expected, epochStakes } = readJson<SnapshotBank>(
    vectors,
    'ledger/testnet-417955322.bank.json.gz',
  );
  const accounts = Accounts.on();
  for (const account of readSnapshot(vectors)) {
    accounts.set(keyOf(account.pubkey), {
      lamports: BigInt(account.lamports),
      owner: addressBytes(account.owner),
      data: Uint8Array.from(account.data),
      isExecutable: account.executable,
      rentEpoch: 2n ** 64n - 1n,
    });
  }
  const head = startBank(
    {
      slot: Number(parent.slot),
      hash: parent.bankHash,
      queue: parent.blockhashQueue.oldestFirst.map(([hash]) => hash),
      capitalization: parent.capitalization,
      lattice: parent.ltHash,
      blockHeight: Number(parent.blockHeight),
    },
    accounts,
  );
  const hardForks = parent.hardForks.map(([slot, count]) => ({ slot: Number(slot), count: Number(count) }));
  const rules = { ...rulesOf(accounts, parent.leader, activeFeatures(accounts)), hardForks };
  const shreds = readJson<readonly (readonly number[])[]>(vectors, 'ledger/testnet-417955322.shreds.json.gz');
  const entries = entriesOfShreds(shreds.map((shred) => Uint8Array.from(shred)));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  counter.check(
    'shreds',
    () =>
      differs('entries', entries.length, expected.entries) ??
      differs('hashes', sum(entries.map(({ hashes }) => hashes)), expected.poHashes) ??
      differs(
        'transactions',
        sum(entries.map(({ transactions }) => transactions.length)),
        expected.transactions,
      ),
  );
  counter.check('proof of history', () =>
    areEntriesValid(head.blockhash, entries) ? undefined : 'entries do not follow from each other',
  );
  const bank = openBank(head, rules, Number(expected.slot));
  for (const [index, result] of replay(bank, entries).entries()) {
    counter.check(`transaction ${index}`, () =>
      differs('error', JSON.stringify(result.error), JSON.stringify(expected.everyTransactionError)),
    );
  }
  const frozen = bank.freeze((entries.at(-1) as Entry).hash);
  counter.check('leader', () => {
    const { epoch, index, slots } = epochOf(rules.epochSchedule, Number(expected.slot));
    const stakes = epochStakes.find((known) => Number(known.epoch) === epoch);
    const nodes = (stakes?.nodes ?? []).map(([key, stake]) => ({
      key: addressBytes(key),
      stake: BigInt(stake),
    }));
    return differs(
      'leader',
      toBase58(leaderSchedule(epoch, nodes, slots).leader(index)),
      expected.fees.leader,
    );
  });
  counter.check(
    'bank',
    () =>
      differs('blockhash', toBase58(frozen.blockhash), expected.lastBlockhash) ??
      differs('fees', frozen.distribution.toLeader, BigInt(expected.fees.toLeader)) ??
      differs('burned', frozen.distribution.burned, BigInt(expected.fees.burned)) ??
      differs('signatures', frozen.signatureCount, expected.signatureCount) ??
      checkHashes(frozen, expected),
  );
  return counter.result();
}

type FixtureVoter = {
  readonly voteAccount: { readonly address: string; readonly data: string };
  readonly stake: string;
};

type BlockFixture = {
  readonly input: {
    readonly txns: readonly {
      readonly message: {
        readonly header: {
          readonly numRequiredSignatures: number;
          readonly numReadonlySignedAccounts?: number;
          readonly numReadonlyUnsignedAccounts?: number;
        };
        readonly accountKeys: readonly string[];
        readonly recentBlockhash: string;
        readonly instructions: readonly {
          readonly programIdIndex?: number;
          readonly accounts?: readonly number[];
          readonly data?: string;
        }[];
      };
      readonly signatures: readonly string[];
    }[];
    readonly acctStates: readonly {
      readonly address: string;
      readonly lamports?: string;
      readonly data?: string;
      readonly executable?: boolean;
      readonly owner?: string;
    }[];
    readonly blockhashQueue: readonly string[];
    readonly slotCtx: {
      readonly slot: string;
      readonly prevSlot?: string;
      readonly poh: string;
      readonly parentBankHash: string;
      readonly prevEpochCapitalization: string;
    };
    readonly epochCtx: {
      readonly features: { readonly features: readonly string[] };
      readonly voteAccountsT_2: readonly FixtureVoter[];
    };
  };
  readonly output: {
    readonly hasError?: boolean;
    readonly slotCapitalization: string;
    readonly bankHash: string;
    readonly costTracker: { readonly blockCost?: string };
  };
};

const FIXTURES: readonly string[] = [
  'block-fixture-block-13.json.gz',
  'block-fixture-bde91c5e83305ac65a65e91dbccf0eff8e5cd7ed_149313.json.gz',
];

/** Milliseconds of a slot before any of the features that shorten it. */
const SLOT_MILLISECONDS = 400;

/** The first eight bytes of a feature's address name it. */
function featuresOf(ids: readonly string[]): FeatureSet {
  const known = new Set(ids);
  const idOf = (address: string): string =>
    String(new DataView(addressBytes(address).buffer).getBigUint64(0, true));
  return new Set(FEATURES.flatMap(([name, address]) => (known.has(idOf(address)) ? [name] : [])));
}

function fixtureMessage({ message }: BlockFixture['input']['txns'][number]): Message {
  const { header, accountKeys, recentBlockhash, instructions } = message;
  return {
    version: 'legacy',
    header: {
      signatures: header.numRequiredSignatures,
      readonlySigned: header.numReadonlySignedAccounts ?? 0,
      readonlyUnsigned: header.numReadonlyUnsignedAccounts ?? 0,
    },
    keys: accountKeys.map(fromBase64),
    blockhash: fromBase64(recentBlockhash),
    instructions: instructions.map(({ programIdIndex = 0, accounts = [], data = '' }) => ({
      program: programIdIndex,
      accounts: Uint8Array.from(accounts),
      data: fromBase64(data),
    })),
  };
}

/** The time of a fixture's slot, by what its voters said. */
function fixtureTime({ input }: BlockFixture, head: FrozenBank, rules: BankRules): number | undefined {
  const votes = input.epochCtx.voteAccountsT_2.map(({ voteAccount, stake }) => {
    // The vote account as it is now, with the stake of two epochs before.
    const data =
      head.accounts.get(addressKey(fromBase64(voteAccount.address)))?.data ?? fromBase64(voteAccount.data);
    const { timestamp } = decodeVoteState(data, fromBase64(voteAccount.address));
    return { slot: Number(timestamp.slot), timestamp: Number(timestamp.time), stake: BigInt(stake) };
  });
  const { index } = epochOf(rules.epochSchedule, head.slot);
  return estimateTimestamp(votes, {
    slot: Number(input.slotCtx.slot),
    slotMilliseconds: SLOT_MILLISECONDS,
    slotsPerEpoch: rules.epochSchedule.slotsPerEpoch,
    epochStartSlot: head.slot - index,
    epochStartTimestamp: Number(head.clock.epochStartTimestamp),
  });
}

function checkFixture(fixture: BlockFixture): string | undefined {
  const { input, output } = fixture;
  const { slotCtx, epochCtx } = input;
  const accounts = Accounts.on();
  for (const { address, lamports, data, executable, owner } of input.acctStates) {
    accounts.set(addressKey(fromBase64(address)), {
      lamports: BigInt(lamports ?? 0),
      owner: fromBase64(owner ?? ''),
      data: fromBase64(data ?? ''),
      isExecutable: executable === true,
      rentEpoch: 2n ** 64n - 1n,
    });
  }
  const toText58 = (base64: string): string => toBase58(fromBase64(base64));
  const head = startBank(
    {
      slot: Number(slotCtx.prevSlot ?? 0),
      hash: toText58(slotCtx.parentBankHash),
      queue: input.blockhashQueue.map(toText58),
      capitalization: slotCtx.prevEpochCapitalization,
      lattice: bytesToBase64(new Uint8Array(2048)),
      blockHeight: 0,
    },
    accounts,
  );
  const [voter] = epochCtx.voteAccountsT_2;
  const identity = fromBase64(voter?.voteAccount.data ?? '').subarray(4, 36);
  const rules = rulesOf(accounts, toBase58(identity), featuresOf(epochCtx.features.features));
  const bank = openBank(head, rules, Number(slotCtx.slot), fixtureTime(fixture, head, rules));
  const results = input.txns.map((transaction) =>
    bank.process(createTransaction(fixtureMessage(transaction), transaction.signatures.map(fromBase64))),
  );
  const isRefused = results.some(({ stage }) => stage === 'refused');
  if (output.hasError === true || isRefused)
    return differs('a transaction that no block may have', isRefused, output.hasError === true);
  const costs = bank.costs.units();
  const frozen = bank.freeze(fromBase64(slotCtx.poh));
  return (
    differs('cost', costs, Number(output.costTracker.blockCost)) ??
    differs('capitalization', frozen.capitalization, BigInt(output.slotCapitalization)) ??
    differs('bank hash', bytesToBase64(frozen.hash), output.bankHash)
  );
}

/** Blocks of the fixtures that validators share. */
export function runBlockFixtures(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/block-fixtures');
  for (const name of FIXTURES)
    counter.check(name, () => checkFixture(readJson<BlockFixture>(vectors, `ledger/${name}`)));
  return counter.result();
}
