import { type Bytes, bytesToHex, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import {
  decodeTransaction,
  encodeTransaction,
  type Transaction,
  txidOf,
  type TxOutput,
  WireReader,
  WireWriter,
} from '@ninefold/vm-bitcoin-script';
import type { PsbtScope } from './fields.ts';
import { PSBT_FIELDS } from './fields.ts';
import type { Psbt, PsbtEntry, PsbtMap } from './psbt.ts';
import { psbtTransaction } from './psbt.ts';

/*
 * Building and changing partially signed transactions: maps are values, a change makes a new one.
 */

/** Types of fields by their names. */
const TYPES: ReadonlyMap<string, number> = new Map(
  Object.entries(PSBT_FIELDS).flatMap(([scope, fields]) =>
    fields.map(({ name, type }) => [`${scope} ${name}`, type] as const),
  ),
);

/** The type of a field that there is. */
export function fieldType(scope: PsbtScope, name: string): number {
  const type = TYPES.get(`${scope} ${name}`);
  if (type === undefined) throw new RangeError(`no ${scope} field ${name}`);
  return type;
}

/** The value of a field; of one with keys, that of the key. */
export function getField(
  map: PsbtMap,
  scope: PsbtScope,
  name: string,
  key: Bytes = EMPTY_BYTES,
): Bytes | undefined {
  const type = fieldType(scope, name);
  return map.find((entry) => entry.type === type && equalBytes(entry.key, key))?.value;
}

/** All entries of a field. */
export function getFields(map: PsbtMap, scope: PsbtScope, name: string): readonly PsbtEntry[] {
  const type = fieldType(scope, name);
  return map.filter((entry) => entry.type === type);
}

/** The map with a field set, in the order of types. */
export function setField(
  map: PsbtMap,
  scope: PsbtScope,
  name: string,
  value: Bytes,
  key: Bytes = EMPTY_BYTES,
): PsbtMap {
  const type = fieldType(scope, name);
  const others = map.filter((entry) => entry.type !== type || !equalBytes(entry.key, key));
  const at = others.findIndex((entry) => entry.type > type);
  const entry = { type, key, value };
  return at < 0 ? [...others, entry] : [...others.slice(0, at), entry, ...others.slice(at)];
}

/** The map without some fields. */
export function dropFields(map: PsbtMap, scope: PsbtScope, names: readonly string[]): PsbtMap {
  const types = new Set(names.map((name) => fieldType(scope, name)));
  return map.filter(({ type }) => !types.has(type));
}

const u32 = (value: number): Bytes => new WireWriter(4).u32(value).finish();
const compact = (value: number): Bytes => new WireWriter(9).compactSize(value).finish();

/** Creator: a transaction without signatures in its envelope. */
export function createPsbt(tx: Transaction, version: 0 | 2 = 0): Psbt {
  const bare = {
    ...tx,
    inputs: tx.inputs.map((input) => ({ ...input, scriptSig: EMPTY_BYTES, witness: [] })),
  };
  if (version === 0) {
    return {
      version,
      global: setField([], 'global', 'UNSIGNED_TX', encodeTransaction(bare, { witness: false })),
      inputs: tx.inputs.map(() => []),
      outputs: tx.outputs.map(() => []),
    };
  }
  let global: PsbtMap = setField([], 'global', 'TX_VERSION', u32(tx.version));
  global = setField(global, 'global', 'FALLBACK_LOCKTIME', u32(tx.locktime));
  global = setField(global, 'global', 'INPUT_COUNT', compact(tx.inputs.length));
  global = setField(global, 'global', 'OUTPUT_COUNT', compact(tx.outputs.length));
  return {
    version,
    global: setField(global, 'global', 'VERSION', u32(2)),
    inputs: tx.inputs.map(({ prevout, sequence }) => {
      let map = setField([], 'input', 'PREVIOUS_TXID', prevout.txid);
      map = setField(map, 'input', 'OUTPUT_INDEX', u32(prevout.vout));
      return setField(map, 'input', 'SEQUENCE', u32(sequence));
    }),
    outputs: tx.outputs.map(({ value, scriptPubKey }) => {
      const map = setField([], 'output', 'AMOUNT', new WireWriter(8).i64(value).finish());
      return setField(map, 'output', 'SCRIPT', scriptPubKey);
    }),
  };
}

/** An output as the field WITNESS_UTXO holds it. */
export function encodeTxOutput({ value, scriptPubKey }: TxOutput): Bytes {
  return new WireWriter(64).i64(value).blob(scriptPubKey).finish();
}

/**
 * The outputs all inputs spend, undefined where the envelope does not tell. A transaction told for one
 * input serves all that spend its outputs; one whose hash is another is not believed.
 */
export function allSpent(psbt: Psbt): readonly (TxOutput | undefined)[] {
  const told = psbt.inputs.map((map) => {
    const bytes = getField(map, 'input', 'NON_WITNESS_UTXO');
    if (bytes === undefined) return undefined;
    const tx = decodeTransaction(bytes);
    return { tx, id: bytesToHex(txidOf(tx)) };
  });
  const byId = new Map(told.flatMap((one) => (one === undefined ? [] : [[one.id, one.tx] as const])));
  return psbtTransaction(psbt).inputs.map(({ prevout }, i) => {
    const id = bytesToHex(prevout.txid);
    const own = told[i];
    if (own !== undefined && own.id !== id) return undefined;
    const tx = byId.get(id);
    if (tx !== undefined) return tx.outputs[prevout.vout];
    const output = getField(psbt.inputs[i] ?? [], 'input', 'WITNESS_UTXO');
    if (output === undefined) return undefined;
    const reader = new WireReader(output);
    return { value: reader.i64(), scriptPubKey: reader.blob() };
  });
}

/** Of {@link allSpent}, what one input spends. */
export function psbtSpent(psbt: Psbt, index: number): TxOutput | undefined {
  return allSpent(psbt)[index];
}

/** Where a key comes from, as derivation fields hold it. */
export function encodeOrigin(fingerprint: Bytes, path: readonly number[]): Bytes {
  const writer = new WireWriter(4 + 4 * path.length).raw(fingerprint);
  for (const step of path) writer.u32(step);
  return writer.finish();
}

export function decodeOrigin(value: Bytes): {
  readonly fingerprint: Bytes;
  readonly path: readonly number[];
} {
  const reader = new WireReader(value);
  const fingerprint = reader.raw(4);
  const path: number[] = [];
  while (reader.at < value.length) path.push(reader.u32());
  return { fingerprint, path };
}

/** A stack of elements, as FINAL_SCRIPTWITNESS holds it. */
export function encodeWitness(witness: readonly Bytes[]): Bytes {
  const writer = new WireWriter().compactSize(witness.length);
  for (const item of witness) writer.blob(item);
  return writer.finish();
}

export function decodeWitness(value: Bytes): Bytes[] {
  const reader = new WireReader(value);
  return reader.list(1, () => reader.blob());
}

/** Names a key of a map. */
export const entryName = ({ type, key }: PsbtEntry): string => `${type}:${bytesToHex(key)}`;
