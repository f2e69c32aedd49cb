import { EMPTY_BYTES, type Bytes, defineErrors } from '@ninefold/base';
import {
  hexToHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  WITNESS_SCALE_FACTOR,
} from '@ninefold/vm-bitcoin-script';
import { dustThreshold } from '../pool/standard.ts';
import { inputWeight, outputWeight, overheadWeight } from './input-weight.ts';
import type { WalletCoin } from './wallet.ts';

/*
 * Which coins pay for a transaction, and what goes back as change.
 */

const fail = defineErrors({
  FUND_INSUFFICIENT: (_context: Readonly<Record<string, never>>) => 'Insufficient funds',
  FUND_DUST: (_context: Readonly<Record<string, never>>) => 'Transaction amount too small',
  FUND_TOO_SMALL: (_context: Readonly<Record<string, never>>) =>
    'The transaction amount is too small to pay the fee',
  FUND_DUST_LEFT: (_context: Readonly<Record<string, never>>) =>
    'The transaction amount is too small to send after the fee has been deducted',
  FUND_NO_CHANGE: (_context: Readonly<Record<string, never>>) =>
    "Transaction needs a change address, but we can't generate it.",
});

export type FundOptions = {
  /** What is spent in any case. */
  readonly preset: readonly WalletCoin[];
  /** What may be added. */
  readonly available: readonly WalletCoin[];
  readonly outputs: readonly TxOutput[];
  /** Satoshi for 1000 virtual bytes. */
  readonly feeRate: bigint;
  /** Where change goes; undefined where there is nowhere, which only matters when there is change. */
  readonly changeScript: Bytes | undefined;
  readonly changePosition?: number | undefined;
  /** Outputs that the fee is taken from, by number. */
  readonly subtractFrom?: readonly number[] | undefined;
  readonly locktime: number;
  readonly sequence: number;
  readonly version?: number | undefined;
  readonly dustRate: number;
  /** What is fixed about preset inputs, in their order: sequences. */
  readonly sequences?: readonly (number | undefined)[] | undefined;
};

export type Funded = {
  readonly tx: Transaction;
  readonly coins: readonly WalletCoin[];
  readonly fee: bigint;
  /** Number of the output that goes back; -1 without. */
  readonly changePosition: number;
};

/** What a weight pays at a rate, rounded up. */
export function feeFor(rate: bigint, weight: number): bigint {
  const vsize = BigInt(Math.ceil(weight / WITNESS_SCALE_FACTOR));
  return (rate * vsize + 999n) / 1000n;
}

/** What the input that spends a coin will weigh. */
export function weightOfCoin({ own }: WalletCoin): number {
  const [output] = own.source.descriptor.outputs(own.index);
  const script = output?.witnessScript ?? output?.redeemScript;
  return inputWeight(own.source.descriptor.node, script?.length ?? 0);
}

/**
 * Chooses coins, the largest first until outputs and fee are covered, and adds change that is worth
 * having.
 *
 * @throws `FUND_INSUFFICIENT`, `FUND_DUST`, `FUND_TOO_SMALL`, `FUND_DUST_LEFT`, `FUND_NO_CHANGE`
 */
export function fundTransaction(options: FundOptions): Funded {
  const { preset, outputs, feeRate, subtractFrom = [], dustRate } = options;
  if (outputs.some((output) => isDust(output, dustRate))) throw fail('FUND_DUST', {});
  const target = outputs.reduce((sum, { value }) => sum + value, 0n);
  const paysFee = subtractFrom.length === 0;
  const rest = options.available
    .filter((coin) => !preset.includes(coin))
    .sort((a, b) => (a.output.value < b.output.value ? 1 : a.output.value > b.output.value ? -1 : 0));
  const chosen = [...preset];
  const outputsWeight = outputs.reduce((sum, output) => sum + outputWeight(output), 0);
  let inputsWeight = chosen.reduce((sum, coin) => sum + weightOfCoin(coin), 0);
  let total = chosen.reduce((sum, { output }) => sum + output.value, 0n);
  const weight = (): number => overheadWeight(chosen.length, outputs.length) + inputsWeight + outputsWeight;
  const needed = (): bigint => target + (paysFee ? feeFor(feeRate, weight()) : 0n);
  for (const coin of rest) {
    if (total >= needed() && chosen.length > 0) break;
    const own = weightOfCoin(coin);
    // A coin that costs more than it holds helps nobody.
    if (coin.output.value <= feeFor(feeRate, own)) continue;
    chosen.push(coin);
    inputsWeight += own;
    total += coin.output.value;
  }
  if (total < needed() || chosen.length === 0) throw fail('FUND_INSUFFICIENT', {});
  return withChange(options, chosen, total, target, weight());
}

function isDust(output: TxOutput, dustRate: number): boolean {
  return output.value < dustThreshold(output, dustRate);
}

function withChange(
  options: FundOptions,
  coins: readonly WalletCoin[],
  total: bigint,
  target: bigint,
  weight: number,
): Funded {
  const { feeRate, subtractFrom = [], dustRate, changeScript } = options;
  const paysFee = subtractFrom.length === 0;
  const count = options.outputs.length;
  const change = { value: 0n, scriptPubKey: changeScript ?? EMPTY_BYTES };
  const more = overheadWeight(coins.length, count + 1) - overheadWeight(coins.length, count);
  const feeWith = feeFor(feeRate, weight + more + outputWeight(change));
  change.value = total - target - (paysFee ? feeWith : 0n);
  const keepsChange = change.value > 0n && !isDust(change, dustRate);
  if (keepsChange && changeScript === undefined) throw fail('FUND_NO_CHANGE', {});
  // Without change, what is too little to be worth an output goes to those who pay the fee.
  const taken = keepsChange ? feeWith : feeFor(feeRate, weight) - (total - target);
  const outputs = paysFee ? [...options.outputs] : subtractFee(options, subtractFrom, taken);
  const position = keepsChange ? (options.changePosition ?? count) : -1;
  if (keepsChange) outputs.splice(position, 0, change);
  const inputs = coins.map(({ id, vout }, i): TxInput => ({
    prevout: { txid: hexToHash(id), vout },
    scriptSig: EMPTY_BYTES,
    sequence: options.sequences?.[i] ?? options.sequence,
    witness: [],
  }));
  const tx = { version: options.version ?? 2, inputs, outputs, locktime: options.locktime };
  const fee = total - outputs.reduce((sum, { value }) => sum + value, 0n);
  return { tx, coins, fee, changePosition: position };
}

function subtractFee({ outputs, dustRate }: FundOptions, from: readonly number[], fee: bigint): TxOutput[] {
  const count = BigInt(from.length);
  const share = fee / count;
  return outputs.map((output, i) => {
    const place = from.indexOf(i);
    if (place < 0) return output;
    // The first pays what does not divide.
    const value = output.value - share - (place === 0 ? fee % count : 0n);
    if (value < 0n) throw fail('FUND_TOO_SMALL', {});
    const left = { ...output, value };
    if (isDust(left, dustRate)) throw fail('FUND_DUST_LEFT', {});
    return left;
  });
}
