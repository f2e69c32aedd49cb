// The kernel's face: `run` executes the program that the block at `vm` describes (`layout.ts`), up to
// its end, a fault or a syscall. Memory is laid out by the host, from `heapBase` on.
export { run } from './interpreter';

/** First address that the host may use. */
export const heapBase: usize = __heap_base;
