// The hash functions as one small module; its TypeScript faces are `src/hashes.ts`.
export { blake2f } from '../blake2f';
export { keccak256, keccakF1600 } from '../keccak';
export { ripemd160 } from '../ripemd160';
export { sha256 } from '../sha256';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
