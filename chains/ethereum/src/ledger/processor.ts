import type { Bytes, Hex } from '@ninefold/base';
import { defineErrors } from '@ninefold/base';
import type {
  BlockEnvironment,
  Evm,
  ForkName,
  InvalidReason,
  Log,
  Rules,
  StateView,
  TransactionOutcome,
  TransactOptions,
} from '@ninefold/vm-evm';
import { isAtLeast } from '@ninefold/vm-evm';
import type { ChainConfig } from '../spec/chain-config.ts';
import { DAO_ACCOUNTS, DAO_REFUND_CONTRACT } from '../spec/dao.ts';
import { GAS_PER_BLOB } from '../spec/fees.ts';
import { blockReward, nephewReward, ommerReward } from '../spec/rewards.ts';
import { CONSOLIDATION_REQUESTS_ADDRESS, WITHDRAWAL_REQUESTS_ADDRESS } from '../spec/system-contracts.ts';
import { checkSignature, isImpersonated, senderOf } from '../tx/signature.ts';
import type { SignedTransaction } from '../tx/types.ts';
import { toVmTransaction } from '../tx/vm-transaction.ts';
import { EMPTY_ACCOUNT } from './account.ts';
import { logsBloom } from './bloom.ts';
import type { Header } from './header.ts';
import { Overlay } from './pending-state.ts';
import type { Receipt } from './receipt.ts';
import type { Requests } from './requests.ts';
import {
  CONSOLIDATION_REQUESTS,
  DEPOSIT_REQUESTS,
  depositRequests,
  WITHDRAWAL_REQUESTS,
} from './requests.ts';
import type { SystemCaller } from './system-calls.ts';
import { storeBeaconRoot, storeParentHash, takeRequests } from './system-calls.ts';
import type { WorldState } from './world-state.ts';
import type { Withdrawal } from './withdrawal.ts';
import { GWEI } from './withdrawal.ts';

const fail = defineErrors({
  BLOCK_INVALID_TRANSACTION: (c: {
    readonly index: number;
    readonly reason: InvalidReason | 'INVALID_SIGNATURE';
  }) => `Transaction ${c.index} of the block is not valid there: ${c.reason}`,
  BLOCK_SYSTEM_CONTRACT_EMPTY: (c: { readonly address: Hex }) =>
    `The system contract ${c.address} has no code: the genesis of this chain lacks it`,
  BLOCK_SYSTEM_CALL_FAILED: (c: { readonly address: Hex }) =>
    `The call of system contract ${c.address} failed`,
});

/** Errors of a transaction's signature as reasons. */
const INVALID_REASONS: ReadonlyMap<unknown, InvalidReason | 'INVALID_SIGNATURE'> = new Map([
  ['TX_INVALID_SIGNATURE', 'INVALID_SIGNATURE'],
  ['TX_CHAIN_ID_MISMATCH', 'CHAIN_ID_MISMATCH'],
]);

/** Contracts asked for requests after the transactions, in order of type. */
const REQUEST_CONTRACTS: readonly {
  readonly type: number;
  readonly address: Hex;
}[] = [
  { type: WITHDRAWAL_REQUESTS, address: WITHDRAWAL_REQUESTS_ADDRESS },
  { type: CONSOLIDATION_REQUESTS, address: CONSOLIDATION_REQUESTS_ADDRESS },
];

/** What the execution of a block starts from. */
export type ExecutionContext = {
  readonly config: ChainConfig;
  readonly rules: Rules;
  readonly evm: Evm;
  readonly environment: BlockEnvironment;
  readonly parentHash: Hex;
  /** From Cancun. */
  readonly parentBeaconBlockRoot: Hex | undefined;
  /** After the parent. */
  readonly world: WorldState;
  readonly blockHash: StateView['blockHash'];
  /** Whether transactions without a real signature are taken: see `impersonate`. */
  readonly allowImpersonation: boolean;
};

/**
 * The execution of one block, step by step, the same for blocks that come in and for blocks that
 * are built: {@link begin}, then each transaction, then {@link finish}.
 */
export class BlockExecution {
  readonly state: Overlay;
  readonly transactions: SignedTransaction[] = [];
  readonly receipts: Receipt[] = [];
  readonly #context: ExecutionContext;
  readonly #caller: SystemCaller;
  /** What receipts count; from Amsterdam on not what the gas limit counts. */
  #cumulativeGasUsed = 0n;
  #blockGasUsed = 0n;
  #blobGasUsed = 0n;

  constructor(context: ExecutionContext) {
    this.#context = context;
    this.state = new Overlay(context.world, context.blockHash);
    this.#caller = { evm: context.evm, environment: context.environment, state: this.state };
  }

  get fork(): ForkName {
    return this.#context.rules.fork;
  }

  /** Gas that counts against the block's limit. */
  get gasUsed(): bigint {
    return this.#blockGasUsed;
  }

  get blobGasUsed(): bigint {
    return this.#blobGasUsed;
  }

