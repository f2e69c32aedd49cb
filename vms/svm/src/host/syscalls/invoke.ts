import { type Bytes, equalBytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { PROGRAM } from '../../spec/addresses.ts';
import { BYTES_PER_UNIT, INVOKE } from '../../spec/costs.ts';
import { describeError, type InstructionError } from '../../spec/instruction-errors.ts';
import { INPUT_START } from '../../spec/versions.ts';
import type { BorrowedAccount, InstructionAccount } from '../accounts.ts';
import { toBase58 } from '../base58.ts';
import {
  type AccountMeta,
  BYTE,
  type Call,
  consume,
  KEY,
  readBytes,
  readSlices,
  type Shape,
  SLICE,
  type Syscall,
  translate,
  translateSlice,
  U64,
} from '../call.ts';
import { InstructionFailure } from '../failure.ts';
import { type CalledInstruction, resolveCall } from '../resolve-call.ts';
import { firstPosition, type InstructionContext, type Invoker } from '../invoke.ts';
import { createProgramAddress, MAX_SEED_BYTES, MAX_SEEDS } from '../program-address.ts';
import {
  type AccountAddresses,
  MAX_ACCOUNTS_PER_INSTRUCTION,
  MAX_PERMITTED_DATA_INCREASE,
} from '../serialize.ts';

/** Bytes that the data of a called instruction may have. */
export const MAX_CALLED_DATA_BYTES = 10_240;
/** Account structures that a call may pass (SIMD-0339). */
export const MAX_ACCOUNT_INFOS = 255;
export const MAX_SIGNERS = 16;

/** What an account structure is charged as, whatever its form. */
const INFO_CHARGE_BYTES = 80;
const META_CHARGE_BYTES = 34;

/** The caller's view of an account: where its parts are in memory. */
type CallerAccount = {
  readonly lamports: number;
  readonly owner: number;
  readonly dataAddress: bigint;
  /** Where the length in the program's own structure is. */
  readonly length: number;
};

/** One of the two forms in which programs describe calls. */
type Abi = {
  readonly readInstruction: (call: Call, address: bigint) => CalledInstruction;
  /** Bytes of an account structure, which begins with the address of the key. */
  readonly infoBytes: number;
  readonly readAccount: (
    call: Call,
    at: number,
    address: bigint,
    expected: AccountAddresses,
    isRestricted: boolean,
  ) => CallerAccount;
};

const fail = (error: InstructionError): Error => syscallFault(describeError(error), error);

const u64 = (call: Call, at: number): bigint => call.run.memory.view().getBigUint64(at, true);

const BYTES_PER_UNIT_WIDE = BigInt(BYTES_PER_UNIT);

function chargeBytes(call: Call, bytes: bigint): void {
  consume(call, bytes / BYTES_PER_UNIT_WIDE);
}

const restrictsAddresses = (call: Call): boolean =>
  call.transaction.environment.features.has('syscall_parameter_address_restrictions');

const chargesForTables = (call: Call): boolean =>
  call.transaction.environment.features.has('increase_cpi_account_info_limit');

/** @throws `SyscallFault` when a structure does not point at the account's place in the input */
function requirePointer(call: Call, got: bigint, expected: bigint, field: string): void {
  if (got === expected) return;
  const [a, b] = [got, expected].map((address) => `0x${address.toString(16)}`);
  call.transaction.log.write(`Invalid account info pointer \`${field}': ${a} != ${b}`);
  throw syscallFault('Invalid pointer');
}

function requireOutsideInput(address: bigint): void {
  if (address >= INPUT_START) throw syscallFault('Invalid pointer');
}

function readKey(call: Call, address: bigint): Bytes {
  const at = translate(call, address, KEY);
  return call.run.memory.bytes().slice(at, at + KEY.size);
}

function checkSize(call: Call, accounts: bigint, data: bigint): void {
  if (accounts > BigInt(MAX_ACCOUNTS_PER_INSTRUCTION)) {
    throw syscallFault(
      `Invoked an instruction with too many accounts (${accounts} > ${MAX_ACCOUNTS_PER_INSTRUCTION})`,
    );
  }
  if (data > BigInt(MAX_CALLED_DATA_BYTES)) {
    throw syscallFault(
      `Invoked an instruction with data that is too large (${data} > ${MAX_CALLED_DATA_BYTES})`,
    );
  }
  if (chargesForTables(call)) chargeBytes(call, accounts * BigInt(META_CHARGE_BYTES));
  chargeBytes(call, data);
}

/** @throws `SyscallFault` for a byte that is neither 0 nor 1 */
function readFlag(call: Call, at: number): boolean {
  const byte = call.run.memory.bytes()[at] as number;
  if (byte > 1) throw fail('InvalidArgument');
  return byte === 1;
}

/** A length in a program's own structure, which may stand anywhere. */
const LENGTH: Shape = { size: 8, align: 1 };
const C_INSTRUCTION: Shape = { size: 40, align: 8 };
const C_META: Shape = SLICE;
const C_INFO_BYTES = 56;

const C_ABI: Abi = {
  infoBytes: C_INFO_BYTES,
  readInstruction(call, address) {
    const at = translate(call, address, C_INSTRUCTION);
    const program = readKey(call, u64(call, at));
    const metas = u64(call, at + 8);
    const count = u64(call, at + 16);
    const dataAddress = u64(call, at + 24);
    const dataLength = u64(call, at + 32);
    const metasAt = translateSlice(call, metas, count, C_META);
    const data = readBytes(call, dataAddress, dataLength);
    checkSize(call, count, dataLength);
    const accounts: AccountMeta[] = [];
    for (let i = 0; i < Number(count); i++) {
      const meta = metasAt + C_META.size * i;
      const isWritable = readFlag(call, meta + 8);
      const isSigner = readFlag(call, meta + 9);
      accounts.push({ key: readKey(call, u64(call, meta)), isSigner, isWritable });
    }
    return { program, accounts, data };
  },
  readAccount(call, at, address, expected, isRestricted) {
    const lamports = u64(call, at + 8);
    const length = u64(call, at + 16);
    const data = u64(call, at + 24);
    const owner = u64(call, at + 32);
    if (isRestricted) {
      requirePointer(call, u64(call, at), expected.key, 'key');
      requirePointer(call, owner, expected.owner, 'owner');
      requirePointer(call, lamports, expected.lamports, 'lamports');
      requirePointer(call, data, expected.data, 'data');
    }
    const lamportsAt = translate(call, lamports, U64, true);
    const ownerAt = translate(call, owner, KEY, true);
    chargeBytes(call, length);
    translateSlice(call, data, length, BYTE, true);
    const lengthAt = translate(call, address + 16n, LENGTH, true);
    return { lamports: lamportsAt, owner: ownerAt, dataAddress: data, length: lengthAt };
  },
};

const RUST_INSTRUCTION: Shape = { size: 80, align: 8 };
const RUST_META: Shape = { size: 34, align: 1 };
const RUST_INFO_BYTES = 48;
/** Strong and weak counts come before what an `Rc` points at; a `RefCell` has its borrow flag there. */
const RC_VALUE = 24n;

const RUST_ABI: Abi = {
  infoBytes: RUST_INFO_BYTES,
  readInstruction(call, address) {
    const at = translate(call, address, RUST_INSTRUCTION);
    // Vectors are pointer, capacity, length.
    const metas = u64(call, at);
    const count = u64(call, at + 16);
    const dataAddress = u64(call, at + 24);
    const dataLength = u64(call, at + 40);
    const program = call.run.memory.bytes().slice(at + 48, at + 80);
    const metasAt = translateSlice(call, metas, count, RUST_META);
    const data = readBytes(call, dataAddress, dataLength);
    checkSize(call, count, dataLength);
    const accounts: AccountMeta[] = [];
    for (let i = 0; i < Number(count); i++) {
      const meta = metasAt + RUST_META.size * i;
      const isSigner = readFlag(call, meta + 32);
      const isWritable = readFlag(call, meta + 33);
      accounts.push({ key: call.run.memory.bytes().slice(meta, meta + 32), isSigner, isWritable });
    }
    return { program, accounts, data };
  },
  readAccount(call, at, _address, expected, isRestricted) {
    const lamportsCell = u64(call, at + 8) + RC_VALUE;
    const dataCell = u64(call, at + 16) + RC_VALUE;
    const owner = u64(call, at + 24);
    if (isRestricted) {
      requirePointer(call, u64(call, at), expected.key, 'key');
      requirePointer(call, owner, expected.owner, 'owner');
    }
    const lamports = u64(call, translate(call, lamportsCell, U64));
    if (isRestricted) {
      requireOutsideInput(lamportsCell);
      requirePointer(call, lamports, expected.lamports, 'lamports');
    }
    const lamportsAt = translate(call, lamports, U64, true);
    const ownerAt = translate(call, owner, KEY, true);
    if (isRestricted) requireOutsideInput(dataCell);
    const sliceAt = translate(call, dataCell, SLICE);
    const data = u64(call, sliceAt);
    const length = u64(call, sliceAt + 8);
    if (isRestricted) requirePointer(call, data, expected.data, 'data');
    chargeBytes(call, length);
    if (isRestricted) requireOutsideInput(dataCell + 8n);
    const lengthAt = translate(call, dataCell + 8n, LENGTH, true);
    translateSlice(call, data, length, BYTE, true);
    return { lamports: lamportsAt, owner: ownerAt, dataAddress: data, length: lengthAt };
  },
};

/** Addresses that the caller signs for: one for each list of seeds. */
function readSigners(call: Call, address: bigint, count: bigint): readonly Bytes[] {
  if (count === 0n) return [];
  if (count > BigInt(MAX_SIGNERS)) {
    translateSlice(call, address, count, SLICE);
    throw syscallFault('Too many signers');
  }
  return readSlices(call, address, count).map((list) => {
    if (list.length > BigInt(MAX_SEEDS)) {
      translateSlice(call, list.address, list.length, SLICE);
      throw fail('MaxSeedLengthExceeded');
    }
    const seeds = readSlices(call, list.address, list.length).map((seed) =>
      readBytes(call, seed.address, seed.length),
    );
    const signer = createProgramAddress(seeds, call.program);
    if (signer !== undefined) return signer;
    const reason = seeds.some(({ length }) => length > MAX_SEED_BYTES)
      ? 'Length of the seed is too long for address generation'
      : 'Provided seeds do not result in a valid address';
    throw syscallFault(`Could not create program address with signer seeds: ${reason}`);
  });
}

const NEVER_CALLED: readonly string[] = [
  PROGRAM.nativeLoader,
  PROGRAM.loaderV1,
  PROGRAM.loaderV2,
  PROGRAM.ed25519,
  PROGRAM.secp256k1,
  PROGRAM.secp256r1,
];

/** Instructions of the upgradeable loader that programs may call: upgrade, set authority, close. */
const CALLABLE_LOADER_TAGS: readonly number[] = [3, 4, 5, 7];

function requireCallable({ program, data }: CalledInstruction): void {
  const name = toBase58(program);
  const isManaged = name === PROGRAM.loaderV3 && !CALLABLE_LOADER_TAGS.includes(data[0] ?? -1);
  if (NEVER_CALLED.includes(name) || isManaged)
    throw syscallFault(`Program ${name} not supported by inner instructions`);
}

/** An account that both sides see: the caller's memory and the transaction's state. */
type Shared = {
  readonly account: BorrowedAccount;
  readonly caller: CallerAccount;
  readonly originalLength: number;
  readonly isWritable: boolean;
};

function readAccounts(
  call: Call,
  context: InstructionContext,
  accounts: readonly InstructionAccount[],
  abi: Abi,
  infos: bigint,
  count: bigint,
): readonly Shared[] {
  const isRestricted = restrictsAddresses(call);
  if (isRestricted && infos + count * BigInt(abi.infoBytes) >= INPUT_START)
    throw syscallFault('Invalid pointer');
  const at = translateSlice(call, infos, count, { size: abi.infoBytes, align: 8 });
  if (count > BigInt(MAX_ACCOUNT_INFOS)) {
    throw syscallFault(
      `Invoked an instruction with too many account info's (${count} > ${MAX_ACCOUNT_INFOS})`,
    );
  }
  if (chargesForTables(call)) chargeBytes(call, count * BigInt(INFO_CHARGE_BYTES));
  // Every structure's key has to be readable, also of those that are not needed.
  const keys: number[] = [];
  for (let i = 0; i < Number(count); i++) keys.push(translate(call, u64(call, at + i * abi.infoBytes), KEY));
  const shared: Shared[] = [];
  for (let i = 0; i < accounts.length; i++) {
    const { index, isWritable } = accounts[i] as InstructionAccount;
    if (firstPosition(accounts, index) < i) continue;
    const position = firstPosition(context.instruction.accounts, index);
    const account = context.account(position);
    const { key, data, isExecutable } = account.state;
    if (isExecutable) {
      chargeBytes(call, BigInt(data.length));
      continue;
    }
    const info = keys.findIndex((host) => isKeyAt(call, host, key));
    const addresses = context.input?.accounts[position];
    if (info < 0 || addresses === undefined) {
      call.transaction.log.write(`Instruction references an unknown account ${toBase58(key)}`);
      throw fail('MissingAccount');
    }
    const offset = info * abi.infoBytes;
    const caller = abi.readAccount(call, at + offset, infos + BigInt(offset), addresses, isRestricted);
    shared.push({ account, caller, originalLength: addresses.originalLength, isWritable });
  }
  return shared;
}

/** Whether `key` stands at `host` in memory. */
function isKeyAt(call: Call, host: number, key: Bytes): boolean {
  const bytes = call.run.memory.bytes();
  for (let i = 0; i < KEY.size; i++) if (bytes[host + i] !== key[i]) return false;
  return true;
}

/** Makes what the caller has changed so far visible to the program it calls. */
function handOver(call: Call, { account, caller }: Shared): void {
  const lamports = u64(call, caller.lamports);
  if (account.state.lamports !== lamports) account.setLamports(lamports);
  const length = u64(call, caller.length);
  const at = translateSlice(call, caller.dataAddress, length, BYTE);
  account.updateData(call.run.memory.bytes().subarray(at, at + Number(length)));
  const owner = call.run.memory.bytes().slice(caller.owner, caller.owner + 32);
  if (!equalBytes(owner, account.state.owner)) account.setOwner(owner);
}

/** Writes what the called program left into the caller's memory. */
function writeBack(call: Call, { account, caller, originalLength }: Shared): void {
  const { lamports, owner, data } = account.state;
  const view = call.run.memory.view();
  view.setBigUint64(caller.lamports, lamports, true);
  call.run.memory.bytes().set(owner, caller.owner);
  const before = Number(u64(call, caller.length));
  if (data.length !== before) {
    if (data.length > originalLength + MAX_PERMITTED_DATA_INCREASE) {
      call.transaction.log.write(
        `Account data size realloc limited to ${MAX_PERMITTED_DATA_INCREASE} in inner instructions`,
      );
      throw fail('InvalidRealloc');
    }
    if (data.length < before) {
      const at = translateSlice(call, caller.dataAddress, BigInt(before), BYTE, true);
      call.run.memory.bytes().fill(0, at + data.length, at + before);
    }
    view.setBigUint64(caller.length, BigInt(data.length), true);
    const serializedLength = translate(call, caller.dataAddress - 8n, U64, true);
    view.setBigUint64(serializedLength, BigInt(data.length), true);
  }
  const at = translateSlice(call, caller.dataAddress, BigInt(data.length), BYTE, true);
  call.run.memory.bytes().set(data, at);
}

/** Runs `action`; failures of the called instruction become the caller's. */
function passing<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof InstructionFailure) throw syscallFault(error.message, error.error);
    throw error;
  }
}

function invokeSyscall(current: () => Invoker, abi: Abi): Syscall {
  return (call, instructionAddress, infos, infoCount, seeds, seedCount) => {
    const invoker = current();
    consume(call, INVOKE);
    const context = invoker.stack.at(-1) as InstructionContext;
    const called = abi.readInstruction(call, instructionAddress);
    const signers = readSigners(call, seeds, seedCount);
    requireCallable(called);
    const { program, accounts } = passing(() => resolveCall(context, called, signers));
    const shared = readAccounts(call, context, accounts, abi, infos, infoCount);
    passing(() => {
      for (const entry of shared) handOver(call, entry);
      invoker.units = call.run.remaining();
      try {
        invoker.process({ program, accounts, data: called.data });
      } finally {
        call.run.setRemaining(invoker.units);
      }
    });
    for (const entry of shared) if (entry.isWritable) writeBack(call, entry);
    return 0n;
  };
}

/** The two syscalls that call programs, for the transaction of the `current` invoker. */
export function invokeSyscalls(current: () => Invoker): Readonly<Record<string, Syscall>> {
  return {
    sol_invoke_signed_c: invokeSyscall(current, C_ABI),
    sol_invoke_signed_rust: invokeSyscall(current, RUST_ABI),
  };
}
