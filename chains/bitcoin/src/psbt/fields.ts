import { type Bytes, equalBytes } from '@ninefold/base';
import { decodeTransaction, hash160, hash256, WireReader } from '@ninefold/vm-bitcoin-script';
import { ripemd160, sha256 } from '@ninefold/crypto';

/*
 * The fields of partially signed transactions: BIP 174, 370 (version 2), 371 (Taproot), 373 (MuSig2).
 */

/** Which of the maps a field stands in. */
export type PsbtScope = 'global' | 'input' | 'output';

export type PsbtField = {
  readonly type: number;
  readonly name: string;
  /** Whether what follows the type in the key is right. */
  readonly key: (data: Bytes) => boolean;
  readonly value: (data: Bytes, key: Bytes) => boolean;
  /** The only version that has the field; any has it where this is missing. */
  readonly version?: 0 | 2;
  /** Whether that version cannot be without it. */
  readonly required?: true;
};

type Check = (data: Bytes) => boolean;

const none: Check = ({ length }) => length === 0;
const any: Check = () => true;
const sized =
  (...sizes: readonly number[]): Check =>
  ({ length }) =>
    sizes.includes(length);
const multipleOf =
  (unit: number, least: number): Check =>
  ({ length }) =>
    length >= least && length % unit === 0;
/** Whether something reads without leaving bytes over. */
const readsAs =
  (read: (reader: WireReader) => unknown): Check =>
  (data) => {
    const reader = new WireReader(data);
    read(reader);
    return reader.at === data.length;
  };
const preimageOf =
  (hash: (data: Bytes) => Bytes): PsbtField['value'] =>
  (data, key) =>
    equalBytes(hash(data), key);
const u32Between =
  (least: number, below: number): Check =>
  (data) => {
    if (data.length !== 4) return false;
    const value = new WireReader(data).u32();
    return value >= least && value < below;
  };

const publicKey = sized(33, 65);
const schnorrSignature = sized(64, 65);
const transaction: Check = (data) => decodeTransaction(data).inputs.length >= 0;
const unsignedTransaction: Check = (data) =>
  decodeTransaction(data, { witness: false }).inputs.every(({ scriptSig }) => scriptSig.length === 0);
/** 33 bytes and 32 for each step of the path, of which there are 128 at most. */
const controlBlock: Check = ({ length }) => length >= 33 && length <= 33 + 32 * 128 && length % 32 === 1;
const count = readsAs((reader) => reader.compactSize());
const keyOrigin = multipleOf(4, 4);
/** Hashes of the leaves the key is in, then its origin. */
const tapOrigin: Check = (data) => {
  const reader = new WireReader(data);
  reader.list(32, () => reader.raw(32));
  return data.length - reader.at >= 4 && (data.length - reader.at) % 4 === 0;
};
const THRESHOLD = 500_000_000;

