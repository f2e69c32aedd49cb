import type { Hex } from '@ninefold/base';
import { toQuantity } from '@ninefold/base';
import type { MethodTable, Validator } from '@ninefold/rpc';
import { array, ParamFailure, query, withDefault } from '@ninefold/rpc';
import type { ExecutedBlock } from '../ledger/types.ts';
import type { EthereumNode } from '../node.ts';
import { effectiveTip } from '../pool/price.ts';
import { blobBaseFee, maxBlobGas, nextBaseFee, nextExcessBlobGas } from '../spec/fees.ts';
import { serverError } from './errors.ts';
import { blockNumber, looseUint64 } from './values.ts';

/** Tip proposed to wallets: what the common development nodes propose. */
export const SUGGESTED_TIP = 1_000_000_000n;

/** Blocks one `eth_feeHistory` may span, and percentiles it may ask for (geth's limits). */
export const MAX_FEE_HISTORY = 1024n;
export const MAX_PERCENTILES = 100;

export function suggestedTip(node: EthereumNode): bigint {
  return node.settings.minGasPrice > SUGGESTED_TIP ? node.settings.minGasPrice : SUGGESTED_TIP;
}

const percentile: Validator<number> = (value) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) {
    throw new ParamFailure('invalid reward percentile');
  }
  return value;
};

export function feeMethods(node: EthereumNode): MethodTable {
  return {
    eth_gasPrice: query([], () => toQuantity(node.miner.nextBaseFee() + suggestedTip(node))),
    eth_maxPriorityFeePerGas: query([], () => toQuantity(suggestedTip(node))),
    eth_baseFee: query([], () => toQuantity(node.miner.nextBaseFee())),
    eth_blobBaseFee: query([], () => toQuantity(nextBlobBaseFee(node, node.chain.head()))),
    eth_feeHistory: query(
      [looseUint64, blockNumber, withDefault(array(percentile, MAX_PERCENTILES), [])],
      ([count, newest, percentiles]) => {
        const head = node.chain.head().block.header.number;
        if (typeof newest === 'bigint' && newest > head)
          throw serverError(`request beyond head block: requested ${newest}, head ${head}`);
        return feeHistory(node, count, node.require(newest), percentiles);
      },
    ),
  };
}

function feeHistory(
  node: EthereumNode,
  count: bigint,
  newest: ExecutedBlock,
  percentiles: readonly number[],
): unknown {
  if (percentiles.some((each, i) => i > 0 && each < (percentiles[i - 1] as number))) {
    throw serverError('invalid reward percentile: percentiles must be ascending');
  }
  const last = newest.block.header.number;
  const wanted = count > MAX_FEE_HISTORY ? MAX_FEE_HISTORY : count;
  const length = wanted > last + 1n ? last + 1n : wanted;
  if (length === 0n) {
    return {
      oldestBlock: '0x0',
      gasUsedRatio: [],
      baseFeePerGas: [],
      baseFeePerBlobGas: [],
      blobGasUsedRatio: [],
    };
  }
  const oldest = last - length + 1n;
  const blocks: ExecutedBlock[] = [];
  for (let number = oldest; number <= last; number++) blocks.push(node.require(number));
  const baseFees = blocks.map(({ block }) => block.header.baseFeePerGas ?? 0n);
  const blobFees = blocks.map((block) => node.chain.environmentOf(block).blobBaseFee);
  return {
    oldestBlock: toQuantity(oldest),
    ...(percentiles.length > 0 && { reward: blocks.map((block) => rewards(block, percentiles)) }),
    baseFeePerGas: [...baseFees, followingBaseFee(node, newest)].map(toQuantity),
    gasUsedRatio: blocks.map(({ block }) => Number(block.header.gasUsed) / Number(block.header.gasLimit)),
    baseFeePerBlobGas: [...blobFees, nextBlobBaseFee(node, newest)].map(toQuantity),
    blobGasUsedRatio: blocks.map((block) => blobRatio(node, block)),
  };
}

/** Base fee of the block after `block`: the chain's own or, at its head, what is planned. */
function followingBaseFee(node: EthereumNode, executed: ExecutedBlock): bigint {
  const child = node.find(executed.block.header.number + 1n);
  if (child !== undefined) return child.block.header.baseFeePerGas ?? 0n;
  const { baseFeePerGas, gasUsed, gasLimit } = executed.block.header;
  return baseFeePerGas === undefined ? 0n : nextBaseFee({ baseFeePerGas, gasUsed, gasLimit });
}

/** Blob fee of the block after `block`; 0 before Cancun. */
function nextBlobBaseFee(node: EthereumNode, parent: ExecutedBlock): bigint {
  const { header } = parent.block;
  const { fork, blobSchedule } = node.chain.rulesAfter(parent, header.timestamp + 1n);
  if (blobSchedule === undefined) return 0n;
  return blobBaseFee(nextExcessBlobGas(fork, blobSchedule, header), blobSchedule);
}

function blobRatio(node: EthereumNode, executed: ExecutedBlock): number {
  const { blobSchedule } = node.rulesOf(executed);
  const used = executed.block.header.blobGasUsed;
  return blobSchedule === undefined || used === undefined
    ? 0
    : Number(used) / Number(maxBlobGas(blobSchedule));
}

/** The tips at the given percentiles of the block's gas, cheapest first. */
function rewards({ block, receipts }: ExecutedBlock, percentiles: readonly number[]): readonly Hex[] {
  const { header, transactions } = block;
  if (transactions.length === 0) return percentiles.map(() => '0x0');
  const baseFee = header.baseFeePerGas ?? 0n;
  let before = 0n;
  const paid = transactions.map((transaction, i) => {
    const total = (receipts[i] as (typeof receipts)[number]).cumulativeGasUsed;
    const entry = { tip: effectiveTip(transaction, baseFee), gas: Number(total - before) };
    before = total;
    return entry;
  });
  paid.sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  let index = 0;
  let gas = (paid[0] as (typeof paid)[number]).gas;
  return percentiles.map((percentile) => {
    const threshold = Math.floor((Number(header.gasUsed) * percentile) / 100);
    while (gas < threshold && index < paid.length - 1) gas += (paid[++index] as (typeof paid)[number]).gas;
    return toQuantity((paid[index] as (typeof paid)[number]).tip);
  });
}
