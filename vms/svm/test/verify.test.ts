import { describe, expect, it } from 'vitest';
import { verify } from '../src/code/verify.ts';
import { OPCODES } from '../src/spec/opcodes.ts';
import type { SbpfVersion } from '../src/spec/versions.ts';
import { encode, EXIT } from './support/assemble.ts';

function codeOf(version: SbpfVersion, ...instructions: number[][]): string | undefined {
  try {
    verify({ version, text: Uint8Array.from(instructions.flat()) });
    return undefined;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('verifier', () => {
  it('wants whole instructions, and at least one', () => {
    expect(codeOf(0)).toBe('SVM_VERIFY_EMPTY');
    expect(codeOf(0, [0x95])).toBe('SVM_VERIFY_LENGTH');
    expect(codeOf(0, EXIT)).toBeUndefined();
  });

  it('knows the codes of the version', () => {
    expect(codeOf(0, encode(0xff), EXIT)).toBe('SVM_VERIFY_OPCODE');
    expect(codeOf(2, encode(0x18), encode(0), EXIT)).toBe('SVM_VERIFY_OPCODE');
    expect(codeOf(0, encode(0xf7), EXIT)).toBe('SVM_VERIFY_OPCODE');
    expect(codeOf(2, encode(0xf7), EXIT)).toBeUndefined();
  });

  it('wants both halves of a wide constant', () => {
    expect(codeOf(0, encode(0x18))).toBe('SVM_VERIFY_LAST_LDDW');
    expect(codeOf(0, encode(0x18), EXIT)).toBe('SVM_VERIFY_INCOMPLETE_LDDW');
    expect(codeOf(0, encode(0x18), encode(0), EXIT)).toBeUndefined();
  });

  it('keeps jumps inside', () => {
    expect(codeOf(0, encode(0x05, { off: 1 }), EXIT)).toBe('SVM_VERIFY_JUMP_OUT');
    expect(codeOf(0, encode(0x05, { off: -2 }), EXIT)).toBe('SVM_VERIFY_JUMP_OUT');
    expect(codeOf(0, encode(0x05, { off: 1 }), encode(0x18), encode(0), EXIT)).toBe(
      'SVM_VERIFY_JUMP_INTO_LDDW',
    );
    expect(codeOf(3, encode(0x16, { off: 5 }), EXIT)).toBe('SVM_VERIFY_JUMP_OUT');
  });

  it('looks at registers', () => {
    expect(codeOf(0, encode(0xbf, { src: 11 }), EXIT)).toBe('SVM_VERIFY_SOURCE');
    expect(codeOf(0, encode(0xbf, { dst: 11 }), EXIT)).toBe('SVM_VERIFY_DESTINATION');
    expect(codeOf(0, encode(0xbf, { dst: 10 }), EXIT)).toBe('SVM_VERIFY_FRAME_POINTER');
    expect(codeOf(0, encode(0x7b, { dst: 10 }), EXIT)).toBeUndefined();
  });

  it('lets versions 1 and 2 move the frame in steps of 64', () => {
    const move = (imm: number): number[] => encode(0x07, { dst: 10, imm });
    expect(codeOf(1, move(-64), EXIT)).toBeUndefined();
    expect(codeOf(2, move(63), EXIT)).toBe('SVM_VERIFY_FRAME_STEP');
    expect(codeOf(0, move(64), EXIT)).toBe('SVM_VERIFY_FRAME_POINTER');
    expect(codeOf(3, move(64), EXIT)).toBe('SVM_VERIFY_FRAME_POINTER');
  });

  it('looks at immediates', () => {
    expect(codeOf(0, encode(0x37, { imm: 0 }), EXIT)).toBe('SVM_VERIFY_DIVISION_BY_ZERO');
    expect(codeOf(2, encode(0xd6, { imm: 0 }), EXIT)).toBe('SVM_VERIFY_DIVISION_BY_ZERO');
    expect(codeOf(0, encode(0x67, { imm: 63 }), EXIT)).toBeUndefined();
    expect(codeOf(0, encode(0x67, { imm: 64 }), EXIT)).toBe('SVM_VERIFY_SHIFT');
    expect(codeOf(0, encode(0x64, { imm: 32 }), EXIT)).toBe('SVM_VERIFY_SHIFT');
    expect(codeOf(0, encode(0x64, { imm: -1 }), EXIT)).toBe('SVM_VERIFY_SHIFT');
    expect(codeOf(0, encode(0xdc, { imm: 8 }), EXIT)).toBe('SVM_VERIFY_ENDIAN');
  });

  it('finds the register of callx where the version has it', () => {
    expect(codeOf(0, encode(0x8d, { imm: 10 }), EXIT)).toBe('SVM_VERIFY_CALLX');
    expect(codeOf(0, encode(0x8d, { imm: -1 }), EXIT)).toBe('SVM_VERIFY_CALLX');
    expect(codeOf(2, encode(0x8d, { src: 10 }), EXIT)).toBe('SVM_VERIFY_CALLX');
    expect(codeOf(3, encode(0x8d, { dst: 10 }), EXIT)).toBe('SVM_VERIFY_CALLX');
    expect(codeOf(3, encode(0x8d, { dst: 9, imm: 77 }), EXIT)).toBeUndefined();
  });

  it('refuses exactly the codes that a version does not have', () => {
    for (const version of [0, 1, 2, 3] as const) {
      const known = new Set(OPCODES.filter((row) => row.versions.includes(version)).map(({ code }) => code));
      for (let code = 0; code < 256; code++) {
        const isUnknown = codeOf(version, encode(code, { imm: 16 }), EXIT) === 'SVM_VERIFY_OPCODE';
        expect(isUnknown, `version ${version}, code ${code}`).toBe(!known.has(code));
      }
    }
  });
});
