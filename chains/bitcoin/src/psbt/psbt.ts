import { type Bytes, bytesToHex, defineErrors, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import { decodeTransaction, type Transaction, WireReader, WireWriter } from '@ninefold/vm-bitcoin-script';
import { PSBT_FIELDS, psbtField, type PsbtScope } from './fields.ts';

/** One entry of a map: its type, what follows the type in its key, and its value. */
export type PsbtEntry = { readonly type: number; readonly key: Bytes; readonly value: Bytes };

/** Entries in the order they were read, none twice; unknown ones are kept. */
export type PsbtMap = readonly PsbtEntry[];

/** A partially signed transaction (BIP 174 and 370). */
export type Psbt = {
  readonly version: 0 | 2;
  readonly global: PsbtMap;
  readonly inputs: readonly PsbtMap[];
  readonly outputs: readonly PsbtMap[];
};

const fail = defineErrors({
  PSBT_BAD_MAGIC: (_context: Readonly<Record<string, never>>) =>
    'A partially signed transaction begins with "psbt" and ff',
  PSBT_BAD_VERSION: (c: { readonly version: number }) => `Version ${c.version} is neither 0 nor 2`,
  PSBT_DUPLICATE_KEY: (c: { readonly scope: PsbtScope; readonly type: number }) =>
    `The ${c.scope} map has a key of type ${c.type} twice`,
  PSBT_BAD_FIELD: (c: { readonly scope: PsbtScope; readonly name: string; readonly part: 'key' | 'value' }) =>
    `The ${c.part} of ${c.scope} field ${c.name} is not what its definition says`,
  PSBT_WRONG_VERSION: (c: { readonly scope: PsbtScope; readonly name: string; readonly version: number }) =>
    `Version ${c.version} has no ${c.scope} field ${c.name}`,
  PSBT_MISSING_FIELD: (c: { readonly scope: PsbtScope; readonly name: string; readonly version: number }) =>
    `Version ${c.version} needs the ${c.scope} field ${c.name}`,
  PSBT_LOCKTIME_CONFLICT: (_context: Readonly<Record<string, never>>) =>
    'Some inputs need a height as lock time, others a time',
});

const MAGIC: Bytes = Uint8Array.of(0x70, 0x73, 0x62, 0x74, 0xff);
const TYPE_UNSIGNED_TX = 0x00;
const TYPE_TX_VERSION = 0x02;
const TYPE_FALLBACK_LOCKTIME = 0x03;
const TYPE_INPUT_COUNT = 0x04;
const TYPE_OUTPUT_COUNT = 0x05;
const TYPE_VERSION = 0xfb;
const IN_PREVIOUS_TXID = 0x0e;
const IN_OUTPUT_INDEX = 0x0f;
const IN_SEQUENCE = 0x10;
const IN_TIME_LOCKTIME = 0x11;
const IN_HEIGHT_LOCKTIME = 0x12;
const OUT_AMOUNT = 0x03;
const OUT_SCRIPT = 0x04;
const SEQUENCE_FINAL = 0xffffffff;

/** The value of the only entry of a type, of the first when there are more. */
export function psbtValue(map: PsbtMap, type: number): Bytes | undefined {
  return map.find((entry) => entry.type === type)?.value;
}

/**
 * Decodes and checks: every key once, every known field of its form, in its version, and none missing.
 *
 * @throws `PSBT_…`, and what reading transactions throws
 */
export function decodePsbt(bytes: Bytes): Psbt {
  const reader = new WireReader(bytes);
  if (bytes.length < MAGIC.length || !equalBytes(reader.raw(MAGIC.length), MAGIC)) {
    throw fail('PSBT_BAD_MAGIC', {});
  }
  const global = readMap(reader, 'global');
  const told = psbtValue(global, TYPE_VERSION);
  const version = told === undefined ? 0 : new WireReader(told).u32();
  if (version !== 0 && version !== 2) throw fail('PSBT_BAD_VERSION', { version });
  checkVersion(global, 'global', version);
  const [inputCount, outputCount] = countsOf(global, version);
  // Each map is one byte at least: counts cannot be larger than what is left.
  const readMaps = (scope: PsbtScope, count: number): PsbtMap[] => {
    const maps: PsbtMap[] = [];
    for (let i = 0; i < count; i++) {
      const map = readMap(reader, scope);
      checkVersion(map, scope, version);
      maps.push(map);
    }
    return maps;
  };
  const inputs = readMaps('input', inputCount);
  const outputs = readMaps('output', outputCount);
  reader.end();
  return { version, global, inputs, outputs };
}

function readMap(reader: WireReader, scope: PsbtScope): PsbtMap {
  const entries: PsbtEntry[] = [];
  const seen = new Set<string>();
  for (let size = reader.compactSize(); size !== 0; size = reader.compactSize()) {
    const whole = reader.raw(size);
    const keyReader = new WireReader(whole);
    const type = keyReader.compactSize();
    const key = whole.slice(keyReader.at);
    const name = bytesToHex(whole);
    if (seen.has(name)) throw fail('PSBT_DUPLICATE_KEY', { scope, type });
    seen.add(name);
    const value = reader.blob();
    const field = psbtField(scope, type);
    if (field !== undefined && !field.key(key)) {
      throw fail('PSBT_BAD_FIELD', { scope, name: field.name, part: 'key' });
    }
    if (field !== undefined && !field.value(value, key)) {
      throw fail('PSBT_BAD_FIELD', { scope, name: field.name, part: 'value' });
    }
    entries.push({ type, key, value });
  }
  return entries;
}

function checkVersion(map: PsbtMap, scope: PsbtScope, version: 0 | 2): void {
  for (const field of PSBT_FIELDS[scope]) {
    if (field.version === undefined) continue;
    const { name } = field;
    const there = psbtValue(map, field.type) !== undefined;
    if (there && field.version !== version) throw fail('PSBT_WRONG_VERSION', { scope, name, version });
    if (!there && field.version === version && field.required === true) {
      throw fail('PSBT_MISSING_FIELD', { scope, name, version });
    }
  }
}

function countsOf(global: PsbtMap, version: 0 | 2): readonly [inputs: number, outputs: number] {
  if (version === 0) {
    const { inputs, outputs } = unsignedTx(global);
    return [inputs.length, outputs.length];
  }
  const countOf = (type: number): number =>
    new WireReader(psbtValue(global, type) ?? EMPTY_BYTES).compactSize();
  return [countOf(TYPE_INPUT_COUNT), countOf(TYPE_OUTPUT_COUNT)];
}

function unsignedTx(global: PsbtMap): Transaction {
  return decodeTransaction(psbtValue(global, TYPE_UNSIGNED_TX) ?? EMPTY_BYTES, { witness: false });
}

/** The bytes {@link decodePsbt} reads; entries keep their order. */
export function encodePsbt({ global, inputs, outputs }: Psbt): Bytes {
  const writer = new WireWriter();
  writer.raw(MAGIC);
  for (const map of [global, ...inputs, ...outputs]) {
    for (const { type, key, value } of map) {
      const whole = new WireWriter(64).compactSize(type).raw(key).finish();
      writer.blob(whole).blob(value);
    }
    writer.u8(0);
  }
  return writer.finish();
}

/**
 * The lock time of the transaction: in version 2 the largest that the inputs need, heights preferred
 * where all that need one can do with a height.
 *
 * @throws `PSBT_LOCKTIME_CONFLICT` when neither a height nor a time serves all
 */
export function psbtLocktime({ version, global, inputs }: Psbt): number {
  if (version === 0) return unsignedTx(global).locktime;
  const u32Of = (map: PsbtMap, type: number): number | undefined => {
    const value = psbtValue(map, type);
    return value === undefined ? undefined : new WireReader(value).u32();
  };
  const needs = inputs
    .map((map) => ({ height: u32Of(map, IN_HEIGHT_LOCKTIME), time: u32Of(map, IN_TIME_LOCKTIME) }))
    .filter(({ height, time }) => height !== undefined || time !== undefined);
  if (needs.length === 0) return u32Of(global, TYPE_FALLBACK_LOCKTIME) ?? 0;
  for (const kind of ['height', 'time'] as const) {
    const locks = needs.map((need) => need[kind]);
    if (locks.every((lock) => lock !== undefined)) return Math.max(...locks);
  }
  throw fail('PSBT_LOCKTIME_CONFLICT', {});
}

/**
 * The transaction that is being signed, without signatures.
 *
 * @throws as {@link psbtLocktime}
 */
export function psbtTransaction(psbt: Psbt): Transaction {
  const { version, global, inputs, outputs } = psbt;
  if (version === 0) return unsignedTx(global);
  const reads = (map: PsbtMap, type: number): WireReader =>
    new WireReader(psbtValue(map, type) ?? EMPTY_BYTES);
  return {
    version: reads(global, TYPE_TX_VERSION).u32(),
    inputs: inputs.map((map) => ({
      prevout: { txid: reads(map, IN_PREVIOUS_TXID).raw(32), vout: reads(map, IN_OUTPUT_INDEX).u32() },
      scriptSig: EMPTY_BYTES,
      sequence: psbtValue(map, IN_SEQUENCE) === undefined ? SEQUENCE_FINAL : reads(map, IN_SEQUENCE).u32(),
      witness: [],
    })),
    outputs: outputs.map((map) => ({
      value: reads(map, OUT_AMOUNT).i64(),
      scriptPubKey: psbtValue(map, OUT_SCRIPT) ?? EMPTY_BYTES,
    })),
    locktime: psbtLocktime(psbt),
  };
}
