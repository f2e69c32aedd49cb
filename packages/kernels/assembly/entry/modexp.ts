// Modular exponentiation as a module; its TypeScript face is `src/modexp.ts`.
export { modexp, modexpScratch } from '../modexp';

/** First byte after the module's tables: the host's memory begins here. */
export const heapBase: usize = __heap_base;
