import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { BYTES_PER_UNIT } from '../../spec/costs.ts';
import { describeError, type InstructionError } from '../../spec/instruction-errors.ts';
import { INPUT_START } from '../../spec/versions.ts';
import {
  type AccountMeta,
  BYTE,
  type Call,
  consume,
  KEY,
  readBytes,
  type Shape,
  SLICE,
  translate,
  translateSlice,
  U64,
} from '../call.ts';
import type { CalledInstruction } from '../resolve-call.ts';
import {
  type AccountAddresses,
  type InputLayout,
  MAX_ACCOUNTS_PER_INSTRUCTION,
  reservedBytes,
} from '../serialize.ts';

/** Bytes that the data of a called instruction may have. */
export const MAX_CALLED_DATA_BYTES = 10_240;

const META_CHARGE_BYTES = 34;

/** The caller's view of an account: where its parts are in memory. */
export type CallerAccount = {
  readonly lamports: number;
  readonly owner: number;
  readonly dataAddress: bigint;
  /** Where the length in the program's own structure is. */
  readonly length: number;
};

/** One of the two forms in which programs describe calls. */
export type Abi = {
  readonly readInstruction: (call: Call, address: bigint) => CalledInstruction;
  /** Bytes of an account structure, which begins with the address of the key. */
  readonly infoBytes: number;
  readonly readAccount: (call: Call, at: number, address: bigint, expected: ExpectedAccount) => CallerAccount;
};

/** Where an account is in the caller's input. */
export type ExpectedAccount = {
  readonly addresses: AccountAddresses;
  readonly layout: InputLayout;
  /** Whether structures have to point there. */
  readonly isRestricted: boolean;
};

/** An instruction's error, as a syscall passes it through. */
export const passedError = (error: InstructionError): Error => syscallFault(describeError(error), error);

/** The u64 at a place in memory. */
export const u64 = (call: Call, at: number): bigint => call.run.memory.view().getBigUint64(at, true);

const BYTES_PER_UNIT_WIDE = BigInt(BYTES_PER_UNIT);

/** Charges the work on so many bytes. */
export function chargeBytes(call: Call, bytes: bigint): void {
  consume(call, bytes / BYTES_PER_UNIT_WIDE);
}

/** Whether tables of accounts are charged for (SIMD-0339). */
export const chargesForTables = (call: Call): boolean =>
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

/**
 * Requires what a structure says of an account's data to be there, and writable unless they are a region
 * of their own, whose rights are the program's and not the runtime's.
 */
function requireData(
  call: Call,
  { addresses, layout, isRestricted }: ExpectedAccount,
  address: bigint,
  length: bigint,
): void {
  if (isRestricted && length > BigInt(reservedBytes(layout, addresses.originalLength)))
    throw passedError('InvalidRealloc');
  if (!layout.splitsRegions) translateSlice(call, address, length, BYTE, true);
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
  if (byte > 1) throw passedError('InvalidArgument');
  return byte === 1;
}

/** A length in a program's own structure, which may stand anywhere. */
const LENGTH: Shape = { size: 8, align: 1 };
const C_INSTRUCTION: Shape = { size: 40, align: 8 };
const C_META: Shape = SLICE;
const C_INFO_BYTES = 56;

export const C_ABI: Abi = {
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
  readAccount(call, at, address, expected) {
    const { addresses, isRestricted } = expected;
    const lamports = u64(call, at + 8);
    const length = u64(call, at + 16);
    const data = u64(call, at + 24);
    const owner = u64(call, at + 32);
    if (isRestricted) {
      requirePointer(call, u64(call, at), addresses.key, 'key');
      requirePointer(call, owner, addresses.owner, 'owner');
      requirePointer(call, lamports, addresses.lamports, 'lamports');
      requirePointer(call, data, addresses.data, 'data');
    }
    const lamportsAt = translate(call, lamports, U64, true);
    const ownerAt = translate(call, owner, KEY, true);
    if (!isRestricted) chargeBytes(call, length);
    const lengthAt = translate(call, address + 16n, LENGTH, true);
    requireData(call, expected, data, length);
    if (isRestricted) chargeBytes(call, length);
    return { lamports: lamportsAt, owner: ownerAt, dataAddress: data, length: lengthAt };
  },
};

const RUST_INSTRUCTION: Shape = { size: 80, align: 8 };
const RUST_META: Shape = { size: 34, align: 1 };
const RUST_INFO_BYTES = 48;
/** Strong and weak counts come before what an `Rc` points at; a `RefCell` has its borrow flag there. */
const RC_VALUE = 24n;

export const RUST_ABI: Abi = {
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
  readAccount(call, at, _address, expected) {
    const { addresses, isRestricted } = expected;
    const lamportsCell = u64(call, at + 8) + RC_VALUE;
    const dataCell = u64(call, at + 16) + RC_VALUE;
    const owner = u64(call, at + 24);
    if (isRestricted) {
      requirePointer(call, u64(call, at), addresses.key, 'key');
      requirePointer(call, owner, addresses.owner, 'owner');
    }
    const lamports = u64(call, translate(call, lamportsCell, U64));
    if (isRestricted) {
      requireOutsideInput(lamportsCell);
      requirePointer(call, lamports, addresses.lamports, 'lamports');
    }
    const lamportsAt = translate(call, lamports, U64, true);
    const ownerAt = translate(call, owner, KEY, true);
    if (isRestricted) requireOutsideInput(dataCell);
    const sliceAt = translate(call, dataCell, SLICE);
    const data = u64(call, sliceAt);
    const length = u64(call, sliceAt + 8);
    if (isRestricted) {
      requirePointer(call, data, addresses.data, 'data');
      requireOutsideInput(dataCell + 8n);
    } else chargeBytes(call, length);
    const lengthAt = translate(call, dataCell + 8n, LENGTH, true);
    requireData(call, expected, data, length);
    if (isRestricted) chargeBytes(call, length);
    return { lamports: lamportsAt, owner: ownerAt, dataAddress: data, length: lengthAt };
  },
};
