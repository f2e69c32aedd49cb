// BLS12-381 as a module, compiled with `--use BLS12_381=1`; its TypeScript face is `src/bls12-381.ts`.
import { G1_SCRATCH } from '../bls12381/g1';
import { G2_SCRATCH } from '../bls12381/g2';

export { bls12G1Add, bls12G1Msm, bls12G1MsmScratch } from '../bls12381/g1';
export { bls12G2Add, bls12G2Msm, bls12G2MsmScratch } from '../bls12381/g2';
export { bls12Pairing, bls12PairingScratch } from '../bls12381/pairing';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;

/** Bytes of scratch for an addition. */
export const scratchBytes: usize = max<usize>(G1_SCRATCH, G2_SCRATCH);
