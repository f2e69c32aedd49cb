// The prover's kernels as one module over the memory its host brings along.
export { double, evaluate, extend, interpolate, scale } from '../fft';
export { domainTables, gather, invertTable, nextTable, toStored } from '../domain';
export { blake2s, grind } from '../blake2s';
export { hashLayer } from '../merkle';
export {
  addColumn,
  addQuotients,
  basisWeights,
  combine,
  evaluateColumns,
  invertColumns,
  multiplyColumns,
  prefixSums,
  sumColumn,
} from '../deep';
export { addScaled, deinterleave, fold } from '../fold';
export { DEGREE } from '../extension';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
