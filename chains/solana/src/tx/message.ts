import { type Bytes, defineErrors } from '@ninefold/base';
import type { Reader } from './reader.ts';
import { createWriter, type Writer } from './writer.ts';

/** How many of a message's first keys sign, and which keys may only be read. */
export type MessageHeader = {
  readonly signatures: number;
  readonly readonlySigned: number;
  readonly readonlyUnsigned: number;
};

/** An instruction on positions in the message's keys. */
export type CompiledInstruction = {
  readonly program: number;
  /** One position a byte. */
  readonly accounts: Bytes;
  readonly data: Bytes;
};

/** Keys taken out of an address lookup table, by their positions in it, one a byte. */
export type TableLookup = { readonly table: Bytes; readonly writable: Bytes; readonly readonly: Bytes };

/** What a transaction of version 1 says instead of compute budget instructions. */
export type V1Config = {
  /** Lamports in all. */
  readonly priorityFee?: bigint | undefined;
  readonly unitLimit?: number | undefined;
  readonly loadedDataLimit?: number | undefined;
  readonly heapBytes?: number | undefined;
};

type MessageBody = {
  readonly header: MessageHeader;
  /** Keys that stand in the message itself. */
  readonly keys: readonly Bytes[];
  /** A recent blockhash, or a nonce. */
  readonly blockhash: Bytes;
  readonly instructions: readonly CompiledInstruction[];
};

/** A message in one of its three formats: legacy, version 0 (lookup tables), version 1 (SIMD-0385). */
export type Message =
  | (MessageBody & { readonly version: 'legacy' })
  | (MessageBody & { readonly version: 0; readonly lookups: readonly TableLookup[] })
  | (MessageBody & { readonly version: 1; readonly config: V1Config });

export const KEY_BYTES = 32;

/** First bytes of messages with a version: this bit and the version. */
export const VERSION_PREFIX = 0x80;

const fail = defineErrors({
  SOLANA_MESSAGE_VERSION: (c: { readonly version: number }) =>
    `Messages of version ${c.version} are unknown: expected legacy, 0 or 1`,
  SOLANA_CONFIG_MASK: (c: { readonly mask: number }) =>
    `The configuration mask 0x${c.mask.toString(16)} has unknown bits, or half of the priority fee's`,
});

