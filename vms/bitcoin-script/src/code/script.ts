import type { Bytes } from '@ninefold/base';
import { EMPTY_BYTES } from '@ninefold/base';
import { OP } from '../spec/opcodes.ts';

/*
 * The structure of scripts: instructions one after another, a push followed by its data.
 */

/** Where an instruction ends, or -1 when its data is cut off. `pc` is inside the script. */
export function nextInstruction(script: Bytes, pc: number): number {
  const opcode = script[pc] as number;
  if (opcode > OP.OP_PUSHDATA4) return pc + 1;
  const start = pc + 1 + lengthBytes(opcode);
  if (start > script.length) return -1;
  const end = start + pushLength(script, pc, opcode);
  return end > script.length ? -1 : end;
}

/** The data of the push at `pc`, which ends at `next`: a view of the script. */
export function pushData(script: Bytes, pc: number, next: number): Bytes {
  const start = pc + 1 + lengthBytes(script[pc] as number);
  return start === next ? EMPTY_BYTES : script.subarray(start, next);
}

function lengthBytes(opcode: number): number {
  if (opcode < OP.OP_PUSHDATA1) return 0;
  return opcode === OP.OP_PUSHDATA1 ? 1 : opcode === OP.OP_PUSHDATA2 ? 2 : 4;
}

function pushLength(script: Bytes, pc: number, opcode: number): number {
  if (opcode < OP.OP_PUSHDATA1) return opcode;
  let length = 0;
  for (let i = lengthBytes(opcode); i > 0; i--) length = length * 256 + (script[pc + i] as number);
  return length;
}

/** One instruction of a script. */
export type Instruction = {
  readonly at: number;
  readonly opcode: number;
  /** What a push by OP_0 to OP_PUSHDATA4 pushes. */
  readonly data: Bytes | undefined;
};

/**
 * The instructions of a script up to its end, or to the push that is cut off: then `cutOff` says
 * where that is.
 */
export function decodeScript(script: Bytes): {
  readonly instructions: readonly Instruction[];
  readonly cutOff: number | undefined;
} {
  const instructions: Instruction[] = [];
  for (let at = 0; at < script.length;) {
    const next = nextInstruction(script, at);
    if (next < 0) return { instructions, cutOff: at };
    const opcode = script[at] as number;
    const data = opcode <= OP.OP_PUSHDATA4 ? pushData(script, at, next) : undefined;
    instructions.push({ at, opcode, data });
    at = next;
  }
  return { instructions, cutOff: undefined };
}

/** The instruction that pushes `data` with the length in front, without the shortcuts for small numbers. */
export function encodePush(data: Bytes): Bytes {
  const size = data.length;
  const head =
    size < OP.OP_PUSHDATA1
      ? [size]
      : size <= 0xff
        ? [OP.OP_PUSHDATA1, size]
        : size <= 0xffff
          ? [OP.OP_PUSHDATA2, size & 0xff, size >> 8]
          : [OP.OP_PUSHDATA4, size & 0xff, (size >> 8) & 0xff, (size >> 16) & 0xff, size >>> 24];
  const push = new Uint8Array(head.length + size);
  push.set(head);
  push.set(data, head.length);
  return push;
}

/** Whether the push of `data` by `opcode` is the shortest there is (BIP 62, rule 3). */
export function isMinimalPush(data: Bytes, opcode: number): boolean {
  const size = data.length;
  if (size === 0) return opcode === OP.OP_0;
  if (size === 1) {
    const byte = data[0] as number;
    // 1 to 16 and -1 have instructions of their own.
    if ((byte >= 1 && byte <= 16) || byte === 0x81) return false;
  }
  if (size < OP.OP_PUSHDATA1) return opcode === size;
  if (size <= 0xff) return opcode === OP.OP_PUSHDATA1;
  return size > 0xffff || opcode === OP.OP_PUSHDATA2;
}

/** Whether a script consists of pushes; OP_RESERVED counts as one. */
export function isPushOnly(script: Bytes): boolean {
  for (let pc = 0; pc < script.length;) {
    if ((script[pc] as number) > OP.OP_16) return false;
    pc = nextInstruction(script, pc);
    if (pc < 0) return false;
  }
  return true;
}

/** `HASH160 <20 bytes> EQUAL` (BIP 16). */
export function isPayToScriptHash(script: Bytes): boolean {
  return (
    script.length === 23 && script[0] === OP.OP_HASH160 && script[1] === 20 && script[22] === OP.OP_EQUAL
  );
}

export type WitnessProgram = { readonly version: number; readonly program: Bytes };

/** The version and program of an output that is nothing but these: a number and 2 to 40 bytes (BIP 141). */
export function witnessProgramOf(script: Bytes): WitnessProgram | undefined {
  const size = script.length;
  if (size < 4 || size > 42) return undefined;
  const opcode = script[0] as number;
  if (opcode !== OP.OP_0 && (opcode < OP.OP_1 || opcode > OP.OP_16)) return undefined;
  if ((script[1] as number) + 2 !== size) return undefined;
  return { version: opcode === OP.OP_0 ? 0 : opcode - OP.OP_1 + 1, program: script.subarray(2) };
}

/** `1 <4e73>`: an output anyone may spend, made for bumping fees. */
export function isPayToAnchor({ version, program }: WitnessProgram): boolean {
  return version === 1 && program.length === 2 && program[0] === 0x4e && program[1] === 0x73;
}

/**
 * A script without the occurrences of `part` that begin at an instruction; the very same array when
 * there is none. What is inside the data of a push stays (Bitcoin's rule of 2009, kept for
 * signatures inside legacy scripts).
 */
export function findAndDelete(script: Bytes, part: Bytes): Bytes {
  if (part.length === 0) return script;
  const kept: Bytes[] = [];
  let start = 0;
  let pc = 0;
  for (;;) {
    let found = pc;
    while (startsWithAt(script, found, part)) found += part.length;
    if (found !== pc) {
      kept.push(script.subarray(start, pc));
      start = pc = found;
    }
    if (pc >= script.length) break;
    pc = nextInstruction(script, pc);
    if (pc < 0) break;
  }
  if (start === 0) return script;
  kept.push(script.subarray(start));
  const rest = new Uint8Array(kept.reduce((length, { length: more }) => length + more, 0));
  let at = 0;
  for (const piece of kept) {
    rest.set(piece, at);
    at += piece.length;
  }
  return rest;
}

function startsWithAt(script: Bytes, at: number, part: Bytes): boolean {
  if (script.length - at < part.length) return false;
  for (let i = 0; i < part.length; i++) if (script[at + i] !== part[i]) return false;
  return true;
}
