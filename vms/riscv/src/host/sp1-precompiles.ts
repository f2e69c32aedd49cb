import { keccakF1600 } from '@ninefold/kernels';
import type { Machine } from '../engine/machine.ts';
import { refuse } from '../engine/traps.ts';
import type { Sp1PrecompileName } from '../spec/guest-calls.ts';
import {
  addPoints,
  type Curve,
  type CurveName,
  CURVES,
  doublePoint,
  type Point,
} from './accelerators/curves.ts';
import { fromLittleEndian, mod, toLittleEndian } from './accelerators/integers.ts';
import { sha256Compress, sha256Extend } from './accelerators/sha256.ts';

/** What an accelerator of SP1 does to memory at the addresses in a0, a1. */
export type Sp1Precompile = {
  readonly name: Sp1PrecompileName;
  readonly run: (machine: Machine, a0: number, a1: number) => void;
};

/** Words of SHA-256 take a register's width each in memory. */
function readWords({ memory, xlen }: Machine, address: number, count: number): Uint32Array {
  const stride = xlen / 8;
  const bytes = memory.read(address, count * stride);
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: count }, (_, i) => view.getUint32(i * stride, true));
}

/** Words of a message block: what follows them in a schedule is computed. */
const BLOCK_WORDS = 16;

function writeWords({ memory, xlen }: Machine, address: number, words: Uint32Array): void {
  const stride = xlen / 8;
  const bytes = new Uint8Array(words.length * stride);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(i * stride, word, true));
  memory.write(address, bytes);
}

/** Ends the run where what a call works on does not begin at a word. */
function requireWord(name: string, { xlen }: Machine, address: number): void {
  if (address % (xlen / 8) !== 0) throw refuse(`SP1: ${name} at 0x${address.toString(16)}, which is no word`);
}

/** Ends the run where a call with one argument is given another one. */
function requireNothing(name: string, a1: number): void {
  if (a1 !== 0) throw refuse(`SP1: ${name} takes 0 for its second argument, not ${a1}`);
}

function readPoint({ memory }: Machine, address: number, { bytes }: Curve): Point {
  const both = memory.read(address, 2 * bytes);
  return { x: fromLittleEndian(both.subarray(0, bytes)), y: fromLittleEndian(both.subarray(bytes)) };
}

function writePoint(
  { memory }: Machine,
  address: number,
  { bytes, name }: Curve,
  point: Point | undefined,
): void {
  if (point === undefined) throw refuse(`${name}: the sum has no affine form by the chord or tangent`);
  memory.write(address, toLittleEndian(point.x, bytes));
  memory.write(address + bytes, toLittleEndian(point.y, bytes));
}

/** p += q and p *= 2 of one curve. */
function curveOperations(curve: Curve & { readonly name: CurveName }): readonly Sp1Precompile[] {
  return [
    {
      name: `${curve.name}_ADD`,
      run: (machine, p, q) =>
        writePoint(
          machine,
          p,
          curve,
          addPoints(curve, readPoint(machine, p, curve), readPoint(machine, q, curve)),
        ),
    },
    {
      name: `${curve.name}_DOUBLE`,
      run: (machine, p) => writePoint(machine, p, curve, doublePoint(curve, readPoint(machine, p, curve))),
    },
  ];
}

