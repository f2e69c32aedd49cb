import { boolean, integer, type MethodTable, oneOf, optional, query, RpcError } from '@ninefold/rpc';
import { toBase58 } from '@ninefold/vm-svm';
import type { Block, Commitment, TransactionRecord } from '../ledger/types.ts';
import type { SolanaNode } from '../node.ts';
import { parsingContext } from './account-json.ts';
import { invalidParams, RPC_ERROR } from './errors.ts';
import type { Json, JsonObject } from './parsed/fields.ts';
import {
  accountKeysJson,
  feeOf,
  metaJson,
  statusJson,
  tokenBalancesJson,
  type TransactionEncoding,
  transactionJson,
  versionJson,
} from './transaction-json.ts';
import { isAt, requireHistory } from './transactions.ts';
import { commitment, commitmentOf, config, CONTEXT, slot, transactionEncoding } from './values.ts';

/** Slots that a range may cover. */
export const MAX_SLOT_RANGE = 500_000;

export type BlockDetails = {
  readonly encoding: TransactionEncoding | undefined;
  readonly transactionDetails: 'full' | 'accounts' | 'signatures' | 'none' | undefined;
  readonly rewards: boolean | undefined;
  readonly maxSupportedTransactionVersion: number | undefined;
};

/** Which parts of blocks are shown. */
export const BLOCK_DETAILS: {
  readonly encoding: (value: unknown) => BlockDetails['encoding'];
  readonly transactionDetails: (value: unknown) => BlockDetails['transactionDetails'];
  readonly rewards: (value: unknown) => BlockDetails['rewards'];
  readonly maxSupportedTransactionVersion: (value: unknown) => number | undefined;
} = {
  encoding: optional(transactionEncoding),
  transactionDetails: optional(oneOf(['full', 'accounts', 'signatures', 'none'])),
  rewards: optional(boolean),
  maxSupportedTransactionVersion: optional(integer(0, 255)),
};

const blockOptions = config({ commitment: optional(commitment), ...BLOCK_DETAILS });
type BlockOptions = ReturnType<typeof blockOptions>;

/** Options, or the encoding alone as in the first versions. */
const blockConfig = (value: unknown): BlockOptions =>
  typeof value === 'string' ? blockOptions({ encoding: value }) : blockOptions(value);

/** A transaction as blocks show it. */
function recordJson(node: SolanaNode, { result }: TransactionRecord, details: BlockDetails): JsonObject {
  const { transaction } = result;
  const version = versionJson(transaction, details.maxSupportedTransactionVersion);
  const context = parsingContext(node.ledger.view('processed').accounts);
  if (details.transactionDetails === 'accounts') {
    const addresses = result.prepared?.list.addresses ?? [];
    const meta = {
      err: (result.error ?? null) as Json,
      status: statusJson(result),
      fee: feeOf(result),
      preBalances: result.before.map(({ lamports }) => lamports),
      postBalances: result.after.map(({ lamports }) => lamports),
      preTokenBalances: tokenBalancesJson(result.before, addresses, context),
      postTokenBalances: tokenBalancesJson(result.after, addresses, context),
    };
    const signatures = transaction.signatures.map(toBase58);
    return {
      transaction: { signatures, accountKeys: accountKeysJson(transaction, result) },
      meta,
      ...version,
    };
  }
  const encoding = details.encoding ?? 'json';
  return {
    transaction: transactionJson(transaction, result, encoding),
    meta: metaJson(result, encoding, context),
    ...version,
  };
}

function rewardsJson(node: SolanaNode, { rewards }: Block): Json {
  // In hundredths of a percent commissions have a field of their own.
  const isExact = node.ledger.bank.rules.features.has('commission_rate_in_basis_points');
  return rewards.map(({ address, lamports, balance, kind, commission }) => ({
    pubkey: toBase58(address),
    lamports,
    postBalance: balance,
    rewardType: kind,
    commission: commission === undefined || isExact ? null : commission / 100,
    ...(commission !== undefined && isExact && { commissionBps: commission }),
  }));
}

