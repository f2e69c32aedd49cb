import type { Bytes } from '@ninefold/base';
import { ed25519Base64 } from './generated/ed25519.ts';
import { requireLength } from './hashes.ts';
import { createKernel } from './instance.ts';

type Ed25519Kernel = {
  readonly begin: (input: number, length: number) => number;
  readonly settle: () => number;
  readonly isPoint: (bytes: number, isRistretto: number) => number;
  readonly combine: (out: number, a: number, b: number, isDifference: number, isRistretto: number) => number;
  readonly sumOfProducts: (
    out: number,
    scalars: number,
    points: number,
    count: number,
    isRistretto: number,
  ) => number;
};

/** What a verification takes: 64 bytes, any number, 32 bytes. */
export type SignedMessage = {
  readonly signature: Bytes;
  readonly message: Bytes;
  readonly key: Bytes;
};

const kernel = createKernel<Ed25519Kernel>(ed25519Base64);

const SIGNATURE_BYTES = 64;
const POINT_BYTES = 32;
const HEAD_BYTES = SIGNATURE_BYTES + POINT_BYTES;

/** As many signatures share one inversion. */
export const ED25519_BATCH: number = 16;

// What the kernel says of a signature at once: the last, that it waits to be settled with others.
const WRONG = 0;
const RIGHT = 1;
const WAITS = 2;

function begin(signature: Bytes, message: Bytes, key: Bytes): number {
  if (signature.length !== SIGNATURE_BYTES || key.length !== POINT_BYTES) return WRONG;
  const memory = kernel.memory(HEAD_BYTES + message.length);
  const at = kernel.heapBase();
  memory.set(signature, at);
  memory.set(key, at + SIGNATURE_BYTES);
  memory.set(message, at + HEAD_BYTES);
  return kernel.functions().begin(at, message.length);
}

/**
 * Whether `signature` is an Ed25519 signature of `message` by `key` under the strict rule: S below the
 * order, neither the key nor R of small order, and R exactly what the equation without cofactor gives.
 * The key's y need not be below p. False for other lengths than 64 and 32 bytes.
 *
 * PERF: a key that came several times has a table of its multiples, in a memory of bounded size: a
 * third of the time of a new key. The answer does not depend on it.
 */
export function ed25519Verify(signature: Bytes, message: Bytes, key: Bytes): boolean {
  const answer = begin(signature, message, key);
  const isRight = answer === WAITS ? kernel.functions().settle() !== 0 : answer === RIGHT;
  kernel.release();
  return isRight;
}

/** As {@link ed25519Verify} for each of many, which takes a little less time. */
export function ed25519VerifyAll(signed: readonly SignedMessage[]): boolean[] {
  const answers: boolean[] = [];
  for (let first = 0; first < signed.length; first += ED25519_BATCH) {
    const batch = signed.slice(first, first + ED25519_BATCH);
    const begun = batch.map(({ signature, message, key }) => begin(signature, message, key));
    const right = kernel.functions().settle();
    let waiting = 0;
    for (const answer of begun)
      answers.push(answer === WAITS ? ((right >>> waiting++) & 1) !== 0 : answer === RIGHT);
  }
  kernel.release();
  return answers;
}

/**
 * What 32 bytes mean: a point of edwards25519, by a y that need not be below p and a sign of x that may be
 * set for x = 0; or an element of ristretto255 (RFC 9496), in its one form.
 */
export type Curve25519Form = 'edwards' | 'ristretto';

/**
 * Whether 32 bytes are a point.
 *
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function curve25519IsPoint(form: Curve25519Form, bytes: Bytes): boolean {
  requireLength('point', bytes, POINT_BYTES);
  const memory = kernel.memory(POINT_BYTES);
  const at = kernel.heapBase();
  memory.set(bytes, at);
  return kernel.functions().isPoint(at, Number(form === 'ristretto')) !== 0;
}

function combine(form: Curve25519Form, left: Bytes, right: Bytes, isDifference: boolean): Bytes | undefined {
  requireLength('left point', left, POINT_BYTES);
  requireLength('right point', right, POINT_BYTES);
  const memory = kernel.memory(2 * POINT_BYTES);
  const at = kernel.heapBase();
  memory.set(left, at);
  memory.set(right, at + POINT_BYTES);
  const { combine: run } = kernel.functions();
  const isDone = run(at, at, at + POINT_BYTES, Number(isDifference), Number(form === 'ristretto')) !== 0;
  return isDone ? memory.slice(at, at + POINT_BYTES) : undefined;
}

/**
 * The sum of two points of 32 bytes each; undefined when one of them is none.
 *
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function curve25519Add(form: Curve25519Form, left: Bytes, right: Bytes): Bytes | undefined {
  return combine(form, left, right, false);
}

/**
 * As {@link curve25519Add}, the first point minus the second.
 *
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function curve25519Subtract(form: Curve25519Form, left: Bytes, right: Bytes): Bytes | undefined {
  return combine(form, left, right, true);
}

/**
 * The sum of each scalar times its point; undefined when a scalar is not below the order of the base point
 * or a point is none. Not for secrets: the time it takes depends on the scalars.
 *
 * @param scalars any number of 32 little-endian bytes
 * @param points as many points of 32 bytes
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function curve25519SumOfProducts(
  form: Curve25519Form,
  scalars: Bytes,
  points: Bytes,
): Bytes | undefined {
  const count = Math.ceil(scalars.length / POINT_BYTES);
  requireLength('list of scalars', scalars, count * POINT_BYTES);
  requireLength('list of points', points, count * POINT_BYTES);
  const memory = kernel.memory(2 * scalars.length + POINT_BYTES);
  const out = kernel.heapBase();
  const scalarsAt = out + POINT_BYTES;
  const pointsAt = scalarsAt + scalars.length;
  memory.set(scalars, scalarsAt);
  memory.set(points, pointsAt);
  const { sumOfProducts } = kernel.functions();
  const isDone = sumOfProducts(out, scalarsAt, pointsAt, count, Number(form === 'ristretto')) !== 0;
  const sum = isDone ? memory.slice(out, out + POINT_BYTES) : undefined;
  kernel.release();
  return sum;
}
