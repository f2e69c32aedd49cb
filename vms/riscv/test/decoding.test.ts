import { describe, expect, it } from 'vitest';
import { disassembleWord } from '../src/code/disassemble.ts';
import { decodeInstruction } from '../src/code/instruction.ts';
import { recordOf } from '../src/engine/records.ts';
import { isNative, opcodesOf, type Xlen } from '../src/spec/opcodes.ts';

// The listings of the specification once more, from its other side: by major opcode, then funct3, then
// funct7. Nothing of the package's own table is in it.

type Names = Readonly<Record<number, string>>;

const LOADS: Names = { 0: 'lb', 1: 'lh', 2: 'lw', 4: 'lbu', 5: 'lhu' };
const LOADS_64: Names = { ...LOADS, 3: 'ld', 6: 'lwu' };
const STORES: Names = { 0: 'sb', 1: 'sh', 2: 'sw' };
const BRANCHES: Names = { 0: 'beq', 1: 'bne', 4: 'blt', 5: 'bge', 6: 'bltu', 7: 'bgeu' };
const IMMEDIATES: Names = { 0: 'addi', 2: 'slti', 3: 'sltiu', 4: 'xori', 6: 'ori', 7: 'andi' };
const REGISTERS: Readonly<Record<number, Names>> = {
  0x00: { 0: 'add', 1: 'sll', 2: 'slt', 3: 'sltu', 4: 'xor', 5: 'srl', 6: 'or', 7: 'and' },
  0x01: { 0: 'mul', 1: 'mulh', 2: 'mulhsu', 3: 'mulhu', 4: 'div', 5: 'divu', 6: 'rem', 7: 'remu' },
  0x20: { 0: 'sub', 5: 'sra' },
};
const NARROW: Readonly<Record<number, Names>> = {
  0x00: { 0: 'addw', 1: 'sllw', 5: 'srlw' },
  0x01: { 0: 'mulw', 4: 'divw', 5: 'divuw', 6: 'remw', 7: 'remuw' },
  0x20: { 0: 'subw', 5: 'sraw' },
};
const ATOMICS: Names = {
  0x00: 'amoadd',
  0x01: 'amoswap',
  0x02: 'lr',
  0x03: 'sc',
  0x04: 'amoxor',
  0x08: 'amoor',
  0x0c: 'amoand',
  0x10: 'amomin',
  0x14: 'amomax',
  0x18: 'amominu',
  0x1c: 'amomaxu',
};
const CONTROL: Names = { 1: 'csrrw', 2: 'csrrs', 3: 'csrrc', 5: 'csrrwi', 6: 'csrrsi', 7: 'csrrci' };
const SYSTEM: Names = { 0x00000073: 'ecall', 0x00100073: 'ebreak', 0x30200073: 'mret', 0x10500073: 'wfi' };

/** A shift by a constant: RV64 has six bits for the amount, the narrow ones and RV32 five. */
function shift(funct3: number, funct7: number, amountBits: 5 | 6): string | undefined {
  const kind = amountBits === 6 ? funct7 & ~1 : funct7;
  if (funct3 === 1) return kind === 0 ? 'slli' : undefined;
  return ({ 0x00: 'srli', 0x20: 'srai' } as Names)[kind];
}

function nameOf(word: number, xlen: Xlen): string | undefined {
  const funct3 = (word >>> 12) & 7;
  const funct7 = word >>> 25;
  const isWide = xlen === 64;
  switch (word & 0x7f) {
    case 0x37:
      return 'lui';
    case 0x17:
      return 'auipc';
    case 0x6f:
      return 'jal';
    case 0x67:
      return funct3 === 0 ? 'jalr' : undefined;
    case 0x63:
      return BRANCHES[funct3];
    case 0x03:
      return (isWide ? LOADS_64 : LOADS)[funct3];
    case 0x23:
      return isWide && funct3 === 3 ? 'sd' : STORES[funct3];
    case 0x13:
      return funct3 === 1 || funct3 === 5 ? shift(funct3, funct7, isWide ? 6 : 5) : IMMEDIATES[funct3];
    case 0x1b: {
      if (!isWide) return undefined;
      if (funct3 === 0) return 'addiw';
      const name = funct3 === 1 || funct3 === 5 ? shift(funct3, funct7, 5) : undefined;
      return name && `${name}w`;
    }
    case 0x33:
      return REGISTERS[funct7]?.[funct3];
    case 0x3b:
      return isWide ? NARROW[funct7]?.[funct3] : undefined;
    case 0x2f: {
      const suffix = funct3 === 2 ? '.w' : isWide && funct3 === 3 ? '.d' : undefined;
      const name = ATOMICS[funct7 >> 2];
      if (suffix === undefined || name === undefined) return undefined;
      return name === 'lr' && ((word >>> 20) & 31) !== 0 ? undefined : name + suffix;
    }
    case 0x0f:
      return ['fence', 'fence.i'][funct3];
    case 0x73:
      return funct3 === 0 ? SYSTEM[word >>> 0] : CONTROL[funct3];
    case 0x0b:
      return 'custom-0';
    case 0x2b:
      return 'custom-1';
    default:
      return undefined;
  }
}

