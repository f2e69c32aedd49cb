import type { Bytes, Hex } from '@ninefold/base';

// Byte -> character codes of its two hex digits.
const HIGH_DIGIT = new Uint8Array(256);
const LOW_DIGIT = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  HIGH_DIGIT[byte] = (byte >> 4).toString(16).charCodeAt(0);
  LOW_DIGIT[byte] = (byte & 15).toString(16).charCodeAt(0);
}

const ascii = new TextDecoder('latin1');
// The text being made, for the two lengths that occur: "0x" stays in front.
const ADDRESS_TEXT = new Uint8Array(42);
const WORD_TEXT = new Uint8Array(66);
for (const text of [ADDRESS_TEXT, WORD_TEXT]) text.set([0x30, 0x78]);

// Character code of a hex digit -> its value.
const NIBBLES = new Uint8Array(128);
for (let i = 0; i < 16; i++) {
  NIBBLES[i.toString(16).charCodeAt(0)] = i;
  NIBBLES[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

/*
 * Texts made lately, found again by the bytes they stand for: the same few accounts, topics and code
 * hashes come out of every transaction. A text's place follows from its last bytes, which differ most.
 */
const RECENT = 2048;
const RECENT_WORDS = 8;

type RecentTexts = { readonly words: Int32Array; readonly texts: (Hex | undefined)[] };
const recentTexts = (): RecentTexts => ({
  words: new Int32Array(RECENT * RECENT_WORDS),
  texts: new Array<Hex | undefined>(RECENT).fill(undefined),
});
const RECENT_ADDRESSES = recentTexts();
const RECENT_HASHES = recentTexts();

const U64 = 0xffff_ffff_ffff_ffffn;

/**
 * A kernel's linear memory with the conversions of the border: hex strings and bigints outside,
 * big-endian bytes and little-endian limbs inside.
 *
 * PERF: about 0.1 µs an address, 0.2 µs a hash, a fifth of that for one seen lately; a `bigint` below
 * 2^64 costs one, not four limbs.
 */
export type KernelMemory = {
  /** Call before use wherever the kernel ran meanwhile: growth detaches all views. */
  readonly refresh: () => void;
  readonly u8: () => Uint8Array;
  readonly getU32: (at: number) => number;
  readonly setU32: (at: number, value: number) => void;
  readonly getU64: (at: number) => bigint;
  readonly setU64: (at: number, value: bigint) => void;
  /** A 256-bit word at an address that is a multiple of 4. */
  readonly getWord: (at: number) => bigint;
  readonly setWord: (at: number, value: bigint) => void;
  /** `0x` hex of an address or a word: one decoded run is half the price of joined pieces. */
  readonly getHex: (at: number, length: 20 | 32) => Hex;
  /** Writes `0x` hex of exactly `length` bytes; digits are not checked. */
  readonly setHex: (at: number, hex: string, length: number) => void;
  readonly getBytes: (at: number, length: number) => Bytes;
  readonly setBytes: (at: number, bytes: Bytes) => void;
};

/** Views of `memory` that follow its growth. */
export function createKernelMemory(memory: WebAssembly.Memory): KernelMemory {
  let u8 = new Uint8Array(memory.buffer);
  let view = new DataView(memory.buffer);

  const getU64 = (at: number): bigint => view.getBigUint64(at, true);
  const setU64 = (at: number, value: bigint): void => view.setBigUint64(at, value, true);

  return {
    refresh() {
      if (u8.buffer !== memory.buffer) {
        u8 = new Uint8Array(memory.buffer);
        view = new DataView(memory.buffer);
      }
    },
    u8: () => u8,
    getU32: (at) => view.getUint32(at, true),
    setU32: (at, value) => view.setUint32(at, value, true),
    getU64,
    setU64,
    getWord(at) {
      const low = getU64(at);
      const upper = view.getUint32(at + 8, true) | view.getUint32(at + 12, true);
      const top =
        view.getUint32(at + 16, true) |
        view.getUint32(at + 20, true) |
        view.getUint32(at + 24, true) |
        view.getUint32(at + 28, true);
      if (top === 0) return upper === 0 ? low : low | (getU64(at + 8) << 64n);
      return low | (getU64(at + 8) << 64n) | (getU64(at + 16) << 128n) | (getU64(at + 24) << 192n);
    },
    setWord(at, value) {
      if (value <= U64) {
        setU64(at, value);
        u8.fill(0, at + 8, at + 32);
        return;
      }
      setU64(at, value & U64);
      setU64(at + 8, (value >> 64n) & U64);
      setU64(at + 16, (value >> 128n) & U64);
      setU64(at + 24, value >> 192n);
    },
    getHex(at, length) {
      const { words, texts } = length === 20 ? RECENT_ADDRESSES : RECENT_HASHES;
      const last = view.getInt32(at + length - 4, true);
      const place = (last ^ (last >>> 16)) & (RECENT - 1);
      const start = place * RECENT_WORDS;
      let same = true;
      for (let i = 0; i < length; i += 4) {
        const word = view.getInt32(at + i, true);
        if (words[start + (i >> 2)] !== word) {
          words[start + (i >> 2)] = word;
          same = false;
        }
      }
      const known = texts[place];
      if (same && known !== undefined) return known;
      const text = length === 20 ? ADDRESS_TEXT : WORD_TEXT;
      for (let i = 0, digit = 2; i < length; i++, digit += 2) {
        const byte = u8[at + i] as number;
        text[digit] = HIGH_DIGIT[byte] as number;
        text[digit + 1] = LOW_DIGIT[byte] as number;
      }
      const hex = ascii.decode(text) as Hex;
      texts[place] = hex;
      return hex;
    },
    setHex(at, hex, length) {
      for (let i = 0, digit = 2; i < length; i++, digit += 2) {
        u8[at + i] =
          ((NIBBLES[hex.charCodeAt(digit)] as number) << 4) | (NIBBLES[hex.charCodeAt(digit + 1)] as number);
      }
    },
    getBytes: (at, length) => u8.slice(at, at + length),
    setBytes: (at, bytes) => u8.set(bytes, at),
  };
}
