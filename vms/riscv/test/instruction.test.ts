import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disassembleWord } from '../src/code/disassemble.ts';
import { encodeInstruction } from '../src/code/encode.ts';
import { decodeInstruction } from '../src/code/instruction.ts';
import { isNative, OPCODES, OPERATIONS, opcodesOf, type Xlen } from '../src/spec/opcodes.ts';
import { codeOf } from './support/run.ts';

const xlens = fc.constantFrom<Xlen>(32, 64);
const words = fc.integer({ min: 0, max: 0xffffffff });

describe('the table', () => {
  it.each([32, 64] as const)('has no word that two instructions of RV%i claim', (xlen) => {
    const specs = opcodesOf(xlen);
    for (const a of specs) {
      for (const b of specs) {
        const shared = a.mask & b.mask;
        expect(a === b || ((a.match ^ b.match) & shared) !== 0, `${a.mnemonic} ${b.mnemonic}`).toBe(true);
      }
    }
  });

  it('has matches inside of masks, and unique names in each width', () => {
    for (const { match, mask } of OPCODES) expect((match & ~mask) >>> 0).toBe(0);
    for (const xlen of [32, 64] as const) {
      const names = opcodesOf(xlen).map(({ mnemonic }) => mnemonic);
      // The two custom opcodes and nothing else go by one format each.
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('gives each native instruction an operation that fits in a byte', () => {
    for (const spec of OPCODES.filter(isNative)) expect(OPERATIONS).toContain(spec.mnemonic);
    expect(OPERATIONS.length).toBeLessThan(256);
    expect(new Set(OPERATIONS).size).toBe(OPERATIONS.length);
  });

  it('has the base sets in full', () => {
    const count = (xlen: Xlen, extension: string): number =>
      opcodesOf(xlen).filter((spec) => spec.extension === extension).length;
    expect([count(32, 'I'), count(32, 'M'), count(32, 'A')]).toEqual([40, 8, 11]);
    expect([count(64, 'I'), count(64, 'M'), count(64, 'A')]).toEqual([52, 13, 22]);
  });
});

describe('decoding', () => {
  // Words as GNU as writes them.
  it.each([
    [0x00a00513, 'addi a0, zero, 10'],
    [0xfff00093, 'addi ra, zero, -1'],
    [0x12345537, 'lui a0, 0x12345'],
    [0xfffff517, 'auipc a0, 0xfffff'],
    [0x008000ef, 'jal ra, 8'],
    [0xff9ff06f, 'jal zero, -8'],
    [0x00008067, 'jalr zero, 0(ra)'],
    [0xfe000ee3, 'beq zero, zero, -4'],
    [0x00b50463, 'beq a0, a1, 8'],
    [0x00412503, 'lw a0, 4(sp)'],
    [0xfe112e23, 'sw ra, -4(sp)'],
    [0x40555513, 'srai a0, a0, 5'],
    [0x40b50533, 'sub a0, a0, a1'],
    [0x02b54533, 'div a0, a0, a1'],
    [0x100527af, 'lr.w a5, (a0)'],
    [0x0eb6a52f, 'amoswap.w.aqrl a0, a1, (a3)'],
    [0x18b6a52f, 'sc.w a0, a1, (a3)'],
    [0x00000073, 'ecall'],
    [0x00100073, 'ebreak'],
    [0x0000100f, 'fence.i'],
    [0x0ff0000f, 'fence'],
    [0x30200073, 'mret'],
    [0x342022f3, 'csrrs t0, 0x342, zero'],
    [0x3002d073, 'csrrwi zero, 0x300, 5'],
    [0x0000100b, 'custom-0 0x100b'],
    [0x00000000, '.word 0x0'],
    [0xffffffff, '.word 0xffffffff'],
    [0x02051513, '.word 0x2051513'],
  ])('reads %i', (word, text) => {
    expect(disassembleWord(word, 32)).toBe(text);
  });

  it.each([
    [0x02051513, 'slli a0, a0, 32'],
    [0x43f55513, 'srai a0, a0, 63'],
    [0x00053503, 'ld a0, 0(a0)'],
    [0x0005051b, 'addiw a0, a0, 0'],
    [0x4010551b, 'sraiw a0, zero, 1'],
    [0x02b5553b, 'divuw a0, a0, a1'],
    [0x00b6b52f, 'amoadd.d a0, a1, (a3)'],
  ])('reads %i of RV64', (word, text) => {
    expect(disassembleWord(word, 64)).toBe(text);
  });

  it('knows doublewords in RV64 only', () => {
    expect(decodeInstruction(0x00053503, 32)).toBeUndefined();
    expect(decodeInstruction(0x0005051b, 32)).toBeUndefined();
    expect(decodeInstruction(0x00b6b52f, 32)).toBeUndefined();
  });

  it('is total, and its fields encode to a word that decodes alike', () => {
    fc.assert(
      fc.property(words, xlens, (word, xlen) => {
        const instruction = decodeInstruction(word, xlen);
        expect(disassembleWord(word, xlen)).not.toBe('');
        if (instruction === undefined) return;
        const { spec, ...operands } = instruction;
        const again = encodeInstruction(spec.mnemonic, operands, xlen);
        expect(decodeInstruction(again, xlen)).toEqual(instruction);
      }),
      { numRuns: 2000 },
    );
  });

  it('encodes what it decodes, for every instruction and field', () => {
    for (const xlen of [32, 64] as const) {
      for (const spec of opcodesOf(xlen)) {
        fc.assert(
          fc.property(words, (bits) => {
            const word = ((bits & ~spec.mask) | spec.match) >>> 0;
            const instruction = decodeInstruction(word, xlen);
            expect(instruction?.spec).toBe(spec);
            const { spec: _, ...operands } = instruction as NonNullable<typeof instruction>;
            const encoded = encodeInstruction(spec.mnemonic, operands, xlen);
            // Ordering bits and hints are not kept.
            const kept = ['atomic', 'loadReserved', 'fence', 'custom'].includes(spec.format)
              ? spec.mask
              : 0xffffffff;
            expect(((encoded ^ word) & kept) >>> 0).toBe(0);
          }),
          { numRuns: 20 },
        );
      }
    }
  });
});

describe('encoding', () => {
  it.each([
    ['addi', { imm: 2048 }],
    ['addi', { imm: -2049 }],
    ['addi', { imm: 0.5 }],
    ['slli', { imm: 32 }],
    ['beq', { imm: 3 }],
    ['beq', { imm: 4096 }],
    ['jal', { imm: 2 ** 20 }],
    ['lui', { imm: 1 }],
    ['csrrw', { imm: 4096 }],
    ['add', { rd: 32 }],
    ['add', { rs1: -1 }],
  ])('refuses %s %o', (mnemonic, operands) => {
    expect(codeOf(() => encodeInstruction(mnemonic, operands, 32))).toBe('RISCV_FIELD_RANGE');
  });

  it('refuses what the width does not have', () => {
    expect(codeOf(() => encodeInstruction('ld', {}, 32))).toBe('RISCV_UNKNOWN_MNEMONIC');
    expect(codeOf(() => encodeInstruction('nop', {}, 64))).toBe('RISCV_UNKNOWN_MNEMONIC');
    expect(encodeInstruction('slli', { imm: 63 }, 64)).toBe(0x03f01013);
    expect(codeOf(() => encodeInstruction('slliw', { imm: 32 }, 64))).toBe('RISCV_FIELD_RANGE');
  });
});
