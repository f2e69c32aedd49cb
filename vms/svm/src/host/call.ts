import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../engine/faults.ts';
import type { Run } from '../engine/machine.ts';
import type { FeatureSet } from '../spec/features.ts';
import type { Log } from './log.ts';

/** An instruction that was executed or is being executed, as programs can ask for it. */
export type ProcessedInstruction = {
  /** 1 for an instruction of the transaction. */
  readonly stackHeight: number;
  readonly program: Bytes;
  readonly data: Bytes;
  readonly accounts: readonly AccountMeta[];
};

export type AccountMeta = { readonly key: Bytes; readonly isSigner: boolean; readonly isWritable: boolean };

/** What lies outside of the transaction. */
export type Environment = {
  readonly features: FeatureSet;
  /** Data of the sysvar accounts by address, base58. */
  readonly sysvars: ReadonlyMap<string, Bytes>;
  /** Active stake of the epoch: of one vote account, or in all. */
  readonly epochStake: (vote?: Bytes) => bigint;
  /** The latest blockhash, which nonce accounts are advanced to; none at genesis. */
  readonly blockhash?: Bytes | undefined;
  readonly lamportsPerSignature?: bigint | undefined;
};

/** What the instructions of a transaction share. */
export type TransactionState = {
  readonly environment: Environment;
  readonly log: Log;
  returnData: { readonly program: Bytes; readonly data: Bytes };
  /** Every instruction so far, in the order of their begin. */
  readonly trace: ProcessedInstruction[];
};

/** One program's execution, as its syscalls see it. */
export type Call = {
  readonly run: Run;
  readonly transaction: TransactionState;
  readonly program: Bytes;
  readonly stackHeight: number;
  /** Pointers of typed data have to be aligned: for all programs but those of the first loader. */
  readonly checksAlignment: boolean;
  readonly heapBytes: number;
  /** Bytes of heap that `sol_alloc_free_` has given away. */
  heapUsed: number;
};

/** A syscall: five arguments, the value for r0. Ends the program by throwing a `SyscallFault`. */
export type Syscall = (call: Call, r1: bigint, r2: bigint, r3: bigint, r4: bigint, r5: bigint) => bigint;

export const BUDGET_EXCEEDED = 'ComputationalBudgetExceeded';

/** Charges `units`; on less, takes what is left and ends the program. */
export function consume(call: Call, units: number | bigint): void {
  const left = call.run.remaining();
  if (units > left) {
    call.run.setRemaining(0);
    throw syscallFault('Computational budget exceeded', BUDGET_EXCEEDED);
  }
  call.run.setRemaining(left - Number(units));
}

/** The larger one. */
export const max = (a: bigint, b: number): bigint => (a > BigInt(b) ? a : BigInt(b));

const I64_LIMIT = 2n ** 63n;

/** Size and alignment of what is behind a pointer. */
export type Shape = { readonly size: number; readonly align: number };

export const BYTE: Shape = { size: 1, align: 1 };
export const KEY: Shape = { size: 32, align: 1 };
export const U64: Shape = { size: 8, align: 8 };
/** Address and length of a slice. */
export const SLICE: Shape = { size: 16, align: 8 };

/** Where one `shape` at `address` is in memory. */
export function translate(call: Call, address: bigint, shape: Shape, isWrite: boolean = false): number {
  const host = call.run.memory.map(address, BigInt(shape.size), isWrite);
  requireAligned(call, address, shape);
  return host;
}

/** Where `count` of `shape` at `address` are in memory; anywhere when there are none. */
export function translateSlice(
  call: Call,
  address: bigint,
  count: bigint,
  shape: Shape,
  isWrite: boolean = false,
): number {
  if (count === 0n) return 0;
  const total = count * BigInt(shape.size);
  if (total >= I64_LIMIT) throw syscallFault('InvalidLength');
  const host = call.run.memory.map(address, total, isWrite);
  requireAligned(call, address, shape);
  return host;
}

function requireAligned(call: Call, address: bigint, { align }: Shape): void {
  if (call.checksAlignment && address % BigInt(align) !== 0n) throw syscallFault('Unaligned pointer');
}

/** A copy of `length` readable bytes. */
export function readBytes(call: Call, address: bigint, length: bigint): Bytes {
  const host = translateSlice(call, address, length, BYTE);
  return call.run.memory.bytes().slice(host, host + Number(length));
}

/** An address and a length. */
export type VmSlice = { readonly address: bigint; readonly length: bigint };

/** A table of slices. */
export function readSlices(call: Call, address: bigint, count: bigint): readonly VmSlice[] {
  const host = translateSlice(call, address, count, SLICE);
  const view = call.run.memory.view();
  return Array.from({ length: Number(count) }, (_, i) => ({
    address: view.getBigUint64(host + 16 * i, true),
    length: view.getBigUint64(host + 16 * i + 8, true),
  }));
}

/** Writes `bytes` to where `translate` said. */
export function writeAt(call: Call, host: number, bytes: Bytes): void {
  call.run.memory.bytes().set(bytes, host);
}

type HostRange = { readonly host: number; readonly length: number };

/** @throws `SyscallFault` when two outputs share bytes. */
export function requireApart(...ranges: readonly HostRange[]): void {
  for (const [i, a] of ranges.entries()) {
    for (const b of ranges.slice(i + 1)) {
      const apart = a.host > b.host ? a.host - b.host >= b.length : b.host - a.host >= a.length;
      if (!apart) throw syscallFault('Overlapping copy');
    }
  }
}
