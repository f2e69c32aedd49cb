import { encodeInstruction } from '../../src/code/encode.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { REGISTER_NAMES } from '../../src/spec/registers.ts';

const register = (name: string): number => {
  const index = REGISTER_NAMES.indexOf(name);
  if (index < 0) throw new Error(`no register ${name}`);
  return index;
};

/**
 * Words of lines such as `addi a0, zero, 1`, `lw a0, 4(sp)`, `beq a0, a1, -8`, `.word 0`: the
 * disassembler's syntax, and `li rd, value` for values of 32 bits, always two instructions.
 */
export function assemble(xlen: Xlen, source: string): number[] {
  return source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap((line) => assembleLine(xlen, line));
}

function assembleLine(xlen: Xlen, line: string): number[] {
  const [mnemonic = '', ...rest] = line.split(/[\s,()]+/).filter((part) => part !== '');
  if (mnemonic === '.word') return [Number(rest[0])];
  if (mnemonic === 'li') {
    const [rd, value] = [register(rest[0] as string), Number(rest[1]) | 0];
    const low = (value << 20) >> 20;
    return [
      encodeInstruction('lui', { rd, imm: (value - low) | 0 }, xlen),
      encodeInstruction(xlen === 64 ? 'addiw' : 'addi', { rd, rs1: rd, imm: low }, xlen),
    ];
  }
  const operands = rest.map((part) => (/^-?\d/.test(part) ? Number(part) : register(part)));
  return [encodeInstruction(mnemonic, placed(mnemonic, operands), xlen)];
}

const LOADS = /^(l[bhwd]u?|jalr)$/;
const STORES = /^s[bhwd]$/;
const BRANCHES = /^b(eq|ne|ltu?|geu?)$/;
const IMMEDIATES = /^((add|xor|or|and|sll|srl|sra)iw?|sltiu?)$/;

function placed(
  mnemonic: string,
  [a = 0, b = 0, c = 0]: readonly number[],
): Parameters<typeof encodeInstruction>[1] {
  if (LOADS.test(mnemonic)) return { rd: a, imm: b, rs1: c };
  if (STORES.test(mnemonic)) return { rs2: a, imm: b, rs1: c };
  if (BRANCHES.test(mnemonic)) return { rs1: a, rs2: b, imm: c };
  if (IMMEDIATES.test(mnemonic)) return { rd: a, rs1: b, imm: c };
  if (mnemonic.startsWith('csr')) return { rd: a, imm: b, rs1: c };
  if (mnemonic.startsWith('lr.')) return { rd: a, rs1: b };
  if (/^(sc|amo)/.test(mnemonic)) return { rd: a, rs2: b, rs1: c };
  if (/^(lui|auipc|jal)$/.test(mnemonic)) return { rd: a, imm: mnemonic === 'jal' ? b : b << 12 };
  return { rd: a, rs1: b, rs2: c };
}