/** x = x op y in a prime field and in its extension by i, i^2 = -1. */
function fieldOperations({
  name,
  p,
  bytes,
}: Curve & { readonly name: 'BN254' | 'BLS12381' }): readonly Sp1Precompile[] {
  const rows: readonly (readonly [
    `FP${'' | '2'}_${'ADD' | 'SUB' | 'MUL'}`,
    1 | 2,
    (a: readonly bigint[], b: readonly bigint[]) => readonly bigint[],
  ])[] = [
    ['FP_ADD', 1, (a, b) => a.map((x, i) => x + (b[i] as bigint))],
    ['FP_SUB', 1, (a, b) => a.map((x, i) => x - (b[i] as bigint))],
    ['FP_MUL', 1, ([a = 0n], [b = 0n]) => [a * b]],
    ['FP2_ADD', 2, (a, b) => a.map((x, i) => x + (b[i] as bigint))],
    ['FP2_SUB', 2, (a, b) => a.map((x, i) => x - (b[i] as bigint))],
    ['FP2_MUL', 2, ([a = 0n, b = 0n], [c = 0n, d = 0n]) => [a * c - b * d, a * d + b * c]],
  ];
  return rows.map(([operation, size, compute]) => ({
    name: `${name}_${operation}`,
    run: ({ memory }, x, y) => {
      const read = (address: number): readonly bigint[] =>
        Array.from({ length: size }, (_, i) => fromLittleEndian(memory.read(address + i * bytes, bytes)));
      compute(read(x), read(y)).forEach((value, i) =>
        memory.write(x + i * bytes, toLittleEndian(mod(value, p), bytes)),
      );
    },
  }));
}

const UINT256_BYTES = 32;
const readUint256 = ({ memory }: Machine, address: number): bigint =>
  fromLittleEndian(memory.read(address, UINT256_BYTES));

/** low + 2^256 high of a op b + c, whose addresses are in a0 to a2 and a3, a4. */
function withCarry(
  name: Sp1PrecompileName,
  compute: (a: bigint, b: bigint, c: bigint) => bigint,
): Sp1Precompile {
  return {
    name,
    run: (machine, a, b) => {
      const [c, low, high] = [12, 13, 14].map((register) => machine.word(register)) as [
        number,
        number,
        number,
      ];
      const value = compute(readUint256(machine, a), readUint256(machine, b), readUint256(machine, c));
      machine.memory.write(low, toLittleEndian(value, UINT256_BYTES));
      machine.memory.write(high, toLittleEndian(value >> 256n, UINT256_BYTES));
    },
  };
}

/** SP1's accelerators. */
export const SP1_PRECOMPILES: readonly Sp1Precompile[] = [
  {
    name: 'SHA_EXTEND',
    run: (machine, w, a1) => {
      requireNothing('SHA_EXTEND', a1);
      requireWord('SHA_EXTEND', machine, w);
      const words = readWords(machine, w, 64);
      sha256Extend(words);
      writeWords(machine, w + (BLOCK_WORDS * machine.xlen) / 8, words.subarray(BLOCK_WORDS));
    },
  },
  {
    name: 'SHA_COMPRESS',
    run: (machine, w, h) => {
      requireWord('SHA_COMPRESS', machine, w);
      requireWord('SHA_COMPRESS', machine, h);
      const state = readWords(machine, h, 8);
      sha256Compress(state, readWords(machine, w, 64));
      writeWords(machine, h, state);
    },
  },
  {
    name: 'KECCAK_PERMUTE',
    run: (machine, state, a1) => {
      requireNothing('KECCAK_PERMUTE', a1);
      requireWord('KECCAK_PERMUTE', machine, state);
      machine.memory.write(state, keccakF1600(machine.memory.read(state, 200)));
    },
  },
  ...curveOperations(CURVES.SECP256K1),
  ...curveOperations(CURVES.BN254),
  ...curveOperations(CURVES.BLS12381),
  ...curveOperations(CURVES.SECP256R1),
  {
    name: 'UINT256_MUL',
    run: (machine, x, y) => {
      const modulus = readUint256(machine, y + UINT256_BYTES);
      const product = readUint256(machine, x) * readUint256(machine, y);
      // A modulus of 0 stands for 2^256.
      machine.memory.write(x, toLittleEndian(modulus === 0n ? product : product % modulus, UINT256_BYTES));
    },
  },
  ...fieldOperations(CURVES.BLS12381),
  ...fieldOperations(CURVES.BN254),
  withCarry('UINT256_ADD_CARRY', (a, b, c) => a + b + c),
  withCarry('UINT256_MUL_CARRY', (a, b, c) => a * b + c),
];
