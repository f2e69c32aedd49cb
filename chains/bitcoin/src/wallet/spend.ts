import { EMPTY_BYTES, type Bytes, defineErrors } from '@ninefold/base';
import { compactSizeLength } from '@ninefold/codec';
import {
  hexToHash,
  type Transaction,
  type TxInput,
  type TxOutput,
  WITNESS_SCALE_FACTOR,
} from '@ninefold/vm-bitcoin-script';
import type { DescriptorNode } from '../descriptor/descriptor.ts';
import { dustThreshold } from '../pool/standard.ts';
import type { WalletCoin } from './wallet.ts';

/*
 * Which coins pay for a transaction, and what goes back as change.
 */

const fail = defineErrors({
  FUND_INSUFFICIENT: (_context: Readonly<Record<string, never>>) => 'Insufficient funds',
  FUND_TOO_SMALL: (_context: Readonly<Record<string, never>>) =>
    'The transaction amount is too small to pay the fee',
});

/** Bytes of an input besides its scripts: outpoint, sequence and the length of an empty script. */
const INPUT_BYTES = 41;
const SIGNATURE_BYTES = 72;
const KEY_BYTES = 33;
const SCHNORR_BYTES = 64;
/** Weight of version, lock time, marker, flag and counts. */
const OVERHEAD_WEIGHT = 4 * 10 + 2;

/** Weight of the input that spends a coin of a descriptor, signatures at their longest. */
export function inputWeight(node: DescriptorNode, scriptLength: number): number {
  const base = INPUT_BYTES * WITNESS_SCALE_FACTOR;
  const keyWitness = 1 + 1 + SIGNATURE_BYTES + 1 + KEY_BYTES;
  switch (node.kind) {
    case 'pkh':
      return base + WITNESS_SCALE_FACTOR * (1 + SIGNATURE_BYTES + 1 + KEY_BYTES);
    case 'pk':
      return base + WITNESS_SCALE_FACTOR * (1 + SIGNATURE_BYTES);
    case 'wpkh':
    case 'combo':
      return base + keyWitness;
    case 'tr':
    case 'rawtr':
      return base + 1 + 1 + SCHNORR_BYTES;
    case 'sh': {
      if (node.sub.kind === 'wpkh') return base + 23 * WITNESS_SCALE_FACTOR + keyWitness;
      if (node.sub.kind === 'wsh') return inputWeight(node.sub, scriptLength) + 35 * WITNESS_SCALE_FACTOR;
      return base + WITNESS_SCALE_FACTOR * satisfactionSize(node.sub, scriptLength);
    }
    case 'wsh':
      return base + satisfactionSize(node.sub, scriptLength);
    default:
      return base + satisfactionSize(node, scriptLength);
  }
}

/** Bytes of the elements for a script behind a hash, itself included. */
function satisfactionSize(node: DescriptorNode, scriptLength: number): number {
  const script = compactSizeLength(scriptLength) + scriptLength;
  switch (node.kind) {
    case 'multi':
    case 'sortedmulti':
      return 1 + 1 + node.threshold * (1 + SIGNATURE_BYTES) + script;
    case 'miniscript':
      return 1 + node.script.subs.length * (1 + SIGNATURE_BYTES) + (1 + SIGNATURE_BYTES) + script;
    default:
      return 1 + 1 + SIGNATURE_BYTES + script;
  }
}

export function outputWeight({ scriptPubKey }: Pick<TxOutput, 'scriptPubKey'>): number {
  return WITNESS_SCALE_FACTOR * (8 + compactSizeLength(scriptPubKey.length) + scriptPubKey.length);
}