/** All fields, by the map they stand in. */
export const PSBT_FIELDS: Readonly<Record<PsbtScope, readonly PsbtField[]>> = {
  global: [
    { type: 0x00, name: 'UNSIGNED_TX', key: none, value: unsignedTransaction, version: 0, required: true },
    {
      type: 0x01,
      name: 'XPUB',
      key: sized(78),
      value: (data, key) => data.length === 4 * (1 + (key[4] ?? 0)),
    },
    { type: 0x02, name: 'TX_VERSION', key: none, value: sized(4), version: 2, required: true },
    { type: 0x03, name: 'FALLBACK_LOCKTIME', key: none, value: sized(4), version: 2 },
    { type: 0x04, name: 'INPUT_COUNT', key: none, value: count, version: 2, required: true },
    { type: 0x05, name: 'OUTPUT_COUNT', key: none, value: count, version: 2, required: true },
    { type: 0x06, name: 'TX_MODIFIABLE', key: none, value: sized(1), version: 2 },
    { type: 0xfb, name: 'VERSION', key: none, value: sized(4) },
    { type: 0xfc, name: 'PROPRIETARY', key: any, value: any },
  ],
  input: [
    { type: 0x00, name: 'NON_WITNESS_UTXO', key: none, value: transaction },
    {
      type: 0x01,
      name: 'WITNESS_UTXO',
      key: none,
      value: readsAs((reader) => [reader.i64(), reader.blob()]),
    },
    { type: 0x02, name: 'PARTIAL_SIG', key: publicKey, value: ({ length }) => length > 0 },
    { type: 0x03, name: 'SIGHASH_TYPE', key: none, value: sized(4) },
    { type: 0x04, name: 'REDEEM_SCRIPT', key: none, value: any },
    { type: 0x05, name: 'WITNESS_SCRIPT', key: none, value: any },
    { type: 0x06, name: 'BIP32_DERIVATION', key: publicKey, value: keyOrigin },
    { type: 0x07, name: 'FINAL_SCRIPTSIG', key: none, value: any },
    {
      type: 0x08,
      name: 'FINAL_SCRIPTWITNESS',
      key: none,
      value: readsAs((reader) => reader.list(1, () => reader.blob())),
    },
    { type: 0x09, name: 'POR_COMMITMENT', key: none, value: any },
    { type: 0x0a, name: 'RIPEMD160', key: sized(20), value: preimageOf(ripemd160) },
    { type: 0x0b, name: 'SHA256', key: sized(32), value: preimageOf(sha256) },
    { type: 0x0c, name: 'HASH160', key: sized(20), value: preimageOf(hash160) },
    { type: 0x0d, name: 'HASH256', key: sized(32), value: preimageOf(hash256) },
    { type: 0x0e, name: 'PREVIOUS_TXID', key: none, value: sized(32), version: 2, required: true },
    { type: 0x0f, name: 'OUTPUT_INDEX', key: none, value: sized(4), version: 2, required: true },
    { type: 0x10, name: 'SEQUENCE', key: none, value: sized(4), version: 2 },
    {
      type: 0x11,
      name: 'REQUIRED_TIME_LOCKTIME',
      key: none,
      value: u32Between(THRESHOLD, 2 ** 32),
      version: 2,
    },
    { type: 0x12, name: 'REQUIRED_HEIGHT_LOCKTIME', key: none, value: u32Between(1, THRESHOLD), version: 2 },
    { type: 0x13, name: 'TAP_KEY_SIG', key: none, value: schnorrSignature },
    { type: 0x14, name: 'TAP_SCRIPT_SIG', key: sized(64), value: schnorrSignature },
    { type: 0x15, name: 'TAP_LEAF_SCRIPT', key: controlBlock, value: ({ length }) => length > 0 },
    { type: 0x16, name: 'TAP_BIP32_DERIVATION', key: sized(32), value: tapOrigin },
    { type: 0x17, name: 'TAP_INTERNAL_KEY', key: none, value: sized(32) },
    { type: 0x18, name: 'TAP_MERKLE_ROOT', key: none, value: sized(32) },
    { type: 0x1a, name: 'MUSIG2_PARTICIPANT_PUBKEYS', key: sized(33), value: multipleOf(33, 33) },
    { type: 0x1b, name: 'MUSIG2_PUB_NONCE', key: sized(66, 98), value: sized(66) },
    { type: 0x1c, name: 'MUSIG2_PARTIAL_SIG', key: sized(66, 98), value: sized(32) },
    { type: 0xfc, name: 'PROPRIETARY', key: any, value: any },
  ],
  output: [
    { type: 0x00, name: 'REDEEM_SCRIPT', key: none, value: any },
    { type: 0x01, name: 'WITNESS_SCRIPT', key: none, value: any },
    { type: 0x02, name: 'BIP32_DERIVATION', key: publicKey, value: keyOrigin },
    { type: 0x03, name: 'AMOUNT', key: none, value: sized(8), version: 2, required: true },
    { type: 0x04, name: 'SCRIPT', key: none, value: any, version: 2, required: true },
    { type: 0x05, name: 'TAP_INTERNAL_KEY', key: none, value: sized(32) },
    { type: 0x06, name: 'TAP_TREE', key: none, value: ({ length }) => length > 0 },
    { type: 0x07, name: 'TAP_BIP32_DERIVATION', key: sized(32), value: tapOrigin },
    { type: 0x08, name: 'MUSIG2_PARTICIPANT_PUBKEYS', key: sized(33), value: multipleOf(33, 33) },
    { type: 0xfc, name: 'PROPRIETARY', key: any, value: any },
  ],
};

/** The field of a type; undefined for those this version of the BIPs does not know, which are kept. */
export function psbtField(scope: PsbtScope, type: number): PsbtField | undefined {
  return PSBT_FIELDS[scope].find((field) => field.type === type);
}
