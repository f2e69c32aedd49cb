import { type Bytes, bytesToHex } from '@ninefold/base';
import {
  blockSizes,
  blockWeight,
  encodeTransaction,
  hashToHex,
  isCoinbase,
  isStrictDer,
  scriptToAsm,
  totalSize,
  type Transaction,
  txidOf,
  type TxOutput,
  virtualSize,
  weightOf,
  witnessProgramOf,
  wtxidOf,
} from '@ninefold/vm-bitcoin-script';
import { inferDescriptor } from '../descriptor/infer.ts';
import type { BlockEntry } from '../ledger/chain.ts';
import type { Coin } from '../ledger/coins.ts';
import { targetOf } from '../ledger/work.ts';
import type { BitcoinNode } from '../node.ts';
import { type AddressFormat, scriptToAddress } from '../tx/address.ts';
import { classifyScript } from '../tx/script-type.ts';
import { amount } from './json.ts';

/*
 * Transactions and blocks as Bitcoin Core's JSON-RPC shows them; members stand in its order.
 */

export type Json = { readonly [name: string]: unknown };

export const hex = (bytes: Bytes): string => bytesToHex(bytes).slice(2);

/** How output scripts are shown. */
export function formatScript(
  script: Bytes,
  format: AddressFormat,
  options: { readonly hex?: boolean } = {},
): Json {
  const { type } = classifyScript(script);
  return {
    asm: scriptToAsm(script),
    desc: inferDescriptor(script, format),
    hex: options.hex === false ? undefined : hex(script),
    address: type === 'pubkey' ? undefined : shownAddress(script, format),
    type,
  };
}

/** The address of an output; those of unknown programs are shown as well. */
export function shownAddress(script: Bytes, format: AddressFormat): string | undefined {
  return scriptToAddress(script, format);
}

/** Hash types that stand behind a signature when a script is shown. */
const isSignature = (data: Bytes): boolean =>
  isStrictDer(data) &&
  ((data[data.length - 1] as number) & 0x7f) >= 1 &&
  ((data[data.length - 1] as number) & 0x7f) <= 3;

export function formatOutput(output: TxOutput, n: number, format: AddressFormat): Json {
  return { value: amount(output.value), n, scriptPubKey: formatScript(output.scriptPubKey, format) };
}

/**
 * A transaction.
 *
 * @param options `coins`: what its inputs spend, for the fee; `prevouts`: whether these are shown
 */
export function formatTransaction(
  tx: Transaction,
  format: AddressFormat,
  options: {
    readonly hex?: boolean | undefined;
    readonly coins?: readonly (Coin | undefined)[] | undefined;
    readonly prevouts?: boolean | undefined;
    readonly tipHeight?: number | undefined;
  } = {},
): Json {
  const { coins, prevouts = false } = options;
  const coinbase = isCoinbase(tx);
  const known = coins?.length === tx.inputs.length && coins.every((coin) => coin !== undefined);
  const spent = known ? (coins as readonly Coin[]).reduce((sum, { value }) => sum + value, 0n) : 0n;
  const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  return {
    txid: hashToHex(txidOf(tx)),
    hash: hashToHex(wtxidOf(tx)),
    version: tx.version,
    size: totalSize(tx),
    vsize: virtualSize(tx),
    weight: weightOf(tx),
    locktime: tx.locktime,
    vin: tx.inputs.map((input, i) => ({
      ...(coinbase
        ? { coinbase: hex(input.scriptSig) }
        : {
            txid: hashToHex(input.prevout.txid),
            vout: input.prevout.vout,
            scriptSig: { asm: scriptToAsm(input.scriptSig, isSignature), hex: hex(input.scriptSig) },
          }),
      txinwitness: input.witness.length === 0 ? undefined : input.witness.map(hex),
      prevout:
        prevouts && known && !coinbase
          ? formatPrevout((coins as readonly Coin[])[i] as Coin, format)
          : undefined,
      sequence: input.sequence,
    })),
    vout: tx.outputs.map((output, n) => formatOutput(output, n, format)),
    fee: known && !coinbase ? amount(spent - paid) : undefined,
    hex: options.hex === false ? undefined : hex(encodeTransaction(tx)),
  };
}

