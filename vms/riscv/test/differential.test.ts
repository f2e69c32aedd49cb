import { type Bytes, equalBytes, type Rng, seededRng } from '@ninefold/base';
import { describe, expect, it } from 'vitest';
import { encodeInstruction } from '../src/code/encode.ts';
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
    for (let seed = 1; seed <= 60; seed++) compareOnce(xlen, seed + xlen * 1000);
  });
});
