// A second interpreter, written from the specification with BigInt and a Map for memory: slow, and
// with nothing in common with the kernel but the decoder.
import { decodeInstruction } from '../../src/code/instruction.ts';
import type { Xlen } from '../../src/spec/opcodes.ts';

export type Reference = {
  readonly registers: bigint[];
  readonly memory: Map<bigint, number>;
  pc: bigint;
  reservation: bigint | undefined;
};

/** Executes the instruction `word`; false when it is not one of I, M or A that runs by itself. */
export function stepReference(state: Reference, word: number, xlen: Xlen): boolean {
  const instruction = decodeInstruction(word, xlen);
  if (instruction === undefined) return false;
  const { rd, rs1, rs2, spec } = instruction;
  const bits = BigInt(xlen);
  const imm = BigInt(instruction.imm);
  const trunc = (value: bigint): bigint => BigInt.asUintN(xlen, value);
  const signed = (value: bigint, width: number = xlen): bigint => BigInt.asIntN(width, value);
  const a = state.registers[rs1] as bigint;
  const b = state.registers[rs2] as bigint;
  const load = (address: bigint, size: number): bigint => {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--)
      value = (value << 8n) | BigInt(state.memory.get(trunc(address + BigInt(i))) ?? 0);
    return value;
  };
  const store = (address: bigint, size: number, value: bigint): void => {
    for (let i = 0; i < size; i++)
      state.memory.set(trunc(address + BigInt(i)), Number((value >> BigInt(8 * i)) & 255n));
  };
  const low = (value: bigint): bigint => BigInt.asUintN(32, value);
  const divide = (x: bigint, y: bigint): bigint => (y === 0n ? -1n : x / y);
  const rest = (x: bigint, y: bigint): bigint => (y === 0n ? x : x % y);
  const word32 = (value: bigint): bigint => BigInt.asIntN(32, value);

  let next = trunc(state.pc + 4n);
  let result: bigint | undefined;
  const branch = (taken: boolean): void => {
    if (taken) next = trunc(state.pc + imm);
  };
  const atomic = (size: number, combine: (old: bigint, operand: bigint) => bigint): void => {
    const old = BigInt.asIntN(8 * size, load(a, size));
    store(a, size, combine(old, BigInt.asIntN(8 * size, b)));
    result = old;
  };
  const unsigned = (size: number, value: bigint): bigint => BigInt.asUintN(8 * size, value);

  const { mnemonic } = spec;
  const [stem = '', width] = mnemonic.split('.');
  if (spec.extension === 'A') {
    const size = width === 'w' ? 4 : 8;
    switch (stem) {
      case 'lr':
        result = BigInt.asIntN(8 * size, load(a, size));
        state.reservation = a;
        break;
      case 'sc':
        result = state.reservation === a ? 0n : 1n;
        if (result === 0n) store(a, size, b);
        state.reservation = undefined;
        break;
      case 'amoswap':
        atomic(size, (_, operand) => operand);
        break;
      case 'amoadd':
        atomic(size, (old, operand) => old + operand);
        break;
      case 'amoxor':
        atomic(size, (old, operand) => old ^ operand);
        break;
      case 'amoand':
        atomic(size, (old, operand) => old & operand);
        break;
      case 'amoor':
        atomic(size, (old, operand) => old | operand);
        break;
      case 'amomin':
        atomic(size, (old, operand) => (old < operand ? old : operand));
        break;
      case 'amomax':
        atomic(size, (old, operand) => (old > operand ? old : operand));
        break;
      case 'amominu':
        atomic(size, (old, operand) => (unsigned(size, old) < unsigned(size, operand) ? old : operand));
        break;
      default:
        atomic(size, (old, operand) => (unsigned(size, old) > unsigned(size, operand) ? old : operand));
    }
  } else {
    const shift = b & (bits - 1n);
    const shift32 = b & 31n;
    const operations: Readonly<Record<string, () => bigint | void>> = {
      lui: () => imm,
      auipc: () => state.pc + imm,
      jal: () => {
        const link = next;
        next = trunc(state.pc + imm);
        return link;
      },
      jalr: () => {
        const link = next;
        next = trunc(a + imm) & ~1n;
        return link;
      },
      beq: () => branch(a === b),
      bne: () => branch(a !== b),
      blt: () => branch(signed(a) < signed(b)),
      bge: () => branch(signed(a) >= signed(b)),
      bltu: () => branch(a < b),
      bgeu: () => branch(a >= b),
      lb: () => BigInt.asIntN(8, load(a + imm, 1)),
      lh: () => BigInt.asIntN(16, load(a + imm, 2)),
      lw: () => BigInt.asIntN(32, load(a + imm, 4)),
      ld: () => load(a + imm, 8),
      lbu: () => load(a + imm, 1),
      lhu: () => load(a + imm, 2),
      lwu: () => load(a + imm, 4),
      sb: () => store(a + imm, 1, b),
      sh: () => store(a + imm, 2, b),
      sw: () => store(a + imm, 4, b),
      sd: () => store(a + imm, 8, b),
      addi: () => a + imm,
      slti: () => BigInt(signed(a) < imm),
      sltiu: () => BigInt(a < trunc(imm)),
      xori: () => a ^ imm,
      ori: () => a | imm,
      andi: () => a & imm,
      slli: () => a << imm,
      srli: () => a >> imm,
      srai: () => signed(a) >> imm,
      add: () => a + b,
      sub: () => a - b,
      sll: () => a << shift,
      slt: () => BigInt(signed(a) < signed(b)),
      sltu: () => BigInt(a < b),
      xor: () => a ^ b,
      srl: () => a >> shift,
      sra: () => signed(a) >> shift,
      or: () => a | b,
      and: () => a & b,
      addiw: () => word32(a + imm),
      slliw: () => word32(a << imm),
      srliw: () => word32(low(a) >> imm),
      sraiw: () => word32(a) >> imm,
      addw: () => word32(a + b),
      subw: () => word32(a - b),
      sllw: () => word32(a << shift32),
      srlw: () => word32(low(a) >> shift32),
      sraw: () => word32(a) >> shift32,
      mul: () => a * b,
      mulh: () => (signed(a) * signed(b)) >> bits,
      mulhsu: () => (signed(a) * b) >> bits,
      mulhu: () => (a * b) >> bits,
      div: () => divide(signed(a), signed(b)),
      divu: () => divide(a, b),
      rem: () => rest(signed(a), signed(b)),
      remu: () => rest(a, b),
      mulw: () => word32(a * b),
      divw: () => word32(divide(word32(a), word32(b))),
      divuw: () => word32(divide(low(a), low(b))),
      remw: () => word32(rest(word32(a), word32(b))),
      remuw: () => word32(rest(low(a), low(b))),
      fence: () => {},
    };
    const operation = operations[mnemonic];
    if (operation === undefined) return false;
    result = operation() ?? undefined;
  }
  if (result !== undefined && rd !== 0) state.registers[rd] = trunc(result);
  state.pc = next;
  return true;
}
