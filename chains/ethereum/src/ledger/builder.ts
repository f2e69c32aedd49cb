import type { Hex } from '@ninefold/base';
import { defineErrors, EMPTY_BYTES } from '@ninefold/base';
import type { Evm, Rules, TransactionOutcome, TransactOptions } from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { EMPTY_BLOOM } from './bloom.ts';
import {
  comparableGasLimit,
  environmentOf,
  expectedBaseFee,
  expectedDifficulty,
  expectedExcessBlobGas,
} from './derive.ts';
import type { Header } from './header.ts';
import { EMPTY_OMMERS_HASH, EMPTY_ROOT, headerHash, ZERO_ADDRESS, ZERO_HASH, ZERO_NONCE } from './header.ts';
import { BlockExecution } from './processor.ts';
import { summarize } from './summary.ts';
import type { BlockAttributes, BlockBuilder, ExecutedBlock, SealedBlock } from './types.ts';
import type { Withdrawal } from './withdrawal.ts';
import { withdrawalsRoot } from './withdrawal.ts';
import type { WorldState } from './world-state.ts';

const fail = defineErrors({
  CHAIN_BLOCK_SEALED: () => 'This block is sealed: start a new builder for more transactions',
  CHAIN_TIME_NOT_AFTER_PARENT: (c: { readonly timestamp: bigint; readonly parent: bigint }) =>
    `A block at time ${c.timestamp} cannot follow one at ${c.parent}: choose a later time`,
  CHAIN_TIME_OUT_OF_RANGE: (c: { readonly timestamp: bigint }) =>
    `A block cannot have the time ${c.timestamp}: headers have 64 bits for it`,
});

/** Times of blocks are below this. */
const TIME_LIMIT = 1n << 64n;

/** What a builder needs of the chain it extends. */
export type BuilderContext = {
  readonly config: ChainConfig;
  readonly rules: Rules;
  readonly evm: Evm;
  readonly parent: ExecutedBlock;
  /** After the parent. */
  readonly world: WorldState;
  readonly blockHash: (number: bigint) => Hex | undefined;
};

/**
 * Starts a block on top of `context.parent`: what has to happen before its transactions is done.
 *
 * @throws `CHAIN_TIME_NOT_AFTER_PARENT`, `CHAIN_TIME_OUT_OF_RANGE`
 */
export function createBlockBuilder(context: BuilderContext, attributes: BlockAttributes): BlockBuilder {
  const { config, rules, evm, parent } = context;
  const { block: parentBlock, hash: parentHash } = parent;
  const parentTime = parentBlock.header.timestamp;
  if (attributes.timestamp <= parentTime) {
    throw fail('CHAIN_TIME_NOT_AFTER_PARENT', { timestamp: attributes.timestamp, parent: parentTime });
  }
  if (attributes.timestamp >= TIME_LIMIT) {
    throw fail('CHAIN_TIME_OUT_OF_RANGE', { timestamp: attributes.timestamp });
  }
  const withdrawals: readonly Withdrawal[] | undefined = isAtLeast(rules.fork, 'shanghai')
    ? (attributes.withdrawals ?? [])
    : undefined;
  const draft = draftHeader(config, rules, parent, attributes, withdrawals);
  const derived = environmentOf(draft, config.chainId, rules.blobSchedule);
  const { blobBaseFee = derived.blobBaseFee } = attributes;
  const environment = { ...derived, blobBaseFee };
  const execution = new BlockExecution({
    ...context,
    environment,
    parentHash,
    parentBeaconBlockRoot: draft.parentBeaconBlockRoot,
    // Whoever builds decides what to put in; only chains that allow it accept the block again.
    allowImpersonation: true,
  });
  execution.begin();
  let sealed: SealedBlock | undefined;

  return {
    environment,
    rules,
    evm,
    state: execution.state,
    transactions: execution.transactions,
    receipts: execution.receipts,
    gasUsed: () => execution.gasUsed,
    blobGasUsed: () => execution.blobGasUsed,
    add: (transaction: SignedTransaction, options?: TransactOptions): TransactionOutcome => {
      if (sealed !== undefined) throw fail('CHAIN_BLOCK_SEALED', {});
      return execution.transact(transaction, options);
    },
    seal: () => (sealed ??= seal(context, execution, draft, withdrawals)),
  };
}

/** The header as far as it is known before the first transaction. */
function draftHeader(
  config: ChainConfig,
  rules: Rules,
  parent: ExecutedBlock,
  attributes: BlockAttributes,
  withdrawals: readonly Withdrawal[] | undefined,
): Header {
  const { fork } = rules;
  const { header: above } = parent.block;
  const { timestamp } = attributes;
  const number = above.number + 1n;
  const baseFee = expectedBaseFee(fork, above);
  const fromCancun = isAtLeast(fork, 'cancun');
  const fromAmsterdam = isAtLeast(fork, 'amsterdam');
  return {
    parentHash: parent.hash,
    ommersHash: EMPTY_OMMERS_HASH,
    beneficiary: attributes.beneficiary ?? ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: expectedDifficulty(config, fork, { number, timestamp }, above),
    number,
    gasLimit: attributes.gasLimit ?? comparableGasLimit(fork, above),
    gasUsed: 0n,
    timestamp,
    extraData: attributes.extraData ?? EMPTY_BYTES,
    mixHash: attributes.prevRandao ?? ZERO_HASH,
    nonce: ZERO_NONCE,
    baseFeePerGas: baseFee === undefined ? undefined : (attributes.baseFeePerGas ?? baseFee),
    withdrawalsRoot: withdrawals === undefined ? undefined : withdrawalsRoot(withdrawals),
    blobGasUsed: fromCancun ? 0n : undefined,
    excessBlobGas: expectedExcessBlobGas(rules, above),
    parentBeaconBlockRoot: fromCancun ? (attributes.parentBeaconBlockRoot ?? ZERO_HASH) : undefined,
    requestsHash: undefined,
    blockAccessListHash: undefined,
    slotNumber: fromAmsterdam ? (attributes.slotNumber ?? 0n) : undefined,
  };
}

function seal(
  { rules, parent, blockHash }: BuilderContext,
  execution: BlockExecution,
  draft: Header,
  withdrawals: readonly Withdrawal[] | undefined,
): SealedBlock {
  const requests = execution.finish([], withdrawals);
  const world = execution.state.world();
  const result = summarize(execution, requests, world);
  const header: Header = {
    ...draft,
    stateRoot: result.stateRoot,
    transactionsRoot: result.transactionsRoot,
    receiptsRoot: result.receiptsRoot,
    logsBloom: result.logsBloom,
    gasUsed: result.gasUsed,
    blobGasUsed: draft.blobGasUsed === undefined ? undefined : result.blobGasUsed,
    requestsHash: result.requestsHash,
  };
  const { transactions, receipts } = execution;
  const executed: ExecutedBlock = {
    block: { header, transactions, ommers: [], withdrawals },
    hash: headerHash(header),
    fork: rules.fork,
    receipts,
    requests,
    totalDifficulty: parent.totalDifficulty + header.difficulty,
  };
  const { hash } = executed;
  return { executed, world, blockHash: (number) => (number === header.number ? hash : blockHash(number)) };
}
