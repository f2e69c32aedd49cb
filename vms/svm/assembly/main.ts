// The kernel's face: `run` executes the program that the block at `vm` describes (`layout.ts`), up to
// its end, a fault or a syscall; the others are for compiled code (`src/jit`). Memory is laid out by the host, from `heapBase` on.
export { mulHighSigned, mulHighUnsigned } from './arithmetic';
export { run } from './interpreter';
export { miss } from './memory';
export { answerMemorySyscall } from './memory-syscalls';

/** First address that the host may use. */
export const heapBase: usize = __heap_base;
