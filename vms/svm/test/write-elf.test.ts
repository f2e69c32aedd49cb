import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disassemble } from '../src/code/disassemble.ts';
import { loadProgram } from '../src/code/load.ts';
import { instructionBytes, writeElf } from '../src/code/write-elf.ts';
import { PROGRAM_START } from '../src/spec/versions.ts';

const EXIT = [0x95, 0, 0, 0, 0] as const;
const words = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: 8 * length, maxLength: 8 * length });

describe('a program file that was written', () => {
  it('gives back text, data and entry when it is loaded', () => {
    const program = fc
      .tuple(fc.nat(4), fc.integer({ min: 1, max: 40 }))
      .chain(([data, slots]) => fc.tuple(words(data), words(slots), fc.nat(slots - 1)));
    fc.assert(
      fc.property(program, ([readOnly, text, entryPc]) => {
        const loaded = loadProgram(writeElf(text, { readOnly, entryPc }));
        expect(loaded).toMatchObject({
          version: 3,
          entryPc,
          textAddress: PROGRAM_START,
          readOnlyAddress: 0n,
        });
        expect(loaded.text).toEqual(text);
        expect(loaded.readOnly).toEqual(readOnly);
      }),
    );
  });

  it('begins with the first instruction and has no data unless told', () => {
    const loaded = loadProgram(writeElf(instructionBytes([EXIT])));
    expect(loaded.entryPc).toBe(0);
    expect(loaded.readOnly).toHaveLength(0);
  });
});

describe('instructions', () => {
  it('are eight bytes: opcode, registers, offset, immediate', () => {
    expect([...instructionBytes([[0x7b, 10, 3, -16, -2]])]).toEqual([
      0x7b, 0x3a, 0xf0, 0xff, 0xfe, 0xff, 0xff, 0xff,
    ]);
    expect(instructionBytes([])).toHaveLength(0);
  });

  it('read as what was written', () => {
    const text = instructionBytes([
      [0x18, 1, 0, 0, 5],
      [0, 0, 0, 0, 1],
      [0x07, 10, 0, 0, -64],
      [0x55, 6, 0, -2, 0],
      EXIT,
    ]);
    expect(disassemble(text, 3)).toEqual([
      'lddw r1, 0x100000005',
      null,
      'add64 r10, -64',
      'jne r6, 0, -2',
      'exit',
    ]);
  });
});
