import { type Bytes, copyBytes, equalBytes } from '@ninefold/base';
import { secp256k1Base64 } from './generated/secp256k1.ts';
import { requireLength } from './hashes.ts';
import { createKernel } from './instance.ts';

type Secp256k1Kernel = {
  readonly recover: (out: number, input: number, recoveryId: number) => number;
  readonly verify: (input: number) => number;
  readonly combine: (out: number, input: number) => number;
  readonly sum: (out: number, input: number) => number;
  readonly derive: (out: number, input: number) => number;
  readonly invert: (out: number, input: number) => number;
  readonly sign: (out: number, input: number) => number;
  readonly expectSigner: (key: number) => number;
  readonly isSignersRecovery: (input: number, recoveryId: number) => number;
  readonly parse: (out: number, input: number, length: number) => number;
};

const kernel = createKernel<Secp256k1Kernel>(secp256k1Base64);

const WORD_BYTES = 32;
const POINT_BYTES = 64;
/** r, s, parity */
const SIGNATURE_BYTES = 65;
/** The longest input is the one of a verification. */
const MAX_INPUT = 5 * WORD_BYTES;

/** Memory with `input` at the start of the heap. */
function load(input: Bytes): Bytes {
  const memory = kernel.memory(MAX_INPUT);
  memory.set(input, kernel.heapBase());
  return memory;
}

/** The first `length` bytes of the heap, where results take the input's place. */
function result(memory: Bytes, length: number): Bytes {
  const at = kernel.heapBase();
  return memory.slice(at, at + length);
}

/** Clears a secret from the kernel's memory. */
function forget(memory: Bytes): void {
  const at = kernel.heapBase();
  memory.fill(0, at, at + WORD_BYTES);
}

/**
 * The public key, x and y in 64 bytes, whose ECDSA signature (r, s) of the hash is; undefined when r or
 * s is not from 1 to n - 1, no point has that x, or the key would be the point at infinity.
 *
 * @param input hash, r, s in 32 big-endian bytes each
 * @param recoveryId 0 to 3; bit 0: whether the signature's point has an odd y; bit 1: whether its x is r + n
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Recover(input: Bytes, recoveryId: number): Bytes | undefined {
  requireLength('secp256k1 recovery', input, 3 * WORD_BYTES);
  const memory = load(input);
  const at = kernel.heapBase();
  if (guesses > 0 && signer !== undefined) {
    if (kernel.functions().isSignersRecovery(at, recoveryId) !== 0) return copyBytes(signer);
    guesses--;
  }
  if (kernel.functions().recover(at, at, recoveryId) === 0) return undefined;
  const key = result(memory, POINT_BYTES);
  noteSigner(key);
  return key;
}

/*
 * Most of a chain's signatures are by the account that made the one before, above all on a development
 * chain. Whether a signature is of a key one expects takes half the time of finding the key, and tables
 * for that key are made when it came often enough to be worth it.
 */

/** Recoveries in a row that give the same key, after which it is expected. */
export const SIGNER_STREAK: number = 16;
/** Wrong guesses before the next such streak. */
const MAX_GUESSES = 2;

/** Whose tables the kernel has. */
let signer: Bytes | undefined;
let guesses = 0;
let lastKey: Bytes | undefined;
let streak = 0;

function noteSigner(key: Bytes): void {
  if (lastKey === undefined || !equalBytes(key, lastKey)) {
    lastKey = key;
    streak = 0;
  }
  if (++streak < SIGNER_STREAK) return;
  streak = 0;
  guesses = MAX_GUESSES;
  if (signer !== undefined && equalBytes(signer, key)) return;
  load(key);
  kernel.functions().expectSigner(kernel.heapBase());
  signer = copyBytes(key);
}

/**
 * Whether (r, s) is an ECDSA signature of the hash by the key; false as well for r or s outside 1 to
 * n - 1 and for a key that is no point. A high s counts.
 *
 * @param input hash, r, s, x, y in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Verify(input: Bytes): boolean {
  requireLength('secp256k1 verification', input, 5 * WORD_BYTES);
  load(input);
  return kernel.functions().verify(kernel.heapBase()) !== 0;
}

/**
 * An ECDSA signature with a low s: r, s, and a byte for the parity of its point's y; undefined when the
 * key is not from 1 to n - 1, or when the nonce will not do and another has to be tried.
 *
 * @param input hash, private key, nonce, and a number nobody knows, which hides the nonce from whoever
 *   measures time; 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Sign(input: Bytes): Bytes | undefined {
  requireLength('secp256k1 signature', input, 4 * WORD_BYTES);
  const memory = load(input);
  const at = kernel.heapBase();
  const signed = kernel.functions().sign(at, at) === 0 ? undefined : result(memory, SIGNATURE_BYTES);
  memory.fill(0, at, at + input.length);
  return signed;
}

/**
 * The point a·G + b·P, x and y in 64 bytes; undefined when it is the point at infinity, P is no point,
 * or a or b is not below n. Not for secrets: the time it takes depends on them.
 *
 * @param input a, b, P's x and y in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Combine(input: Bytes): Bytes | undefined {
  requireLength('secp256k1 combination', input, 4 * WORD_BYTES);
  const memory = load(input);
  const at = kernel.heapBase();
  return kernel.functions().combine(at, at) === 0 ? undefined : result(memory, POINT_BYTES);
}

/**
 * The sum of two points, x and y in 64 bytes; undefined when it is the point at infinity or one of them
 * is no point.
 *
 * @param input x and y of both in 32 big-endian bytes each
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Add(input: Bytes): Bytes | undefined {
  requireLength('secp256k1 addition', input, 4 * WORD_BYTES);
  const memory = load(input);
  const at = kernel.heapBase();
  return kernel.functions().sum(at, at) === 0 ? undefined : result(memory, POINT_BYTES);
}

/**
 * The point k·G, x and y in 64 bytes; undefined for k outside 1 to n - 1. What runs and what memory is
 * read does not depend on k.
 *
 * @param scalar k in 32 big-endian bytes
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Derive(scalar: Bytes): Bytes | undefined {
  requireLength('secp256k1 scalar', scalar, WORD_BYTES);
  const memory = load(scalar);
  const at = kernel.heapBase();
  if (kernel.functions().derive(at, at) !== 0) return result(memory, POINT_BYTES);
  forget(memory);
  return undefined;
}

/**
 * 1 / k modulo n; undefined for k outside 1 to n - 1. Not for secrets: the time it takes depends on k.
 *
 * @param scalar k in 32 big-endian bytes
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function secp256k1Invert(scalar: Bytes): Bytes | undefined {
  requireLength('secp256k1 scalar', scalar, WORD_BYTES);
  const memory = load(scalar);
  const at = kernel.heapBase();
  return kernel.functions().invert(at, at) === 0 ? undefined : result(memory, WORD_BYTES);
}

/**
 * The point, x and y in 64 bytes, that SEC 1 encodes so: compressed in 33, uncompressed or hybrid in 65
 * bytes; undefined for anything else.
 */
export function secp256k1Parse(key: Bytes): Bytes | undefined {
  if (key.length !== 33 && key.length !== 65) return undefined;
  const memory = load(key);
  const at = kernel.heapBase();
  return kernel.functions().parse(at, at, key.length) === 0 ? undefined : result(memory, POINT_BYTES);
}
