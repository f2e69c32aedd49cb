// The prover's kernels as one module over the memory its host brings along.
export { evaluate, extend, extendTrace, interpolate, scale, transposeInterpolation } from '../fft';
export { nextTable, prepareDomain, toStored } from '../domain';
export { blake2s, grind, grindTo } from '../blake2s';
export { grindToKeccak, hashLayerKeccak } from '../keccak';
export { gatherRows, hashLayer } from '../merkle';
export { addQuotients, basisWeights, combine, evaluateColumns } from '../deep';
export { addFraction, prefixSums, sumColumn } from '../lookup';
export { addRepeated, addScaled, deinterleave, fold } from '../fold';
export { countNonCanonical } from '../m31';
export { DEGREE } from '../extension';
export { init, SCRATCH_BYTES, TILE_SCRATCH } from '../scratch';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
