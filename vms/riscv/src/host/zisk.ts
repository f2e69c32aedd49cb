import { type Bytes, concatBytes } from '@ninefold/base';
import { keccakF1600 } from '@ninefold/kernels';
import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import { REGISTER } from '../spec/registers.ts';
import { type Abi, type Answer, exitByA0, type HostInstruction } from './abi.ts';
import { addPoints, type Curve, CURVES, doublePoint, type Point } from './accelerators/curves.ts';
import { fromLittleEndian, mod, toLittleEndian } from './accelerators/integers.ts';
import type { Outputs } from './outputs.ts';

/** Where the input is: 8 reserved bytes, its length as u64, its bytes. Older builds look at the second place. */
const INPUT_ADDRESSES: readonly number[] = [0x4000_0000, 0x9000_0000];

/** A count of words, then the public words. */
const OUTPUT_ADDRESS = 0xa001_0000;

/** Most public words. */
const MAX_OUTPUT_WORDS = 64;

const CSR_MARCHID = 0xf12;
/** What a guest expects there when it runs on ZisK. */
const MARCHID = 0x0fffeeeen;

const EXIT_CALL = 93;

/** Guests of ZisK. Input: one piece. Journal: the public words. */
export const zisk: Abi = {
  name: 'zisk',
  xlens: [64],
  bounds: { low: 0x1000, high: 2 ** 32 },
  fetch: 'program',
  misaligned: 'supported',
  start: (machine, input, outputs) => {
    if (input.length > 1) throw refuse('ZisK has one piece of input');
    const bytes = input[0] ?? new Uint8Array(0);
    const header = concatBytes(new Uint8Array(8), toLittleEndian(BigInt(bytes.length), 8));
    for (const address of INPUT_ADDRESSES) machine.memory.write(address, concatBytes(header, bytes));
    return { answer: (instruction) => answerInstruction(machine, outputs, instruction) };
  },
};

function answerInstruction(machine: Machine, outputs: Outputs, instruction: HostInstruction): Answer {
  const { spec, rd, rs1, imm } = instruction;
  if (spec.mnemonic === 'ecall') {
    if (machine.word(REGISTER.a7) !== EXIT_CALL)
      throw refuse(`ZisK has no call ${machine.word(REGISTER.a7)}`);
    outputs.write('journal', publicWords(machine));
    return exitByA0(machine);
  }
  if (spec.mnemonic !== 'csrrs') return 'illegal';
  if (rs1 === 0) {
    machine.setRegister(rd, imm === CSR_MARCHID ? MARCHID : 0n);
    return 'next';
  }
  const precompile = PRECOMPILES[imm];
  if (precompile === undefined) return 'illegal';
  outputs.count(precompile.name);
  precompile.run(machine, machine.word(rs1));
  return 'next';
}

function publicWords({ memory }: Machine): Bytes {
  const count = memory.readU32(OUTPUT_ADDRESS);
  if (count > MAX_OUTPUT_WORDS) throw refuse(`ZisK: ${count} public words of at most ${MAX_OUTPUT_WORDS}`);
  return memory.read(OUTPUT_ADDRESS + 4, 4 * count);
}

type Precompile = { readonly name: string; readonly run: (machine: Machine, address: number) => void };

/** The pointer in field `index` of the structure at `address`. */
const pointer = ({ memory }: Machine, address: number, index: number): number =>
  Number(memory.readU64(address + 8 * index));

/** d = (a b + c) mod m of numbers of `bytes`, whose pointers are in the structure in this order: a, b, c, m, d. */
const modularArithmetic = (name: string, bytes: number): Precompile => ({
  name,
  run: (machine, at) => {
    const read = (index: number): bigint =>
      fromLittleEndian(machine.memory.read(pointer(machine, at, index), bytes));
    const modulus = read(3);
    if (modulus === 0n) throw refuse(`ZisK: ${name} by the modulus 0`);
    machine.memory.write(
      pointer(machine, at, 4),
      toLittleEndian((read(0) * read(1) + read(2)) % modulus, bytes),
    );
  },
});

