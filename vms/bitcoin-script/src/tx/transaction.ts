import { type Bytes, bytesToHex, defineErrors, EMPTY_BYTES, hexToBytes } from '@ninefold/base';
import { compactSizeLength } from '@ninefold/codec';
import { sha256 } from '@ninefold/crypto';
import { WITNESS_SCALE_FACTOR } from '../spec/limits.ts';
import { WireReader, WireWriter } from './wire.ts';

/** Points at an output of an earlier transaction. */
export type OutPoint = {
  /** 32 bytes as they are hashed; shown the other way round, see {@link hashToHex}. */
  readonly txid: Bytes;
  readonly vout: number;
};

export type TxInput = {
  readonly prevout: OutPoint;
  readonly scriptSig: Bytes;
  /** u32 */
  readonly sequence: number;
  /** Items of the witness stack, the first lowest; empty without a witness. */
  readonly witness: readonly Bytes[];
};

export type TxOutput = {
  /** Satoshi; the wire has an i64, also negative. */
  readonly value: bigint;
  readonly scriptPubKey: Bytes;
};

/** A transaction; see BIP 144 for its two forms on the wire. */
export type Transaction = {
  /** u32 */
  readonly version: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  /** u32 */
  readonly locktime: number;
};

const fail = defineErrors({
  TX_SUPERFLUOUS_WITNESS: (_context: Readonly<Record<string, never>>) =>
    'The transaction is marked as having witnesses, and all of them are empty',
  TX_UNKNOWN_OPTIONAL_DATA: (c: { readonly flags: number }) =>
    `The transaction has optional data of an unknown kind (flags ${c.flags})`,
});

const MARKER = 0x00;
const FLAG_WITNESS = 0x01;
/** Bytes of the shortest input and output: what bounds their counts. */
const MIN_INPUT_BYTES = 41;
const MIN_OUTPUT_BYTES = 9;

/** Index in the outpoint of a coinbase. */
export const NULL_VOUT: number = 0xffffffff;

/** What is missing in a coinbase's input. */
export function isNullOutPoint({ txid, vout }: OutPoint): boolean {
  return vout === NULL_VOUT && txid.every((byte) => byte === 0);
}

export function isCoinbase({ inputs }: Transaction): boolean {
  const [only] = inputs;
  return inputs.length === 1 && only !== undefined && isNullOutPoint(only.prevout);
}

export function hasWitness({ inputs }: Transaction): boolean {
  return inputs.some(({ witness }) => witness.length > 0);
}

/**
 * Decodes a transaction that takes up all of `bytes`.
 *
 * @param options `witness: false` reads the form before SegWit only, which is how a transaction
 *   without inputs is told from the marker
 * @throws `WIRE_…`, `COMPACT_SIZE_…`, `TX_SUPERFLUOUS_WITNESS`, `TX_UNKNOWN_OPTIONAL_DATA`
 */
export function decodeTransaction(
  bytes: Bytes,
  options: { readonly witness?: boolean | undefined } = {},
): Transaction {
  const reader = new WireReader(bytes);
  const tx = readTransaction(reader, options.witness ?? true);
  reader.end();
  return tx;
}

/** As {@link decodeTransaction}, of the transaction that begins where the reader stands. */
export function readTransaction(reader: WireReader, allowWitness = true): Transaction {
  const version = reader.u32();
  let inputs = readInputs(reader);
  let outputs: TxOutput[] = [];
  let flags = 0;
  if (inputs.length === 0 && allowWitness) {
    // The marker reads as a transaction without inputs; without a flag it is one, without outputs.
    flags = reader.u8();
    if (flags !== 0) {
      inputs = readInputs(reader);
      outputs = readOutputs(reader);
    }
  } else outputs = readOutputs(reader);
  if ((flags & FLAG_WITNESS) !== 0) {
    flags ^= FLAG_WITNESS;
    inputs = inputs.map((input) => ({ ...input, witness: reader.list(1, () => reader.blob()) }));
    if (inputs.every(({ witness }) => witness.length === 0)) throw fail('TX_SUPERFLUOUS_WITNESS', {});
  }
  if (flags !== 0) throw fail('TX_UNKNOWN_OPTIONAL_DATA', { flags });
  return { version, inputs, outputs, locktime: reader.u32() };
}

const NO_WITNESS: readonly Bytes[] = [];

function readInputs(reader: WireReader): TxInput[] {
  return reader.list(MIN_INPUT_BYTES, () => ({
    prevout: { txid: reader.raw(32), vout: reader.u32() },
    scriptSig: reader.blob(),
    sequence: reader.u32(),
    witness: NO_WITNESS,
  }));
}