  /** What happens before the first transaction. */
  begin(): void {
    const { config, environment, parentBeaconBlockRoot, parentHash, rules } = this.#context;
    if (environment.number === config.daoForkBlock) this.#refundDao();
    if (isAtLeast(rules.fork, 'cancun') && parentBeaconBlockRoot !== undefined) {
      storeBeaconRoot(this.#caller, parentBeaconBlockRoot);
    }
    if (isAtLeast(rules.fork, 'prague')) storeParentHash(this.#caller, parentHash);
  }

  /**
   * Executes a transaction and records its receipt. One that is not valid here changes nothing.
   *
   * @throws `TX_INVALID_SIGNATURE`, `TX_CHAIN_ID_MISMATCH`
   */
  transact(transaction: SignedTransaction, options: TransactOptions = {}): TransactionOutcome {
    const { evm, environment, allowImpersonation, config, rules } = this.#context;
    const impersonated = allowImpersonation && isImpersonated(transaction);
    if (!impersonated) checkSignature(transaction, rules.fork, config.chainId);
    const outcome = evm.transact(
      toVmTransaction(transaction, senderOf(transaction, allowImpersonation)),
      environment,
      this.state,
      {
        ...options,
        // Contracts are whom one impersonates most.
        skipSenderCode: impersonated || options.skipSenderCode,
        blockGasUsed: this.#blockGasUsed,
        blobGasUsed: this.#blobGasUsed,
      },
    );
    if (!outcome.valid) return outcome;
    this.state.apply(outcome.changes);
    this.#cumulativeGasUsed += outcome.gasUsed;
    this.#blockGasUsed += outcome.blockGasUsed;
    if (transaction.type === 3) {
      this.#blobGasUsed += BigInt(transaction.blobVersionedHashes.length) * GAS_PER_BLOB;
    }
    this.transactions.push(transaction);
    this.receipts.push({
      type: transaction.type,
      outcome: this.#receiptOutcome(outcome.status === 'success'),
      cumulativeGasUsed: this.#cumulativeGasUsed,
      logsBloom: logsBloom(outcome.logs),
      logs: outcome.logs,
    });
    return outcome;
  }

  /**
   * As {@link transact} for a transaction of a block that came in.
   *
   * @throws `BLOCK_INVALID_TRANSACTION`
   */
  replay(transaction: SignedTransaction): void {
    const index = this.receipts.length;
    let outcome: TransactionOutcome;
    try {
      outcome = this.transact(transaction);
    } catch (cause) {
      const reason = INVALID_REASONS.get((cause as { readonly code?: unknown }).code);
      if (reason === undefined) throw cause;
      throw fail('BLOCK_INVALID_TRANSACTION', { index, reason }, { cause });
    }
    if (!outcome.valid) throw fail('BLOCK_INVALID_TRANSACTION', { index, reason: outcome.reason });
  }

  /**
   * What happens after the last transaction; gives the block's requests.
   *
   * @throws `BLOCK_INVALID_DEPOSIT_LAYOUT`, `BLOCK_SYSTEM_CONTRACT_EMPTY`, `BLOCK_SYSTEM_CALL_FAILED`
   */
  finish(ommers: readonly Header[], withdrawals: readonly Withdrawal[] | undefined): readonly Requests[] {
    this.#payRewards(ommers);
    for (const { address, amount } of withdrawals ?? []) this.state.addBalance(address, amount * GWEI);
    return isAtLeast(this.#context.rules.fork, 'prague') ? this.#collectRequests() : [];
  }

  // Before Byzantium a receipt holds the state root after its transaction; EIP-658 replaced it.
  #receiptOutcome(success: boolean): boolean | Hex {
    return isAtLeast(this.#context.rules.fork, 'byzantium') ? success : this.state.world().root();
  }

  #payRewards(ommers: readonly Header[]): void {
    const { environment, rules } = this.#context;
    const reward = blockReward(rules.fork);
    if (reward === 0n) return;
    for (const { beneficiary, number } of ommers) {
      this.state.addBalance(beneficiary, ommerReward(reward, environment.number - number));
    }
    this.state.addBalance(environment.coinbase, reward + BigInt(ommers.length) * nephewReward(reward));
  }

  #collectRequests(): readonly Requests[] {
    const { config } = this.#context;
    const requests: Requests[] = [
      { type: DEPOSIT_REQUESTS, data: depositRequests(this.#logs(), config.depositContract) },
    ];
    for (const { type, address } of REQUEST_CONTRACTS) {
      requests.push({ type, data: this.#callStrictly(address) });
    }
    return requests.filter(({ data }) => data.length > 0);
  }

  *#logs(): Generator<Log, void, undefined> {
    for (const { logs } of this.receipts) yield* logs;
  }

  /** EIP-7002, EIP-7251: a block in which the call fails is invalid. */
  #callStrictly(address: Hex): Bytes {
    const { status, output, changes } = takeRequests(this.#caller, address);
    if (status === 'missing-code') throw fail('BLOCK_SYSTEM_CONTRACT_EMPTY', { address });
    if (status !== 'success') throw fail('BLOCK_SYSTEM_CALL_FAILED', { address });
    this.state.apply(changes);
    return output;
  }

  /** EIP-779 */
  #refundDao(): void {
    let refund = 0n;
    for (const address of DAO_ACCOUNTS) {
      const account = this.state.account(address);
      if (account === undefined) continue;
      refund += account.balance;
      this.state.setAccount(address, { ...account, balance: 0n });
    }
    const contract = this.state.account(DAO_REFUND_CONTRACT) ?? EMPTY_ACCOUNT;
    this.state.setAccount(DAO_REFUND_CONTRACT, { ...contract, balance: contract.balance + refund });
  }
}
