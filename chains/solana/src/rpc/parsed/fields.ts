import {
  type Bytes,
  bytesToBase64,
  bytesToUtf8,
  EMPTY_BYTES,
  equalBytes,
  isNinefoldError,
  utf8ToBytes,
} from '@ninefold/base';
import { toBase58 } from '@ninefold/vm-svm';
import { createReader, type Reader } from '../../tx/reader.ts';

/** What a parsed part shows of itself; bigints are written as integers. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Reads bincode's and SPL's fields as JSON shows them. */
export type Fields = Pick<Reader, 'u8' | 'u16' | 'u32' | 'u64' | 'take' | 'peek'> & {
  readonly i16: () => number;
  readonly i64: () => bigint;
  readonly f64: () => number;
  readonly flag: () => boolean;
  /** An address or a hash, base58. */
  readonly key: () => string;
  /** An address of which zeros mean that there is none. */
  readonly keyOrNone: () => string | null;
  /** `Option` of bincode: one byte, then the value if there is one. */
  readonly option: <Value>(read: () => Value) => Value | null;
  /** `COption` of SPL accounts: four bytes, and always room for the value. */
  readonly wideOption: <Value>(read: () => Value) => Value | null;
  /** A list behind its length of 64 bits. */
  readonly list: <Value>(read: () => Value) => readonly Value[];
  /** UTF-8 behind a length of 64 bits. */
  readonly text: () => string;
  /** UTF-8 behind a length of 32 bits, as borsh has it. */
  readonly shortText: () => string;
  readonly base64: () => string;
  readonly rest: () => Bytes;
};

/** Bytes that are not what they were taken for. */
export class Unparsable extends Error {
  override readonly name = 'Unparsable';
}

const NO_KEY = toBase58(new Uint8Array(32));
/** More items than any list in an account or an instruction has. */
const MAX_ITEMS = 100_000n;

/** Fields of `data` from `offset` on. */
export function readFields(data: Bytes, offset: number = 0): Fields {
  const bytes = offset > data.length ? EMPTY_BYTES : data.subarray(offset);
  const reader = createReader(bytes);
  const u8 = (): number => reader.u8();
  const u16 = (): number => reader.u16();
  const u32 = (): number => reader.u32();
  const u64 = (): bigint => reader.u64();
  const take = (length: number): Bytes => reader.take(length);
  const count = (): number => {
    const length = u64();
    if (length > MAX_ITEMS) throw new Unparsable('too long a list');
    return Number(length);
  };
  const key = (): string => toBase58(take(32));
  const flag = (): boolean => {
    const value = u8();
    if (value > 1) throw new Unparsable('no flag');
    return value === 1;
  };
  return {
    u8,
    u16,
    u32,
    u64,
    take,
    peek: () => reader.peek(),
    flag,
    key,
    i16: () => (u16() << 16) >> 16,
    i64: () => BigInt.asIntN(64, u64()),
    f64: () => new DataView(take(8).slice().buffer).getFloat64(0, true),
    keyOrNone() {
      const text = key();
      return text === NO_KEY ? null : text;
    },
    option: (read) => (flag() ? read() : null),
    wideOption(read) {
      const tag = u32();
      const value = read();
      return tag === 0 ? null : value;
    },
    list: (read) => Array.from({ length: count() }, read),
    text: () => utf8(take(count())),
    shortText: () => utf8(take(u32())),
    base64: () => bytesToBase64(take(count())),
    rest: () => take(bytes.length - reader.at()),
  };
}

/** Text, if it is UTF-8. */
export function utf8(bytes: Bytes): string {
  const text = bytesToUtf8(bytes);
  if (!equalBytes(utf8ToBytes(text), bytes)) throw new Unparsable('no text');
  return text;
}

/** A number with all its digits and without an exponent, as Rust writes it. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  if (value < 0 || Object.is(value, -0)) return `-${floatText(-value)}`;
  const [mantissa = '', exponent = '0'] = value.toString().split('e');
  const [whole = '', part = ''] = mantissa.split('.');
  const digits = whole + part;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** What `parse` gives, or `undefined` when the bytes are not what they were taken for. */
export function tryParse<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Unparsable || isNinefoldError(error)) return undefined;
    throw error;
  }
}
