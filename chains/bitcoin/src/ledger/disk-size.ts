import { blockSizes } from '@ninefold/vm-bitcoin-script';
import { compactSizeLength } from '@ninefold/codec';
import { classifyScript } from '../tx/script-type.ts';
import type { BitcoinChain } from './chain.ts';
import type { Coin } from './coins.ts';

/*
 * How large a node's files of blocks and undo data are: what `size_on_disk` tells.
 */

/** Magic and length before each record. */
const RECORD_HEAD = 8;
/** A hash behind each undo record. */
const RECORD_CHECKSUM = 32;
/** Forms of scripts that need one byte besides their key or hash. */
const SPECIAL_SCRIPTS = 6;

/** Bytes of a number in base 128, each digit but the last one too many. */
function varIntLength(value: bigint): number {
  let length = 1;
  for (let rest = value; rest > 0x7fn; rest = (rest >> 7n) - 1n) length++;
  return length;
}

/** Amounts are mostly round: their zeros are counted, not written. */
function compressAmount(satoshi: bigint): bigint {
  if (satoshi === 0n) return 0n;
  let rest = satoshi;
  let zeros = 0n;
  while (rest % 10n === 0n && zeros < 9n) {
    rest /= 10n;
    zeros++;
  }
  if (zeros === 9n) return 1n + (rest - 1n) * 10n + 9n;
  return 1n + ((rest / 10n) * 9n + (rest % 10n) - 1n) * 10n + zeros;
}

function scriptLength(script: Uint8Array): number {
  const { type, parts } = classifyScript(script);
  if (type === 'pubkeyhash' || type === 'scripthash') return 21;
  if (type === 'pubkey' && ((parts[0]?.[0] as number) & 6) !== 6) return 33;
  return varIntLength(BigInt(script.length + SPECIAL_SCRIPTS)) + script.length;
}

function undoLength({ height, coinbase, value, scriptPubKey }: Coin): number {
  const code = varIntLength(BigInt(height * 2 + (coinbase ? 1 : 0)));
  // A byte where the version of the transaction once stood.
  return code + 1 + varIntLength(compressAmount(value)) + scriptLength(scriptPubKey);
}

/** Bytes of all blocks, and of what the active chain's blocks have spent. */
export function sizeOnDisk(chain: BitcoinChain): number {
  let size = 0;
  for (const entry of chain.entries()) {
    const { transactions } = entry.block;
    size += blockSizes(entry.block).total + RECORD_HEAD;
    const undo = entry.parent === undefined ? undefined : chain.undo(entry);
    if (undo === undefined) continue;
    size += RECORD_HEAD + RECORD_CHECKSUM + compactSizeLength(transactions.length - 1);
    for (const { inputs } of transactions.slice(1)) size += compactSizeLength(inputs.length);
    for (const { coin } of undo) size += undoLength(coin);
  }
  return size;
}
