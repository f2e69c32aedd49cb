import { type Bytes, concatBytes, equalBytes } from '@ninefold/base';
import { compactSizeLength } from '@ninefold/codec';
import { WITNESS_SCALE_FACTOR } from '../spec/limits.ts';
import {
  hash256,
  isCoinbase,
  readTransaction,
  strippedSize,
  totalSize,
  type Transaction,
  txidOf,
  writeTransaction,
  wtxidOf,
} from './transaction.ts';
import { WireReader, WireWriter } from './wire.ts';

export const BLOCK_HEADER_BYTES: number = 80;

export type BlockHeader = {
  /** u32 here; bits of it signal soft forks (BIP 9). */
  readonly version: number;
  /** 32 bytes as they are hashed. */
  readonly previousHash: Bytes;
  readonly merkleRoot: Bytes;
  /** Seconds since 1970, u32. */
  readonly time: number;
  /** The target in its short form. */
  readonly bits: number;
  readonly nonce: number;
};

export type Block = { readonly header: BlockHeader; readonly transactions: readonly Transaction[] };

/** @throws `WIRE_TRUNCATED`, `WIRE_TRAILING_BYTES` */
export function decodeBlockHeader(bytes: Bytes): BlockHeader {
  const reader = new WireReader(bytes);
  const header = readBlockHeader(reader);
  reader.end();
  return header;
}

function readBlockHeader(reader: WireReader): BlockHeader {
  return {
    version: reader.u32(),
    previousHash: reader.raw(32),
    merkleRoot: reader.raw(32),
    time: reader.u32(),
    bits: reader.u32(),
    nonce: reader.u32(),
  };
}

/** The 80 bytes whose hash names the block. */
export function encodeBlockHeader(header: BlockHeader): Bytes {
  const writer = new WireWriter(BLOCK_HEADER_BYTES);
  writeBlockHeader(writer, header);
  return writer.finish();
}

function writeBlockHeader(writer: WireWriter, header: BlockHeader): void {
  writer.u32(header.version).raw(header.previousHash).raw(header.merkleRoot);
  writer.u32(header.time).u32(header.bits).u32(header.nonce);
}

export function blockHashOf(header: BlockHeader): Bytes {
  return hash256(encodeBlockHeader(header));
}

/** Bytes of the shortest transaction: no input, no output. */
const MIN_TRANSACTION_BYTES = 10;

/** @throws as `decodeTransaction` */
export function decodeBlock(bytes: Bytes): Block {
  const reader = new WireReader(bytes);
  const header = readBlockHeader(reader);
  const transactions = reader.list(MIN_TRANSACTION_BYTES, () => readTransaction(reader));
  reader.end();
  return { header, transactions };
}

/** @param options `witness: false` gives the form that nodes before SegWit know */
export function encodeBlock(
  { header, transactions }: Block,
  options: { readonly witness?: boolean | undefined } = {},
): Bytes {
  const writer = new WireWriter();
  writeBlockHeader(writer, header);
  writer.compactSize(transactions.length);
  for (const tx of transactions) writeTransaction(writer, tx, options.witness ?? true);
  return writer.finish();
}

/** Bytes of a block with witnesses and without. */
export function blockSizes({ transactions }: Block): { readonly total: number; readonly stripped: number } {
  const head = BLOCK_HEADER_BYTES + compactSizeLength(transactions.length);
  return {
    total: transactions.reduce((size, tx) => size + totalSize(tx), head),
    stripped: transactions.reduce((size, tx) => size + strippedSize(tx), head),
  };
}

/** Weight of a block (BIP 141). */
export function blockWeight(block: Block): number {
  const { total, stripped } = blockSizes(block);
  return stripped * (WITNESS_SCALE_FACTOR - 1) + total;
}

/**
 * The root of the tree of hashes, the last of an odd row doubled.
 *
 * @returns `mutated`: two equal hashes stand side by side, so that a list without the second would
 *   have the same root (CVE-2012-2459)
 */
export function merkleRoot(hashes: readonly Bytes[]): { readonly root: Bytes; readonly mutated: boolean } {
  let row = hashes;
  let mutated = false;
  while (row.length > 1) {
    const above: Bytes[] = [];
    for (let i = 0; i < row.length; i += 2) {
      const left = row[i] as Bytes;
      const right = row[i + 1];
      if (right !== undefined && equalBytes(left, right)) mutated = true;
      above.push(hash256(concatBytes(left, right ?? left)));
    }
    row = above;
  }
  return { root: row[0] ?? new Uint8Array(32), mutated };
}

/** The root a block's header commits to. */
export function blockMerkleRoot({ transactions }: Block): ReturnType<typeof merkleRoot> {
  return merkleRoot(transactions.map(txidOf));
}

/** The root the coinbase commits to; the coinbase itself counts as 32 zero bytes (BIP 141). */
export function blockWitnessRoot({ transactions }: Block): Bytes {
  return merkleRoot(transactions.map((tx, i) => (i === 0 ? new Uint8Array(32) : wtxidOf(tx)))).root;
}

/** `OP_RETURN`, a push of 36 bytes, and what marks it as the commitment. */
const COMMITMENT_HEAD: Bytes = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed);
const COMMITMENT_BYTES = 38;

/** The 32 bytes a coinbase commits to the witnesses with: those of the last output of that form. */
export function witnessCommitmentOf(coinbase: Transaction): Bytes | undefined {
  for (let i = coinbase.outputs.length - 1; i >= 0; i--) {
    const script = coinbase.outputs[i]?.scriptPubKey as Bytes;
    const isCommitment =
      script.length >= COMMITMENT_BYTES && equalBytes(script.subarray(0, 6), COMMITMENT_HEAD);
    if (isCommitment) return script.slice(6, COMMITMENT_BYTES);
  }
  return undefined;
}

/** The script of the output that carries a commitment. */
export function witnessCommitmentScript(commitment: Bytes): Bytes {
  return concatBytes(COMMITMENT_HEAD, commitment);
}

/** The commitment to a witness root and the coinbase's own witness of 32 bytes. */
export function witnessCommitment(root: Bytes, reserved: Bytes): Bytes {
  return hash256(concatBytes(root, reserved));
}

/** Why a block's transactions do not fit its commitments: Core's reject reasons. */
export type CommitmentFault =
  | 'bad-txnmrklroot'
  | 'bad-txns-duplicate'
  | 'bad-witness-nonce-size'
  | 'bad-witness-merkle-match'
  | 'unexpected-witness';

/**
 * Whether the transactions are those the header and the coinbase commit to.
 *
 * @param witness whether SegWit holds for this block: else any witness is unexpected
 */
export function checkCommitments(block: Block, witness: boolean): CommitmentFault | undefined {
  const { root, mutated } = blockMerkleRoot(block);
  if (!equalBytes(root, block.header.merkleRoot)) return 'bad-txnmrklroot';
  if (mutated) return 'bad-txns-duplicate';
  const [coinbase] = block.transactions;
  const commitment = witness && coinbase ? witnessCommitmentOf(coinbase) : undefined;
  if (commitment === undefined || coinbase === undefined || !isCoinbase(coinbase)) {
    const any = block.transactions.some(({ inputs }) => inputs.some((input) => input.witness.length > 0));
    return any ? 'unexpected-witness' : undefined;
  }
  const stack = coinbase.inputs[0]?.witness ?? [];
  const [reserved] = stack;
  if (stack.length !== 1 || reserved?.length !== 32) return 'bad-witness-nonce-size';
  const expected = witnessCommitment(blockWitnessRoot(block), reserved);
  return equalBytes(expected, commitment) ? undefined : 'bad-witness-merkle-match';
}
