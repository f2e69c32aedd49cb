// BLAKE3 as a module of its own: it needs vectors. Its TypeScript face is `src/blake3.ts`.
export { blake3 } from '../blake3';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
