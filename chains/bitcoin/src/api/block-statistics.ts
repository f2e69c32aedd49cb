import { compactSizeLength } from '@ninefold/codec';
import { hasWitness, isCoinbase, totalSize, type TxOutput, weightOf } from '@ninefold/vm-bitcoin-script';
import type { BlockEntry } from '../ledger/chain.ts';
import { isUnspendable } from '../ledger/coins.ts';
import type { BitcoinNode } from '../node.ts';
import { blockSubsidy } from '../spec/params.ts';
import { type Json, spentCoins } from './format.ts';

/** What nodes count for a coin besides its output: outpoint, height and whether it is of a coinbase. */
const COIN_OVERHEAD = 32 + 4 + 4 + 1;
const PERCENTILES = [0.1, 0.25, 0.5, 0.75, 0.9];

const coinSize = ({ scriptPubKey }: TxOutput): number =>
  8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length + COIN_OVERHEAD;

/** The middle of some numbers, rounded down where there are two. */
function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return Math.floor(((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2);
}

/** The rates below which a share of the weight is. */
function percentiles(rates: readonly { readonly rate: number; readonly weight: number }[]): number[] {
  const sorted = [...rates].sort((a, b) => a.rate - b.rate);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let last = 0;
  return PERCENTILES.map((share) => {
    let sum = 0;
    for (const { rate, weight } of sorted) {
      sum += weight;
      last = rate;
      if (sum >= total * share) break;
    }
    return last;
  });
}

/** The figures of `getblockstats`, in satoshi and bytes. */
export function blockStatistics(node: BitcoinNode, entry: BlockEntry): Json {
  const { transactions, header } = entry.block;
  const coins = spentCoins(node, entry) ?? [];
  const others = transactions.flatMap((tx, i) => {
    if (isCoinbase(tx)) return [];
    const spent = coins[i] ?? [];
    const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    const fee = Number(spent.reduce((sum, { value }) => sum + value, 0n) - paid);
    const weight = weightOf(tx);
    return [{ tx, spent, paid, fee, weight, size: totalSize(tx), rate: Math.floor((fee * 4) / weight) }];
  });
  const of = (values: readonly number[], pick: (...all: number[]) => number): number =>
    values.length === 0 ? 0 : pick(...values);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const fees = others.map(({ fee }) => fee);
  const rates = others.map(({ rate }) => rate);
  const sizes = others.map(({ size }) => size);
  const weights = others.map(({ weight }) => weight);
  const swtxs = others.filter(({ tx }) => hasWitness(tx));
  const outputs = transactions.flatMap((tx) => tx.outputs);
  const lasting =
    entry.height === 0 ? [] : outputs.filter(({ scriptPubKey }) => !isUnspendable(scriptPubKey));
  const inputs = others.flatMap(({ spent }) => spent);
  const average = (total: number, count: number): number => (count === 0 ? 0 : Math.floor(total / count));
  const grown = (list: readonly TxOutput[]): number => sum(list.map(coinSize)) - sum(inputs.map(coinSize));
  return {
    avgfee: average(sum(fees), others.length),
    avgfeerate: average(sum(fees) * 4, sum(weights)),
    avgtxsize: average(sum(sizes), others.length),
    blockhash: entry.hash,
    feerate_percentiles: percentiles(others),
    height: entry.height,
    ins: inputs.length,
    maxfee: of(fees, Math.max),
    maxfeerate: of(rates, Math.max),
    maxtxsize: of(sizes, Math.max),
    medianfee: median(fees),
    mediantime: entry.medianTime,
    mediantxsize: median(sizes),
    minfee: of(fees, Math.min),
    minfeerate: of(rates, Math.min),
    mintxsize: of(sizes, Math.min),
    outs: outputs.length,
    subsidy: blockSubsidy(entry.height, node.chain.params),
    swtotal_size: sum(swtxs.map(({ size }) => size)),
    swtotal_weight: sum(swtxs.map(({ weight }) => weight)),
    swtxs: swtxs.length,
    time: header.time,
    total_out: others.reduce((total, { paid }) => total + paid, 0n),
    total_size: sum(sizes),
    total_weight: sum(weights),
    totalfee: sum(fees),
    txs: transactions.length,
    utxo_increase: outputs.length - inputs.length,
    utxo_size_inc: grown(outputs),
    utxo_increase_actual: lasting.length - inputs.length,
    utxo_size_inc_actual: grown(lasting),
  };
}
