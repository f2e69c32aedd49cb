import { equalBytes } from '@ninefold/base';
import {
  type Block,
  type BlockHeader,
  blockHashOf,
  blockSizes,
  blockWeight,
  checkCommitments,
  checkTransaction,
  countLegacySigops,
  isCoinbase,
  LOCKTIME_THRESHOLD,
  MAX_BLOCK_SIGOPS_COST,
  MAX_BLOCK_WEIGHT,
  pushNumber,
  SEQUENCE_FINAL,
  type Transaction,
  WITNESS_SCALE_FACTOR,
} from '@ninefold/vm-bitcoin-script';
import type { ChainParams } from '../spec/params.ts';
import { meetsTarget } from './work.ts';

/*
 * What a block has to keep before anyone looks at the coins. The results are Bitcoin Core's reject
 * reasons, the order of the checks is its as well.
 */

/** A block may be ahead of the clock by two hours. */
export const MAX_FUTURE_SECONDS: number = 7200;

/** Where a block is put: what it has to know of its ancestors. */
export type BlockContext = {
  readonly height: number;
  /** Median of the eleven times before it. */
  readonly medianTime: number;
};

/** What is wrong with a header at its place; `now` in seconds. */
export function checkHeader(
  header: BlockHeader,
  { height, medianTime }: BlockContext,
  params: ChainParams,
  now: number,
): string | undefined {
  if (!meetsTarget(blockHashOf(header), header.bits, params.powLimitBits)) return 'high-hash';
  return checkHeaderPlace(header, { height, medianTime }, params, now);
}

/** As {@link checkHeader}, of a header whose work is still to be done. */
export function checkHeaderPlace(
  header: BlockHeader,
  { height, medianTime }: BlockContext,
  params: ChainParams,
  now: number,
): string | undefined {
  if (header.bits !== params.powLimitBits) return 'bad-diffbits';
  if (header.time <= medianTime) return 'time-too-old';
  if (header.time > now + MAX_FUTURE_SECONDS) return 'time-too-new';
  const version = header.version | 0;
  const outdated =
    (version < 2 && height >= params.bip34Height) ||
    (version < 3 && height >= params.bip66Height) ||
    (version < 4 && height >= params.bip65Height);
  return outdated ? `bad-version(0x${header.version.toString(16).padStart(8, '0')})` : undefined;
}

/** What is wrong with a block's contents, and with its commitments. */
export function checkBlock(block: Block, context: BlockContext, params: ChainParams): string | undefined {
  const { transactions, header } = block;
  const segwit = context.height >= params.segwitHeight;
  const commitments = checkCommitments(block, segwit);
  if (commitments === 'bad-txnmrklroot' || commitments === 'bad-txns-duplicate') return commitments;
  const [first] = transactions;
  if (first === undefined || blockSizes(block).stripped * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT) {
    return 'bad-blk-length';
  }
  if (!isCoinbase(first)) return 'bad-cb-missing';
  if (transactions.slice(1).some(isCoinbase)) return 'bad-cb-multiple';
  let sigops = 0;
  for (const tx of transactions) {
    const fault = checkTransaction(tx);
    if (fault !== undefined) return fault;
    sigops += countLegacySigops(tx);
  }
  if (sigops * WITNESS_SCALE_FACTOR > MAX_BLOCK_SIGOPS_COST) return 'bad-blk-sigops';

  // BIP 113: since BIP 68, time is the median of the past.
  const cutoff = context.height >= params.csvHeight ? context.medianTime : header.time;
  if (!transactions.every((tx) => isFinal(tx, context.height, cutoff))) return 'bad-txns-nonfinal';
  if (context.height >= params.bip34Height && !beginsWithHeight(first, context.height))
    return 'bad-cb-height';
  if (commitments !== undefined) return commitments;
  return blockWeight(block) > MAX_BLOCK_WEIGHT ? 'bad-blk-weight' : undefined;
}

/** Whether a transaction's own lock is over in a block of that height and time. */
export function isFinal({ locktime, inputs }: Transaction, height: number, time: number): boolean {
  if (locktime === 0 || locktime < (locktime < LOCKTIME_THRESHOLD ? height : time)) return true;
  return inputs.every(({ sequence }) => sequence === SEQUENCE_FINAL);
}

/** BIP 34: a coinbase's script begins with its height, so that no two are the same. */
function beginsWithHeight(coinbase: Transaction, height: number): boolean {
  const expected = pushNumber(height);
  const script = coinbase.inputs[0]?.scriptSig ?? new Uint8Array(0);
  return equalBytes(script.subarray(0, expected.length), expected);
}