export type FundOptions = {
  /** What is spent in any case. */
  readonly preset: readonly WalletCoin[];
  /** What may be added. */
  readonly available: readonly WalletCoin[];
  readonly outputs: readonly TxOutput[];
  /** Satoshi for 1000 virtual bytes. */
  readonly feeRate: bigint;
  readonly changeScript: () => Bytes;
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

const feeFor = (rate: bigint, weight: number): bigint => {
  const vsize = BigInt(Math.ceil(weight / WITNESS_SCALE_FACTOR));
  return (rate * vsize + 999n) / 1000n;
};

function weightOfCoin({ own }: WalletCoin): number {
  const [output] = own.source.descriptor.outputs(own.index);
  const script = output?.witnessScript ?? output?.redeemScript;
  return inputWeight(own.source.descriptor.node, script?.length ?? 0);
}

/**
 * Chooses coins, the largest first until outputs and fee are covered, and adds change that is worth
 * having.
 *
 * @throws `FUND_INSUFFICIENT`, `FUND_TOO_SMALL`
 */
export function fundTransaction(options: FundOptions): Funded {
  const { preset, outputs, feeRate, subtractFrom = [] } = options;
  const target = outputs.reduce((sum, { value }) => sum + value, 0n);
  const paysFee = subtractFrom.length === 0;
  const rest = options.available
    .filter((coin) => !preset.includes(coin))
    .sort((a, b) => (a.output.value < b.output.value ? 1 : a.output.value > b.output.value ? -1 : 0));
  const chosen = [...preset];
  let weight = OVERHEAD_WEIGHT + outputs.reduce((sum, output) => sum + outputWeight(output), 0);
  let total = 0n;
  for (const coin of chosen) {
    weight += weightOfCoin(coin);
    total += coin.output.value;
  }
  const needed = (): bigint => target + (paysFee ? feeFor(feeRate, weight) : 0n);
  for (const coin of rest) {
    if (total >= needed() && chosen.length > 0) break;
    const own = weightOfCoin(coin);
    // A coin that costs more than it holds helps nobody.
    if (coin.output.value <= feeFor(feeRate, own)) continue;
    chosen.push(coin);
    weight += own;
    total += coin.output.value;
  }
  if (total < needed() || chosen.length === 0) throw fail('FUND_INSUFFICIENT', {});
  return withChange(options, chosen, total, target, weight);
}

function withChange(
  options: FundOptions,
  coins: readonly WalletCoin[],
  total: bigint,
  target: bigint,
  weight: number,
): Funded {
  const { feeRate, subtractFrom = [], dustRate } = options;
  const changeScript = options.changeScript();
  const blank = { value: 0n, scriptPubKey: changeScript };
  const feeWith = feeFor(feeRate, weight + outputWeight(blank));
  const left = subtractFrom.length === 0 ? total - target - feeWith : total - target;
  const keepsChange = left >= dustThreshold(blank, dustRate) && left > 0n;
  const fee = keepsChange ? feeWith : subtractFrom.length === 0 ? total - target : feeFor(feeRate, weight);
  const paid =
    subtractFrom.length === 0
      ? [...options.outputs]
      : subtractFee(options.outputs, subtractFrom, keepsChange ? fee : fee - (total - target));
  const position = keepsChange ? (options.changePosition ?? paid.length) : -1;
  const outputs = keepsChange
    ? [...paid.slice(0, position), { value: left, scriptPubKey: changeScript }, ...paid.slice(position)]
    : paid;
  const inputs = coins.map(({ id, vout }, i): TxInput => ({
    prevout: { txid: hexToHash(id), vout },
    scriptSig: EMPTY_BYTES,
    sequence: options.sequences?.[i] ?? options.sequence,
    witness: [],
  }));
  const tx = { version: options.version ?? 2, inputs, outputs, locktime: options.locktime };
  const actual = total - outputs.reduce((sum, { value }) => sum + value, 0n);
  return { tx, coins, fee: actual, changePosition: position };
}

function subtractFee(outputs: readonly TxOutput[], from: readonly number[], fee: bigint): TxOutput[] {
  const count = BigInt(from.length);
  const share = fee / count;
  return outputs.map((output, i) => {
    const place = from.indexOf(i);
    if (place < 0) return output;
    // The first pays what does not divide.
    const value = output.value - share - (place === 0 ? fee % count : 0n);
    if (value <= 0n) throw fail('FUND_TOO_SMALL', {});
    return { ...output, value };
  });
}
