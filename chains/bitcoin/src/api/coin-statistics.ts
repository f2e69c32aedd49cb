import { isCoinbase } from '@ninefold/vm-bitcoin-script';
import type { BitcoinChain, BlockEntry } from '../ledger/chain.ts';
import { isUnspendable } from '../ledger/coins.ts';
import type { BitcoinNode } from '../node.ts';
import { blockSubsidy } from '../spec/params.ts';
import type { Json } from './format.ts';
import { type Amount, amount } from './json.ts';

/** Bytes nodes count for a coin besides its script: outpoint, height, amount, length. */
const BOGO_BYTES = 32 + 4 + 4 + 8 + 2;

/** How many coins there are, and what they hold. */
export function setStatistics({ coins }: BitcoinChain): {
  readonly txouts: number;
  readonly bogosize: number;
  readonly total_amount: Amount;
} {
  let bogosize = 0;
  let total = 0n;
  for (const [, { value, scriptPubKey }] of coins.entries()) {
    bogosize += BOGO_BYTES + scriptPubKey.length;
    total += value;
  }
  return { txouts: coins.size, bogosize, total_amount: amount(total) };
}

type BlockCoins = {
  readonly spent: bigint;
  readonly coinbase: bigint;
  readonly made: bigint;
  readonly scripts: bigint;
  readonly unclaimed: bigint;
  readonly genesis: bigint;
};

function blockCoins({ chain }: BitcoinNode, entry: BlockEntry): BlockCoins {
  const sums = { coinbase: 0n, made: 0n, scripts: 0n };
  for (const tx of entry.block.transactions) {
    for (const { value, scriptPubKey } of tx.outputs) {
      if (isUnspendable(scriptPubKey)) sums.scripts += value;
      else if (isCoinbase(tx)) sums.coinbase += value;
      else sums.made += value;
    }
  }
  const subsidy = blockSubsidy(entry.height, chain.params);
  // The first block's coinbase is no coin.
  if (entry.height === 0) {
    return { spent: 0n, coinbase: 0n, made: 0n, scripts: 0n, unclaimed: 0n, genesis: subsidy };
  }
  const spent = (chain.undo(entry) ?? []).reduce((sum, { coin }) => sum + coin.value, 0n);
  const unclaimed = spent + subsidy - sums.coinbase - sums.made - sums.scripts;
  return { spent, ...sums, unclaimed, genesis: 0n };
}

/** What became of money: of the last block, and what can never be spent of all of them. */
export function coinStatistics(node: BitcoinNode): Json {
  const { chain } = node;
  const unspendableOf = ({ scripts, unclaimed, genesis }: BlockCoins): bigint =>
    scripts + unclaimed + genesis;
  let total = 0n;
  for (let height = 0; height <= chain.tip.height; height++) {
    total += unspendableOf(blockCoins(node, chain.at(height) as BlockEntry));
  }
  const last = blockCoins(node, chain.tip);
  return {
    total_unspendable_amount: amount(total),
    block_info: {
      prevout_spent: amount(last.spent),
      coinbase: amount(last.coinbase),
      new_outputs_ex_coinbase: amount(last.made),
      unspendable: amount(unspendableOf(last)),
      unspendables: {
        genesis_block: amount(last.genesis),
        bip30: amount(0n),
        scripts: amount(last.scripts),
        unclaimed_rewards: amount(last.unclaimed),
      },
    },
  };
}
