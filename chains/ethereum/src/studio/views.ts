import type { Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { AssetRef, Block, CostItem, EntityRef, Span, Tx, TxFilter, Page } from '@ninefold/studio-api';
import { invalid, notFound } from '@ninefold/studio-api';
import { createdAddress } from '../api/created-address.ts';
import { effectiveGasPrice } from '../api/format.ts';
import type { Placed } from '../api/lookup.ts';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { senderOf } from '../tx/signature.ts';
import { transactionHash } from '../tx/transaction.ts';
import { toVmTransaction } from '../tx/vm-transaction.ts';
import type { SignedTransaction } from '../tx/types.ts';
import type { Names } from './names.ts';
import { shortText } from './names.ts';

export const ETHER: AssetRef = { symbol: 'ETH', decimals: 18 };

const KINDS = ['legacy', 'access list', 'fee market', 'blob', 'set code'] as const;

/** Blocks one request may walk through while it looks for transactions; the next page goes on from there. */
const MAX_WALK = 50_000;
const CURSOR = /^(\d{1,20})\/(\d{1,9})$/;

/** Blocks and transactions as lists and pages show them. */
export class Views {
  readonly #node: EthereumNode;
  readonly #names: Names;
  readonly #maxWalk: number;

  constructor(node: EthereumNode, names: Names, maxWalk: number = MAX_WALK) {
    this.#node = node;
    this.#names = names;
    this.#maxWalk = maxWalk;
  }

  /** By number in decimal, or by hash. @throws `STUDIO_NOT_FOUND` */
  find(id: string): ExecutedBlock {
    const { chain } = this.#node;
    const block = /^\d{1,20}$/.test(id)
      ? chain.blockByNumber(BigInt(id))
      : /^0x[\da-f]{64}$/i.test(id)
        ? chain.blockByHash(id.toLowerCase() as Hex)
        : id === 'latest'
          ? chain.head()
          : undefined;
    if (block === undefined) throw notFound('block', id);
    return block;
  }

  block({ block, hash, receipts, fork }: ExecutedBlock): Block {
    const { header, transactions } = block;
    return {
      net: this.#names.net,
      number: header.number.toString(),
      hash,
      parent: header.parentHash,
      time: Number(header.timestamp) * 1000,
      txCount: transactions.length,
      failed: receipts.filter(({ outcome }) => outcome === false).length,
      cost: header.gasUsed.toString(),
      costLimit: header.gasLimit.toString(),
      root: header.stateRoot,
      extra: {
        fork,
        beneficiary: header.beneficiary,
        ...(header.baseFeePerGas !== undefined && { baseFee: header.baseFeePerGas.toString() }),
        receiptsRoot: header.receiptsRoot,
        transactionsRoot: header.transactionsRoot,
        prevRandao: header.mixHash,
        extraData: bytesToHex(header.extraData),
      },
    };
  }

  blocks(before: string | undefined, limit: number): Page<Block> {
    const { chain } = this.#node;
    const head = chain.head().block.header.number;
    const first = before === undefined ? head : this.find(before).block.header.number - 1n;
    const items: Block[] = [];
    let number = first;
    for (; number >= 0n && items.length < limit; number--) {
      const block = chain.blockByNumber(number);
      if (block !== undefined) items.push(this.block(block));
    }
    return number >= 0n ? { items, next: (number + 1n).toString() } : { items };
  }

  /** A mined transaction, without why it failed: that takes a replay. */
  tx({ executed, index, transaction }: Placed): Tx {
    const { header } = executed.block;
    const receipt = executed.receipts[index];
    const gasUsed =
      (receipt?.cumulativeGasUsed ?? 0n) - (executed.receipts[index - 1]?.cumulativeGasUsed ?? 0n);
    const sender = senderOf(transaction, true);
    const failed = receipt?.outcome === false;
    return {
      ...this.#common(transaction, sender),
      block: { number: header.number.toString(), hash: executed.hash },
      index,
      time: Number(header.timestamp) * 1000,
      status: failed ? 'failed' : 'ok',
      cost: this.#cost(executed, transaction, sender, gasUsed),
      fee: (gasUsed * effectiveGasPrice(transaction, header)).toString(),
      traceable: true,
    };
  }

  pending(transaction: SignedTransaction, sender: Hex): Tx {
    return {
      ...this.#common(transaction, sender),
      time: this.#node.clock.now(),
      status: 'pending',
      cost: [],
      traceable: false,
    };
  }

  #common(
    transaction: SignedTransaction,
    sender: Hex,
  ): Pick<Tx, 'net' | 'id' | 'kind' | 'summary' | 'from' | 'to'> {
    const to = transaction.to ?? createdAddress(sender, transaction.nonce);
    return {
      net: this.#names.net,
      id: transactionHash(transaction),
      kind: KINDS[transaction.type],
      summary: this.#summary(transaction, sender, to),
      from: [this.#names.ref(sender)],
      to: [this.#names.ref(to)],
    };
  }

  #summary(transaction: SignedTransaction, sender: Hex, to: Hex): readonly Span[] {
    const { data, value } = transaction;
    const from: Span = { entity: this.#names.ref(sender) };
    const target: EntityRef = this.#names.ref(to);
    const money: readonly Span[] = value > 0n ? [{ amount: value.toString(), asset: ETHER }] : [];
    if (transaction.to === undefined) {
      return ['Deploy ', { entity: target }, ' by ', from, ...(value > 0n ? [' with ', ...money] : [])];
    }
    if (data.length === 0 && target.kind === 'account') {
      return value > 0n
        ? ['Send ', ...money, ' to ', { entity: target }, ' from ', from]
        : ['Call ', { entity: target }, ' by ', from];
    }
    const debug = this.#names.debugOfAddress(to);
    const call = this.#names.call(debug, data);
    const tail: readonly Span[] = [' by ', from, ...(value > 0n ? [' with ', ...money] : [])];
    if (call === undefined) {
      const selector = data.length >= 4 ? bytesToHex(data.subarray(0, 4)) : 'nothing';
      return ['Call ', { entity: target }, ' with ', { code: selector }, ...tail];
    }
    const shown = call.fields.map(({ value }) => shortText(value)).join(', ');
    const text = shown.length > 48 ? `${shown.slice(0, 47)}…` : shown;
    return [{ entity: target }, { code: `.${call.name}(${text})` }, ...tail];
  }

  #cost(
    executed: ExecutedBlock,
    transaction: SignedTransaction,
    sender: Hex,
    gasUsed: bigint,
  ): readonly CostItem[] {
    const evm = this.#node.chain.evm(this.#node.rulesOf(executed));
    const { intrinsic } = evm.intrinsicGas(toVmTransaction(transaction, sender));
    const least = intrinsic < gasUsed ? intrinsic : gasUsed;
    const item = (key: string, label: string, amount: bigint): CostItem => ({
      key,
      label,
      amount: amount.toString(),
      unit: 'gas',
    });
    return [
      item('intrinsic', 'Before the first instruction', least),
      ...(gasUsed > least ? [item('execution', 'Execution, less refunds', gasUsed - least)] : []),
    ];
  }

  /**
   * Newest first. A cursor is `block/index` of the last one shown; a page that comes to the end of its walk may
   * be short, even empty, and have a next one.
   *
   * @throws `STUDIO_NOT_FOUND`, `STUDIO_INVALID` for a cursor that is none
   */
  transactions(filter: TxFilter): Page<Tx> {
    const { chain } = this.#node;
    const within = filter.block === undefined ? undefined : this.find(filter.block);
    const cursor = filter.before === undefined ? null : CURSOR.exec(filter.before);
    if (filter.before !== undefined && cursor === null)
      throw invalid('Cursor', 'take it from the page before');
    // The block of the last one shown, and how many of its transactions are still to come.
    const [block, left] = cursor === null ? [] : [BigInt(cursor[1] as string), Number(cursor[2])];
    const resumed = block ?? chain.head().block.header.number;
    const start = within?.block.header.number ?? (left === 0 ? resumed - 1n : resumed);
    const least = within?.block.header.number ?? 0n;
    const wanted = filter.entity?.toLowerCase();
    const items: Tx[] = [];
    for (let number = start, walked = 0; number >= least; number--, walked++) {
      if (walked === this.#maxWalk) return { items, next: `${number + 1n}/0` };
      const executed = within ?? chain.blockByNumber(number);
      const { transactions = [] } = executed?.block ?? {};
      const count = block === number ? Math.min(left ?? 0, transactions.length) : transactions.length;
      for (let index = count - 1; index >= 0; index--) {
        const transaction = transactions[index];
        if (executed === undefined || transaction === undefined) continue;
        if (
          filter.status !== undefined &&
          (executed.receipts[index]?.outcome === false) !== (filter.status === 'failed')
        )
          continue;
        if (wanted !== undefined && !touches(transaction, executed, index, wanted)) continue;
        items.push(this.tx({ executed, index, transaction }));
        if (items.length === filter.limit) return { items, next: `${number}/${index}` };
      }
    }
    return { items };
  }
}

/** Whether a transaction is from or to an account, creates it, or one of its logs is the account's. */
function touches(
  transaction: SignedTransaction,
  executed: ExecutedBlock,
  index: number,
  address: string,
): boolean {
  const sender = senderOf(transaction, true);
  if (sender === address || transaction.to === address) return true;
  if (transaction.to === undefined && createdAddress(sender, transaction.nonce) === address) return true;
  return executed.receipts[index]?.logs.some((log) => log.address === address) ?? false;
}
