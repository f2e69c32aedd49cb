import { type Bytes, EMPTY_BYTES } from '@ninefold/base';
import { sha256, type TaggedHash, taggedHash } from '@ninefold/crypto';
import { nextInstruction } from '../code/script.ts';
import { OP } from '../spec/opcodes.ts';
import {
  hash256,
  type Transaction,
  type TxInput,
  type TxOutput,
  writeOutPoint,
  writeOutput,
} from '../tx/transaction.ts';
import { WireWriter } from '../tx/wire.ts';

/*
 * What signatures sign: three generations of digests of a transaction.
 */

export const SIGHASH_DEFAULT: number = 0x00;
export const SIGHASH_ALL: number = 0x01;
export const SIGHASH_NONE: number = 0x02;
export const SIGHASH_SINGLE: number = 0x03;
export const SIGHASH_ANYONECANPAY: number = 0x80;

/** Bits of a hash type that say which outputs are signed, before Taproot and since. */
const BASE_TYPE_MASK = 0x1f;
const TAPROOT_OUTPUT_MASK = 0x03;

const ZERO_HASH: Bytes = new Uint8Array(32);
/** What signing an output that is not there signs in legacy scripts: the number 1. */
const ONE_HASH: Bytes = (() => {
  const hash = new Uint8Array(32);
  hash[0] = 1;
  return hash;
})();
/** A value of -1 and no script, where SIGHASH_SINGLE leaves outputs blank. */
const BLANK_OUTPUT: TxOutput = { value: -1n, scriptPubKey: EMPTY_BYTES };

/** BIP 342: no OP_CODESEPARATOR was executed. */
export const NO_CODE_SEPARATOR: number = 0xffffffff;

/** What a signature in a tapscript signs besides the transaction (BIP 342, "ext"). */
export type TapscriptExtension = {
  readonly leafHash: Bytes;
  /** Position of the last executed OP_CODESEPARATOR, counted in instructions. */
  readonly codeSeparatorPosition: number;
};

/** The parts of digests that all inputs share, made on first use. */
type SharedHashes = {
  readonly prevouts: Bytes;
  readonly sequences: Bytes;
  readonly outputs: Bytes;
};

/**
 * The digests of one transaction. What does not depend on the input is hashed once.
 *
 * @example
 * const hasher = new SignatureHasher(tx, spentOutputs);
 * hasher.taproot(0, SIGHASH_DEFAULT, undefined, undefined);
 */
export class SignatureHasher {
  readonly tx: Transaction;
  /** The outputs the inputs spend, in their order. */
  readonly spentOutputs: readonly TxOutput[];
  #shared: SharedHashes | undefined;
  #sharedDouble: SharedHashes | undefined;
  #spent: { readonly amounts: Bytes; readonly scripts: Bytes } | undefined;

  constructor(tx: Transaction, spentOutputs: readonly TxOutput[]) {
    this.tx = tx;
    this.spentOutputs = spentOutputs;
  }

