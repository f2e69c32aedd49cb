import type { Bytes } from '@ninefold/base';
import { BLOCK, type MemoryLayout } from './layout.ts';

const PAGE_BYTES = 65_536;
const REGISTERS = 11;

/**
 * A kernel's memory. Its views are made again when it grows, which detaches the old ones; that happens in
 * {@link KernelMemory.reserve} alone, between runs. PERF: asking the engine for the buffer costs more than
 * most of what is read.
 */
export class KernelMemory {
  bytes: Bytes;
  view!: DataView;
  /** r0 to r10 of the running program. */
  registers!: BigUint64Array;
  readonly #memory: WebAssembly.Memory;
  readonly #block: number;

  /** Has all that stands before the programs. */
  constructor(memory: WebAssembly.Memory, { block, programs }: MemoryLayout) {
    this.#memory = memory;
    this.#block = block;
    this.bytes = new Uint8Array(memory.buffer);
    this.reserve(programs);
  }

  /** Makes sure that there are bytes up to `end`. */
  reserve(end: number): void {
    const missing = end - this.bytes.length;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#refresh();
  }

  #refresh(): void {
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.registers = new BigUint64Array(buffer, this.#block + BLOCK.REGISTERS, REGISTERS);
  }
}
