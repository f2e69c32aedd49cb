import type { Bytes } from '@ninefold/base';
import { ed25519Base64 } from './generated/ed25519.ts';
import { requireLength } from './hashes.ts';
import { createKernel } from './instance.ts';

type Ed25519Kernel = {
  readonly begin: (input: number, length: number) => number;
  readonly settle: () => number;
  readonly isPoint: (bytes: number) => number;
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
 * Whether 32 bytes are a point of edwards25519: a y, which need not be below p, and a sign of x, which
 * may be set for x = 0.
 *
 * @throws `KERNELS_INVALID_LENGTH`
 */
export function ed25519IsPoint(bytes: Bytes): boolean {
  requireLength('edwards25519 point', bytes, POINT_BYTES);
  const memory = kernel.memory(POINT_BYTES);
  const at = kernel.heapBase();
  memory.set(bytes, at);
  return kernel.functions().isPoint(at) !== 0;
}
