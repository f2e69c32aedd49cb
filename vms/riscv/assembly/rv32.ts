// The kernel's face for RV32: `run` executes the guest that the block at `vm` describes (`layout.ts`)
// until the host is needed. Memory is laid out by the host, from `heapBase` on.
import { execute } from './interpreter';

export function run(vm: usize): u32 {
  return execute<u32, i32>(vm);
}

/** First address that the host may use. */
export const heapBase: usize = __heap_base;
