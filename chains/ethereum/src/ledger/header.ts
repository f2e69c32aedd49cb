import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import type { Field } from '../tx/encode-fields.ts';
import { encodeFields, hashFields } from '../tx/encode-fields.ts';
import { decodeStructure, FieldReader } from '../tx/fields.ts';
import { BLOOM_LENGTH } from './bloom.ts';

/**
 * A block header. Fields a fork added are `undefined` in headers of earlier forks, and in the wire
 * format a field is there only when all before it are.
 */
export type Header = {
  readonly parentHash: Hex;
  readonly ommersHash: Hex;
  readonly beneficiary: Hex;
  readonly stateRoot: Hex;
  readonly transactionsRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Bytes;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Bytes;
  /** From Paris the beacon chain's randomness (EIP-4399). */
  readonly mixHash: Hex;
  /** 8 bytes. */
  readonly nonce: Hex;
  /** London. */
  readonly baseFeePerGas: bigint | undefined;
  /** Shanghai. */
  readonly withdrawalsRoot: Hex | undefined;
  /** Cancun. */
  readonly blobGasUsed: bigint | undefined;
  readonly excessBlobGas: bigint | undefined;
  readonly parentBeaconBlockRoot: Hex | undefined;
  /** Prague. */
  readonly requestsHash: Hex | undefined;
  /** Amsterdam (EIP-7928, EIP-7843). */
  readonly blockAccessListHash: Hex | undefined;
  readonly slotNumber: bigint | undefined;
};

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;
export const ZERO_ADDRESS: Hex = `0x${'00'.repeat(20)}`;
export const ZERO_NONCE: Hex = '0x0000000000000000';

/** keccak-256 of the empty list: a block without ommers. */
export const EMPTY_OMMERS_HASH: Hex = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';

/** Root of a trie without entries. */
export const EMPTY_ROOT: Hex = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

const FRONTIER_FIELDS = 15;
const AMSTERDAM_FIELDS = 23;

const U64 = 8;
const U256 = 32;
const ADDRESS = 20;
const WORD = 32;
const NONCE = 8;

const hashes = new WeakMap<Header, Hex>();

/** keccak-256 of the header's RLP, which identifies the block; computed once. */
export function headerHash(header: Header): Hex {
  let hash = hashes.get(header);
  if (hash === undefined) {
    hash = bytesToHex(hashFields(headerFields(header)));
    hashes.set(header, hash);
  }
  return hash;
}

export function encodeHeader(header: Header): Bytes {
  return encodeFields(headerFields(header));
}

/** The header's fields in the order of the wire format. */
export function headerFields(header: Header): readonly Field[] {
  const items: Field[] = [
    header.parentHash,
    header.ommersHash,
    header.beneficiary,
    header.stateRoot,
    header.transactionsRoot,
    header.receiptsRoot,
    header.logsBloom,
    header.difficulty,
    header.number,
    header.gasLimit,
    header.gasUsed,
    header.timestamp,
    header.extraData,
    header.mixHash,
    header.nonce,
  ];
  // Each only when the one before it is there: undefined ends the list.
  const later = [
    header.baseFeePerGas,
    header.withdrawalsRoot,
    header.blobGasUsed,
    header.excessBlobGas,
    header.parentBeaconBlockRoot,
    header.requestsHash,
    header.blockAccessListHash,
    header.slotNumber,
  ];
  for (const field of later) {
    if (field === undefined) break;
    items.push(field);
  }
  return items;
}

/** @throws `ETH_MALFORMED_RLP`, `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD` */
export function decodeHeader(bytes: Bytes): Header {
  return headerFromRlp(decodeStructure(bytes, 'header'));
}

/** @throws `ETH_FIELD_COUNT`, `ETH_INVALID_FIELD` */
export function headerFromRlp(item: RlpValue): Header {
  const fields = new FieldReader(item, 'header', FRONTIER_FIELDS, AMSTERDAM_FIELDS);
  return {
    parentHash: fields.hex('parentHash', WORD),
    ommersHash: fields.hex('ommersHash', WORD),
    beneficiary: fields.hex('beneficiary', ADDRESS),
    stateRoot: fields.hex('stateRoot', WORD),
    transactionsRoot: fields.hex('transactionsRoot', WORD),
    receiptsRoot: fields.hex('receiptsRoot', WORD),
    logsBloom: fields.fixed('logsBloom', BLOOM_LENGTH),
    difficulty: fields.uint('difficulty', U256),
    number: fields.uint('number', U64),
    gasLimit: fields.uint('gasLimit', U64),
    gasUsed: fields.uint('gasUsed', U64),
    timestamp: fields.uint('timestamp', U64),
    extraData: fields.bytes('extraData'),
    mixHash: fields.hex('mixHash', WORD),
    nonce: fields.hex('nonce', NONCE),
    baseFeePerGas: fields.more ? fields.uint('baseFeePerGas', U256) : undefined,
    withdrawalsRoot: fields.more ? fields.hex('withdrawalsRoot', WORD) : undefined,
    blobGasUsed: fields.more ? fields.uint('blobGasUsed', U64) : undefined,
    excessBlobGas: fields.more ? fields.uint('excessBlobGas', U64) : undefined,
    parentBeaconBlockRoot: fields.more ? fields.hex('parentBeaconBlockRoot', WORD) : undefined,
    requestsHash: fields.more ? fields.hex('requestsHash', WORD) : undefined,
    blockAccessListHash: fields.more ? fields.hex('blockAccessListHash', WORD) : undefined,
    slotNumber: fields.more ? fields.uint('slotNumber', U64) : undefined,
  };
}