function formatPrevout(coin: Coin, format: AddressFormat): Json {
  return {
    generated: coin.coinbase,
    height: coin.height,
    value: amount(coin.value),
    scriptPubKey: formatScript(coin.scriptPubKey, format),
  };
}

/** How much harder a block is to find than the first of the main network. */
export function difficultyOf(bits: number): number {
  let difficulty = 0xffff / (bits & 0xffffff);
  let shift = bits >>> 24;
  for (; shift < 29; shift++) difficulty *= 256;
  for (; shift > 29; shift--) difficulty /= 256;
  return difficulty;
}

export const formatBits = (bits: number): string => bits.toString(16).padStart(8, '0');
export const formatTarget = (bits: number): string => (targetOf(bits) ?? 0n).toString(16).padStart(64, '0');
export const formatWork = (work: bigint): string => work.toString(16).padStart(64, '0');

/** The coins a block's transactions have spent, transaction by transaction; undefined when not known. */
export function spentCoins(node: BitcoinNode, entry: BlockEntry): readonly (readonly Coin[])[] | undefined {
  const undo = node.chain.undo(entry);
  if (undo === undefined) return undefined;
  let at = 0;
  return entry.block.transactions.map((tx) => {
    if (isCoinbase(tx)) return [];
    const coins = undo.slice(at, at + tx.inputs.length).map(({ coin }) => coin);
    at += tx.inputs.length;
    return coins;
  });
}

export function confirmationsOf(node: BitcoinNode, entry: BlockEntry): number {
  return node.chain.isActive(entry) ? node.chain.tip.height - entry.height + 1 : -1;
}

/** A block without its transactions. */
export function formatHeader(node: BitcoinNode, entry: BlockEntry): Json {
  const { header, transactions } = entry.block;
  const next = node.chain.isActive(entry) ? node.chain.at(entry.height + 1) : undefined;
  return {
    hash: entry.hash,
    confirmations: confirmationsOf(node, entry),
    height: entry.height,
    version: header.version | 0,
    versionHex: header.version.toString(16).padStart(8, '0'),
    merkleroot: hashToHex(header.merkleRoot),
    time: header.time,
    mediantime: entry.medianTime,
    nonce: header.nonce,
    bits: formatBits(header.bits),
    target: formatTarget(header.bits),
    difficulty: difficultyOf(header.bits),
    chainwork: formatWork(entry.chainWork),
    nTx: transactions.length,
    previousblockhash: entry.parent?.hash,
    nextblockhash: next?.hash,
  };
}

/** A block: with ids at verbosity 1, transactions at 2, what they spend at 3. */
export function formatBlock(
  node: BitcoinNode,
  entry: BlockEntry,
  verbosity: number,
  format: AddressFormat,
): Json {
  const { total, stripped } = blockSizes(entry.block);
  const coins = verbosity >= 2 ? spentCoins(node, entry) : undefined;
  const tx = entry.block.transactions.map((one, i) =>
    verbosity < 2
      ? hashToHex(txidOf(one))
      : formatTransaction(one, format, { coins: coins?.[i], prevouts: verbosity >= 3 }),
  );
  return {
    ...formatHeader(node, entry),
    strippedsize: stripped,
    size: total,
    weight: blockWeight(entry.block),
    tx,
  };
}

/** What `validateaddress` and others say of an address's script. */
export function describeAddress(script: Bytes): Json {
  const program = witnessProgramOf(script);
  const { type } = classifyScript(script);
  const isScript =
    program === undefined ? type === 'scripthash' : !(program.version === 0 && program.program.length === 20);
  return {
    isscript: program !== undefined && type === 'witness_unknown' ? undefined : isScript,
    iswitness: program !== undefined,
    witness_version: program?.version,
    witness_program: program && hex(program.program),
  };
}
