import type { Bytes } from '@ninefold/base';
import { blake3Base64 } from './generated/blake3.ts';
import { createKernel } from './instance.ts';

type Blake3Kernel = {
  readonly blake3: (out: number, outLength: number, input: number, length: number, scratch: number) => void;
};

const SCRATCH_BYTES = 2048;
const BLOCK_BYTES = 64;

const kernel = createKernel<Blake3Kernel>(blake3Base64);

/**
 * BLAKE3 of the parts, one after the other, with output of any length.
 *
 * PERF: what is hashed is put together where the hash is computed, so parts need no copy of their own.
 *
 * @param bytes of output; 32 is the usual digest, whatever is more begins with it
 * @example bytesToHex(blake3([new Uint8Array(0)])) // '0xaf1349b9…a91d'
 */
export function blake3(parts: readonly Bytes[], bytes: number = 32): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const room = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  const memory = kernel.memory(room + SCRATCH_BYTES + length);
  const out = kernel.heapBase();
  const input = out + room + SCRATCH_BYTES;
  let at = input;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  kernel.functions().blake3(out, bytes, input, length, out + room);
  const digest = memory.slice(out, out + bytes);
  kernel.release();
  return digest;
}
