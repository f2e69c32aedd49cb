import { describe, expect, it } from 'vitest';
import { decodeProgram } from '../../src/engine/decode.ts';
import { readCode } from '../../src/jit/code.ts';
import { findBlocks } from '../../src/jit/control-flow.ts';
import { ARGUMENTS, AT_ENTRY, findEntries, NO_FRAME_OFFSET, RESULT } from '../../src/jit/registers.ts';
import { walkGraph } from '../../src/jit/structure.ts';
import { encode, EXIT, programOf } from '../support/assemble.ts';

const MOV = 0xb7;
const COPY = 0xbf;
const ADD = 0x07;
const JNE = 0x55;
const CALL = 0x85;

/** What is known where the block at each slot begins. */
function entriesOf(text: number[][], hasFixedFrames = true) {
  const code = readCode(decodeProgram(programOf(3, text)));
  const { blocks } = findBlocks(code, 0)!;
  const entries = findEntries(code, blocks, walkGraph(blocks).order, hasFixedFrames);
  return new Map(blocks.map(({ start }, index) => [start, entries[index]!]));
}

describe('where registers are', () => {
  it('is in memory for r0 and r6 to r9 until they are looked at', () => {
    const entries = entriesOf([encode(JNE, { dst: 6, off: 1 }), encode(MOV, { dst: 0 }), EXIT]);
    expect(entries.get(0)!.inMemory).toBe(AT_ENTRY);
    expect(entries.get(1)!.inMemory).toBe(AT_ENTRY & ~(1 << 6));
    // On one way r0 was written: it is in its local on both.
    expect(entries.get(2)!.inMemory).toBe(AT_ENTRY & ~(1 << 6) & ~RESULT);
  });

  it('is in memory for the arguments after a call, whose result is in a local', () => {
    const entries = entriesOf([encode(CALL, { src: 1, imm: 1 }), EXIT, EXIT]);
    expect(entries.get(1)!.inMemory).toBe((AT_ENTRY | ARGUMENTS) & ~RESULT);
    const syscall = entriesOf([encode(MOV), encode(CALL, { imm: 5 }), EXIT]);
    expect(syscall.get(2)!.inMemory).toBe(AT_ENTRY);
  });

  it('takes loops back to the begin into account', () => {
    const entries = entriesOf([encode(ADD, { dst: 6, imm: 1 }), encode(JNE, { dst: 6, off: -2 }), EXIT]);
    expect(entries.get(0)!.inMemory & (1 << 6)).toBe(0);
  });
});

describe('addresses in the frame', () => {
  it('are followed through copies and sums, as long as all ways agree', () => {
    const text = (second: number) => [
      encode(COPY, { dst: 1, src: 10 }),
      encode(ADD, { dst: 1, imm: -64 }),
      encode(COPY, { dst: 2, src: 1 }),
      encode(JNE, { dst: 3, off: 1 }),
      encode(ADD, { dst: 2, imm: second }),
      EXIT,
    ];
    const offsets = (second: number) => [...entriesOf(text(second)).get(5)!.frameOffsets].slice(1, 3);
    expect(offsets(0)).toEqual([-64, -64]);
    expect(offsets(8)).toEqual([-64, NO_FRAME_OFFSET]);
  });

  it('end where something else is written, at calls, and where they grow in a loop', () => {
    const loop = [
      encode(COPY, { dst: 1, src: 10 }),
      encode(ADD, { dst: 1, imm: -8 }),
      encode(JNE, { dst: 2, off: -2 }),
      EXIT,
    ];
    expect(entriesOf(loop).get(1)!.frameOffsets[1]).toBe(NO_FRAME_OFFSET);
    const call = [
      encode(COPY, { dst: 1, src: 10 }),
      encode(COPY, { dst: 6, src: 10 }),
      encode(CALL, { src: 1, imm: 1 }),
      EXIT,
      EXIT,
    ];
    const after = entriesOf(call).get(3)!.frameOffsets;
    expect([after[1], after[6], after[10]]).toEqual([NO_FRAME_OFFSET, 0, 0]);
  });

  it('are not known where programs move their frames', () => {
    expect(entriesOf([encode(JNE, { off: 0 }), EXIT], false).get(1)!.frameOffsets[10]).toBe(NO_FRAME_OFFSET);
  });
});
