import type { Hex } from '@ninefold/base';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@ninefold/base';
import { blobBaseFee } from '@ninefold/chain-ethereum';
import { keccak256 } from '@ninefold/crypto';
import type { Authorization, BlockEnvironment, Rules, Transaction } from '@ninefold/vm-evm';
import { blobScheduleOf } from '@ninefold/vm-evm';
import { forkOfNetwork } from './networks.ts';

/** An account of a fixture. */
export type RecordAccount = {
  readonly balance: string;
  readonly nonce: string;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
};

type RecordAuthorization = {
  readonly chainId: string;
  readonly address: Hex;
  readonly nonce: string;
  readonly v: string;
  readonly yParity?: string | undefined;
  readonly r: string;
  readonly s: string;
};

type RecordAccess = { readonly address: Hex; readonly storageKeys: readonly Hex[] };

/** Inputs of all variants of a transaction: each of data, gas limit and value by index. */
export type RecordTransaction = {
  readonly data: readonly string[];
  readonly gasLimit: readonly string[];
  readonly value: readonly string[];
  readonly nonce: string;
  readonly to: string;
  readonly sender: Hex;
  readonly gasPrice?: string | undefined;
  readonly maxFeePerGas?: string | undefined;
  readonly maxPriorityFeePerGas?: string | undefined;
  /** By the index of the data; `null` means none. */
  readonly accessLists?: readonly (readonly RecordAccess[] | null)[] | undefined;
  readonly maxFeePerBlobGas?: string | undefined;
  readonly blobVersionedHashes?: readonly Hex[] | undefined;
  readonly authorizationList?: readonly RecordAuthorization[] | undefined;
};

export type RecordPost = {
  readonly hash: Hex;
  readonly logs: Hex;
  readonly indexes: { readonly data: number; readonly gas: number; readonly value: number };
  readonly expectException?: string | undefined;
  /** Receipt gas, where the vectors have it. */
  readonly gasUsed?: string | undefined;
};

type RecordBlobSchedule = {
  readonly target: string;
  readonly max: string;
  readonly baseFeeUpdateFraction: string;
};

/** A state test as published (ethereum/tests `GeneralStateTests`, execution-spec-tests `state_tests`). */
export type StateRecord = {
  readonly src?: string | undefined;
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pre: Readonly<Record<string, RecordAccount>>;
  readonly transaction: RecordTransaction;
  readonly post: Readonly<Record<string, readonly RecordPost[]>>;
  readonly config?:
    | {
        readonly chainid?: string | undefined;
        readonly blobSchedule?: Readonly<Record<string, RecordBlobSchedule>> | undefined;
      }
    | undefined;
};

/** Base fee where a record gives none: what the tests were filled with. */
const DEFAULT_BASE_FEE = 10n;

/** A quantity as fixtures write it, with or without leading zeros; empty is 0. */
export function toBigint(text: string): bigint {
  return text === '' || text === '0x' ? 0n : BigInt(text);
}

/** A word of 32 bytes in hex. */
export function toWord(text: string): Hex {
  return `0x${toBigint(text).toString(16).padStart(64, '0')}`;
}

/** An address as the machine wants it: some fixtures have checksummed ones. */
export function toAddress(text: string): Hex {
  return text.toLowerCase() as Hex;
}

/** The rules a record runs under in `network`; `undefined` for a network that is no fork. */
export function rulesOf(record: StateRecord, network: string): Rules | undefined {
  const fork = forkOfNetwork(network);
  if (fork === undefined) return undefined;
  const given = record.config?.blobSchedule?.[network];
  const blobSchedule = given && {
    target: Number(given.target),
    max: Number(given.max),
    updateFraction: BigInt(given.baseFeeUpdateFraction),
  };
  return { fork, blobSchedule };
}

