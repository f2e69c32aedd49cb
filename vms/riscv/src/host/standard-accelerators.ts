import { type Bytes, bytesToBigint, concatBytes, padLeft } from '@ninefold/base';
import {
  blake2f,
  bls12G1Add,
  bls12G1Msm,
  bls12G2Add,
  bls12G2Msm,
  bls12MapFp2ToG2,
  bls12MapFpToG1,
  bls12Pairing,
  bn254Add,
  bn254Mul,
  bn254Pairing,
  keccak256,
  modexp,
  p256Verify,
  ripemd160,
  secp256k1,
  sha256,
  verifyKzgProof,
} from '@ninefold/crypto';
import type { Machine } from '../engine/machine.ts';
import { REGISTER } from '../spec/registers.ts';
import { narrowArgument } from './abi.ts';

/**
 * An accelerator of the C interface of eth-act/zkvm-standards (`zkvm_accelerators.h`): arguments in
 * a0 to a6 in the order of its prototype. False when the function gives ZKVM_EFAIL, with nothing written.
 */
export type Accelerator = {
  readonly number: number;
  readonly name: string;
  readonly run: (machine: Machine, args: readonly number[]) => boolean;
};

/** What a function computes: bytes to be written to its last pointer, or undefined when it fails. */
type Compute = (
  read: (argument: number, length: number) => Bytes,
  args: readonly number[],
  narrow: (argument: number, bits: number) => number,
) => Bytes | undefined;

/** An accelerator whose result goes to the pointer in argument `out`. */
const writing = (number: number, name: string, out: number, compute: Compute): Accelerator => ({
  number,
  name,
  run: (machine, args) => {
    const result = compute(
      (argument, length) => machine.memory.read(args[argument] as number, length),
      args,
      (argument, bits) => narrowArgument(machine, REGISTER.a0 + argument, bits),
    );
    if (result === undefined) return false;
    machine.memory.write(args[out] as number, result);
    return true;
  },
});

/** A C bool; `undefined` stays what it is: the check could not be done. */
const truth = (value: boolean | undefined): Bytes | undefined =>
  value === undefined ? undefined : Uint8Array.of(value ? 1 : 0);

/** Field elements of BLS12-381 have 48 bytes here and 64 in the EVM's form. */
const FP_BYTES = 48;
const EVM_FP_BYTES = 64;
const SCALAR_BYTES = 32;

/** Widens the field elements in each part of `bytes`: `elements` of them, then `rest` bytes as they are. */
function widen(bytes: Bytes, elements: number, rest = 0): Bytes {
  const parts: Bytes[] = [];
  for (let at = 0; at < bytes.length;) {
    for (let i = 0; i < elements; i++, at += FP_BYTES)
      parts.push(padLeft(bytes.subarray(at, at + FP_BYTES), EVM_FP_BYTES));
    parts.push(bytes.subarray(at, at + rest));
    at += rest;
  }
  return concatBytes(...parts);
}

/** The way back for a point. */
function narrowPoint(point: Bytes | undefined): Bytes | undefined {
  if (point === undefined) return undefined;
  const parts: Bytes[] = [];
  for (let at = 0; at < point.length; at += EVM_FP_BYTES)
    parts.push(point.subarray(at + EVM_FP_BYTES - FP_BYTES, at + EVM_FP_BYTES));
  return concatBytes(...parts);
}

/** Longest number of a modular exponentiation (EIP-7823). */
const MAX_MODEXP_BYTES = 1024;

/** Most rounds of BLAKE2f in a call: more than a block's gas has ever paid for. */
const MAX_BLAKE2F_ROUNDS: number = 2 ** 26;

/** Most pairs of a pairing check and of a sum of multiples: more than a block's gas pays for (EIP-1108, EIP-2537). */
const MAX_PAIRINGS: number = 2 ** 12;
const MAX_MULTIPLES: number = 2 ** 14;

const G1_BYTES = 2 * FP_BYTES;
const G2_BYTES = 4 * FP_BYTES;

/** r and s of a signature of 64 bytes. */
const halves = (bytes: Bytes): readonly [bigint, bigint] => [
  bytesToBigint(bytes.subarray(0, 32)),
  bytesToBigint(bytes.subarray(32)),
];

