// The verifier's kernels as a module with a memory of its own.
import { init, SCRATCH_BYTES } from '../scratch';

export { blake2s, grind } from '../blake2s';
export { grindKeccak, hashRowsKeccak, keccak } from '../keccak';
export {
  areCanonical,
  combineRows,
  continueRows,
  foldRows,
  hashRows,
  pairDigests,
  pointsAt,
  powers,
  quotientRows,
  toColumns,
} from '../opened';
export { addScaled } from '../fold';
export { evaluateSteps } from '../evaluate';

const region: usize = (__heap_base + 63) & ~63;
init(region);

/** First byte after the module's tables and scratch: the host's memory begins here. */
export const heapBase: usize = region + SCRATCH_BYTES;
