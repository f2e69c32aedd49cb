import type { Bytes } from '@ninefold/base';
import {
  boolean,
  type Method,
  type MethodTable,
  NOTIFICATIONS_UNSUPPORTED,
  object,
  optional,
  ParamFailure,
  query,
  RpcError,
  type Selector,
  type Session,
  type SubscriptionId,
  type Validator,
} from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Block, Commitment, TransactionRecord } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import { addressKey, type AddressKey, keyAddress } from '../tx/address-key.ts';
import { accountJson, parsingContext } from './account-json.ts';
import { BLOCK_DETAILS, blockJson } from './blocks.ts';
import { filters } from './filters.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import { parseInstruction } from './parsed/instructions.ts';
import { ACCOUNT, address, commitment, config, inContext, signature, u64 } from './values.ts';

/** Vote program transactions are left out of logs unless they are asked for. */
const VOTE_PROGRAM = 'Vote111111111111111111111111111111111111111';

/** A slot that has come to a commitment. */
type Reached = { readonly block: Block; readonly level: Commitment };

/** The notification's method: what comes before the colon of a topic. */
export const notificationMethod = (topic: string): string => topic.split(':', 1)[0] as string;

const at = (name: string, level: Commitment): string => `${name}:${level}`;

/** Levels that a slot comes to when it ends; to `finalized` it comes later. */
const ENDED: readonly Commitment[] = ['processed', 'confirmed'];

type Mentions = 'all' | 'allWithVotes' | { readonly mentions: readonly Bytes[] };

const mentions: Validator<Mentions> = (value) => {
  if (value === 'all' || value === 'allWithVotes') return value;
  const check = object({ mentions: (list: unknown) => (Array.isArray(list) ? list.map(address) : []) });
  const checked = check(value);
  if (checked.mentions.length !== 1) throw new ParamFailure('Invalid Request: Only 1 address supported');
  return checked;
};

const blockFilter: Validator<Bytes | 'all'> = (value) => {
  if (value === 'all') return 'all';
  return object({ mentionsAccountOrProgram: address })(value).mentionsAccountOrProgram;
};

const isVote = ({ result }: TransactionRecord): boolean =>
  result.transaction.message.instructions.some(
    ({ program }) => toBase58(result.transaction.message.keys[program] as Bytes) === VOTE_PROGRAM,
  );

const names = ({ result }: TransactionRecord, key: AddressKey): boolean =>
  result.prepared?.list.keys.includes(key) ?? false;

