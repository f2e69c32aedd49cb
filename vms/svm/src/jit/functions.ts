import type { Program } from '../engine/decode.ts';
import { RECORD } from '../engine/layout.ts';
import { INSTRUCTION_BYTES } from '../spec/versions.ts';
import { type Code, readCode } from './code.ts';

/**
 * The functions of which the kernel has noted a call, in records it has executed: `call` has a mark, `callx`
 * the slot it led to last and one more.
 */
export function calledFunctions({ slots }: Program, records: DataView, code: Code): Set<number> {
  const called = new Set<number>();
  for (let pc = 0; pc < slots; pc++) {
    const { kind } = code.spec(pc);
    if (kind !== 'call' && kind !== 'callx') continue;
    const note = records.getUint32(pc * RECORD.BYTES + RECORD.IMM, true);
    if (note !== 0) called.add(kind === 'call' ? code.target(pc) : note - 1);
  }
  return called;
}

/**
 * Every function that a program may call: targets of calls, and what looks like an address in the text
 * among its constants and its read-only words.
 */
export function allFunctions({ executable, slots, ...program }: Program): Set<number> {
  const code = readCode({ executable, slots, ...program });
  const found = new Set<number>();
  const { textAddress, readOnly } = executable;
  const addAddress = (address: bigint): void => {
    const slot = (address - textAddress) / BigInt(INSTRUCTION_BYTES);
    if (address >= textAddress && slot < slots) found.add(Number(slot));
  };
  for (let pc = 0; pc < slots; pc++) {
    const { kind } = code.spec(pc);
    if (kind === 'call') found.add(code.target(pc));
    else if (kind === 'lddw') addAddress(code.imm(pc));
  }
  const words = new DataView(readOnly.buffer, readOnly.byteOffset, readOnly.byteLength);
  for (let at = 0; at + INSTRUCTION_BYTES <= readOnly.length; at += INSTRUCTION_BYTES) {
    addAddress(words.getBigUint64(at, true));
  }
  return found;
}