/** A block as clients see it. */
export function blockJson(node: SolanaNode, block: Block, details: BlockDetails): JsonObject {
  const { transactions } = block;
  const shown = details.transactionDetails ?? 'full';
  return {
    blockhash: toBase58(block.blockhash),
    previousBlockhash: toBase58(block.previousBlockhash),
    parentSlot: block.parentSlot,
    ...((shown === 'full' || shown === 'accounts') && {
      transactions: transactions.map((record) => recordJson(node, record, details)),
    }),
    ...(shown === 'signatures' && { signatures: transactions.map(({ signature }) => signature) }),
    ...(details.rewards !== false && {
      rewards: rewardsJson(node, block),
      ...(block.rewardPartitions !== undefined && { numRewardPartitions: block.rewardPartitions }),
    }),
    blockTime: block.time,
    blockHeight: block.height,
  };
}

/** Blocks, slots and epochs. */
export function blockMethods(node: SolanaNode): MethodTable {
  const found = (at: number, level: Commitment): Block => {
    const { ledger } = node;
    if (at < ledger.firstSlot) {
      const message = `Block ${at} cleaned up, does not exist on node. First available block: ${ledger.firstSlot}`;
      throw new RpcError(RPC_ERROR.blockCleanedUp, message);
    }
    if (!isAt(node, at, level))
      throw new RpcError(RPC_ERROR.blockNotAvailable, `Block not available for slot ${at}`);
    const block = ledger.block(at);
    if (block !== undefined) return block;
    // Whether a slot was skipped is known of those that are final.
    if (at > ledger.root.slot)
      throw new RpcError(RPC_ERROR.blockNotAvailable, `Block not available for slot ${at}`);
    const message = `Slot ${at} was skipped, or missing due to ledger jump to recent snapshot`;
    throw new RpcError(RPC_ERROR.slotSkipped, message);
  };

  const slotsFrom = (first: number, last: number, level: Commitment, limit: number): readonly number[] => {
    const slots: number[] = [];
    for (const block of node.ledger.blocks(first, Math.min(last, node.ledger.view(level).slot))) {
      if (slots.length >= limit) break;
      slots.push(block.slot);
    }
    return slots;
  };

  return {
    getBlock: query([slot, blockConfig], ([at, options]) => {
      requireHistory(options.commitment);
      return blockJson(node, found(at, options.commitment ?? 'finalized'), options);
    }),

    getBlocks: query(
      [slot, (value: unknown) => value, (value: unknown) => value],
      ([first, second, third]) => {
        const hasEnd = typeof second === 'number' || typeof second === 'bigint';
        const options = config(CONTEXT)(hasEnd ? third : (second ?? third));
        requireHistory(options.commitment);
        const level = commitmentOf(node, options);
        const end = hasEnd ? slot(second) : first + MAX_SLOT_RANGE;
        const last = Math.min(end, node.ledger.view(level).slot);
        if (last < first) return [];
        if (last - first > MAX_SLOT_RANGE) throw invalidParams(`Slot range too large; max ${MAX_SLOT_RANGE}`);
        return slotsFrom(first, last, level, Infinity);
      },
    ),

    getBlocksWithLimit: query([slot, integer(0), config(CONTEXT)], ([first, limit, options]) => {
      requireHistory(options.commitment);
      if (limit > MAX_SLOT_RANGE) throw invalidParams(`Limit too large; max ${MAX_SLOT_RANGE}`);
      return slotsFrom(first, Infinity, commitmentOf(node, options), limit);
    }),

    getBlockTime: query([slot], ([at]) => {
      const { bank } = node.ledger;
      return at === bank.slot ? Number(bank.clock().unixTimestamp) : found(at, 'confirmed').time;
    }),

    getBlockHeight: query(
      [config(CONTEXT)],
      ([options]) => node.ledger.view(commitmentOf(node, options)).blockHeight,
    ),

    getSlot: query([config(CONTEXT)], ([options]) => node.ledger.view(commitmentOf(node, options)).slot),

    getFirstAvailableBlock: query([], () => node.ledger.firstSlot),
    minimumLedgerSlot: query([], () => node.ledger.firstSlot),

    getBlockCommitment: query([slot], ([at]) => ({
      commitment: node.ledger.block(at) === undefined ? null : Array.from({ length: 32 }, () => 0),
      totalStake: 0,
    })),
  };
}
