// MODEXP (EIP-198): lengths of base, exponent and modulus, then the three numbers, all big-endian;
// what the input lacks is zero.
import { modexp, modexpScratch } from '../../../../packages/kernels/assembly/modexp';
import { EIP_7883, FEATURE_SET } from '../schedule';
import { saturatedWordAt, saturatingAdd } from './input';
import { BASE_LENGTH, EXPONENT_LENGTH, MODEXP_HEADER, MODULUS_LENGTH } from './modexp-gas';

/** Longest number from Osaka on (EIP-7823). */
const OSAKA_LIMIT: u64 = 1024;

/**
 * Longest base and modulus before. The rules have no limit, but this long a number costs above
 * 3 x 10^9 gas in every fork: no block has room for it, and memory is not asked for it.
 */
const EARLIER_LIMIT: u64 = 1 << 20;

/** Bytes that {@link runModexp} needs at its `room`. */
export function modexpRoom(input: usize, length: u32): u32 {
  const baseLength = saturatedWordAt(input, length, BASE_LENGTH);
  const modulusLength = saturatedWordAt(input, length, MODULUS_LENGTH);
  if (baseLength > EARLIER_LIMIT || modulusLength > EARLIER_LIMIT) return 0;
  const modulus = roundUp(<usize>modulusLength);
  return <u32>(2 * modulus + modexpScratch(<usize>baseLength, <usize>modulusLength));
}

/** Length of the result at `room`, which is that of the modulus, or -1. */
export function runModexp(schedule: usize, input: usize, length: u32, room: usize): i32 {
  const baseLength = saturatedWordAt(input, length, BASE_LENGTH);
  const exponentLength = saturatedWordAt(input, length, EXPONENT_LENGTH);
  const modulusLength = saturatedWordAt(input, length, MODULUS_LENGTH);
  if ((load<u64>(schedule, FEATURE_SET) & EIP_7883) != 0) {
    if (max<u64>(max<u64>(baseLength, exponentLength), modulusLength) > OSAKA_LIMIT) return -1;
  }
  if (baseLength > EARLIER_LIMIT || modulusLength > EARLIER_LIMIT) return -1;
  if (modulusLength == 0) return 0;

  const out = room;
  const size = <usize>modulusLength;
  const modulusOffset = saturatingAdd(<u64>MODEXP_HEADER + baseLength, exponentLength);
  if (modulusOffset >= <u64>length) {
    // No byte of the modulus is there: it is zero, and so is the result, however long the exponent.
    memory.fill(out, 0, size);
    return <i32>size;
  }
  const modulus = room + roundUp(size);
  const present = min<usize>(size, <usize>(<u64>length - modulusOffset));
  memory.copy(modulus, input + <usize>modulusOffset, present);
  memory.fill(modulus + present, 0, size - present);

  const base = input + MODEXP_HEADER;
  const exponent = base + <usize>baseLength;
  const scratch = modulus + roundUp(size);
  modexp(out, base, <usize>baseLength, exponent, <usize>exponentLength, modulus, size, scratch);
  return <i32>size;
}

@inline
function roundUp(size: usize): usize {
  return (size + 7) & ~7;
}
