import {
  type Block,
  COINBASE_MATURITY,
  isCoinbase,
  MAX_BLOCK_SIGOPS_COST,
  MAX_MONEY,
  SCRIPT_ERRORS,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_MASK,
  SEQUENCE_LOCKTIME_TYPE_FLAG,
  sigopCost,
  type Transaction,
  txidOf,
  verifyInputs,
} from '@ninefold/vm-bitcoin-script';
import { blockSubsidy, type ChainParams } from '../spec/params.ts';
import { hasLargeOutput, inputFlags, isReducedData } from './reduced-data.ts';
import { type Coin, coinKey, type Coins, CoinsOverlay } from './coins.ts';

/** What connecting a block has to know of the chain it is put on. */
export type ConnectContext = {
  readonly height: number;
  readonly medianTime: number;
  /** Median time of the eleven blocks up to the ancestor of that height, itself included. */
  readonly medianTimeAt: (height: number) => number;
};

/** What is wrong with a transaction's inputs and amounts, or its fee in satoshi. */
export function checkInputs(
  tx: Transaction,
  coins: readonly (Coin | undefined)[],
  height: number,
): string | bigint {
  let total = 0n;
  for (const coin of coins) {
    if (coin === undefined) return 'bad-txns-inputs-missingorspent';
    if (coin.coinbase && height - coin.height < COINBASE_MATURITY) {
      return 'bad-txns-premature-spend-of-coinbase';
    }
    total += coin.value;
    if (coin.value < 0n || total > MAX_MONEY) return 'bad-txns-inputvalues-outofrange';
  }
  const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  return paid > total ? 'bad-txns-in-belowout' : total - paid;
}

const SECONDS_SHIFT = 9;
/** BIP 68 holds from this version on. */
const RELATIVE_LOCK_VERSION = 2;

/** Whether the relative locks of a transaction's inputs are over (BIP 68). */
export function meetsSequenceLocks(
  { version, inputs }: Transaction,
  coins: readonly Coin[],
  { height, medianTime, medianTimeAt }: ConnectContext,
): boolean {
  if (version < RELATIVE_LOCK_VERSION) return true;
  return inputs.every(({ sequence }, i) => {
    if ((sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0) return true;
    const { height: made } = coins[i] as Coin;
    const lock = sequence & SEQUENCE_LOCKTIME_MASK;
    if ((sequence & SEQUENCE_LOCKTIME_TYPE_FLAG) === 0) return height >= made + lock;
    return medianTime >= medianTimeAt(Math.max(made - 1, 0)) + lock * 2 ** SECONDS_SHIFT;
  });
}

/**
 * Spends and makes the coins of a block.
 *
 * @returns the changes, or Bitcoin Core's reject reason
 */
export function connectBlock(
  { transactions }: Block,
  coins: Coins,
  context: ConnectContext,
  params: ChainParams,
): CoinsOverlay | string {
  const overlay = new CoinsOverlay(coins);
  const { height } = context;
  const ids = transactions.map(txidOf);
  // BIP 30: no transaction makes coins that are there already.
  const overwrites = transactions.some(({ outputs }, i) =>
    outputs.some((_, vout) => coins.get(coinKey({ txid: ids[i] as Uint8Array, vout })) !== undefined),
  );
  if (overwrites) return 'bad-txns-BIP30';

  let fees = 0n;
  let sigops = 0;
  for (const [i, tx] of transactions.entries()) {
    const spent = isCoinbase(tx) ? [] : tx.inputs.map(({ prevout }) => overlay.get(coinKey(prevout)));
    if (!isCoinbase(tx)) {
      const fee = checkInputs(tx, spent, height);
      if (typeof fee === 'string') return fee;
      fees += fee;
      if (fees > MAX_MONEY) return 'bad-txns-accumulated-fee-outofrange';
      const held = height >= params.csvHeight && !meetsSequenceLocks(tx, spent as Coin[], context);
      if (held) return 'bad-txns-nonfinal';
    }
    if (isReducedData(params, height) && hasLargeOutput(tx)) return 'bad-txns-vout-script-toolarge';
    sigops += sigopCost(tx, spent as Coin[], params.scriptFlags);
    if (sigops > MAX_BLOCK_SIGOPS_COST) return 'bad-blk-sigops';
    if (!isCoinbase(tx)) {
      const failure = verifyInputs(tx, spent as Coin[], inputFlags(spent as Coin[], params, height));
      if (failure !== undefined) {
        return `block-script-verify-flag-failed (${SCRIPT_ERRORS[failure.error]})`;
      }
    }
    overlay.add(tx, ids[i] as Uint8Array, height);
  }
  const reward = transactions[0]?.outputs.reduce((sum, { value }) => sum + value, 0n) ?? 0n;
  return reward > fees + blockSubsidy(height, params) ? 'bad-cb-amount' : overlay;
}
