import { bytesToBase64, type Rng } from '@ninefold/base';
import { encodeMessage, type SolanaChain } from '@ninefold/chain-solana';
import { toBase58 } from '@ninefold/vm-svm';
import { signedTransfer, transferMessage, type World } from './world.ts';

/** A call as it should be: what is sent is made of these. */
export type Call = { readonly method: string; readonly params: readonly unknown[] };

/** What the makers of parameters choose from. */
type Source = { readonly rng: Rng; readonly world: World; readonly chain: SolanaChain };
type Maker = (source: Source) => unknown;

const COMMITMENTS = ['processed', 'confirmed', 'finalized'];
const ENCODINGS = ['base58', 'base64', 'base64+zstd', 'jsonParsed'];

const address: Maker = ({ rng, world }) =>
  rng.below(4) === 0 ? toBase58(rng.bytes(32)) : rng.pick(world.addresses);
const signature: Maker = ({ rng, world }) =>
  rng.below(4) === 0 ? toBase58(rng.bytes(64)) : rng.pick(world.signatures);
const slot: Maker = ({ rng, chain }) => rng.below(chain.node.ledger.bank.slot + 2);
const small: Maker = ({ rng }) => 1 + rng.below(10);
const flag: Maker = ({ rng }) => rng.below(2) === 0;
const blockhash: Maker = ({ chain }) => toBase58(chain.node.ledger.bank.blockhash);
const commitment: Maker = ({ rng }) => rng.pick(COMMITMENTS);
const encoding: Maker = ({ rng }) => rng.pick(ENCODINGS);
const fixed =
  (...values: readonly unknown[]): Maker =>
  ({ rng }) =>
    rng.pick(values);
const list =
  (make: Maker): Maker =>
  (source) =>
    Array.from({ length: 1 + source.rng.below(3) }, () => make(source));

/** An object with some of the fields. */
const some =
  (fields: Readonly<Record<string, Maker>>): Maker =>
  (source) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, make]) =>
        source.rng.below(2) === 0 ? [] : [[name, make(source)]],
      ),
    );

const context = { commitment, minContextSlot: fixed(0, 1) };
const slice: Maker = ({ rng }) => ({ offset: rng.below(40), length: rng.below(40) });
const account = { ...context, encoding, dataSlice: slice };
const filters: Maker = ({ rng }) => [
  rng.pick<unknown>([
    { dataSize: 165 },
    { memcmp: { offset: 0, bytes: '1' } },
    { memcmp: { offset: rng.below(100), bytes: 'AQ==', encoding: 'base64' } },
    { tokenAccountState: true },
  ]),
];
const block = {
  commitment,
  encoding: fixed('json', 'jsonParsed', 'base64', 'base58'),
  transactionDetails: fixed('full', 'accounts', 'signatures', 'none'),
  maxSupportedTransactionVersion: fixed(0, 1),
  rewards: flag,
};

const transaction: Maker = ({ rng, world, chain }) =>
  signedTransfer(
    world.payer,
    rng.pick([rng.bytes(32), world.payer.address]),
    BigInt(rng.below(1000)) * 1_000_000n,
    chain.node.ledger.bank.blockhash,
  );
const message: Maker = ({ rng, world, chain }) =>
  bytesToBase64(
    encodeMessage(transferMessage(world.payer.address, rng.bytes(32), 1n, chain.node.ledger.bank.blockhash)),
  );
const withBase64 =
  (fields: Readonly<Record<string, Maker>>): Maker =>
  (source) => ({ ...(some(fields)(source) as object), encoding: 'base64' });

const simulated: Maker = (source) => ({ addresses: list(address)(source), encoding: 'base64' });
const bytes: Maker = ({ rng }) =>
  rng.pick<unknown>([Array.from(rng.bytes(rng.below(40))), Buffer.from(rng.bytes(20)).toString('hex')]);
const lamports: Maker = ({ rng }) => rng.pick<unknown>([0, 1, 10 ** 9, 2n ** 64n - 1n]);
const subscription: Maker = ({ rng }) => rng.below(40);
const wanted: Maker = (source) =>
  source.rng.pick<unknown>([{ mint: address(source) }, { programId: address(source) }]);

const unsubscribes = [
  'account',
  'block',
  'logs',
  'program',
  'root',
  'signature',
  'slot',
  'slotsUpdates',
  'vote',
];

