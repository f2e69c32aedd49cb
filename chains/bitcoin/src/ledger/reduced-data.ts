import { OP, SCRIPT_FLAGS, type Transaction } from '@ninefold/vm-bitcoin-script';
import type { ChainParams } from '../spec/params.ts';
import type { Coin } from './coins.ts';

/*
 * The optional rules of BIP 110. Those of scripts are a flag of the interpreter; outputs are limited
 * here. Coins from before the rules are spent as before.
 */

/** Longest script of an output. */
export const MAX_OUTPUT_SCRIPT_SIZE: number = 34;
/** Longest script of an output that carries data. */
export const MAX_OUTPUT_DATA_SIZE: number = 83;

/** Whether the rules hold for a block of that height. */
export function isReducedData({ reducedDataHeight }: ChainParams, height: number): boolean {
  return reducedDataHeight !== undefined && height >= reducedDataHeight;
}

/** Whether a transaction makes an output with a script that is too long (rule 1). */
export function hasLargeOutput({ outputs }: Transaction): boolean {
  return outputs.some(({ scriptPubKey }) => {
    const limit = scriptPubKey[0] === OP.OP_RETURN ? MAX_OUTPUT_DATA_SIZE : MAX_OUTPUT_SCRIPT_SIZE;
    return scriptPubKey.length > limit;
  });
}

/** The rules of a block's inputs, one for each where coins are of different times. */
export function inputFlags(
  coins: readonly Coin[],
  params: ChainParams,
  height: number,
): number | readonly number[] {
  const { scriptFlags } = params;
  if (!isReducedData(params, height)) return scriptFlags;
  return coins.map((coin) =>
    isReducedData(params, coin.height) ? scriptFlags | SCRIPT_FLAGS.REDUCED_DATA : scriptFlags,
  );
}
