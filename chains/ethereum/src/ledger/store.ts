import type { Bytes, Hex } from '@ninefold/base';
import {
  bytesToHex,
  bytesToUtf8,
  concatBytes,
  defineErrors,
  equalBytes,
  hexToBytes,
  isNinefoldError,
  utf8ToBytes,
} from '@ninefold/base';
import type { RlpValue } from '@ninefold/codec';
import { decodeRlp, expectBytes, expectList, rlpToUint } from '@ninefold/codec';
import { keccak256 } from '@ninefold/crypto';
import type { KvOperation, KvReader } from '@ninefold/state';
import type { ForkName } from '@ninefold/vm-evm';
import { encodeFields } from '../tx/encode-fields.ts';
import { transactionHash } from '../tx/transaction.ts';
import { decodeBlock, encodeBlock } from './block.ts';
import { createDictionary, createPreimages } from './dictionary.ts';
import { EMPTY_ROOT, headerHash } from './header.ts';
import { decodeReceipt, encodeReceipt } from './receipt.ts';
import type { Requests } from './requests.ts';
import type { ExecutedBlock, TransactionLocation } from './types.ts';
import type { WorldBacking, WorldState } from './world-state.ts';

/** Which blocks are what; written with every batch that changes it. */
export type ChainPointers = {
  readonly genesis: Hex;
  readonly head: Hex;
  readonly safe: Hex;
  readonly finalized: Hex;
};

const fail = defineErrors({
  CHAIN_CORRUPT_STORE: (c: { readonly reason: string }) =>
    `The chain's store is damaged: ${c.reason}. Restore it from a backup, or delete it to begin at genesis`,
});

/** Layout of the store; another version is another layout. */
const VERSION = 1;

// First byte of a key: what follows is a hash, or a block number of 8 bytes.
const NODE = 0x6e; // n: trie node by hash
const CODE = 0x63; // c: code by hash
const PREIMAGE = 0x70; // p: address or slot by hash
const BLOCK = 0x62; // b: block by hash
const RESULT = 0x72; // r: what executing the block gave, by hash
const CANONICAL = 0x68; // h: hash of the canonical block by number
const LOCATION = 0x74; // t: place of a canonical transaction by hash
const AMENDED = 0x61; // a: state root after a block that was changed from outside, by hash
const POINTERS: Bytes = utf8ToBytes('m');

const MAX_CACHED_CODES = 4096;
const MAX_CACHED_PREIMAGES = 1 << 16;

function key(kind: number, hash: Hex): Bytes {
  return concatBytes(Uint8Array.of(kind), hexToBytes(hash));
}

function numberKey(number: bigint): Bytes {
  const bytes = new Uint8Array(9);
  bytes[0] = CANONICAL;
  new DataView(bytes.buffer).setBigUint64(1, number);
  return bytes;
}

/** The blocks and states in a store, read when they are asked for. */
export type Archive = {
  readonly backing: WorldBacking;
  readonly block: (hash: Hex) => ExecutedBlock | undefined;
  readonly canonicalHash: (number: bigint) => Hex | undefined;
  readonly locate: (transactionHash: Hex) => TransactionLocation | undefined;
  /** State root after the block: its header's unless it was amended. */
  readonly stateRootAfter: (block: ExecutedBlock) => Hex;
};

export function createArchive(reader: Pick<KvReader, 'get'>): Archive {
  const read = (kind: number, hash: Hex): Bytes | undefined => reader.get(key(kind, hash));
  return {
    backing: {
      nodes: { get: (hash) => reader.get(concatBytes(Uint8Array.of(NODE), hash)) },
      codes: createDictionary('code', {
        fallback: (hash) => read(CODE, hash),
        limit: MAX_CACHED_CODES,
      }),
      preimages: createPreimages({
        fallback: (hash) => read(PREIMAGE, hash),
        limit: MAX_CACHED_PREIMAGES,
      }),
    },
    block: (hash) => {
      const block = read(BLOCK, hash);
      const result = read(RESULT, hash);
      if (block === undefined || result === undefined) return undefined;
      return intact(`block ${hash}`, () => decodeExecuted(hash, block, result));
    },
    canonicalHash: (number) => {
      const hash = reader.get(numberKey(number));
      return hash === undefined ? undefined : bytesToHex(hash);
    },
    locate: (hash) => {
      const location = read(LOCATION, hash);
      return location && intact(`location of transaction ${hash}`, () => decodeLocation(location));
    },
    stateRootAfter: ({ hash, block }) => {
      const amended = read(AMENDED, hash);
      return amended === undefined ? block.header.stateRoot : bytesToHex(amended);
    },
  };
}

/**
 * What the store says its chain is; `undefined` for an empty store. The head is read and its hash and
 * state root are checked.
 *
 * @throws `CHAIN_CORRUPT_STORE`
 */
export function readPointers(reader: Pick<KvReader, 'get'>, archive: Archive): ChainPointers | undefined {
  const encoded = reader.get(POINTERS);
  if (encoded === undefined) return undefined;
  const pointers = intact('list of pointers', () => decodePointers(encoded));
  for (const [name, hash] of Object.entries(pointers)) {
    if (archive.block(hash) === undefined) {
      throw fail('CHAIN_CORRUPT_STORE', { reason: `the ${name} block ${hash} is missing` });
    }
  }
  const head = archive.block(pointers.head) as ExecutedBlock;
  const root = hexToBytes(archive.stateRootAfter(head));
  const node = archive.backing.nodes.get(root);
  if (bytesToHex(root) !== EMPTY_ROOT && (node === undefined || !equalBytes(keccak256(node), root))) {
    throw fail('CHAIN_CORRUPT_STORE', { reason: `the state of block ${pointers.head} is missing` });
  }
  return pointers;
}