/** The block around the record's transaction. */
export function environmentOf(record: StateRecord, rules: Rules): BlockEnvironment {
  const { env } = record;
  const quantity = (name: string): bigint => toBigint(env[name] ?? '0x0');
  const blobs = rules.blobSchedule ?? blobScheduleOf(rules.fork);
  return {
    chainId: toBigint(record.config?.chainid ?? '0x1'),
    number: quantity('currentNumber'),
    timestamp: quantity('currentTimestamp'),
    gasLimit: quantity('currentGasLimit'),
    coinbase: toAddress(env['currentCoinbase'] ?? ''),
    difficulty: quantity('currentDifficulty'),
    prevRandao: toWord(env['currentRandom'] ?? '0x0'),
    baseFee: env['currentBaseFee'] === undefined ? DEFAULT_BASE_FEE : quantity('currentBaseFee'),
    blobBaseFee: blobs === undefined ? 0n : blobBaseFee(quantity('currentExcessBlobGas'), blobs),
    slotNumber: quantity('slotNumber'),
  };
}

/** Hash of a block in state tests: that of its number as decimal text. */
export function blockHashOf(number: bigint): Hex {
  return bytesToHex(keccak256(utf8ToBytes(number.toString())));
}

/** An integer of at most `bits`; `undefined` beyond, which fixtures also write as `0x:bigint 0x…`. */
function uint(text: string, bits: number): bigint | undefined {
  if (text.includes(':bigint')) return undefined;
  const value = toBigint(text);
  return value >> BigInt(bits) === 0n ? value : undefined;
}

/** EIP-2718 type: fixtures do not name it, the fields that are there do. */
function typeOf(fields: RecordTransaction, hasAccessList: boolean): Transaction['type'] {
  if (fields.authorizationList !== undefined) return 4;
  if (fields.blobVersionedHashes !== undefined || fields.maxFeePerBlobGas !== undefined) return 3;
  if (fields.maxFeePerGas !== undefined) return 2;
  return hasAccessList ? 1 : 0;
}

/** The variant of the record's transaction at `indexes`; `undefined` when a field is over its width. */
export function transactionOf(
  record: StateRecord,
  indexes: RecordPost['indexes'],
  chainId: bigint,
): Transaction | undefined {
  const fields = record.transaction;
  const nonce = uint(fields.nonce, 64);
  const gasLimit = uint(fields.gasLimit[indexes.gas] as string, 64);
  const value = uint(fields.value[indexes.value] as string, 256);
  const maxFeePerGas = uint(fields.maxFeePerGas ?? fields.gasPrice ?? '0x0', 256);
  const maxPriorityFeePerGas = uint(fields.maxPriorityFeePerGas ?? fields.gasPrice ?? '0x0', 256);
  if (
    nonce === undefined ||
    gasLimit === undefined ||
    value === undefined ||
    maxFeePerGas === undefined ||
    maxPriorityFeePerGas === undefined
  ) {
    return undefined;
  }
  const accessList = fields.accessLists?.[indexes.data] ?? undefined;
  const { authorizationList, blobVersionedHashes, maxFeePerBlobGas } = fields;
  return {
    type: typeOf(fields, accessList !== undefined),
    from: toAddress(fields.sender),
    to: fields.to === '' || fields.to === '0x' ? undefined : toAddress(fields.to),
    nonce,
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas,
    value,
    data: hexToBytes(fields.data[indexes.data] as string),
    chainId,
    accessList,
    maxFeePerBlobGas: maxFeePerBlobGas === undefined ? undefined : toBigint(maxFeePerBlobGas),
    blobHashes: blobVersionedHashes,
    authorizations: authorizationList?.map(toAuthorization),
  };
}

function toAuthorization(fields: RecordAuthorization): Authorization {
  return {
    chainId: toBigint(fields.chainId),
    address: fields.address,
    nonce: toBigint(fields.nonce),
    yParity: Number(fields.yParity ?? fields.v),
    r: toBigint(fields.r),
    s: toBigint(fields.s),
  };
}
