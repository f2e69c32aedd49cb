import type { Bytes, Rng } from '@ninefold/base';
import { bigintToBytes, concatBytes } from '@ninefold/base';
import type { ForkName, OpSpec } from '@ninefold/vm-evm';
import { introducedIn, isAtLeast, OPCODES } from '@ninefold/vm-evm';

/** Addresses a program may name: accounts of the scene, precompiles and strangers. */
export type AddressPool = readonly Bytes[];

const JUMPDEST = 0x5b;
const JUMP = 0x56;
const JUMPI = 0x57;
const PUSH1 = 0x60;

/** Share of statements that are arbitrary bytes, so that invalid code is met as well. */
const NOISE = 0.004;

const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  31n,
  32n,
  33n,
  255n,
  256n,
  (1n << 64n) - 1n,
  1n << 64n,
  (1n << 128n) - 1n,
  1n << 255n,
  (1n << 255n) - 1n,
  (1n << 256n) - 1n,
];

/** Any word, edges of the limbs more often than chance would have it. */
export function randomWord(rng: Rng): bigint {
  const kind = rng.below(4);
  if (kind === 0) return rng.pick(EDGES);
  if (kind === 1) return BigInt(rng.below(300));
  const bytes = rng.bytes(1 + rng.below(32));
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return kind === 2 ? value : BigInt.asUintN(256, -value);
}

function push(value: bigint): Bytes {
  const bytes = value === 0n ? Uint8Array.of(0) : bigintToBytes(value);
  return concatBytes(Uint8Array.of(PUSH1 + bytes.length - 1), bytes);
}

/** A constant that makes sense for the operand's name in the instruction table, or nonsense at times. */
function operand(name: string, rng: Rng, pool: AddressPool): bigint {
  if (rng.below(120) === 0) return randomWord(rng);
  if (/offset|length|size/i.test(name)) return BigInt(rng.below(rng.below(8) === 0 ? 3000 : 96));
  if (/address|beneficiary|target|to$/i.test(name)) {
    return rng.pick(pool).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
  if (/slot|key/i.test(name)) return BigInt(rng.below(4));
  if (/gas/i.test(name)) return BigInt(rng.below(rng.below(3) === 0 ? 3000 : 200_000));
  if (/value/i.test(name) && rng.below(3) > 0) return BigInt(rng.below(3));
  return randomWord(rng);
}

function instructionsOf(fork: ForkName): readonly OpSpec[] {
  return OPCODES.filter(
    (op) => isAtLeast(fork, introducedIn(op)) && ![JUMP, JUMPI, JUMPDEST].includes(op.code),
  );
}

/**
 * Straight code with forward and backward jumps between statements. Each statement pushes what its
 * instruction takes, so that most of the program really runs.
 */
export function randomProgram(rng: Rng, fork: ForkName, pool: AddressPool, statements: number): Bytes {
  const instructions = instructionsOf(fork);
  const parts: Bytes[] = [];
  const targets: number[] = [];
  let length = 0;
  const emit = (part: Bytes): void => {
    parts.push(part);
    length += part.length;
  };
  for (let i = 0; i < statements; i++) {
    if (rng.below(5) === 0) {
      targets.push(length);
      emit(Uint8Array.of(JUMPDEST));
    }
    if (rng.below(1000) < NOISE * 1000) {
      emit(rng.bytes(1 + rng.below(4)));
      continue;
    }
    if (targets.length > 0 && rng.below(14) === 0) {
      // Backwards only now and then: a loop ends by running out of gas.
      emit(concatBytes(push(BigInt(rng.below(2))), push(BigInt(rng.pick(targets))), Uint8Array.of(JUMPI)));
      continue;
    }
    if (rng.below(12) === 0) {
      emit(forwardJump(length, rng));
      continue;
    }
    const op = rng.pick(instructions);
    if (op.terminates === true && rng.below(12) > 0) continue;
    // Taken from the top, so the last one pushed is the first operand; some are left to chance.
    for (const name of op.operands.toReversed()) {
      if (rng.below(60) > 0) emit(push(operand(name, rng, pool)));
    }
    emit(Uint8Array.of(op.code));
    if (op.immediate !== undefined) emit(rng.bytes(op.immediate));
    if (op.results.length > 0 && rng.below(3) === 0) emit(storeResult(rng));
  }
  return concatBytes(...parts);
}

/** Jumps over a few bytes that are then never run. */
function forwardJump(at: number, rng: Rng): Bytes {
  const skipped = rng.bytes(rng.below(5));
  // PUSH2 xx xx JUMP, the bytes skipped (which may hide the target in push data), JUMPDEST.
  const target = at + 4 + skipped.length;
  return concatBytes(Uint8Array.of(0x61, target >> 8, target & 255, JUMP), skipped, Uint8Array.of(JUMPDEST));
}

/** Keeps a result where it is seen afterwards: in storage, in memory, or in a log. */
function storeResult(rng: Rng): Bytes {
  const kind = rng.below(3);
  if (kind === 0) return concatBytes(push(BigInt(rng.below(4))), Uint8Array.of(0x55));
  if (kind === 1) return concatBytes(push(BigInt(rng.below(4) * 32)), Uint8Array.of(0x52));
  return concatBytes(push(32n), push(0n), Uint8Array.of(0xa1));
}