/** Subscribing and unsubscribing; `*Unsubscribe` answers whether there was one. */
export function subscriptionMethods(node: SolanaNode): MethodTable {
  const open = (session: Session | undefined, topic: string, select?: Selector): SubscriptionId =>
    requireSession(session).subscribe(topic, select);

  const levelOf = (options: { readonly commitment: Commitment | undefined }): Commitment =>
    options.commitment ?? 'finalized';

  const signatureSubscribe = query(
    [signature, config({ commitment: optional(commitment), enableReceivedNotification: optional(boolean) })],
    ([name, options], context) => {
      const session = requireSession(context.session);
      const level = levelOf(options);
      const topic = `signatureNotification:${name}:${level}`;
      let isDone = false;
      const id = session.subscribe(topic, (payload) => {
        if (isDone) return undefined;
        const { record, context: slotContext } = payload as Settled;
        if (record === undefined)
          return options.enableReceivedNotification === true
            ? { context: slotContext, value: 'receivedSignature' }
            : undefined;
        // One notification, and the subscription is over.
        isDone = true;
        session.unsubscribe(id);
        return { context: slotContext, value: { err: record.result.error ?? null } };
      });
      const record = node.ledger.record(name);
      if (record !== undefined && hasReached(node, record.slot, level))
        node.hub.publish(topic, settled(record.slot, record));
      return id;
    },
  );

  return {
    signatureSubscribe,
    slotSubscribe: query([], (_, { session }) => open(session, 'slotNotification')),
    rootSubscribe: query([], (_, { session }) => open(session, 'rootNotification')),
    slotsUpdatesSubscribe: query([], (_, { session }) => open(session, 'slotsUpdatesNotification')),
    voteSubscribe: query([], (_, { session }) => open(session, 'voteNotification')),

    accountSubscribe: query([address, config(ACCOUNT)], ([key, options], { session }) => {
      const topic = at(`accountNotification:${addressKey(key)}`, levelOf(options));
      const encoding = options.encoding ?? 'binary';
      const pubkey = toBase58(key);
      return open(session, topic, (payload) => {
        const { slot, accounts } = viewAt(node, payload as Reached);
        const account = accounts.get(addressKey(key));
        const value = accountJson(
          pubkey,
          account ?? EMPTY,
          encoding,
          options.dataSlice,
          parsingContext(accounts),
        );
        return inContext(slot, value);
      });
    }),

    programSubscribe: query([address, config({ ...ACCOUNT, filters })], ([owner, options], { session }) => {
      const topic = at(`programNotification:${addressKey(owner)}`, levelOf(options));
      const encoding = options.encoding ?? 'binary';
      return open(session, topic, (payload) => {
        const { key, reached } = payload as ChangedAccount;
        const { slot, accounts } = viewAt(node, reached);
        const account = accounts.get(key);
        if (account === undefined || options.filters?.(account) === false) return undefined;
        const pubkey = toBase58(keyAddress(key));
        const shown = accountJson(pubkey, account, encoding, options.dataSlice, parsingContext(accounts));
        return inContext(slot, { pubkey, account: shown });
      });
    }),

    logsSubscribe: query(
      [mentions, config({ commitment: optional(commitment) })],
      ([wanted, options], { session }) => {
        const key = typeof wanted === 'string' ? undefined : addressKey(wanted.mentions[0] as Bytes);
        return open(session, at('logsNotification', levelOf(options)), (payload) => {
          const record = payload as TransactionRecord;
          if (wanted === 'all' && isVote(record)) return undefined;
          if (key !== undefined && !names(record, key)) return undefined;
          return inContext(record.slot, {
            signature: record.signature,
            err: (record.result.error ?? null) as Json,
            logs: record.result.logs,
          });
        });
      },
    ),

    blockSubscribe: query(
      [blockFilter, config({ commitment: optional(commitment), ...BLOCK_DETAILS })],
      ([wanted, options], { session }) => {
        const key = wanted === 'all' ? undefined : addressKey(wanted);
        return open(session, at('blockNotification', levelOf(options)), (payload) => {
          const { block } = payload as Reached;
          const transactions =
            key === undefined
              ? block.transactions
              : block.transactions.filter((record) => names(record, key));
          return inContext(block.slot, {
            slot: block.slot,
            err: null,
            block: blockJson(node, { ...block, transactions }, options),
          });
        });
      },
    ),

    ...Object.fromEntries(
      ['signature', 'slot', 'root', 'slotsUpdates', 'vote', 'account', 'program', 'logs', 'block'].map(
        (name) => [`${name}Unsubscribe`, unsubscribe()],
      ),
    ),
  };
}

/** What a signature's subscribers are told of: its arrival, or its end. */
type Settled = {
  readonly record: TransactionRecord | undefined;
  readonly context: JsonObject;
};

const settled = (slot: number, record: TransactionRecord | undefined): Settled => ({
  record,
  context: inContext(slot, null).context,
});

type ChangedAccount = { readonly key: AddressKey; readonly reached: Reached };

const EMPTY = {
  lamports: 0n,
  data: new Uint8Array(0),
  owner: new Uint8Array(32),
  isExecutable: false,
  rentEpoch: 2n ** 64n - 1n,
};

function unsubscribe(): Method {
  return query([u64], ([id], { session }) => {
    if (requireSession(session).unsubscribe(Number(id))) return true;
    throw new RpcError(-32_602, 'Invalid subscription id.');
  });
}

function requireSession(session: Session | undefined): Session {
  if (session === undefined)
    throw new RpcError(NOTIFICATIONS_UNSUPPORTED, 'Subscriptions need a WebSocket, or a channel in process');
  return session;
}

const hasReached = (node: SolanaNode, slot: number, level: Commitment): boolean =>
  level === 'processed' ? slot <= node.ledger.bank.slot : slot <= node.ledger.view(level).slot;

