// Running a precompile. The caller
//
//   1. prices it:    precompileGas(schedule, number, input, length)   more than the gas given: out of gas
//   2. makes room:   precompileRoom(number, input, length)            bytes, known only to be small once paid
//   3. runs it:      runPrecompile(schedule, number, input, length, room)
//
// and gets the length of the output, which stands at `room`, or FAILED: then all gas given is gone.
// Curve arithmetic and the KZG proof are the host's; everything else happens here.
import { BLAKE2F_SCRATCH, blake2f } from '../../../../packages/kernels/assembly/blake2f';
import { RIPEMD160_SCRATCH, ripemd160 } from '../../../../packages/kernels/assembly/ripemd160';
import { SHA256_SCRATCH, sha256 } from '../../../../packages/kernels/assembly/sha256';
import { modexpRoom, runModexp } from './modexp';
import { BLAKE2F, IDENTITY_COPY, MODEXP, RIPEMD_160, SHA_256 } from './numbers';

/** No output: the call fails. */
export const FAILED: i32 = -1;

/** Longest output of the host's operations: a point of G2. */
const CURVE_OUTPUT_BYTES: u32 = 256;

/** Input of BLAKE2F: rounds 4, h 64, m 128, counters 16, final flag 1 (EIP-152). */
const BLAKE2F_INPUT_BYTES: u32 = 213;

/**
 * Runs the operation with this precompile's number on the host: the output's length, or -1 for input
 * that makes the call fail. Recovery of no key and a wrong P-256 signature are empty output.
 */
@external("host", "precompile_curve")
export declare function hostCurve(number: u32, input: usize, length: u32, out: usize): i32;

/** Bytes needed for output and scratch. Call it only for input whose gas is paid. */
export function precompileRoom(number: u32, input: usize, length: u32): u32 {
  switch (number) {
    case SHA_256:
      return 32 + <u32>SHA256_SCRATCH;
    case RIPEMD_160:
      return 32 + <u32>RIPEMD160_SCRATCH;
    case IDENTITY_COPY:
      return length;
    case MODEXP:
      return modexpRoom(input, length);
    case BLAKE2F:
      return 64 + 128 + <u32>BLAKE2F_SCRATCH;
    default:
      return CURVE_OUTPUT_BYTES;
  }
}

/** Runs precompile `number`: length of the output at `room`, or {@link FAILED}. */
export function runPrecompile(schedule: usize, number: u32, input: usize, length: u32, room: usize): i32 {
  switch (number) {
    case SHA_256:
      sha256(room, input, length, room + 32);
      return 32;
    case RIPEMD_160:
      memory.fill(room, 0, 12);
      ripemd160(room + 12, input, length, room + 32);
      return 32;
    case IDENTITY_COPY:
      memory.copy(room, input, length);
      return <i32>length;
    case MODEXP:
      return runModexp(schedule, input, length, room);
    case BLAKE2F:
      return runBlake2f(input, length, room);
    default:
      return hostCurve(number, input, length, room);
  }
}

function runBlake2f(input: usize, length: u32, room: usize): i32 {
  if (length != BLAKE2F_INPUT_BYTES) return FAILED;
  const final = load<u8>(input, 212);
  if (final > 1) return FAILED;
  memory.copy(room, input + 4, 64);
  // The message needs its place: words are read aligned on every target.
  memory.copy(room + 64, input + 68, 128);
  const rounds = bswap<u32>(load<u32>(input));
  const t0 = load<u64>(input, 196);
  const t1 = load<u64>(input, 204);
  blake2f(rounds, room, room + 64, t0, t1, final == 1, room + 192);
  return 64;
}
