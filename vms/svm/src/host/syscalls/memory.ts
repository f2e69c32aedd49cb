import { syscallFault } from '../../engine/faults.ts';
import { BYTES_PER_UNIT, MEM_OP_BASE } from '../../spec/costs.ts';
import { HEAP_START } from '../../spec/versions.ts';
import {
  BYTE,
  type Call,
  consume,
  max,
  type Shape,
  type Syscall,
  translate,
  translateSlice,
} from '../call.ts';

const I32: Shape = { size: 4, align: 4 };

function charge(call: Call, length: bigint): void {
  consume(call, max(length / BigInt(BYTES_PER_UNIT), MEM_OP_BASE));
}

function move(call: Call, to: bigint, from: bigint, length: bigint): bigint {
  const target = translateSlice(call, to, length, BYTE, true);
  const source = translateSlice(call, from, length, BYTE);
  call.run.memory.bytes().copyWithin(target, source, source + Number(length));
  return 0n;
}

export const memcpy: Syscall = (call, to, from, length) => {
  charge(call, length);
  const apart = from > to ? from - to >= length : to - from >= length;
  if (!apart) throw syscallFault('Overlapping copy');
  return move(call, to, from, length);
};

export const memmove: Syscall = (call, to, from, length) => {
  charge(call, length);
  return move(call, to, from, length);
};

export const memset: Syscall = (call, to, value, length) => {
  charge(call, length);
  const host = translateSlice(call, to, length, BYTE, true);
  call.run.memory.bytes().fill(Number(value & 255n), host, host + Number(length));
  return 0n;
};

export const memcmp: Syscall = (call, first, second, length, result) => {
  charge(call, length);
  const a = translateSlice(call, first, length, BYTE);
  const b = translateSlice(call, second, length, BYTE);
  const bytes = call.run.memory.bytes();
  let difference = 0;
  for (let i = 0; i < Number(length) && difference === 0; i++) {
    difference = (bytes[a + i] as number) - (bytes[b + i] as number);
  }
  const host = translate(call, result, I32, true);
  call.run.memory.view().setInt32(host, difference, true);
  return 0n;
};

/** Alignment of what `sol_alloc_free_` gives. */
const ALLOCATION_ALIGN = 8n;

/** Gives heap away from its start on; giving back does nothing. */
export const allocFree: Syscall = (call, size, freed) => {
  if (freed !== 0n) return 0n;
  const align = call.checksAlignment ? ALLOCATION_ALIGN : 1n;
  const used = BigInt(call.heapUsed);
  const start = used + ((align - (used % align)) % align);
  const end = start + size;
  if (end > BigInt(call.heapBytes)) return 0n;
  call.heapUsed = Number(end);
  return HEAP_START + start;
};
