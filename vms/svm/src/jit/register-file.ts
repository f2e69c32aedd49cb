import type { FunctionBuilder } from '@ninefold/wasm';
import { BLOCK, FRAME, type MemoryLayout } from '../engine/layout.ts';
import { FRAME_POINTER } from '../spec/versions.ts';
import { CALLEE_SAVED, type RegisterSet } from './registers.ts';

/** The registers r0 to r9, which may be in memory; r10 never is. */
const MOVABLE: RegisterSet = (1 << FRAME_POINTER) - 1;

/** The registers of a function that is being written: a local each, and where each is right now. */
export class RegisterFile {
  /** Those in memory rather than in their locals, at the point that is being written. */
  inMemory: RegisterSet = 0;
  /** Local of `depth` as bytes of saved frames. */
  readonly saved: number;
  readonly #f: FunctionBuilder;
  readonly #layout: MemoryLayout;
  readonly #locals: readonly number[];

  /** r1 to r5 are the function's first parameters. */
  constructor(f: FunctionBuilder, layout: MemoryLayout) {
    this.#f = f;
    this.#layout = layout;
    const local = (register: number): number => f.local('i64', `r${register}`);
    this.#locals = [local(0), 0, 1, 2, 3, 4, ...[6, 7, 8, 9, FRAME_POINTER].map(local)];
    this.saved = f.local('i32', 'saved');
  }

  /** Those in locals. */
  get inLocals(): RegisterSet {
    return ~this.inMemory & MOVABLE;
  }

  local(register: number): number {
    return this.#locals[register] as number;
  }

  /** Pushes a register, which is in its local from then on. */
  read(register: number): void {
    if ((this.inMemory & (1 << register)) === 0) {
      this.#f.local_get(this.local(register));
      return;
    }
    this.pushFromMemory(register);
    this.#f.local_tee(this.local(register));
    this.inMemory &= ~(1 << register);
  }

  /** Pushes a register, or its low half. */
  readAs(register: number, bits: 32 | 64): void {
    this.read(register);
    if (bits === 32) this.#f.i32_wrap_i64();
  }

  /** Pushes a register and leaves it where it is. */
  peek(register: number): void {
    if ((this.inMemory & (1 << register)) === 0) this.#f.local_get(this.local(register));
    else this.pushFromMemory(register);
  }

  /** Pops a register's new value. */
  write(register: number): void {
    this.#f.local_set(this.local(register));
    this.inMemory &= ~(1 << register);
  }

  /** Pushes what memory has for a register: r6 to r9 are where the caller saved them, others in the block. */
  pushFromMemory(register: number): void {
    const { block, frames } = this.#layout;
    const f = this.#f;
    if ((CALLEE_SAVED & (1 << register)) === 0) f.i32_const(block).i64_load(BLOCK.REGISTERS + 8 * register);
    else f.local_get(this.saved).i64_load(frames - FRAME.BYTES + FRAME.SAVED + 8 * (register - 6));
  }

  /** Loads registers into their locals, on one of several ways: what is known of the others stays. */
  fetch(registers: RegisterSet): void {
    for (let register = 0; register < FRAME_POINTER; register++) {
      if ((registers & (1 << register)) === 0) continue;
      this.pushFromMemory(register);
      this.#f.local_set(this.local(register));
    }
  }

  /** Stores those of `registers` to the block that are not there yet. */
  store(registers: RegisterSet): void {
    for (let register = 0; register <= FRAME_POINTER; register++) {
      const isThere = (this.inMemory & ~CALLEE_SAVED & (1 << register)) !== 0;
      if ((registers & (1 << register)) !== 0 && !isThere) this.storeOne(register, () => this.peek(register));
    }
  }

  /** Stores what `push` gives as a register in the block. */
  storeOne(register: number, push: () => void): void {
    this.#f.i32_const(this.#layout.block);
    push();
    this.#f.i64_store(BLOCK.REGISTERS + 8 * register);
  }

  /** Ends the life of locals whose registers are in memory: the engine need not carry them to the exits. */
  forget(registers: RegisterSet): void {
    for (let register = 0; register < FRAME_POINTER; register++) {
      if ((registers & (1 << register)) !== 0) this.#f.i64_const(0).local_set(this.local(register));
    }
  }
}
