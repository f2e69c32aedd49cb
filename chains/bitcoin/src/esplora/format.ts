import { type Bytes, bytesToHex } from '@ninefold/base';
import {
  ANNEX_TAG,
  blockSizes,
  blockWeight,
  hashToHex,
  isPayToScriptHash,
  type TxOutput,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';
import { difficultyOf } from '../api/format.ts';
import type { BlockEntry } from '../ledger/chain.ts';
import type { PoolEntry } from '../pool/mempool.ts';
import { type AddressFormat, scriptToAddress } from '../tx/address.ts';
import { classifyScript } from '../tx/script-type.ts';
import { pushesOf } from '../wallet/collect.ts';
import { scriptToEsploraAsm } from './asm.ts';

/*
 * What Esplora's answers are made of.
 */

export type Json = Readonly<Record<string, unknown>>;

export const hex = (bytes: Bytes): string => bytesToHex(bytes).slice(2);

/** Esplora types of outputs. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  pubkey: 'p2pk',
  pubkeyhash: 'p2pkh',
  scripthash: 'p2sh',
  witness_v0_keyhash: 'v0_p2wpkh',
  witness_v0_scripthash: 'v0_p2wsh',
  witness_v1_taproot: 'v1_p2tr',
  multisig: 'multisig',
  nulldata: 'op_return',
  anchor: 'anchor',
};

export function formatOutput({ value, scriptPubKey }: TxOutput, format: AddressFormat): Json {
  const { type } = classifyScript(scriptPubKey);
  const address = type === 'pubkey' ? undefined : scriptToAddress(scriptPubKey, format);
  return {
    scriptpubkey: hex(scriptPubKey),
    scriptpubkey_asm: scriptToEsploraAsm(scriptPubKey),
    scriptpubkey_type: TYPE_NAMES[type] ?? 'unknown',
    ...(address !== undefined && { scriptpubkey_address: address }),
    value,
  };
}

/** Where a transaction is. */
export function status(block: BlockEntry | undefined): Json {
  if (block === undefined) return { confirmed: false };
  return {
    confirmed: true,
    block_height: block.height,
    block_hash: block.hash,
    block_time: block.block.header.time,
  };
}

export function formatBlock({ hash, height, block, parent, medianTime }: BlockEntry): Json {
  const { header, transactions } = block;
  return {
    id: hash,
    height,
    version: header.version,
    timestamp: header.time,
    tx_count: transactions.length,
    size: blockSizes(block).total,
    weight: blockWeight(block),
    merkle_root: hashToHex(header.merkleRoot),
    previousblockhash: parent?.hash ?? null,
    mediantime: medianTime,
    nonce: header.nonce,
    bits: header.bits,
    difficulty: difficultyOf(header.bits),
  };
}

/** The scripts behind the hashes of what an input spends, as far as it shows them. */
export function innerScripts(scriptSig: Bytes, witness: readonly Bytes[], spent: TxOutput | undefined): Json {
  if (spent === undefined) return {};
  let script = spent.scriptPubKey;
  const shown: Record<string, string> = {};
  if (isPayToScriptHash(script)) {
    const redeem = pushesOf(scriptSig).at(-1);
    if (redeem !== undefined) {
      shown['inner_redeemscript_asm'] = scriptToEsploraAsm(redeem);
      script = redeem;
    }
  }
  const inner = witnessScriptOf(script, witness);
  if (inner !== undefined) shown['inner_witnessscript_asm'] = scriptToEsploraAsm(inner);
  return shown;
}

function witnessScriptOf(script: Bytes, witness: readonly Bytes[]): Bytes | undefined {
  const program = witnessProgramOf(script);
  if (program?.program.length !== 32) return undefined;
  if (program.version === 0) return witness.at(-1);
  if (program.version !== 1) return undefined;
  // Behind the script stands its control block, and behind that there may be an annex.
  const hasAnnex = witness.length >= 2 && witness.at(-1)?.[0] === ANNEX_TAG;
  return witness.at(hasAnnex ? -3 : -2);
}

/** Virtual bytes that stand together in the histogram of fees. */
const HISTOGRAM_BIN = 50_000;

/** Pairs of a rate and the virtual bytes that pay at least as much and less than the pair before. */
export function feeHistogram(entries: readonly PoolEntry[]): readonly (readonly [number, number])[] {
  const rated = entries.map(({ fee, vsize }) => ({ rate: Number(fee) / vsize, vsize }));
  rated.sort((a, b) => b.rate - a.rate);
  const bins: (readonly [number, number])[] = [];
  let size = 0;
  let last = 0;
  for (const { rate, vsize } of rated) {
    if (size > HISTOGRAM_BIN && last !== rate) {
      bins.push([last, size]);
      size = 0;
    }
    last = rate;
    size += vsize;
  }
  if (size > 0) bins.push([last, size]);
  return bins;
}
