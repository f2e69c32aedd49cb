import { describe, expect, it } from 'vitest';
import { parseElf } from '../../src/code/elf.ts';
import { encodeInstruction } from '../../src/code/encode.ts';
import { placeOf } from '../../src/prove/address.ts';
import { lowerInstruction, MACHINE_OPERATIONS, STANDARD_CONVENTION } from '../../src/prove/lower.ts';
import { lowerProgram } from '../../src/prove/lower-program.ts';
import { multiplyBytes } from '../../src/prove/products.ts';
import { amountKind, shiftedBytes, shiftFactor } from '../../src/prove/shift-amounts.ts';
import { bytesOf, fromLimbs, SHAPES, signOf, toLimbs, scratch, writeBytes } from '../../src/prove/words.ts';
import { opcodesOf, type Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from '../support/assemble.ts';
import { programElf } from '../support/elf.ts';

const STANDARD = { convention: STANDARD_CONVENTION };

const lower = (xlen: Xlen, text: string, address = 0x1000): ReturnType<typeof lowerInstruction> =>
  lowerInstruction(assemble(xlen, text)[0] as number, address, SHAPES[xlen], STANDARD);

describe('lowering', () => {
  it('makes sums of x0 and a constant out of upper immediates', () => {
    expect(lower(32, 'lui a0, 0xfffff')).toMatchObject({
      operation: 'add',
      rs1: 0,
      imm: 0xfffff000n,
      rd: 10,
    });
    expect(lower(64, 'lui a0, 0xfffff')).toMatchObject({ imm: 0xfffffffffffff000n });
    expect(lower(32, 'auipc a0, 1')).toMatchObject({ operation: 'add', rs1: 0, imm: 0x2000n });
    expect(lower(32, 'auipc a0, 0xfffff')).toMatchObject({ imm: 0n });
  });

  it('makes one jump out of two', () => {
    expect(lower(32, 'jal ra, -8')).toMatchObject({
      operation: 'jump',
      rs1: 0,
      imm: 0xff8n,
      link: 0x1004n,
      rd: 1,
    });
    expect(lower(32, 'jalr ra, -1(a0)')).toMatchObject({
      operation: 'jump',
      rs1: 10,
      imm: 0xffffffffn,
      link: 0x1004n,
    });
  });

  it('has one operation for a register and a constant', () => {
    expect(lower(32, 'add a0, a1, a2')).toMatchObject({
      operation: 'add',
      isRegister: true,
      rs2: 12,
      imm: 0n,
    });
    expect(lower(32, 'addi a0, a1, -1')).toMatchObject({
      operation: 'add',
      isRegister: false,
      rs2: 0,
      imm: 0xffffffffn,
    });
    expect(lower(64, 'addiw a0, a1, 1')).toMatchObject({ operation: 'addw', imm: 1n });
    expect(lower(64, 'sraiw a0, a1, 31')).toMatchObject({ operation: 'sraw', imm: 31n });
    expect(lower(32, 'sltiu a0, a1, 1')).toMatchObject({ operation: 'sltu', imm: 1n });
  });

  it('sends results for x0 where nobody reads', () => {
    expect(lower(32, 'add zero, a1, a2')?.rd).toBe(32);
    expect(lower(32, 'sw a0, 0(a1)')?.rd).toBe(0);
  });

  it('sends branches that would trap to where no instruction is', () => {
    expect(lower(32, 'beq a0, a1, 8')?.target).toBe(0x1008 / 4);
    expect(lower(32, 'beq a0, a1, 6')?.target).toBe(2 ** 30);
    expect(lower(32, 'beq a0, a1, -8', 0)?.target).toBe(2 ** 30);
  });

  it('has a machine operation for all of I and M but the breakpoint', () => {
    for (const xlen of [32, 64] as const) {
      for (const spec of opcodesOf(xlen)) {
        const imm = spec.format === 'upper' ? 4096 : 4;
        const word = encodeInstruction(spec.mnemonic, { rd: 1, rs1: 2, rs2: 3, imm }, xlen);
        const row = lowerInstruction(word, 0x1000, SHAPES[xlen], STANDARD);
        const isProvable =
          (spec.extension === 'I' && spec.mnemonic !== 'ebreak') ||
          spec.extension === 'M' ||
          spec.mnemonic === 'fence.i';
        const isAtomic = spec.extension === 'A';
        if (!isAtomic) expect(row !== undefined, spec.mnemonic).toBe(isProvable);
        if (isProvable) expect(MACHINE_OPERATIONS).toContain(row?.operation);
      }
    }
  });

  it('lists a program’s instructions, and leaves out what is none', () => {
    const elf = parseElf(
      programElf(32, [...assemble(32, 'addi a0, a0, 1\nebreak'), 0, ...assemble(32, 'ecall')]),
    );
    expect(lowerProgram(elf, SHAPES[32], STANDARD).map(({ pc, operation }) => [pc * 4, operation])).toEqual([
      [0x1_0000, 'add'],
      [0x1_000c, 'ecall'],
    ]);
  });
});

describe('words', () => {
  it('are limbs and bytes and numbers', () => {
    const value = 0x8123_4567_89ab_cdefn;
    expect(toLimbs(value, SHAPES[64])).toEqual([0xcdef, 0x89ab, 0x4567, 0x8123]);
    expect(fromLimbs(toLimbs(value, SHAPES[64]))).toBe(value);
    expect(bytesOf([0xcdef, 0x89ab])).toEqual([0xef, 0xcd, 0xab, 0x89]);
    expect([signOf([0, 0x8000]), signOf([0xffff, 0x7fff])]).toEqual([1, 0]);
    const bytes = [9, 9, 9, 9, 9, 9];
    writeBytes([0xcdef, 0x89ab], bytes, 2);
    expect(bytes).toEqual([9, 9, 0xef, 0xcd, 0xab, 0x89]);
    writeBytes([0xcdef, 0x89ab, 7, 8], bytes, 4);
    expect(bytes).toEqual([9, 9, 0xef, 0xcd, 0xef, 0xcd]);
  });

  it('are found in memory by space, index and offset', () => {
    expect(placeOf([0x1003, 0x8000], SHAPES[32])).toEqual({ space: 1, index: 0x80001000 / 4, offset: 3 });
    expect(placeOf([0x1003, 0x8000, 2, 0], SHAPES[64])).toEqual({
      space: 3,
      index: 0x80001000 / 8,
      offset: 3,
    });
  });

  it('are multiplied by bytes', () => {
    const [a, b] = [0xfedc_ba98_7654_3210n, 0x0fed_cba9_8765_4321n];
    const [product, carries] = [scratch(8), scratch(8)];
    multiplyBytes(bytesOf(toLimbs(a, SHAPES[64])), bytesOf(toLimbs(b, SHAPES[64])), product, carries);
    expect(fromLimbs(product)).toBe(a * b);
    expect(Math.max(...carries)).toBeLessThan(2 ** 13);
    multiplyBytes(new Array<number>(8).fill(255), new Array<number>(8).fill(255), product, carries);
    expect(Math.max(...carries)).toBeLessThan(2 ** 13);
    expect(carries.at(-1)).toBe(0);
    // The low limbs alone are those of the whole product.
    const low = scratch(4);
    multiplyBytes(bytesOf(toLimbs(a, SHAPES[64])), bytesOf(toLimbs(b, SHAPES[64])), low, carries);
    expect(fromLimbs(low)).toBe(BigInt.asUintN(64, a * b));
  });

  it('are shifted by bytes and bits', () => {
    const shiftOf = (kind: number, amount: number): readonly [number, number] => [
      shiftFactor(kind, amount),
      shiftedBytes(kind, amount),
    ];
    expect(shiftOf(amountKind(2, 0), 13)).toEqual([32, 1]);
    expect(shiftOf(amountKind(2, 1), 32)).toEqual([256, 0]);
    expect(shiftOf(amountKind(4, 1), 63)).toEqual([2, 7]);
  });
});
