import type { Bytes } from '@ninefold/base';
import { syscallFault } from '../../engine/faults.ts';
import { SYSVAR } from '../../spec/addresses.ts';
import { BYTES_PER_UNIT, MEM_OP_BASE, SYSCALL_BASE, SYSVAR_BASE } from '../../spec/costs.ts';
import { INPUT_START } from '../../spec/versions.ts';
import { toBase58 } from '../base58.ts';
import {
  BYTE,
  type Call,
  consume,
  KEY,
  max,
  type Shape,
  type Syscall,
  translate,
  translateSlice,
  writeAt,
} from '../call.ts';

const RESTRICTIONS = 'syscall_parameter_address_restrictions';
const U64_LIMIT = 2n ** 64n;

/** Outputs of these syscalls may not be in the input (SIMD-0459). */
function requireOutsideInput(call: Call, address: bigint): void {
  if (address >= INPUT_START && call.transaction.environment.features.has(RESTRICTIONS))
    throw syscallFault('Invalid pointer');
}

/** A sysvar as the structure that programs expect: the account's data, with padding where C puts it. */
type Layout = Shape & { readonly padAfter?: { readonly at: number; readonly bytes: number } };

function getSysvar(id: string, layout: Layout): Syscall {
  return (call, out) => {
    consume(call, SYSVAR_BASE + layout.size);
    if (!call.checksAlignment) throw syscallFault('Unaligned pointer');
    requireOutsideInput(call, out);
    const host = translate(call, out, layout, true);
    const data = call.transaction.environment.sysvars.get(id);
    if (data === undefined) throw syscallFault('Unsupported sysvar', 'UnsupportedSysvar');
    writeAt(call, host, toStructure(data, layout));
    return 0n;
  };
}

function toStructure(data: Bytes, { size, padAfter }: Layout): Bytes {
  const structure = new Uint8Array(size);
  const split = padAfter?.at ?? size;
  structure.set(data.subarray(0, Math.min(split, size)));
  if (padAfter !== undefined) {
    const rest = size - split - padAfter.bytes;
    structure.set(data.subarray(split, split + rest), split + padAfter.bytes);
  }
  return structure;
}

export const getClock: Syscall = getSysvar(SYSVAR.clock, { size: 40, align: 8 });
export const getRent: Syscall = getSysvar(SYSVAR.rent, { size: 24, align: 8 });
export const getEpochSchedule: Syscall = getSysvar(SYSVAR.epochSchedule, {
  size: 40,
  align: 8,
  padAfter: { at: 17, bytes: 7 },
});
export const getEpochRewards: Syscall = getSysvar(SYSVAR.epochRewards, { size: 96, align: 16 });
export const getLastRestartSlot: Syscall = getSysvar(SYSVAR.lastRestartSlot, { size: 8, align: 8 });
export const getFees: Syscall = getSysvar(SYSVAR.fees, { size: 8, align: 8 });

/** Sysvars that programs may read in parts. */
const READABLE: readonly string[] = [
  SYSVAR.clock,
  SYSVAR.epochSchedule,
  SYSVAR.epochRewards,
  SYSVAR.rent,
  SYSVAR.slotHashes,
  SYSVAR.stakeHistory,
  SYSVAR.lastRestartSlot,
];

const OUT_OF_RANGE = 1n;
const UNKNOWN_SYSVAR = 2n;

export const getSysvarPart: Syscall = (call, id, out, offset, length) => {
  consume(call, BigInt(SYSVAR_BASE) + max(length / BigInt(BYTES_PER_UNIT), MEM_OP_BASE));
  requireOutsideInput(call, out);
  const target = translateSlice(call, out, length, BYTE, true);
  const host = translate(call, id, KEY);
  const address = toBase58(call.run.memory.bytes().slice(host, host + KEY.size));
  if (offset + length >= U64_LIMIT || out + length >= U64_LIMIT)
    throw syscallFault('Program arithmetic overflowed', 'ArithmeticOverflow');
  const data = READABLE.includes(address) ? call.transaction.environment.sysvars.get(address) : undefined;
  if (data === undefined) return UNKNOWN_SYSVAR;
  if (offset + length > BigInt(data.length)) return OUT_OF_RANGE;
  writeAt(call, target, data.subarray(Number(offset), Number(offset + length)));
  return 0n;
};

export const getEpochStake: Syscall = (call, vote) => {
  if (vote === 0n) {
    consume(call, SYSCALL_BASE);
    return call.transaction.environment.epochStake();
  }
  consume(call, SYSCALL_BASE + Math.floor(KEY.size / BYTES_PER_UNIT) + MEM_OP_BASE);
  const host = translate(call, vote, KEY);
  return call.transaction.environment.epochStake(call.run.memory.bytes().slice(host, host + KEY.size));
};