function readPoint({ memory }: Machine, address: number, { bytes }: Curve): Point {
  return {
    x: fromLittleEndian(memory.read(address, bytes)),
    y: fromLittleEndian(memory.read(address + bytes, bytes)),
  };
}

function writePoint(
  { memory }: Machine,
  address: number,
  { bytes, name }: Curve,
  point: Point | undefined,
): void {
  if (point === undefined) throw refuse(`ZisK: ${name} has no sum of these points by the chord or tangent`);
  memory.write(address, concatBytes(toLittleEndian(point.x, bytes), toLittleEndian(point.y, bytes)));
}

/** p1 += p2 by a structure of two pointers, and p *= 2 at a pointer. */
const curveOperations = (curve: Curve): readonly [Precompile, Precompile] => [
  {
    name: `${curve.name}_ADD`,
    run: (machine, at) => {
      const [p, q] = [pointer(machine, at, 0), pointer(machine, at, 1)];
      writePoint(
        machine,
        p,
        curve,
        addPoints(curve, readPoint(machine, p, curve), readPoint(machine, q, curve)),
      );
    },
  },
  {
    name: `${curve.name}_DOUBLE`,
    run: (machine, at) => writePoint(machine, at, curve, doublePoint(curve, readPoint(machine, at, curve))),
  },
];

type Complex = readonly [bigint, bigint];

/** f1 = f1 op f2 in the extension by i, i^2 = -1, by a structure of two pointers. */
const complexOperation = (
  { name, p, bytes }: Curve,
  operation: string,
  compute: (f: Complex, g: Complex) => Complex,
): Precompile => ({
  name: `${name}_COMPLEX_${operation}`,
  run: (machine, at) => {
    const [f1, f2] = [pointer(machine, at, 0), pointer(machine, at, 1)];
    const read = (address: number): Complex => {
      const { x, y } = readPoint(machine, address, { bytes } as Curve);
      return [x, y];
    };
    const parts = compute(read(f1), read(f2)).map((part) => toLittleEndian(mod(part, p), bytes));
    machine.memory.write(f1, concatBytes(...parts));
  },
});

const complexOperations = (curve: Curve): readonly Precompile[] => [
  complexOperation(curve, 'ADD', ([a, b], [c, d]) => [a + c, b + d]),
  complexOperation(curve, 'SUB', ([a, b], [c, d]) => [a - c, b - d]),
  complexOperation(curve, 'MUL', ([a, b], [c, d]) => [a * c - b * d, a * d + b * c]),
];

const FIRST_PRECOMPILE = 0x800;

/** By control register, from 0x800 on. SHA-256 and what follows 0x810 is not there. */
const PRECOMPILES: Readonly<Record<number, Precompile>> = Object.fromEntries(
  [
    {
      name: 'KECCAKF',
      run: ({ memory }: Machine, at: number) => memory.write(at, keccakF1600(memory.read(at, 200))),
    },
    {
      // dh 2^256 + dl = a b + c: a, b, c, dl, dh.
      name: 'ARITH256',
      run: (machine: Machine, at: number) => {
        const read = (index: number): bigint =>
          fromLittleEndian(machine.memory.read(pointer(machine, at, index), 32));
        const value = read(0) * read(1) + read(2);
        machine.memory.write(pointer(machine, at, 3), toLittleEndian(value, 32));
        machine.memory.write(pointer(machine, at, 4), toLittleEndian(value >> 256n, 32));
      },
    },
    modularArithmetic('ARITH256_MOD', 32),
    ...curveOperations(CURVES.SECP256K1),
    undefined,
    ...curveOperations(CURVES.BN254),
    ...complexOperations(CURVES.BN254),
    modularArithmetic('ARITH384_MOD', 48),
    ...curveOperations(CURVES.BLS12381),
    ...complexOperations(CURVES.BLS12381),
  ].flatMap((precompile, index) =>
    precompile === undefined ? [] : [[FIRST_PRECOMPILE + index, precompile]],
  ),
);