/** For each method what its parameters are made by. */
const METHODS: Readonly<Record<string, readonly Maker[]>> = {
  getAccountInfo: [address, some(account)],
  getMultipleAccounts: [list(address), some(account)],
  getBalance: [address, some(context)],
  getProgramAccounts: [address, some({ ...account, filters, withContext: flag, sortResults: flag })],
  getMinimumBalanceForRentExemption: [small, some(context)],
  getLargestAccounts: [some({ commitment, filter: fixed('circulating', 'nonCirculating') })],
  getSupply: [some({ ...context, excludeNonCirculatingAccountsList: flag })],
  getStakeMinimumDelegation: [some(context)],
  getTokenAccountsByOwner: [address, wanted, some(account)],
  getTokenAccountsByDelegate: [address, wanted, some(account)],
  getTokenAccountBalance: [address, some(context)],
  getTokenSupply: [address, some(context)],
  getTokenLargestAccounts: [address, some(context)],
  sendTransaction: [
    transaction,
    withBase64({ skipPreflight: flag, preflightCommitment: commitment, maxRetries: small }),
  ],
  simulateTransaction: [
    transaction,
    withBase64({ ...context, sigVerify: flag, innerInstructions: flag, accounts: simulated }),
  ],
  requestAirdrop: [address, lamports, some(context)],
  getSignatureStatuses: [list(signature), some({ searchTransactionHistory: flag })],
  getTransaction: [signature, some(block)],
  getSignaturesForAddress: [address, some({ ...context, limit: small, before: signature, until: signature })],
  getTransactionCount: [some(context)],
  getFeeForMessage: [message, some(context)],
  getRecentPrioritizationFees: [list(address)],
  signatureSubscribe: [signature, some({ commitment, enableReceivedNotification: flag })],
  slotSubscribe: [],
  rootSubscribe: [],
  slotsUpdatesSubscribe: [],
  voteSubscribe: [],
  accountSubscribe: [address, some(account)],
  programSubscribe: [address, some({ ...account, filters })],
  logsSubscribe: [
    (source) => source.rng.pick<unknown>(['all', 'allWithVotes', { mentions: [address(source)] }]),
    some({ commitment }),
  ],
  blockSubscribe: [
    (source) => source.rng.pick<unknown>(['all', { mentionsAccountOrProgram: address(source) }]),
    some(block),
  ],
  ...Object.fromEntries(unsubscribes.map((name) => [`${name}Unsubscribe`, [subscription]])),
  ninefold_instanceId: [],
  surfnet_setAccount: [
    address,
    some({ lamports, data: bytes, owner: address, executable: flag, rentEpoch: lamports }),
  ],
  surfnet_setTokenAccount: [
    address,
    address,
    some({
      amount: lamports,
      delegate: address,
      state: fixed('initialized', 'frozen', 'uninitialized'),
      delegatedAmount: small,
      closeAuthority: fixed('null', null),
    }),
  ],
  surfnet_cloneProgramAccount: [address, address],
  surfnet_setProgramAuthority: [address, address],
  surfnet_writeProgram: [address, bytes, small],
  surfnet_timeTravel: [
    (source) =>
      source.rng.pick<unknown>([
        { absoluteSlot: (slot(source) as number) + source.rng.below(10 ** source.rng.below(16)) },
        { absoluteEpoch: source.rng.below(10 ** source.rng.below(14)) },
        { absoluteTimestamp: source.chain.node.clock.now() + source.rng.below(10 ** source.rng.below(16)) },
      ]),
  ],
  surfnet_pauseClock: [],
  surfnet_resumeClock: [],
  surfnet_resetAccount: [address, some({ includeOwnedAccounts: flag })],
  surfnet_resetNetwork: [],
  surfnet_profileTransaction: [transaction, fixed('tag')],
  surfnet_exportSnapshot: [
    (source) => ({ includeParsedAccounts: true, filter: { includeAccounts: list(address)(source) } }),
  ],
  surfnet_getLocalSignatures: [small],
  surfnet_getSurfnetInfo: [],
  surfnet_registerIdl: [(source) => ({ address: address(source), instructions: [] }), slot],
  surfnet_getActiveIdl: [address, slot],
  getBlock: [slot, some(block)],
  getBlocks: [slot, slot, some({ commitment })],
  getBlocksWithLimit: [slot, small, some({ commitment })],
  getBlockTime: [slot],
  getBlockHeight: [some(context)],
  getSlot: [some(context)],
  getFirstAvailableBlock: [],
  minimumLedgerSlot: [],
  getBlockCommitment: [slot],
  getHealth: [],
  getVersion: [],
  getIdentity: [],
  getGenesisHash: [],
  getClusterNodes: [],
  getLatestBlockhash: [some(context)],
  isBlockhashValid: [blockhash, some(context)],
  getEpochInfo: [some(context)],
  getEpochSchedule: [],
  getSlotLeader: [some(context)],
  getSlotLeaders: [slot, small],
  getLeaderSchedule: [slot, some({ commitment, identity: address })],
  getVoteAccounts: [some({ commitment, votePubkey: address })],
  getInflationGovernor: [some({ commitment })],
  getInflationRate: [],
  getInflationReward: [list(address), some({ ...context, epoch: small })],
  getRecentPerformanceSamples: [small],
  getBlockProduction: [some({ commitment, identity: address })],
  getHighestSnapshotSlot: [],
  getAgGenesisCert: [],
  getMaxRetransmitSlot: [],
  getMaxShredInsertSlot: [],
};

/** Methods whose calls are known how to make. */
export const METHOD_NAMES: readonly string[] = Object.keys(METHODS);

/** Methods that do to a chain what no transaction may. */
export const CHEATS: readonly string[] = METHOD_NAMES.filter((name) => name.startsWith('surfnet_'));

/** A valid call of `method`, about what there is on the chain. */
export function makeCall(rng: Rng, world: World, chain: SolanaChain, method: string): Call {
  const makers = METHODS[method] ?? [];
  return { method, params: makers.map((make) => make({ rng, world, chain })) };
}
