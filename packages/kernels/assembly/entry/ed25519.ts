// The group of edwards25519 and its signatures as a module; its TypeScript face is `src/ed25519.ts`.
// Tables of the base point's and of keys' multiples are made when needed and stay in its memory.
export { isPoint } from '../ed25519/point';
export { begin, settle } from '../ed25519/verify';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
