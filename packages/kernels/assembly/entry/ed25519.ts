// The groups edwards25519 and ristretto255, and Ed25519 signatures, as a module; its TypeScript face is `src/ed25519.ts`.
// Tables of the base point's and of keys' multiples are made when needed and stay in its memory.
export { combine, isPoint, sumOfProducts } from '../ed25519/group';
export { begin, settle } from '../ed25519/verify';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
