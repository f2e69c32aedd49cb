import { type Bytes, utf8ToBytes } from '@ninefold/base';

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const scramble = (block: number): number => Math.imul(rotateLeft(Math.imul(block, C1), 15), C2);

/** MurmurHash3 for x86, 32 bits, seed 0: an unsigned number. */
export function murmur3(bytes: Bytes): number {
  let hash = 0;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash = (Math.imul(rotateLeft(hash ^ scramble(block), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | (bytes[i] as number);
  if (whole < bytes.length) hash ^= scramble(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What `call` names a syscall by: `syscallKey('abort') === 0xb6fc1a11`. */
export function syscallKey(name: string): number {
  return murmur3(utf8ToBytes(name));
}

/** What `call` names a function by before version 3: the hash of its pc as a u64. */
export function functionKey(pc: number): number {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pc >>> 0, true);
  view.setUint32(4, Math.floor(pc / 2 ** 32), true);
  return murmur3(bytes);
}

/** What the entry point is registered under. */
export const ENTRYPOINT_KEY: number = syscallKey('entrypoint');
