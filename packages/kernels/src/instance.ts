import { base64ToBytes, type Bytes, defineErrors } from '@ninefold/base';

/** Longest input a kernel takes in one call, in bytes: 1 GiB. */
export const MAX_INPUT_BYTES: number = 2 ** 30;

/**
 * Longest input of a function whose scratch area grows with it, by up to 15 bytes a byte: 64 MiB. What a
 * kernel says that it needs for more could wrap around its 32 bits.
 */
export const MAX_SCRATCHED_BYTES: number = 2 ** 26;

/** A kernel's memory beyond this is given back after the call that needed it: 16 MiB. */
export const RETAINED_MEMORY_BYTES: number = 2 ** 24;

const PAGE_BYTES = 65_536;

const fail = defineErrors({
  KERNELS_INPUT_TOO_LARGE: (context: { readonly length: number; readonly limit: number }) =>
    `An input of ${context.length} bytes is above the limit of ${context.limit}`,
});

type KernelExports = {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global<'i32'>;
};

/** One instance of a WebAssembly module, made on first use and used again by all later calls. */
export type Kernel<Functions> = {
  /** The module's functions. They do not keep anything in memory from one call to the next. */
  functions(): Functions;
  /** First address after the module's tables. */
  heapBase(): number;
  /**
   * The memory from address 0, with room for `size` bytes above `heapBase` at least. Valid until
   * the next call of any method: growth detaches it.
   */
  memory(size: number): Bytes;
  /**
   * As {@link Kernel.memory} for an input of `size` bytes and a scratch area, whose size is asked for when
   * the input is not above `MAX_SCRATCHED_BYTES`.
   */
  memoryWith(size: number, scratchBytes: () => number): Bytes;
  /** To be called when results are copied out: drops an instance that has grown large. */
  release(): void;
};

/**
 * Wraps a module that exports `memory` and `heapBase`.
 *
 * Compiles synchronously: engines may not await. Browsers allow that on the main thread for modules
 * up to 8 MiB; these have a few KiB.
 *
 * @param base64 the module, as `tools/kernels.mjs` embeds it
 */
export function createKernel<Functions>(base64: string): Kernel<Functions> {
  let module: WebAssembly.Module | undefined;
  let exports: (KernelExports & Functions) | undefined;
  let view: Bytes = new Uint8Array(0);
  // PERF: reading a module's global takes as long as copying a hash.
  let base = 0;

  const functions = (): KernelExports & Functions => {
    if (exports === undefined) {
      module ??= new WebAssembly.Module(base64ToBytes(base64) as Uint8Array<ArrayBuffer>);
      exports = new WebAssembly.Instance(module).exports as unknown as KernelExports & Functions;
      view = new Uint8Array(exports.memory.buffer);
      base = exports.heapBase.value as number;
    }
    return exports;
  };
  const heapBase = (): number => {
    functions();
    return base;
  };

  const memory = (size: number): Bytes => {
    if (size > MAX_INPUT_BYTES)
      throw fail('KERNELS_INPUT_TOO_LARGE', { length: size, limit: MAX_INPUT_BYTES });
    const own = functions().memory;
    const missing = base + size - view.length;
    if (missing > 0) {
      own.grow(Math.ceil(missing / PAGE_BYTES));
      view = new Uint8Array(own.buffer);
    }
    return view;
  };

  return {
    functions,
    heapBase,
    memory,
    memoryWith(size, scratchBytes) {
      if (size > MAX_SCRATCHED_BYTES)
        throw fail('KERNELS_INPUT_TOO_LARGE', { length: size, limit: MAX_SCRATCHED_BYTES });
      return memory(size + scratchBytes());
    },
    release() {
      if (view.length > RETAINED_MEMORY_BYTES) {
        exports = undefined;
        view = new Uint8Array(0);
      }
    },
  };
}