/** Collects what one step of the chain changes, to be committed as one batch. */
export class ChainBatch {
  readonly operations: KvOperation[] = [];

  put(key: Bytes, value: Bytes): void {
    this.operations.push({ type: 'put', key, value });
  }

  /** A world's new nodes, and the code and preimages that came with it. */
  world(world: WorldState, backing: WorldBacking): void {
    for (const { hash, rlp } of world.unsavedNodes()) {
      this.put(concatBytes(Uint8Array.of(NODE), hash), rlp);
    }
    for (const [hash, code] of backing.codes.takeAdded()) this.put(key(CODE, hash), code);
    for (const [hash, preimage] of backing.preimages.takeAdded()) this.put(key(PREIMAGE, hash), preimage);
  }

  block(executed: ExecutedBlock): void {
    this.put(key(BLOCK, executed.hash), encodeBlock(executed.block));
    this.put(key(RESULT, executed.hash), encodeResult(executed));
  }

  /** Says what state follows the block, when it is not what the block's header says. */
  amended({ hash, block }: ExecutedBlock, stateRoot: Hex): void {
    if (stateRoot === block.header.stateRoot) {
      this.operations.push({ type: 'delete', key: key(AMENDED, hash) });
    } else {
      this.put(key(AMENDED, hash), hexToBytes(stateRoot));
    }
  }

  addCanonical({ block, hash }: ExecutedBlock): void {
    const { number } = block.header;
    this.put(numberKey(number), hexToBytes(hash));
    for (const [index, transaction] of block.transactions.entries()) {
      const location = encodeFields([hash, number, index]);
      this.put(key(LOCATION, transactionHash(transaction)), location);
    }
  }

  removeCanonical({ block }: ExecutedBlock): void {
    this.operations.push({ type: 'delete', key: numberKey(block.header.number) });
    for (const transaction of block.transactions) {
      this.operations.push({ type: 'delete', key: key(LOCATION, transactionHash(transaction)) });
    }
  }

  pointers({ genesis, head, safe, finalized }: ChainPointers): void {
    this.put(POINTERS, encodeFields([VERSION, genesis, head, safe, finalized]));
  }
}

function decodePointers(encoded: Bytes): ChainPointers {
  const items = expectList(decodeRlp(encoded), 'pointers', 5);
  const version = rlpToUint(expectBytes(items[0] as RlpValue, 'version'), 8);
  if (version !== BigInt(VERSION)) {
    throw fail('CHAIN_CORRUPT_STORE', { reason: `its layout has version ${version}, not ${VERSION}` });
  }
  const hash = (index: number): Hex => bytesToHex(expectBytes(items[index] as RlpValue, 'pointer', 32));
  return { genesis: hash(1), head: hash(2), safe: hash(3), finalized: hash(4) };
}

function encodeResult({ fork, totalDifficulty, receipts, requests }: ExecutedBlock): Bytes {
  return encodeFields([
    utf8ToBytes(fork),
    totalDifficulty,
    receipts.map(encodeReceipt),
    requests.map(({ type, data }) => concatBytes(Uint8Array.of(type), data)),
  ]);
}

function decodeExecuted(hash: Hex, encodedBlock: Bytes, encodedResult: Bytes): ExecutedBlock {
  const block = decodeBlock(encodedBlock);
  if (headerHash(block.header) !== hash) {
    throw fail('CHAIN_CORRUPT_STORE', { reason: `block ${hash} has another hash` });
  }
  const items = expectList(decodeRlp(encodedResult), 'result', 4);
  const bytesOf = (item: RlpValue | undefined): Bytes => expectBytes(item as RlpValue, 'result');
  return {
    block,
    hash,
    fork: bytesToUtf8(bytesOf(items[0])) as ForkName,
    totalDifficulty: rlpToUint(bytesOf(items[1]), 32),
    receipts: expectList(items[2] as RlpValue, 'receipts').map((item) => decodeReceipt(bytesOf(item))),
    requests: expectList(items[3] as RlpValue, 'requests').map((item): Requests => {
      const request = bytesOf(item);
      return { type: request[0] as number, data: request.subarray(1) };
    }),
  };
}

function decodeLocation(encoded: Bytes): TransactionLocation {
  const items = expectList(decodeRlp(encoded), 'location', 3);
  return {
    blockHash: bytesToHex(expectBytes(items[0] as RlpValue, 'block hash', 32)),
    blockNumber: rlpToUint(expectBytes(items[1] as RlpValue, 'block number'), 8),
    index: Number(rlpToUint(expectBytes(items[2] as RlpValue, 'index'), 8)),
  };
}

function intact<Value>(what: string, decode: () => Value): Value {
  try {
    return decode();
  } catch (cause) {
    if (!isNinefoldError(cause) || cause.code === 'CHAIN_CORRUPT_STORE') throw cause;
    throw fail('CHAIN_CORRUPT_STORE', { reason: `the ${what} cannot be read` }, { cause });
  }
}