  /** SHA-256 of all outpoints, sequences and outputs. */
  #single(): SharedHashes {
    if (this.#shared === undefined) {
      const prevouts = new WireWriter();
      const sequences = new WireWriter();
      const outputs = new WireWriter();
      for (const { prevout, sequence } of this.tx.inputs) {
        writeOutPoint(prevouts, prevout);
        sequences.u32(sequence);
      }
      for (const output of this.tx.outputs) writeOutput(outputs, output);
      this.#shared = {
        prevouts: sha256(prevouts.finish()),
        sequences: sha256(sequences.finish()),
        outputs: sha256(outputs.finish()),
      };
    }
    return this.#shared;
  }

  #double(): SharedHashes {
    if (this.#sharedDouble === undefined) {
      const { prevouts, sequences, outputs } = this.#single();
      this.#sharedDouble = {
        prevouts: sha256(prevouts),
        sequences: sha256(sequences),
        outputs: sha256(outputs),
      };
    }
    return this.#sharedDouble;
  }

  /** SHA-256 of all spent amounts and scripts. */
  #spentHashes(): { readonly amounts: Bytes; readonly scripts: Bytes } {
    if (this.#spent === undefined) {
      const amounts = new WireWriter();
      const scripts = new WireWriter();
      for (const { value, scriptPubKey } of this.spentOutputs) {
        amounts.i64(value);
        scripts.blob(scriptPubKey);
      }
      this.#spent = { amounts: sha256(amounts.finish()), scripts: sha256(scripts.finish()) };
    }
    return this.#spent;
  }

  /**
   * The digest of 2009: the transaction with other inputs' scripts blank and this one's replaced.
   *
   * @param hashType all 32 bits of it are hashed; signatures have one byte
   */
  legacy(index: number, scriptCode: Bytes, hashType: number): Bytes {
    const { version, inputs, outputs, locktime } = this.tx;
    const anyoneCanPay = (hashType & SIGHASH_ANYONECANPAY) !== 0;
    const base = hashType & BASE_TYPE_MASK;
    const single = base === SIGHASH_SINGLE;
    const none = base === SIGHASH_NONE;
    if (single && index >= outputs.length) return ONE_HASH;

    const code = withoutCodeSeparators(scriptCode);
    const writer = new WireWriter(512);
    writer.u32(version);
    const first = anyoneCanPay ? index : 0;
    const last = anyoneCanPay ? index : inputs.length - 1;
    writer.compactSize(last - first + 1);
    for (let i = first; i <= last; i++) {
      const input = inputs[i] as TxInput;
      const own = i === index;
      writeOutPoint(writer, input.prevout);
      writer.blob(own ? code : EMPTY_BYTES);
      writer.u32(own || !(single || none) ? input.sequence : 0);
    }
    const count = none ? 0 : single ? index + 1 : outputs.length;
    writer.compactSize(count);
    for (let i = 0; i < count; i++) {
      writeOutput(writer, single && i !== index ? BLANK_OUTPUT : (outputs[i] as TxOutput));
    }
    writer.u32(locktime).u32(hashType >>> 0);
    return hash256(writer.finish());
  }

  /** The digest of witness v0 (BIP 143). */
  witnessV0(index: number, scriptCode: Bytes, hashType: number): Bytes {
    const { version, inputs, outputs, locktime } = this.tx;
    const input = inputs[index] as TxInput;
    const anyoneCanPay = (hashType & SIGHASH_ANYONECANPAY) !== 0;
    const base = hashType & BASE_TYPE_MASK;
    const all = base !== SIGHASH_SINGLE && base !== SIGHASH_NONE;
    const shared = this.#double();

    const writer = new WireWriter(256);
    writer.u32(version);
    writer.raw(anyoneCanPay ? ZERO_HASH : shared.prevouts);
    writer.raw(!anyoneCanPay && all ? shared.sequences : ZERO_HASH);
    writeOutPoint(writer, input.prevout);
    writer.blob(scriptCode);
    writer.i64((this.spentOutputs[index] as TxOutput).value).u32(input.sequence);
    const own = outputs[index];
    if (all) writer.raw(shared.outputs);
    else if (base === SIGHASH_SINGLE && own !== undefined) writer.raw(hash256(encodeOutput(own)));
    else writer.raw(ZERO_HASH);
    writer.u32(locktime).u32(hashType >>> 0);
    return hash256(writer.finish());
  }

  /**
   * The digest of Taproot (BIP 341), with `extension` that of tapscripts (BIP 342); undefined when
   * the hash type is not defined or asks for an output that is not there.
   *
   * @param annexHash SHA-256 of the annex with its length in front
   */
  taproot(
    index: number,
    hashType: number,
    annexHash: Bytes | undefined,
    extension: TapscriptExtension | undefined,
  ): Bytes | undefined {
    if (hashType > SIGHASH_SINGLE && (hashType < 0x81 || hashType > 0x83)) return undefined;
    const { version, inputs, outputs, locktime } = this.tx;
    const anyoneCanPay = (hashType & SIGHASH_ANYONECANPAY) !== 0;
    const outputType = hashType === SIGHASH_DEFAULT ? SIGHASH_ALL : hashType & TAPROOT_OUTPUT_MASK;
    const own = outputs[index];
    if (outputType === SIGHASH_SINGLE && own === undefined) return undefined;

    const writer = new WireWriter(288);
    // Epoch 0.
    writer.u8(0).u8(hashType).u32(version).u32(locktime);
    if (!anyoneCanPay) {
      const { prevouts, sequences } = this.#single();
      const { amounts, scripts } = this.#spentHashes();
      writer.raw(prevouts).raw(amounts).raw(scripts).raw(sequences);
    }
    if (outputType === SIGHASH_ALL) writer.raw(this.#single().outputs);
    writer.u8((extension === undefined ? 0 : 2) | (annexHash === undefined ? 0 : 1));
    if (anyoneCanPay) {
      const input = inputs[index] as TxInput;
      writeOutPoint(writer, input.prevout);
      writeOutput(writer, this.spentOutputs[index] as TxOutput);
      writer.u32(input.sequence);
    } else writer.u32(index);
    if (annexHash !== undefined) writer.raw(annexHash);
    if (outputType === SIGHASH_SINGLE) writer.raw(sha256(encodeOutput(own as TxOutput)));
    if (extension !== undefined) {
      // Key version 0.
      writer.raw(extension.leafHash).u8(0).u32(extension.codeSeparatorPosition);
    }
    return tapSighash(writer.finish());
  }
}

let tapSighashTag: TaggedHash | undefined;
const tapSighash: TaggedHash = (...parts) => (tapSighashTag ??= taggedHash('TapSighash'))(...parts);

function encodeOutput(output: TxOutput): Bytes {
  const writer = new WireWriter(64);
  writeOutput(writer, output);
  return writer.finish();
}

/** Legacy digests leave OP_CODESEPARATOR out wherever it stands as an instruction. */
function withoutCodeSeparators(script: Bytes): Bytes {
  if (!script.includes(OP.OP_CODESEPARATOR)) return script;
  const kept = new Uint8Array(script.length);
  let length = 0;
  for (let pc = 0; pc < script.length;) {
    const next = nextInstruction(script, pc);
    const end = next < 0 ? script.length : next;
    if (script[pc] !== OP.OP_CODESEPARATOR) {
      kept.set(script.subarray(pc, end), length);
      length += end - pc;
    }
    pc = end;
  }
  return kept.subarray(0, length);
}