/** The accelerators of the standard by their call numbers. */
export const ACCELERATORS: readonly Accelerator[] = [
  writing(0x100, 'keccak256', 2, (read, [, length = 0]) => keccak256(read(0, length))),
  writing(0x101, 'secp256k1_verify', 3, (read) => {
    const [r, s] = halves(read(1, 64));
    return truth(secp256k1.verify(read(0, 32), r, s, read(2, 64)));
  }),
  writing(0x102, 'secp256k1_ecrecover', 3, (read, _, narrow) => {
    const [r, s] = halves(read(1, 64));
    return secp256k1.recover(read(0, 32), r, s, narrow(2, 8));
  }),
  writing(0x103, 'sha256', 2, (read, [, length = 0]) => sha256(read(0, length))),
  writing(0x104, 'ripemd160', 2, (read, [, length = 0]) => padLeft(ripemd160(read(0, length)), 32)),
  writing(0x105, 'modexp', 6, (read, [, baseLength = 0, , exponentLength = 0, , modulusLength = 0]) =>
    Math.max(baseLength, exponentLength, modulusLength) > MAX_MODEXP_BYTES
      ? undefined
      : modexp(read(0, baseLength), read(2, exponentLength), read(4, modulusLength)),
  ),
  writing(0x106, 'bn254_g1_add', 2, (read) => bn254Add(concatBytes(read(0, 64), read(1, 64)))),
  writing(0x107, 'bn254_g1_mul', 2, (read) => bn254Mul(concatBytes(read(0, 64), read(1, 32)))),
  writing(0x108, 'bn254_pairing', 2, (read, [, pairs = 0]) =>
    pairs > MAX_PAIRINGS ? undefined : truth(bn254Pairing(read(0, 192 * pairs))),
  ),
  writing(0x109, 'blake2f', 1, (read, _, narrow) => {
    const rounds = swapped(narrow(0, 32));
    const final = narrow(4, 8);
    if (final > 1 || rounds > MAX_BLAKE2F_ROUNDS) return undefined;
    return blake2f(rounds, read(1, 64), read(2, 128), read(3, 16), final === 1);
  }),
  writing(0x10a, 'kzg_point_eval', 4, (read) =>
    truth(verifyKzgProof(read(0, 48), read(1, 32), read(2, 32), read(3, 48))),
  ),
  writing(0x10b, 'bls12_g1_add', 2, (read) =>
    narrowPoint(bls12G1Add(widen(concatBytes(read(0, G1_BYTES), read(1, G1_BYTES)), 2))),
  ),
  writing(0x10c, 'bls12_g1_msm', 2, (read, [, pairs = 0]) =>
    pairs > MAX_MULTIPLES
      ? undefined
      : narrowPoint(bls12G1Msm(widen(read(0, pairs * (G1_BYTES + SCALAR_BYTES)), 2, SCALAR_BYTES))),
  ),
  writing(0x10d, 'bls12_g2_add', 2, (read) =>
    narrowPoint(bls12G2Add(widen(concatBytes(read(0, G2_BYTES), read(1, G2_BYTES)), 4))),
  ),
  writing(0x10e, 'bls12_g2_msm', 2, (read, [, pairs = 0]) =>
    pairs > MAX_MULTIPLES
      ? undefined
      : narrowPoint(bls12G2Msm(widen(read(0, pairs * (G2_BYTES + SCALAR_BYTES)), 4, SCALAR_BYTES))),
  ),
  writing(0x10f, 'bls12_pairing', 2, (read, [, pairs = 0]) =>
    pairs > MAX_PAIRINGS ? undefined : truth(bls12Pairing(widen(read(0, pairs * (G1_BYTES + G2_BYTES)), 6))),
  ),
  writing(0x110, 'bls12_map_fp_to_g1', 1, (read) => narrowPoint(bls12MapFpToG1(widen(read(0, FP_BYTES), 1)))),
  writing(0x111, 'bls12_map_fp2_to_g2', 1, (read) =>
    narrowPoint(bls12MapFp2ToG2(widen(read(0, 2 * FP_BYTES), 2))),
  ),
  writing(0x112, 'secp256r1_verify', 3, (read) =>
    truth(p256Verify(concatBytes(read(0, 32), read(1, 64), read(2, 64)))),
  ),
];

/** The standard gives the number of rounds in big-endian order, as EIP-152 does. */
function swapped(word: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, word, true);
  return view.getUint32(0);
}