/** Reads `count` things one after the other. */
export function readMany<Item>(reader: Reader, count: number, read: (reader: Reader) => Item): Item[] {
  const items: Item[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}

const readKey = (reader: Reader): Bytes => reader.take(KEY_BYTES);

function readHeader(reader: Reader): MessageHeader {
  const signatures = reader.u8();
  const readonlySigned = reader.u8();
  const readonlyUnsigned = reader.u8();
  return { signatures, readonlySigned, readonlyUnsigned };
}

function readInstruction(reader: Reader): CompiledInstruction {
  const program = reader.u8();
  const accounts = reader.take(reader.compact());
  const data = reader.take(reader.compact());
  return { program, accounts, data };
}

function readLookup(reader: Reader): TableLookup {
  const table = reader.take(KEY_BYTES);
  const writable = reader.take(reader.compact());
  const readonly = reader.take(reader.compact());
  return { table, writable, readonly };
}

function readBody(reader: Reader): MessageBody {
  const header = readHeader(reader);
  const keys = readMany(reader, reader.compact(), readKey);
  const blockhash = reader.take(KEY_BYTES);
  const instructions = readMany(reader, reader.compact(), readInstruction);
  return { header, keys, blockhash, instructions };
}

const PRIORITY_FEE_BITS = 0b11;
const UNIT_LIMIT_BIT = 0b100;
const LOADED_DATA_LIMIT_BIT = 0b1000;
const HEAP_BIT = 0b1_0000;
const KNOWN_BITS: number = PRIORITY_FEE_BITS | UNIT_LIMIT_BIT | LOADED_DATA_LIMIT_BIT | HEAP_BIT;

function readConfig(reader: Reader, mask: number): V1Config {
  const optional = (bit: number): number | undefined => ((mask & bit) === 0 ? undefined : reader.u32());
  const priorityFee = (mask & PRIORITY_FEE_BITS) === 0 ? undefined : reader.u64();
  const unitLimit = optional(UNIT_LIMIT_BIT);
  const loadedDataLimit = optional(LOADED_DATA_LIMIT_BIT);
  const heapBytes = optional(HEAP_BIT);
  return { priorityFee, unitLimit, loadedDataLimit, heapBytes };
}

function readV1(reader: Reader): Message {
  const header = readHeader(reader);
  const mask = reader.u32();
  const feeBits = mask & PRIORITY_FEE_BITS;
  if ((mask & ~KNOWN_BITS) !== 0 || (feeBits !== 0 && feeBits !== PRIORITY_FEE_BITS))
    throw fail('SOLANA_CONFIG_MASK', { mask });
  const blockhash = reader.take(KEY_BYTES);
  const instructionCount = reader.u8();
  const keys = readMany(reader, reader.u8(), readKey);
  const config = readConfig(reader, mask);
  // Sizes of all instructions come first, then what they hold.
  const heads = readMany(reader, instructionCount, () => {
    const program = reader.u8();
    const accounts = reader.u8();
    return { program, accounts, data: reader.u16() };
  });
  const instructions = heads.map(({ program, accounts, data }): CompiledInstruction => {
    const indices = reader.take(accounts);
    return { program, accounts: indices, data: reader.take(data) };
  });
  return { version: 1, header, keys, blockhash, instructions, config };
}

/**
 * Reads a message of any format. The bytes in it are views of the input.
 *
 * @throws `SOLANA_MESSAGE_VERSION`, `SOLANA_CONFIG_MASK`, `SOLANA_TRUNCATED`, `SOLANA_INVALID_LENGTH`
 */
export function readMessage(reader: Reader): Message {
  if (reader.peek() < VERSION_PREFIX) {
    const { header, keys, blockhash, instructions } = readBody(reader);
    return { version: 'legacy', header, keys, blockhash, instructions };
  }
  const version = reader.u8() & ~VERSION_PREFIX;
  if (version === 1) return readV1(reader);
  if (version !== 0) throw fail('SOLANA_MESSAGE_VERSION', { version });
  const { header, keys, blockhash, instructions } = readBody(reader);
  const lookups = readMany(reader, reader.compact(), readLookup);
  return { version, header, keys, blockhash, instructions, lookups };
}

function writeList<Item>(writer: Writer, items: readonly Item[], write: (item: Item) => void): void {
  writer.compact(items.length);
  for (const item of items) write(item);
}

function writeBytes(writer: Writer, bytes: Bytes): void {
  writer.compact(bytes.length);
  writer.bytes(bytes);
}

function writeHeader(writer: Writer, header: MessageHeader): void {
  writer.u8(header.signatures);
  writer.u8(header.readonlySigned);
  writer.u8(header.readonlyUnsigned);
}

function writeBody(writer: Writer, message: MessageBody): void {
  writeHeader(writer, message.header);
  writeList(writer, message.keys, writer.bytes);
  writer.bytes(message.blockhash);
  writeList(writer, message.instructions, ({ program, accounts, data }) => {
    writer.u8(program);
    writeBytes(writer, accounts);
    writeBytes(writer, data);
  });
}

function writeV1(writer: Writer, message: Message & { readonly version: 1 }): void {
  const { config, instructions, keys } = message;
  const { priorityFee, unitLimit, loadedDataLimit, heapBytes } = config;
  writeHeader(writer, message.header);
  writer.u32(
    (priorityFee === undefined ? 0 : PRIORITY_FEE_BITS) |
      (unitLimit === undefined ? 0 : UNIT_LIMIT_BIT) |
      (loadedDataLimit === undefined ? 0 : LOADED_DATA_LIMIT_BIT) |
      (heapBytes === undefined ? 0 : HEAP_BIT),
  );
  writer.bytes(message.blockhash);
  writer.u8(instructions.length);
  writer.u8(keys.length);
  for (const key of keys) writer.bytes(key);
  if (priorityFee !== undefined) writer.u64(priorityFee);
  for (const value of [unitLimit, loadedDataLimit, heapBytes]) if (value !== undefined) writer.u32(value);
  for (const { program, accounts, data } of instructions) {
    writer.u8(program);
    writer.u8(accounts.length);
    writer.u16(data.length);
  }
  for (const { accounts, data } of instructions) {
    writer.bytes(accounts);
    writer.bytes(data);
  }
}

/**
 * The bytes of a message, which its signers sign.
 *
 * @throws `SOLANA_FIELD_RANGE`
 */
export function encodeMessage(message: Message): Bytes {
  const writer = createWriter();
  if (message.version === 'legacy') writeBody(writer, message);
  else {
    writer.u8(VERSION_PREFIX | message.version);
    if (message.version === 1) writeV1(writer, message);
    else {
      writeBody(writer, message);
      writeList(writer, message.lookups, ({ table, writable, readonly }) => {
        writer.bytes(table);
        writeBytes(writer, writable);
        writeBytes(writer, readonly);
      });
    }
  }
  return writer.finish();
}
