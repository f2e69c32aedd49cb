import { opcodesOf, type OpSpec, type Xlen } from '../spec/opcodes.ts';

/** A decoded instruction. Fields that its format does not have are 0. */
export type Instruction = {
  readonly spec: OpSpec;
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  /**
   * Immediate, sign-extended; of `upper` formats the value that is added or loaded, of shifts the
   * amount, of control registers their number.
   */
  readonly imm: number;
};

type Lookup = ReadonlyMap<number, readonly OpSpec[]>;

/** Specs by the bits that nearly all of them fix: major opcode and funct3. */
function lookupOf(xlen: Xlen): Lookup {
  const lookup = new Map<number, OpSpec[]>();
  for (const spec of opcodesOf(xlen)) {
    for (let funct3 = 0; funct3 < 8; funct3++) {
      const key = (spec.match & 0x7f) | (funct3 << 7);
      if ((((funct3 << 12) ^ spec.match) & spec.mask & 0x7000) !== 0) continue;
      lookup.set(key, [...(lookup.get(key) ?? []), spec]);
    }
  }
  return lookup;
}

const LOOKUPS: Readonly<Record<Xlen, Lookup>> = { 32: lookupOf(32), 64: lookupOf(64) };

/**
 * Decodes a word of 32 bits; `undefined` when a machine of that width has no such instruction.
 *
 * @example decodeInstruction(0x00a00513, 32)?.spec.mnemonic // 'addi'
 */
export function decodeInstruction(word: number, xlen: Xlen): Instruction | undefined {
  const candidates = LOOKUPS[xlen].get((word & 0x7f) | (((word >>> 12) & 7) << 7));
  const spec = candidates?.find(({ match, mask }) => (word & mask) >>> 0 === match);
  return spec && { spec, ...fieldsOf(word, spec) };
}

function fieldsOf(word: number, { format }: OpSpec): Omit<Instruction, 'spec'> {
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  const rs2 = (word >>> 20) & 31;
  switch (format) {
    case 'register':
    case 'atomic':
    case 'custom':
      return { rd, rs1, rs2, imm: 0 };
    case 'immediate':
    case 'load':
      return { rd, rs1, rs2: 0, imm: word >> 20 };
    case 'shift':
      return { rd, rs1, rs2: 0, imm: (word >>> 20) & 63 };
    case 'store':
      return { rd: 0, rs1, rs2, imm: ((word >> 25) << 5) | rd };
    case 'branch':
      return { rd: 0, rs1, rs2, imm: branchOffset(word) };
    case 'upper':
      return { rd, rs1: 0, rs2: 0, imm: word & 0xfffff000 };
    case 'jump':
      return { rd, rs1: 0, rs2: 0, imm: jumpOffset(word) };
    case 'loadReserved':
      return { rd, rs1, rs2: 0, imm: 0 };
    case 'csr':
    case 'csrImmediate':
      return { rd, rs1, rs2: 0, imm: word >>> 20 };
    case 'plain':
    case 'fence':
      return { rd: 0, rs1: 0, rs2: 0, imm: 0 };
  }
}

/** Bits 12, 10:5 from the top, 4:1 and 11 from where rd would be. */
function branchOffset(word: number): number {
  return (
    ((word >> 31) << 12) |
    (((word >>> 7) & 1) << 11) |
    (((word >>> 25) & 63) << 5) |
    (((word >>> 8) & 15) << 1)
  );
}

/** Bits 20, 10:1, 11, 19:12 from the top down. */
function jumpOffset(word: number): number {
  return (
    ((word >> 31) << 20) |
    (((word >>> 12) & 255) << 12) |
    (((word >>> 20) & 1) << 11) |
    (((word >>> 21) & 1023) << 1)
  );
}
