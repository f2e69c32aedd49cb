import type { Bytes, Hex } from '@ninefold/base';
import { bigintToBytes, hexToBytes, numberToBytes } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';

/** What structures are made of: hex text stands for its bytes, integers for their shortest big-endian form. */
export type Field = Hex | bigint | number | Bytes | readonly Field[];

const SHORT_STRING = 0x80;
const SHORT_LIST = 0xc0;
const MAX_SHORT_LENGTH = 55;
/** A header: the prefix and a length. */
const HEADER_ROOM = 9;
const SMALL = 0xffff_ffff_ffffn;

// Character code of a hex digit -> its value; 255 for all others.
const NIBBLES = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) {
  NIBBLES[i.toString(16).charCodeAt(0)] = i;
  NIBBLES[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

// Written from the end to the beginning, because the length of a list is then known when its header
// is due. `used` counts the bytes written.
let room: Bytes = new Uint8Array(4096);
let used = 0;

/**
 * The RLP encoding of `value`, as `encodeRlp` of the codec gives it for byte strings.
 *
 * PERF: straight from hex and integers to the encoding, without a byte string for each field.
 *
 * @param prefix a byte in front, such as a transaction's type
 * @throws `BASE_INVALID_HEX`, `BASE_INTEGER_RANGE` for negative numbers
 * @example encodeFields(['0x01', 1024n, []]) // c5 01 82 04 00 c0
 */
export function encodeFields(value: Field, prefix?: number): Bytes {
  return encodeInRoom(value, prefix).slice();
}

/** keccak-256 of {@link encodeFields}, which is not copied for it. */
export function hashFields(value: Field, prefix?: number): Bytes {
  return keccak256(encodeInRoom(value, prefix));
}

const SLAB_BYTES = 4096;
let slab: Bytes = new Uint8Array(0);
let slabUsed = 0;

/**
 * As {@link encodeFields}, for many small results that live long: they share memory with each other.
 *
 * PERF: a byte string with memory of its own is three objects, and two of them are tracked apart.
 */
export function encodeInSlab(value: Field): Bytes {
  const encoded = encodeInRoom(value);
  if (encoded.length > SLAB_BYTES / 8) return encoded.slice();
  if (slabUsed + encoded.length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  slab.set(encoded, slabUsed);
  slabUsed += encoded.length;
  return slab.subarray(slabUsed - encoded.length, slabUsed);
}

/** A view of the room, good until the next call of anything here. */
function encodeInRoom(value: Field, prefix?: number): Bytes {
  used = 0;
  write(value);
  if (prefix !== undefined) {
    reserve(1);
    room[room.length - ++used] = prefix;
  }
  return room.subarray(room.length - used);
}

function write(value: Field): void {
  if (typeof value === 'string') writeHex(value);
  else if (typeof value === 'bigint') {
    if (value >= 0n) writeBigint(value);
    else writeBytes(bigintToBytes(value));
  } else if (value instanceof Uint8Array) writeBytes(value);
  else if (typeof value === 'number') {
    if (value >= 0 && value <= 0xffff_ffff && Number.isInteger(value)) writeSmall(value);
    else writeBytes(numberToBytes(value));
  } else {
    const before = used;
    for (let i = value.length - 1; i >= 0; i--) write(value[i] as Field);
    writeHeader(SHORT_LIST, used - before);
  }
}

function writeHex(hex: Hex): void {
  const length = (hex.length - 2) >> 1;
  reserve(length);
  const start = room.length - used - length;
  for (let i = 0, digit = 2; i < length; i++, digit += 2) {
    const high = nibble(hex.charCodeAt(digit));
    const low = nibble(hex.charCodeAt(digit + 1));
    if ((high | low) > 15) break;
    room[start + i] = (high << 4) | low;
    if (i === length - 1 && hex.length % 2 === 0) {
      finishString(length, room[start] as number);
      return;
    }
  }
  // Nothing at all, or no hex, of which the conversion says what is wrong.
  writeBytes(hexToBytes(hex));
}

function nibble(charCode: number): number {
  return charCode < 128 ? (NIBBLES[charCode] as number) : 255;
}

function writeSmall(value: number): void {
  reserve(HEADER_ROOM);
  let at = room.length - used;
  const end = at;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) room[--at] = rest % 256;
  finishString(end - at, value);
}

/** Six bytes a step: what a number holds exactly. */
function writeBigint(value: bigint): void {
  let length = 0;
  let rest = value;
  for (; rest > SMALL; rest >>= 48n, length += 6) {
    reserve(length + HEADER_ROOM);
    let digits = Number(rest & SMALL);
    let at = room.length - used - length;
    for (let i = 0; i < 6; i++, digits = Math.floor(digits / 256)) room[--at] = digits % 256;
  }
  reserve(length + HEADER_ROOM);
  let top = Number(rest);
  const first = room.length - used - length;
  let at = first;
  for (; top > 0; top = Math.floor(top / 256)) room[--at] = top % 256;
  length += first - at;
  finishString(length, room[at] as number);
}

function writeBytes(bytes: Bytes): void {
  reserve(bytes.length);
  room.set(bytes, room.length - used - bytes.length);
  finishString(bytes.length, bytes[0] ?? 0);
}

/** The header of a string that stands in front of what was written already. */
function finishString(length: number, first: number): void {
  used += length;
  if (length !== 1 || first >= SHORT_STRING) writeHeader(SHORT_STRING, length);
}

function writeHeader(short: number, length: number): void {
  reserve(HEADER_ROOM);
  let at = room.length - used;
  const end = at;
  if (length <= MAX_SHORT_LENGTH) {
    room[--at] = short + length;
  } else {
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) room[--at] = rest % 256;
    const bytes = end - at;
    room[--at] = short + MAX_SHORT_LENGTH + bytes;
  }
  used += end - at;
}

function reserve(bytes: number): void {
  if (used + bytes <= room.length) return;
  const larger = new Uint8Array(2 * (used + bytes));
  larger.set(room.subarray(room.length - used), larger.length - used);
  room = larger;
}
