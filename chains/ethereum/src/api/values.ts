import type { Bytes, Hex } from '@ninefold/base';
import { hexToBytes } from '@ninefold/base';
import type { Validator } from '@ninefold/rpc';
import { boolean, object, optional, ParamFailure, withDefault } from '@ninefold/rpc';

const U64_LIMIT = 1n << 64n;

const HEX_DIGITS = /^0x[\da-fA-F]*$/;

// Longer texts are no 256-bit number with tolerable padding, and would cost more than linear time.
const LONGEST_QUANTITY = 130;

/** Lower-case hex of whole bytes. */
export const hexBytes: Validator<Hex> = (value) => wholeBytes(value).toLowerCase() as Hex;

export const bytes: Validator<Bytes> = (value) => hexToBytes(wholeBytes(value));

export const address: Validator<Hex> = fixedHex(20, 'common.Address');
export const hash: Validator<Hex> = fixedHex(32, 'common.Hash');

/** `0x` quantities of 64 or 256 bits; leading zeros are let through, as most nodes do. */
export const uint64: Validator<bigint> = quantityOf(64);
export const uint256: Validator<bigint> = quantityOf(256);

/** A quantity, a decimal string or a JSON number: what development methods are called with. */
export const looseUint: Validator<bigint> = (value) => {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw new ParamFailure(`invalid number ${value}`);
    return BigInt(value);
  }
  if (typeof value === 'string' && /^\d{1,78}$/.test(value)) {
    return uint256(`0x${BigInt(value).toString(16)}`);
  }
  return uint256(value);
};

/** As {@link looseUint}, below 2^64. */
export const looseUint64: Validator<bigint> = (value) => {
  const result = looseUint(value);
  if (result >= U64_LIMIT) throw new ParamFailure('number > 64 bits');
  return result;
};

/** A storage slot or value: up to 32 bytes of hex, also of odd length, widened to 32 bytes. */
export const slot: Validator<Hex> = (value) => {
  if (typeof value !== 'string') throw wrongKind('a hex string', value);
  const digits = value.startsWith('0x') ? value.slice(2) : value;
  if (digits.length > 64) {
    const shown = JSON.stringify(value.slice(0, 200));
    throw new ParamFailure(`storage key too long (want at most 32 bytes): ${shown}`);
  }
  if (!/^[\da-fA-F]*$/.test(digits)) throw new ParamFailure(`invalid storage key: ${JSON.stringify(value)}`);
  return `0x${digits.toLowerCase().padStart(64, '0')}`;
};

export type BlockTag = 'latest' | 'pending' | 'earliest' | 'safe' | 'finalized';

/** Where to read: a tag, a number, or a hash (EIP-1898). */
export type BlockRef = BlockTag | bigint | BlockHashRef;

export type BlockHashRef = { readonly hash: Hex; readonly requireCanonical: boolean };

const TAGS: ReadonlySet<unknown> = new Set<BlockTag>(['latest', 'pending', 'earliest', 'safe', 'finalized']);

/** A tag or a number. */
export const blockNumber: Validator<BlockTag | bigint> = (value) =>
  TAGS.has(value) ? (value as BlockTag) : uint64(value);

const blockRefObject = object(
  {
    blockHash: optional(hash),
    blockNumber: optional(blockNumber),
    requireCanonical: withDefault(boolean, false),
  },
  { unknownKeys: 'ignore' },
);

/** A tag, a number, a hash, or an EIP-1898 object with one of the last two. */
export const blockRef: Validator<BlockRef> = (value) => {
  if (typeof value === 'object' && value !== null) {
    const { blockHash, blockNumber: number, requireCanonical } = blockRefObject(value);
    if (blockHash !== undefined && number === undefined) return { hash: blockHash, requireCanonical };
    if (number !== undefined && blockHash === undefined) return number;
    throw new ParamFailure('specify exactly one of blockHash and blockNumber');
  }
  if (typeof value === 'string' && value.length === 66) return { hash: hash(value), requireCanonical: false };
  return blockNumber(value);
};

/** A block parameter that may be left out. */
export const latestByDefault: Validator<BlockRef> = withDefault(blockRef, 'latest');

/** An object as a dictionary whose keys are checked too. */
export function dictionary<Key, Value>(
  key: Validator<Key>,
  member: Validator<Value>,
): Validator<ReadonlyMap<Key, Value>> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw wrongKind('an object', value);
    }
    const map = new Map<Key, Value>();
    for (const [name, item] of Object.entries(value)) {
      try {
        map.set(key(name), member(item));
      } catch (error) {
        if (error instanceof ParamFailure) error.path.unshift(name);
        throw error;
      }
    }
    return map;
  };
}

function wholeBytes(value: unknown): string {
  if (typeof value !== 'string') throw wrongKind('a hex string', value);
  if (!value.startsWith('0x')) throw new ParamFailure('hex string without 0x prefix');
  if (value.length % 2 !== 0) throw new ParamFailure('hex string of odd length');
  if (!HEX_DIGITS.test(value)) throw new ParamFailure('invalid hex string');
  return value;
}

function fixedHex(length: number, type: string): Validator<Hex> {
  const digits = 2 * length;
  return (value) => {
    const text = wholeBytes(value);
    if (text.length === digits + 2) return text.toLowerCase() as Hex;
    throw new ParamFailure(`hex string has length ${text.length - 2}, want ${digits} for ${type}`);
  };
}

function quantityOf(bits: number): Validator<bigint> {
  const limit = 1n << BigInt(bits);
  return (value) => {
    if (typeof value !== 'string') throw wrongKind('a hex quantity', value);
    if (!value.startsWith('0x')) throw new ParamFailure('hex string without 0x prefix');
    if (value.length === 2) throw new ParamFailure('hex string "0x"');
    if (value.length > LONGEST_QUANTITY || !HEX_DIGITS.test(value))
      throw new ParamFailure('invalid hex string');
    const result = BigInt(value);
    if (result >= limit) throw new ParamFailure(`hex number > ${bits} bits`);
    return result;
  };
}

function wrongKind(expected: string, value: unknown): ParamFailure {
  if (value === undefined) return new ParamFailure(`missing, expected ${expected}`, 'missing');
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  return new ParamFailure(`expected ${expected}, got ${kind}`);
}
