import {
  createDispatcher,
  createFetchHandler,
  createSubscriptionHub,
  type Dispatcher,
  EXACT_JSON,
  type MethodTable,
  type RpcParams,
  stringifyExactJson,
  type SubscriptionHub,
} from '@ninefold/rpc';
import type { Bytes } from '@ninefold/base';
import { addressBytes, toBase58 } from '@ninefold/vm-svm';
import type { Account } from './bank/account.ts';
import { createGenesis, type InitialProgram, type PlacedAccount, walletAccount } from './bank/genesis.ts';
import { minimumBalance, rentOf } from './bank/rent.ts';
import { devValidator, validatorAccounts } from './dev/validator.ts';
import { loadGenesisPrograms, NATIVE_MINT, nativeMintData } from './genesis/programs.ts';
import { Ledger } from './ledger/ledger.ts';
import { type NodeParts, SolanaNode } from './node.ts';
import { type ResolvedOptions, resolveOptions, type SolanaChainOptions } from './options.ts';
import { accountMethods } from './rpc/accounts.ts';
import { blockMethods } from './rpc/blocks.ts';
import { cheatMethods } from './rpc/cheats.ts';
import { clusterMethods } from './rpc/cluster.ts';
import { AGAVE_WORDING, ERROR_TABLE } from './rpc/errors.ts';
import { notificationMethod, publishNotifications, subscriptionMethods } from './rpc/subscriptions.ts';
import { stakeMethods } from './rpc/stakes.ts';
import { tokenMethods } from './rpc/tokens.ts';
import { transactionMethods } from './rpc/transactions.ts';

/** A Solana chain with everything around it. No sockets: serve `dispatcher` and `hub`, or ask in process. */
export type SolanaChain = {
  /** The parts behind the methods, for those who want more than JSON. */
  readonly node: SolanaNode;
  readonly dispatcher: Dispatcher;
  readonly methods: MethodTable;
  /** Where subscriptions are published. */
  readonly hub: SubscriptionHub;
  /** One call in process; integers of 64 bits are bigints. Rejects with an `RpcError`. */
  readonly request: (call: {
    readonly method: string;
    readonly params?: RpcParams | undefined;
  }) => Promise<unknown>;
  /** JSON-RPC in the shape of `fetch`, for SDKs that take one of your own, as web3.js does. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Gives lamports, by a transaction of the faucet; the transaction's signature. */
  readonly airdrop: (address: string, lamports: bigint) => string;
  readonly setAccount: (address: string, account: Account | undefined) => void;
  /** Ends the slot that goes on. */
  readonly endSlot: () => void;
  /** An independent chain that begins as this one is now. Costs nothing, however long the chain is. */
  readonly fork: () => SolanaChain;
  /** Stops making slots. May be called again. */
  readonly close: () => Promise<void>;
};

/**
 * Makes a Solana chain: a node with one validator, a faucet, and the programs of mainnet.
 *
 * @throws `SOLANA_UNKNOWN_OPTION`, `SOLANA_INVALID_OPTION`
 * @example
 * const chain = await createSolanaChain({ slotMs: 0 });
 * await chain.request({ method: 'getHealth' }); // 'ok'
 */
export async function createSolanaChain(options: SolanaChainOptions = {}): Promise<SolanaChain> {
  const resolved = resolveOptions(options);
  const standard = resolved.standardPrograms ? await loadGenesisPrograms() : [];
  const validator = devValidator();
  const { clock, scheduler, logger, slotMs, finalityDepth, hashesPerTick, votes } = resolved;
  const ledger = Ledger.start({
    rules: {
      features: resolved.features,
      epochSchedule: resolved.epochSchedule,
      limits: resolved.limits,
      leader: () => validator.identity.address,
      verify: resolved.verify,
    },
    genesis: genesisOf(resolved, standard, validator),
    finalityDepth,
    hashesPerTick,
    now: () => Math.floor(clock.now() / 1000),
  });
  return assemble({ ledger, validator, clock, scheduler, logger, slotMs, votes });
}

function genesisOf(
  options: ResolvedOptions,
  standard: readonly InitialProgram[],
  validator: ReturnType<typeof devValidator>,
): ReturnType<typeof createGenesis> {
  const rent = rentOf(options.features);
  return createGenesis({
    features: options.features,
    epochSchedule: options.epochSchedule,
    unixTimestamp: Math.floor(options.clock.now() / 1000),
    rent,
    programs: [...standard, ...options.programs],
    accounts: [
      ...validatorAccounts(validator, rent),
      ...(options.standardPrograms ? [nativeMint(rent)] : []),
      ...options.accounts,
    ],
  });
}

function nativeMint(rent: Parameters<typeof minimumBalance>[0]): PlacedAccount {
  const data = nativeMintData();
  const owner = addressBytes('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
  return [addressBytes(NATIVE_MINT), { ...walletAccount(minimumBalance(rent, data.length)), data, owner }];
}

function assemble(parts: Omit<NodeParts, 'hub' | 'instance'>): SolanaChain {
  let lastId = 0;
  const hub = createSubscriptionHub({
    method: notificationMethod,
    createId: () => lastId++,
    stringify: stringifyExactJson,
    onError: (error) => parts.logger.error({ error }, 'a notification failed'),
  });
  const node = new SolanaNode({ ...parts, hub, instance: crypto.randomUUID() });
  publishNotifications(node);
  const methods: MethodTable = {
    ...accountMethods(node),
    ...tokenMethods(node),
    ...transactionMethods(node),
    ...blockMethods(node),
    ...clusterMethods(node),
    ...stakeMethods(node),
    ...cheatMethods(node),
    ...subscriptionMethods(node),
  };
  const dispatcher = createDispatcher({
    methods,
    errors: ERROR_TABLE,
    wording: AGAVE_WORDING,
    json: EXACT_JSON,
    onError: (error, method) => node.log.error({ error, method }, 'internal error'),
  });
  return {
    node,
    dispatcher,
    methods,
    hub,
    // A handler that fails before it returns a promise rejects all the same.
    request: async ({ method, params }) => dispatcher.call(method, params, {}),
    fetch: createFetchHandler({ dispatcher }),
    airdrop: (address, lamports) => {
      const { transaction } = node.airdrop(addressBytes(address), lamports);
      return toBase58(transaction.signatures[0] as Bytes);
    },
    setAccount: (address, account) => node.place([[addressBytes(address), account] as PlacedAccount]),
    endSlot: () => void node.endSlot(),
    fork: () => assemble(node.parts()),
    close: () => {
      node.close();
      return Promise.resolve();
    },
  };
}