describe.each<Xlen>([32, 64])('decoding of RV%i', (xlen) => {
  it('agrees with the listings on every opcode, funct3 and funct7', () => {
    const seen = new Set<string>();
    for (const operands of [0, (31 << 7) | (31 << 15) | (31 << 20), (10 << 7) | (11 << 15)]) {
      for (let low = 0; low < 128; low++) {
        for (let funct3 = 0; funct3 < 8; funct3++) {
          for (let funct7 = 0; funct7 < 128; funct7++) {
            const word = (operands | low | (funct3 << 12) | (funct7 << 25)) >>> 0;
            const expected = nameOf(word, xlen);
            const name = decodeInstruction(word, xlen)?.spec.mnemonic;
            if (name !== expected)
              expect(`${word.toString(16)} ${name}`).toBe(`${word.toString(16)} ${expected}`);
            if (name !== undefined) seen.add(name);
          }
        }
      }
    }
    // Those with all bits fixed but for ecall are not among the words of the loops.
    for (const word of [0x00100073, 0x30200073, 0x10500073]) {
      seen.add(decodeInstruction(word, xlen)?.spec.mnemonic ?? '');
    }
    expect([...seen].sort()).toEqual(
      opcodesOf(xlen)
        .map(({ mnemonic }) => mnemonic)
        .sort(),
    );
  });

  it('takes each neighbour of an instruction, one fixed bit away, for what the listings say', () => {
    for (const { match, mask } of opcodesOf(xlen)) {
      for (const free of [0, ~mask >>> 0]) {
        for (let bit = 0; bit < 32; bit++) {
          const word = ((match | (free & ~mask)) ^ (1 << bit)) >>> 0;
          expect(decodeInstruction(word, xlen)?.spec.mnemonic, word.toString(16)).toBe(nameOf(word, xlen));
        }
      }
    }
  });

  it('gives the kernel the word itself where it is not the kernel’s', () => {
    for (const word of [0, 0xffffffff, 0x00000073, 0x30200073, 0x34202573, 0x0000100f, 0x0000000b]) {
      expect(recordOf(word, xlen)).toEqual([32 << 8, word]);
    }
  });

  it('gives each native instruction to the kernel, and sends results for x0 elsewhere', () => {
    for (const { match, format, mnemonic } of opcodesOf(xlen).filter(isNative)) {
      const [fields] = recordOf(match, xlen);
      expect(fields & 0xff, mnemonic).toBeGreaterThan(1);
      // Number 32 is no register: what is written there is gone.
      expect((fields >>> 8) & 0xff, mnemonic).toBe(32);
      const writes = !['store', 'branch', 'fence'].includes(format);
      if (writes) expect((recordOf(match | (7 << 7), xlen)[0] >>> 8) & 0xff, mnemonic).toBe(7);
    }
  });

  it.each([
    // The ends of the immediates' ranges, and each of their scattered bits.
    [0x80000537, -(2 ** 31)],
    [0x7ffff537, 0x7ffff000],
    [0x80000063, -4096],
    [0x7e000fe3, 4094],
    [0x000000e3, 2048],
    [0x8000006f, -(2 ** 20)],
    [0x7ffff06f, 2 ** 20 - 2],
    [0x0010006f, 2048],
    [0x0000106f, 4096],
    [0x80052503, -2048],
    [0x7ff52503, 2047],
    [0x80a52023, -2048],
    [0x7ea52fa3, 2047],
  ])('reads the immediate of 0x%x', (word, imm) => {
    expect(decodeInstruction(word, xlen)?.imm).toBe(imm);
  });

  it('shows shift amounts up to the width', () => {
    expect(disassembleWord(0x01f51513, xlen)).toBe('slli a0, a0, 31');
    expect(disassembleWord(0x03f55513, xlen)).toBe(xlen === 64 ? 'srli a0, a0, 63' : '.word 0x3f55513');
    expect(disassembleWord(0x0205151b, xlen)).toBe('.word 0x205151b');
  });
});
