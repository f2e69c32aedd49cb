// The verifier's kernels as a module with a memory of its own.
export { blake2s, grind } from '../blake2s';
export {
  areCanonical,
  combineRows,
  foldRows,
  hashRows,
  pairDigests,
  pointsAt,
  quotientRows,
  toColumns,
} from '../opened';
export { addScaled } from '../fold';
export { evaluateSteps } from '../evaluate';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
