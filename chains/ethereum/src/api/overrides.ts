import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { keccak256 } from '@ninefold/crypto';
import type { Validator } from '@ninefold/rpc';
import { array, object, optional } from '@ninefold/rpc';
import type { Account, AccountChange, BlockEnvironment, StateChanges, StateView } from '@ninefold/vm-evm';
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH } from '../ledger/account.ts';
import type { Withdrawal } from '../ledger/withdrawal.ts';
import { checksumAddress } from './checksum.ts';
import { serverError } from './errors.ts';
import type { Execution } from './execution.ts';
import { isPrecompileOf } from './precompiles.ts';
import { address, bytes, dictionary, hash, slot, uint256, uint64 } from './values.ts';

/** What `eth_call` and `eth_simulateV1` may pretend about one account. */
export type AccountOverride = {
  readonly nonce: bigint | undefined;
  readonly balance: bigint | undefined;
  readonly code: Bytes | undefined;
  /** Replaces the whole storage. */
  readonly state: ReadonlyMap<Hex, Hex> | undefined;
  /** Replaces single slots. */
  readonly stateDiff: ReadonlyMap<Hex, Hex> | undefined;
  readonly movePrecompileToAddress: Hex | undefined;
};

export const NO_ACCOUNT_OVERRIDE: AccountOverride = {
  nonce: undefined,
  balance: undefined,
  code: undefined,
  state: undefined,
  stateDiff: undefined,
  movePrecompileToAddress: undefined,
};

export type StateOverrides = ReadonlyMap<Hex, AccountOverride>;

/** What they may pretend about the block. */
export type BlockOverrides = {
  readonly number: bigint | undefined;
  readonly difficulty: bigint | undefined;
  readonly time: bigint | undefined;
  readonly gasLimit: bigint | undefined;
  readonly feeRecipient: Hex | undefined;
  readonly prevRandao: Hex | undefined;
  readonly baseFeePerGas: bigint | undefined;
  readonly blobBaseFee: bigint | undefined;
  readonly beaconRoot: Hex | undefined;
  readonly withdrawals: readonly Withdrawal[] | undefined;
};

const slots = dictionary(slot, slot);

export const stateOverrides: Validator<StateOverrides> = dictionary(
  address,
  object(
    {
      nonce: optional(uint64),
      balance: optional(uint256),
      code: optional(bytes),
      state: optional(slots),
      stateDiff: optional(slots),
      movePrecompileToAddress: optional(address),
    },
    { unknownKeys: 'ignore' },
  ),
);

const withdrawal: Validator<Withdrawal> = object(
  { index: uint64, validatorIndex: uint64, address, amount: uint64 },
  { unknownKeys: 'ignore' },
);

export const withdrawals: Validator<readonly Withdrawal[]> = array(withdrawal, 65_536);

const blockOverridesShape = object(
  {
    number: optional(uint64),
    difficulty: optional(uint256),
    time: optional(uint64),
    gasLimit: optional(uint64),
    feeRecipient: optional(address),
    coinbase: optional(address),
    prevRandao: optional(slot),
    random: optional(hash),
    baseFeePerGas: optional(uint256),
    baseFee: optional(uint256),
    blobBaseFee: optional(uint256),
    beaconRoot: optional(hash),
    withdrawals: optional(withdrawals),
  },
  { unknownKeys: 'ignore' },
);

/** Block overrides under the names of execution-apis and those older clients send. */
export const blockOverrides: Validator<BlockOverrides> = (value) => {
  const { coinbase, random, baseFee, ...rest } = blockOverridesShape(value);
  return {
    ...rest,
    feeRecipient: rest.feeRecipient ?? coinbase,
    prevRandao: rest.prevRandao ?? random,
    baseFeePerGas: rest.baseFeePerGas ?? baseFee,
  };
};

/**
 * A place to run a call where the overrides are true.
 *
 * @throws `RpcError` when they contradict themselves
 */
export function overrideExecution(
  execution: Execution,
  state: StateOverrides | undefined,
  block: BlockOverrides | undefined,
): Execution {
  const isPrecompile = isPrecompileOf(execution.evm.rules.fork);
  if (state !== undefined) checkOverrides(state, isPrecompile);
  return {
    ...execution,
    block: block === undefined ? execution.block : overrideBlock(execution.block, block),
    view: state === undefined ? execution.view : overrideState(execution.view, state),
    precompiles: state && precompileMoves(state, isPrecompile),
  };
}

