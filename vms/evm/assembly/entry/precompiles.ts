// The precompiles as a module of their own, for tests.
export { precompileGas } from '../precompiles/gas';
export { isPrecompile } from '../precompiles/numbers';
export { precompileRoom, runPrecompile } from '../precompiles/run';

/** First byte after the module's tables. */
export const heapBase: usize = __heap_base;
