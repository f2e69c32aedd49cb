import type { Bytes, Hex } from '@ninefold/base';
import { EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { Validator } from '@ninefold/rpc';
import { array, object, optional, ParamFailure } from '@ninefold/rpc';
import type { AccessListEntry, Authorization } from '@ninefold/vm-evm';
import { address, bytes, hash, slot, uint256, uint64 } from './values.ts';

// What no request needs more of; a block could not hold it either.
const MAX_LIST = 100_000;

const accessListEntry: Validator<AccessListEntry> = object(
  { address, storageKeys: array(slot, MAX_LIST) },
  { unknownKeys: 'ignore' },
);

/** An access list as EIP-2930 writes it in JSON. */
export const accessList: Validator<readonly AccessListEntry[]> = array(accessListEntry, MAX_LIST);

const parity: Validator<bigint> = (value) => {
  const result = uint64(value);
  if (result > 255n) throw new ParamFailure('hex number > 8 bits');
  return result;
};

const authorizationShape = object(
  {
    chainId: uint256,
    address,
    nonce: uint64,
    yParity: optional(parity),
    v: optional(parity),
    r: uint256,
    s: uint256,
  },
  { unknownKeys: 'ignore' },
);

const authorization: Validator<Authorization> = (value) => {
  const { yParity, v, ...rest } = authorizationShape(value);
  const given = yParity ?? (v !== undefined && v >= 27n ? v - 27n : v);
  if (given === undefined) throw new ParamFailure("missing field 'yParity'");
  return { ...rest, yParity: Number(given) };
};

const transactionShape = object(
  {
    type: optional(uint64),
    from: optional(address),
    to: optional(address),
    gas: optional(uint64),
    gasLimit: optional(uint64),
    gasPrice: optional(uint256),
    maxFeePerGas: optional(uint256),
    maxPriorityFeePerGas: optional(uint256),
    value: optional(uint256),
    nonce: optional(uint64),
    data: optional(bytes),
    input: optional(bytes),
    accessList: optional(accessList),
    chainId: optional(uint256),
    maxFeePerBlobGas: optional(uint256),
    blobVersionedHashes: optional(array(hash, MAX_LIST)),
    authorizationList: optional(array(authorization, MAX_LIST)),
  },
  { unknownKeys: 'ignore' },
);

/** A transaction as clients ask for it: everything may be missing. */
export type TransactionRequest = {
  readonly type: bigint | undefined;
  readonly from: Hex | undefined;
  readonly to: Hex | undefined;
  readonly gas: bigint | undefined;
  readonly gasPrice: bigint | undefined;
  readonly maxFeePerGas: bigint | undefined;
  readonly maxPriorityFeePerGas: bigint | undefined;
  readonly value: bigint | undefined;
  readonly nonce: bigint | undefined;
  readonly data: Bytes;
  readonly accessList: readonly AccessListEntry[] | undefined;
  readonly chainId: bigint | undefined;
  readonly maxFeePerBlobGas: bigint | undefined;
  readonly blobVersionedHashes: readonly Hex[] | undefined;
  readonly authorizationList: readonly Authorization[] | undefined;
};

/** The object of `eth_call`, `eth_estimateGas`, `eth_sendTransaction` and their like. */
export const transactionRequest: Validator<TransactionRequest> = (value) => {
  const given = transactionShape(value);
  const { data, input, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = given;
  if (data !== undefined && input !== undefined && !equalBytes(data, input)) {
    throw new ParamFailure(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    );
  }
  if (gasPrice !== undefined && (maxFeePerGas ?? maxPriorityFeePerGas) !== undefined) {
    throw new ParamFailure('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  // PERF: one literal; to copy the rest of an object costs more than the checks.
  return {
    type: given.type,
    from: given.from,
    to: given.to,
    gas: given.gas ?? given.gasLimit,
    gasPrice,
    maxFeePerGas,
    maxPriorityFeePerGas,
    value: given.value,
    nonce: given.nonce,
    data: input ?? data ?? EMPTY_BYTES,
    accessList: given.accessList,
    chainId: given.chainId,
    maxFeePerBlobGas: given.maxFeePerBlobGas,
    blobVersionedHashes: given.blobVersionedHashes,
    authorizationList: given.authorizationList,
  };
};

/** A call of nothing from nobody. */
export const NO_REQUEST: TransactionRequest = transactionRequest({});
