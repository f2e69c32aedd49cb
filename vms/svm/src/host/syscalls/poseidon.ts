import { type Bytes, bigintToBytes, bytesToBigint } from '@ninefold/base';
import { grainGenConstants, poseidon } from '@noble/curves/abstract/poseidon.js';
import { bn254 } from '@noble/curves/bn254.js';
import { syscallFault } from '../../engine/faults.ts';
import { POSEIDON } from '../../spec/costs.ts';
import { BYTE, consume, readBytes, readSlices, type Syscall, translateSlice, writeAt } from '../call.ts';

const { Fr } = bn254.fields;
const FULL_ROUNDS = 8;
const SBOX_POWER = 5;
/** Partial rounds by the number of inputs, from 1 (circomlib's parameters for BN254). */
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65] as const;

type Permutation = (state: bigint[]) => bigint[];
const permutations = new Map<number, Permutation>();

/** The permutation for a number of inputs; its constants are derived when it is first used. */
function permutationFor(inputs: number): Permutation {
  let permutation = permutations.get(inputs);
  if (permutation === undefined) {
    const roundsPartial = PARTIAL_ROUNDS[inputs - 1] as number;
    const options = { Fp: Fr, t: inputs + 1, roundsFull: FULL_ROUNDS, roundsPartial, sboxPower: SBOX_POWER };
    permutation = poseidon({ ...options, ...grainGenConstants(options) });
    permutations.set(inputs, permutation);
  }
  return permutation;
}

/** Poseidon over BN254's scalars with x^5, capacity first and zero: the first element of the result. */
export function poseidonHash(inputs: readonly bigint[]): bigint {
  return permutationFor(inputs.length)([0n, ...inputs])[0] as bigint;
}

const ENDIANNESS = { big: 0n, little: 1n } as const;

/** An input as a scalar; `undefined` when it has a wrong length or is not reduced. */
function readInput(bytes: Bytes, isLittle: boolean, wantsPadding: boolean): bigint | undefined {
  if (bytes.length === 0 || bytes.length > 32 || (wantsPadding && bytes.length !== 32)) return undefined;
  const value = bytesToBigint(isLittle ? bytes.slice().reverse() : bytes);
  return value < Fr.ORDER ? value : undefined;
}

export const poseidonSyscall: Syscall = (call, parameters, endianness, slices, count, out) => {
  if (parameters !== 0n) throw syscallFault('Invalid parameters.');
  if (endianness !== ENDIANNESS.big && endianness !== ENDIANNESS.little)
    throw syscallFault('Invalid endianness.');
  if (count > BigInt(POSEIDON.maxInputs)) {
    call.transaction.log.write(`Poseidon hashing ${count} sequences is not supported`);
    throw syscallFault('InvalidLength');
  }
  consume(call, BigInt(POSEIDON.square) * count * count + BigInt(POSEIDON.base));
  const target = translateSlice(call, out, 32n, BYTE, true);
  const parts = readSlices(call, slices, count).map(({ address, length }) =>
    readBytes(call, address, length),
  );
  const isLittle = endianness === ENDIANNESS.little;
  const wantsPadding = call.transaction.environment.features.has('poseidon_enforce_padding');
  const inputs = parts.map((bytes) => readInput(bytes, isLittle, wantsPadding));
  if (inputs.length === 0 || inputs.includes(undefined)) return 1n;
  const hash = bigintToBytes(poseidonHash(inputs as bigint[]), 32);
  writeAt(call, target, isLittle ? hash.reverse() : hash);
  return 0n;
};
