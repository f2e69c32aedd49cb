// Elliptic curves over fields of 256 bits as a module; its TypeScript faces are `src/curves.ts`.
import { G1_SCRATCH } from '../bn254/g1';
import { P256_SCRATCH } from '../curves/p256';

export { bn254Add, bn254Mul } from '../bn254/g1';
export { bn254Pairing, bn254PairingScratch } from '../bn254/pairing';
export { p256Verify } from '../curves/p256';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;

/** Bytes of scratch that suffice for every function but the pairing. */
export const scratchBytes: usize = max<usize>(G1_SCRATCH, P256_SCRATCH);