/** The accounts of a slot that has just come to a commitment: it is the newest one there. */
function viewAt(node: SolanaNode, { level }: Reached): ReturnType<SolanaNode['ledger']['view']> {
  return node.ledger.view(level === 'finalized' ? 'finalized' : 'confirmed');
}

/** A vote as subscribers hear of it; `undefined` for what is none, or has failed. */
function voteJson({ signature: name, result }: TransactionRecord): JsonObject | undefined {
  const { keys, instructions } = result.transaction.message;
  const [first] = instructions;
  if (first === undefined || result.error !== undefined) return undefined;
  const program = toBase58(keys[first.program] as Bytes);
  const accounts = Array.from(first.accounts, (i) => toBase58(keys[i] ?? new Uint8Array(32)));
  const parsed =
    program === VOTE_PROGRAM ? parseInstruction(program, accounts, first.data)?.parsed : undefined;
  const { info } = (parsed ?? {}) as { readonly info?: JsonObject };
  const vote = info?.['vote'] ?? info?.['voteStateUpdate'] ?? info?.['towerSync'];
  if (vote === undefined) return undefined;
  const { slots, lockouts, hash, timestamp } = vote as Record<string, Json>;
  return {
    votePubkey: info?.['voteAccount'] as Json,
    slots: slots ?? (lockouts as readonly { readonly slot: bigint }[]).map(({ slot }) => slot),
    hash: hash as Json,
    timestamp: timestamp as Json,
    signature: name,
  };
}

/** What a slot executed; each transaction is an entry of the proof of history. */
function statsOf({ transactions }: Block): JsonObject {
  const failed = transactions.filter(({ result }) => result.error !== undefined).length;
  return {
    numTransactionEntries: transactions.length,
    numSuccessfulTransactions: transactions.length - failed,
    numFailedTransactions: failed,
    maxTransactionsPerEntry: Math.min(transactions.length, 1),
  };
}

/**
 * Tells subscribers what happens. Within a slot: accounts, programs, logs, signatures, the block;
 * then that the next slot has begun; what has become final comes last.
 */
export function publishNotifications(node: SolanaNode): void {
  const { hub } = node;

  const publish = (reached: Reached): void => {
    const { block, level } = reached;
    const { accounts } = viewAt(node, reached);
    for (const key of block.changed) hub.publish(at(`accountNotification:${key}`, level), reached);
    for (const key of block.changed) {
      const owner = accounts.get(key)?.owner;
      if (owner !== undefined)
        hub.publish(at(`programNotification:${addressKey(owner)}`, level), { key, reached });
    }
    for (const record of block.transactions) hub.publish(at('logsNotification', level), record);
    for (const record of block.transactions)
      hub.publish(`signatureNotification:${record.signature}:${level}`, settled(block.slot, record));
    hub.publish(at('blockNotification', level), reached);
  };

  node.listen({
    onReceived(name) {
      for (const level of [...ENDED, 'finalized'] as const)
        hub.publish(`signatureNotification:${name}:${level}`, settled(node.ledger.bank.slot, undefined));
    },
    onSlot(block, next) {
      for (const record of block.transactions) {
        const vote = voteJson(record);
        if (vote !== undefined) hub.publish('voteNotification', vote);
      }
      for (const level of ENDED) publish({ block, level });
      const root = node.ledger.root.slot;
      hub.publish('slotNotification', { slot: next, parent: block.slot, root });
      const { slot } = block;
      const timestamp = node.clock.now();
      const update = (news: JsonObject): void =>
        hub.publish('slotsUpdatesNotification', { ...news, timestamp });
      update({ type: 'completed', slot });
      update({ type: 'frozen', slot, stats: statsOf(block) });
      update({ type: 'optimisticConfirmation', slot });
      update({ type: 'createdBank', slot: next, parent: slot });
    },
    onRoot(block) {
      publish({ block, level: 'finalized' });
      hub.publish('rootNotification', block.slot);
      hub.publish('slotsUpdatesNotification', {
        type: 'root',
        slot: block.slot,
        timestamp: node.clock.now(),
      });
    },
  });
}
