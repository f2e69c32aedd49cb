import { type Bytes, defineErrors } from '@ninefold/base';
import { hashesBase64 } from './generated/hashes.ts';
import { createKernel } from './instance.ts';

type HashFunction = (out: number, input: number, length: number, scratch: number) => void;

type HashKernel = {
  readonly keccak256: HashFunction;
  readonly sha256: HashFunction;
  readonly ripemd160: HashFunction;
  readonly keccakF1600: (state: number) => void;
  readonly blake2f: (
    rounds: number,
    h: number,
    m: number,
    t0: bigint,
    t1: bigint,
    final: number,
    scratch: number,
  ) => void;
};

/** Room for every function's scratch area; the largest is SHA-256's with 416 bytes. */
const SCRATCH_BYTES = 448;
const KECCAK_STATE_BYTES = 200;

const kernel = createKernel<HashKernel>(hashesBase64);

const fail = defineErrors({
  KERNELS_INVALID_LENGTH: (context: {
    readonly name: string;
    readonly length: number;
    readonly expected: number;
  }) => `${context.name} has ${context.length} bytes instead of ${context.expected}`,
});

/**
 * Leaves the digest at the start of the heap in the memory it returns, to be released. Layout: digest,
 * scratch area, input.
 */
function compute(hash: HashFunction, input: Bytes, digestBytes: number): Bytes {
  const memory = kernel.memory(SCRATCH_BYTES + digestBytes + input.length);
  const out = kernel.heapBase();
  const scratch = out + digestBytes;
  memory.set(input, scratch + SCRATCH_BYTES);
  hash(out, scratch + SCRATCH_BYTES, input.length, scratch);
  return memory;
}

function digest(hash: HashFunction, input: Bytes, digestBytes: number): Bytes {
  const memory = compute(hash, input, digestBytes);
  const out = kernel.heapBase();
  const result = memory.slice(out, out + digestBytes);
  kernel.release();
  return result;
}

/**
 * Keccak-256 as Ethereum uses it (not SHA3-256): 32 bytes.
 *
 * @example bytesToHex(keccak256(new Uint8Array(0))) // '0xc5d246…5a470'
 */
export function keccak256(input: Bytes): Bytes {
  return digest(kernel.functions().keccak256, input, 32);
}

/**
 * As {@link keccak256}, written to the first 32 bytes of `out`, which may be the input's memory: for
 * loops in which a fresh array for each hash would cost as much as a short hash itself.
 *
 * @throws `KERNELS_INVALID_LENGTH` when `out` is shorter
 */
export function keccak256Into(input: Bytes, out: Bytes): void {
  if (out.length < 32) requireLength('room for a digest', out, 32);
  const memory = compute(kernel.functions().keccak256, input, 32);
  const from = kernel.heapBase();
  for (let i = 0; i < 32; i++) out[i] = memory[from + i] as number;
  kernel.release();
}

/** SHA-256: 32 bytes. */
export function sha256(input: Bytes): Bytes {
  return digest(kernel.functions().sha256, input, 32);
}

/** RIPEMD-160: 20 bytes. */
export function ripemd160(input: Bytes): Bytes {
  return digest(kernel.functions().ripemd160, input, 20);
}

/**
 * The permutation Keccak-f[1600] on a state of 200 bytes (25 little-endian lanes, lane x + 5y); the
 * state itself is left as it was.
 *
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function keccakF1600(state: Bytes): Bytes {
  requireLength('Keccak state', state, KECCAK_STATE_BYTES);
  const memory = kernel.memory(KECCAK_STATE_BYTES);
  const at = kernel.heapBase();
  memory.set(state, at);
  kernel.functions().keccakF1600(at);
  return memory.slice(at, at + KECCAK_STATE_BYTES);
}

/**
 * BLAKE2b's compression function F (EIP-152), 64 bytes.
 *
 * @param rounds 0 to 2^32 - 1; time is proportional to it
 * @param h state, 64 bytes: 8 little-endian words
 * @param m message block, 128 bytes
 * @param t byte counter, 16 bytes little-endian
 * @param final whether this is the last block
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function blake2f(rounds: number, h: Bytes, m: Bytes, t: Bytes, final: boolean): Bytes {
  requireLength('BLAKE2 state', h, 64);
  requireLength('BLAKE2 message block', m, 128);
  requireLength('BLAKE2 counter', t, 16);
  const memory = kernel.memory(64 + 128 + SCRATCH_BYTES);
  const at = kernel.heapBase();
  memory.set(h, at);
  memory.set(m, at + 64);
  const counter = new DataView(t.buffer, t.byteOffset, t.byteLength);
  kernel
    .functions()
    .blake2f(
      rounds,
      at,
      at + 64,
      counter.getBigUint64(0, true),
      counter.getBigUint64(8, true),
      final ? 1 : 0,
      at + 192,
    );
  return memory.slice(at, at + 64);
}

/** @throws `KERNELS_INVALID_LENGTH` when `bytes` has another length than `expected`. */
export function requireLength(name: string, bytes: Bytes, expected: number): void {
  if (bytes.length !== expected)
    throw fail('KERNELS_INVALID_LENGTH', { name, length: bytes.length, expected });
}