/** The environment with the overridden fields in place of its own. */
export function overrideBlock(block: BlockEnvironment, overrides: BlockOverrides): BlockEnvironment {
  return {
    ...block,
    number: overrides.number ?? block.number,
    timestamp: overrides.time ?? block.timestamp,
    gasLimit: overrides.gasLimit ?? block.gasLimit,
    coinbase: overrides.feeRecipient ?? block.coinbase,
    difficulty: overrides.difficulty ?? block.difficulty,
    prevRandao: overrides.prevRandao ?? block.prevRandao,
    baseFee: overrides.baseFeePerGas ?? block.baseFee,
    blobBaseFee: overrides.blobBaseFee ?? block.blobBaseFee,
  };
}

/**
 * Refuses overrides that contradict themselves.
 *
 * @throws `RpcError` in geth's words
 */
export function checkOverrides(overrides: StateOverrides, isPrecompile: (address: Hex) => boolean): void {
  for (const [account, { state, stateDiff, movePrecompileToAddress: target }] of overrides) {
    if (state !== undefined && stateDiff !== undefined) {
      throw serverError(`account ${checksumAddress(account)} has both 'state' and 'stateDiff'`);
    }
    if (target === undefined) continue;
    if (!isPrecompile(account)) throw serverError(`account ${checksumAddress(account)} is not a precompile`);
    if (overrides.has(target)) throw serverError(`account ${checksumAddress(target)} is already overridden`);
  }
}

const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`;

/** A view of `base` in which the overrides are true. Nothing is written anywhere. */
export function overrideState(base: StateView, overrides: StateOverrides): StateView {
  if (overrides.size === 0) return base;
  const accounts = new Map<Hex, Account>();
  const codes = new Map<Hex, Bytes>();
  for (const [account, { nonce, balance, code }] of overrides) {
    if (nonce === undefined && balance === undefined && code === undefined) continue;
    const old = base.account(account) ?? EMPTY_ACCOUNT;
    let { codeHash } = old;
    if (code !== undefined) {
      codeHash = bytesToHex(keccak256(code));
      codes.set(codeHash, code);
    }
    accounts.set(account, { nonce: nonce ?? old.nonce, balance: balance ?? old.balance, codeHash });
  }
  return {
    account: (account) => accounts.get(account) ?? base.account(account),
    storage: (account, key) => {
      const override = overrides.get(account);
      const value = override?.state?.get(key) ?? override?.stateDiff?.get(key);
      if (value !== undefined) return value === ZERO_WORD ? undefined : value;
      return override?.state === undefined ? base.storage(account, key) : undefined;
    },
    hasStorage: (account) => {
      const override = overrides.get(account);
      if (override?.state !== undefined) return hasValue(override.state);
      return base.hasStorage(account) || (override?.stateDiff !== undefined && hasValue(override.stateDiff));
    },
    code: (codeHash) => codes.get(codeHash) ?? base.code(codeHash),
    blockHash: base.blockHash,
  };
}

function hasValue(storage: ReadonlyMap<Hex, Hex>): boolean {
  for (const value of storage.values()) if (value !== ZERO_WORD) return true;
  return false;
}

const NO_STORAGE: ReadonlyMap<Hex, Hex> = new Map();

/** The overrides as changes of the state `view` shows. */
export function overrideChanges(view: StateView, overrides: StateOverrides): StateChanges {
  const accounts = new Map<Hex, AccountChange>();
  const codes = new Map<Hex, Bytes>();
  for (const [address, { nonce, balance, code, state, stateDiff }] of overrides) {
    const old = view.account(address) ?? EMPTY_ACCOUNT;
    let { codeHash } = old;
    if (code !== undefined) {
      codeHash = bytesToHex(keccak256(code));
      codes.set(codeHash, code);
    }
    const account = { nonce: nonce ?? old.nonce, balance: balance ?? old.balance, codeHash };
    const storage = state ?? stateDiff ?? NO_STORAGE;
    const isEmpty = account.nonce === 0n && account.balance === 0n && codeHash === EMPTY_CODE_HASH;
    // An empty account is none (EIP-161), but one that is given storage waits for its code.
    const isNone = isEmpty && !hasValue(storage) && (state !== undefined || !view.hasStorage(address));
    accounts.set(address, {
      account: isNone ? undefined : account,
      storageCleared: state !== undefined,
      storage: isNone ? NO_STORAGE : storage,
    });
  }
  return { accounts, codes };
}

/**
 * Precompiled contracts that moved: address -> the one that runs there, `undefined` where none does
 * any more because the account was overridden.
 */
export function precompileMoves(
  overrides: StateOverrides,
  isPrecompile: (address: Hex) => boolean,
): ReadonlyMap<Hex, Hex | undefined> | undefined {
  const moves = new Map<Hex, Hex | undefined>();
  for (const [address, { movePrecompileToAddress: target }] of overrides) {
    if (!isPrecompile(address)) continue;
    if (target !== undefined) moves.set(target, address);
    if (!moves.has(address)) moves.set(address, undefined);
  }
  return moves.size === 0 ? undefined : moves;
}
