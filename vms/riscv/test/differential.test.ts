import { type Bytes, equalBytes, type Rng, seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { disassembleWord } from '../src/code/disassemble.ts';
import { encodeInstruction } from '../src/code/encode.ts';
import { decodeInstruction, type Instruction } from '../src/code/instruction.ts';
import { isNative, opcodesOf, type OpSpec, type Xlen } from '../src/spec/opcodes.ts';
import { createRiscv } from '../src/run.ts';
import { assemble } from './support/assemble.ts';
import { instructionBytes } from '../src/code/write-elf.ts';
import { programElf, TEXT_ADDRESS } from './support/elf.ts';
import { type Reference, stepReference } from './support/reference.ts';
import { haltingAbi } from './support/run.ts';

const DATA_ADDRESS = 0x8_0000;
const DATA_BYTES = 0x1200;
/** Registers that point into the middle of the data, and keep doing so. */
const POINTERS = [8, 9];
const PROGRAM_LENGTH = 120;

/** Values at which carries, signs and shifts change. */
function interesting(rng: Rng, xlen: Xlen): bigint {
  const random = (BigInt(rng.u32()) << 32n) | BigInt(rng.u32());
  const edges = [
    0n,
    1n,
    -1n,
    2n,
    2n ** 31n,
    2n ** 31n - 1n,
    2n ** 32n - 1n,
    2n ** 63n,
    2n ** 63n - 1n,
    random,
    random >> 40n,
  ];
  return BigInt.asUintN(xlen, rng.pick(edges));
}

/** An instruction that keeps to the data, and jumps only forward and inside of the program. */
function randomInstruction(rng: Rng, spec: OpSpec, xlen: Xlen, index: number): number {
  const target = (): number => {
    const free = rng.below(32);
    return POINTERS.includes(free) ? 0 : free;
  };
  const operands = { rd: target(), rs1: rng.below(32), rs2: rng.below(32), imm: 0 };
  switch (spec.format) {
    case 'load':
    case 'store': {
      const rs1 = rng.pick(POINTERS);
      const imm = rng.below(2) ? rng.below(4096) - 2048 : 8 * (rng.below(512) - 256);
      return encodeInstruction(spec.mnemonic, { ...operands, rs1, imm }, xlen);
    }
    case 'atomic':
    case 'loadReserved':
      return encodeInstruction(spec.mnemonic, { ...operands, rs1: rng.pick(POINTERS) }, xlen);
    case 'branch':
    case 'jump':
      return encodeInstruction(
        spec.mnemonic,
        { ...operands, imm: 4 * (1 + rng.below(Math.min(8, PROGRAM_LENGTH - index))) },
        xlen,
      );
    case 'upper':
      return encodeInstruction(spec.mnemonic, { ...operands, imm: rng.u32() & ~0xfff }, xlen);
    case 'shift':
      return encodeInstruction(
        spec.mnemonic,
        { ...operands, imm: rng.below(xlen === 64 && !spec.mnemonic.endsWith('w') ? 64 : 32) },
        xlen,
      );
    default:
      return encodeInstruction(spec.mnemonic, { ...operands, imm: rng.below(4096) - 2048 }, xlen);
  }
}

function compareOnce(xlen: Xlen, seed: number): void {
  const rng = seededRng(seed);
  const specs = opcodesOf(xlen).filter((spec) => isNative(spec) && spec.mnemonic !== 'jalr');
  const registers = Array.from({ length: 32 }, (_, i) => (i === 0 ? 0n : interesting(rng, xlen)));
  POINTERS.forEach((index, i) => (registers[index] = BigInt(DATA_ADDRESS + DATA_BYTES / 2 + 16 * i)));
  const words = Array.from({ length: PROGRAM_LENGTH }, (_, i) =>
    randomInstruction(rng, rng.pick(specs), xlen, i),
  );
  words.push(...assemble(xlen, 'ecall'));
  const data = rng.bytes(DATA_BYTES);

  const reference: Reference = {
    registers: [...registers],
    memory: new Map(Array.from(data, (byte, i) => [BigInt(DATA_ADDRESS + i), byte])),
    pc: BigInt(TEXT_ADDRESS),
    reservation: undefined,
  };
  const image = instructionBytes(words);
  for (let i = 0; i < image.length; i++) reference.memory.set(BigInt(TEXT_ADDRESS + i), image[i] as number);
  let steps = 0;
  while (stepReference(reference, words[(Number(reference.pc) - TEXT_ADDRESS) / 4] as number, xlen)) steps++;

  let after: bigint[] = [];
  let memory: Bytes = new Uint8Array(0);
  const rowsSeen: bigint[] = [];
  const elf = programElf(xlen, words, [{ address: DATA_ADDRESS, bytes: data, flags: 6 }]);
  const abi = haltingAbi({
    start: (machine) => {
      registers.forEach((value, index) => machine.setRegister(index, value));
      return {
        answer: () => {
          after = Array.from({ length: 32 }, (_, index) => machine.register(index));
          memory = machine.memory.read(DATA_ADDRESS, DATA_BYTES);
          return { exit: 0 };
        },
      };
    },
  });
  const guest = createRiscv({ elf, abi });
  const plain = guest.run();
  const expected = { outcome: { kind: 'exit', code: 0 }, cycles: steps + 1 };
  expect(plain, `seed ${seed}`).toMatchObject(expected);
  expect(after, `seed ${seed}`).toEqual(reference.registers);
  const written = Uint8Array.from(data, (_, i) => reference.memory.get(BigInt(DATA_ADDRESS + i)) as number);
  expect(equalBytes(memory, written), `memory of seed ${seed}`).toBe(true);

  const traced = guest.run({
    rows: ({ length, row }) => {
      for (let i = 0; i < length; i++) rowsSeen.push(row(i).pc);
    },
  });
  expect(traced).toEqual(plain);
  expect(after).toEqual(reference.registers);
  expect(rowsSeen.length).toBe(steps + 1);
}

describe.each([32, 64] as const)('random programs of RV%i', (xlen) => {
  it('leave registers, memory and instruction counts as the reference does', () => {
    for (let seed = 1; seed <= 50; seed++) compareOnce(xlen, seed + xlen * 1000);
  });
});

/** Where guests of single instructions may have memory. */
const HIGHEST: Readonly<Record<Xlen, bigint>> = { 32: 2n ** 32n, 64: 2n ** 48n };

/** Bytes that a load, a store or an atomic accesses. */
const sizeOf = (mnemonic: string): number => {
  const [stem, width] = mnemonic.split('.') as [string, string | undefined];
  const letter = width ?? stem.replace(/u$/, '').at(-1);
  return { b: 1, h: 2, w: 4, d: 8 }[letter as 'b' | 'h' | 'w' | 'd'];
};

/** How a run of one instruction and a call has to end, by the reference and the rules of traps. */
function expectedEnd(xlen: Xlen, word: number, registers: readonly bigint[]): Record<string, unknown> {
  const { spec, rs1, imm } = decodeInstruction(word, xlen) as Instruction;
  const pc = BigInt(TEXT_ADDRESS);
  const trap = (kind: string, at: bigint, address = at): Record<string, unknown> => ({
    kind: 'trap',
    trap: { kind, pc: at, address },
  });
  if (['load', 'store', 'atomic', 'loadReserved'].includes(spec.format) && spec.mnemonic !== 'jalr') {
    const address = BigInt.asUintN(xlen, (registers[rs1] as bigint) + BigInt(imm));
    const access = spec.format.startsWith('load') ? 'load' : 'store';
    const size = BigInt(sizeOf(spec.mnemonic));
    if (spec.extension === 'A' && address % size !== 0n) return trap(`${access}Misaligned`, pc, address);
    if (address >= HIGHEST[xlen]) return trap(`${access}Access`, pc, address);
    // In RV64 what comes behind the end is none of the guest's; in RV32 it is the start.
    if (xlen === 64 && address + size > HIGHEST[xlen]) return trap(`${access}Access`, pc, HIGHEST[xlen]);
  }
  const state: Reference = { registers: [...registers], memory: new Map(), pc, reservation: undefined };
  const code = instructionBytes([word, ...assemble(xlen, 'ecall')]);
  code.forEach((byte, i) => state.memory.set(pc + BigInt(i), byte));
  expect(stepReference(state, word, xlen)).toBe(true);
  if (state.pc === pc + 4n) return { kind: 'exit', registers: state.registers };
  if (state.pc % 4n !== 0n) return trap('fetchMisaligned', pc, state.pc);
  if (state.pc === pc) return { kind: 'limit', limit: 'cycles' };
  if (state.pc >> 12n !== pc >> 12n) return trap('fetchAccess', state.pc);
  return { kind: 'trap', trap: { kind: 'illegalInstruction', pc: state.pc, word: 0 } };
}

describe.each([32, 64] as const)('single instructions of RV%i on any operands', (xlen) => {
  it('end as the reference and the rules of traps say', () => {
    const specs = opcodesOf(xlen).filter(isNative);
    const ends = new Map<string, number>();
    for (let seed = 1; seed <= 130; seed++) {
      const rng = seededRng(77_000 + xlen * 1000 + seed);
      const { match, mask } = specs[seed % specs.length] as OpSpec;
      const word = ((rng.u32() & ~mask) | match) >>> 0;
      // Near addresses too, so that jumps and accesses hit something.
      const registers = Array.from({ length: 32 }, (_, i) => {
        if (i === 0) return 0n;
        return rng.below(3) === 0 ? BigInt(TEXT_ADDRESS + rng.below(64) - 32) : interesting(rng, xlen);
      });
      const seen: bigint[][] = [];
      const abi = haltingAbi({
        bounds: { low: 0, high: Number(HIGHEST[xlen]) },
        start: (machine) => {
          registers.forEach((value, index) => machine.setRegister(index, value));
          return {
            answer: () => {
              seen.push(Array.from({ length: 32 }, (_, index) => machine.register(index)));
              return { exit: 0 };
            },
          };
        },
      });
      const elf = programElf(xlen, [word, ...assemble(xlen, 'ecall')]);
      const expected = expectedEnd(xlen, word, registers);
      const { outcome } = createRiscv({ elf, abi }).run({ limits: { cycles: 50 } });
      const { registers: after, ...end } = expected;
      const what = `seed ${seed}: ${disassembleWord(word, xlen)}`;
      expect(outcome, what).toMatchObject(end);
      if (after !== undefined) expect(seen[0], what).toEqual(after);
      const kind = outcome.kind === 'trap' ? outcome.trap.kind : outcome.kind;
      ends.set(kind, (ends.get(kind) ?? 0) + 1);
    }
    // All ways to end have been seen.
    for (const kind of ['exit', 'fetchMisaligned', 'fetchAccess', 'loadMisaligned', 'storeMisaligned']) {
      expect(ends.get(kind), kind).toBeGreaterThan(0);
    }
    if (xlen === 64) expect(ends.get('loadAccess')).toBeGreaterThan(0);
  });
});