function readOutputs(reader: WireReader): TxOutput[] {
  return reader.list(MIN_OUTPUT_BYTES, () => ({ value: reader.i64(), scriptPubKey: reader.blob() }));
}

/**
 * The transaction as bytes, with its witnesses if it has any.
 *
 * @param options `witness: false` leaves them out: what the txid is the hash of
 */
export function encodeTransaction(
  tx: Transaction,
  options: { readonly witness?: boolean | undefined } = {},
): Bytes {
  const writer = new WireWriter();
  writeTransaction(writer, tx, options.witness ?? true);
  return writer.finish();
}

/** As {@link encodeTransaction}, behind what the writer has. */
export function writeTransaction(writer: WireWriter, tx: Transaction, allowWitness = true): void {
  const withWitness = allowWitness && hasWitness(tx);
  writer.u32(tx.version);
  if (withWitness) writer.u8(MARKER).u8(FLAG_WITNESS);
  writer.compactSize(tx.inputs.length);
  for (const { prevout, scriptSig, sequence } of tx.inputs) {
    writeOutPoint(writer, prevout);
    writer.blob(scriptSig).u32(sequence);
  }
  writer.compactSize(tx.outputs.length);
  for (const output of tx.outputs) writeOutput(writer, output);
  if (withWitness) {
    for (const { witness } of tx.inputs) {
      writer.compactSize(witness.length);
      for (const item of witness) writer.blob(item);
    }
  }
  writer.u32(tx.locktime);
}

export function writeOutPoint(writer: WireWriter, { txid, vout }: OutPoint): void {
  writer.raw(txid).u32(vout);
}

export function writeOutput(writer: WireWriter, { value, scriptPubKey }: TxOutput): void {
  writer.i64(value).blob(scriptPubKey);
}

/** SHA-256 of SHA-256. */
export function hash256(bytes: Bytes): Bytes {
  return sha256(sha256(bytes));
}

/** The hash that names a transaction in outpoints: witnesses do not change it. */
export function txidOf(tx: Transaction): Bytes {
  return hash256(encodeTransaction(tx, { witness: false }));
}

/** The hash over everything (BIP 141). */
export function wtxidOf(tx: Transaction): Bytes {
  return hash256(encodeTransaction(tx));
}

/** Hashes are shown with their bytes the other way round, without `0x`. */
export function hashToHex(hash: Bytes): string {
  return bytesToHex(Uint8Array.from(hash).reverse()).slice(2);
}

/**
 * The way back from {@link hashToHex}.
 *
 * @throws `BASE_INVALID_HEX`
 */
export function hexToHash(text: string): Bytes {
  return hexToBytes(`0x${text}`).reverse();
}

const blobLength = ({ length }: Bytes): number => compactSizeLength(length) + length;

/** Bytes of a witness on the wire, its count included: what the budget of a tapscript starts from. */
export function witnessSize(witness: readonly Bytes[]): number {
  return witness.reduce<number>((size, item) => size + blobLength(item), compactSizeLength(witness.length));
}

/** Bytes without witnesses, marker and flag. */
export function strippedSize({ inputs, outputs }: Transaction): number {
  let size = 8 + compactSizeLength(inputs.length) + compactSizeLength(outputs.length);
  for (const { scriptSig } of inputs) size += 40 + blobLength(scriptSig);
  for (const { scriptPubKey } of outputs) size += 8 + blobLength(scriptPubKey);
  return size;
}

/** Bytes with all that there is. */
export function totalSize(tx: Transaction): number {
  const stripped = strippedSize(tx);
  if (!hasWitness(tx)) return stripped;
  return tx.inputs.reduce((size, { witness }) => size + witnessSize(witness), stripped + 2);
}

/** Weight (BIP 141): bytes of witnesses count one, others four. */
export function weightOf(tx: Transaction): number {
  return strippedSize(tx) * (WITNESS_SCALE_FACTOR - 1) + totalSize(tx);
}

/** Virtual size: a quarter of the weight, rounded up. */
export function virtualSize(tx: Transaction): number {
  return Math.ceil(weightOf(tx) / WITNESS_SCALE_FACTOR);
}

/** An input without scripts, final. */
export function plainInput(prevout: OutPoint, sequence = 0xffffffff): TxInput {
  return { prevout, scriptSig: EMPTY_BYTES, sequence, witness: NO_WITNESS };
}
