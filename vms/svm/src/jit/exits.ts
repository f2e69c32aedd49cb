import type { FunctionBuilder, Label } from '@ninefold/wasm';
import { BLOCK, type MemoryLayout } from '../engine/layout.ts';
import { FRAME_POINTER } from '../spec/versions.ts';
import { DEPTH_PARAMETER, LEFT, LEFT_PARAMETER } from './context.ts';
import type { RegisterFile } from './register-file.ts';
import { CALLEE_SAVED, type RegisterSet } from './registers.ts';

// The word beside the slot that tells of an exit: units that come back, registers that are in locals, and
// whether the program ends.
const LOCALS_SHIFT = 16;
const ENDS_SHIFT = 28;

/**
 * The ways out of a function to the interpreter. Each sets two locals and jumps to the function's end, where one
 * piece of code writes the state to the block: exits are many, and what they do is long.
 */
export class Exits {
  readonly #f: FunctionBuilder;
  readonly #layout: MemoryLayout;
  readonly #registers: RegisterFile;
  readonly #slot: number;
  readonly #word: number;
  #end!: Label;
  /** Registers in locals at every exit, and at any. */
  #alwaysLocal: RegisterSet = ~0;
  #everLocal: RegisterSet = 0;

  constructor(f: FunctionBuilder, layout: MemoryLayout, registers: RegisterFile) {
    this.#f = f;
    this.#layout = layout;
    this.#registers = registers;
    this.#slot = f.local('i32', 'exitSlot');
    this.#word = f.local('i32', 'exitWord');
  }

  /** Begins the code that may leave. */
  open(): void {
    this.#end = this.#f.block();
  }

  /** Leaves compiled code before the instruction at `pc`, with `units` to give back. */
  leave(pc: number, units: number, isEnd = false): void {
    const { inLocals } = this.#registers;
    this.#alwaysLocal &= inLocals;
    this.#everLocal |= inLocals;
    const word = units | (inLocals << LOCALS_SHIFT) | (isEnd ? 1 << ENDS_SHIFT : 0);
    this.#f.i32_const(pc).local_set(this.#slot).i32_const(word).local_set(this.#word).br(this.#end);
  }

  /** Ends it, and writes what all exits come to: the state goes to the block. */
  close(): void {
    const f = this.#f;
    f.unreachable().end();
    for (let register = 0; register < FRAME_POINTER; register++) this.#storeRegister(register);
    this.#registers.store(1 << FRAME_POINTER);
    this.#storeWord(BLOCK.PC, this.#slot);
    this.#storeWord(BLOCK.DEPTH, DEPTH_PARAMETER);
    f.i32_const(this.#layout.block).local_get(LEFT_PARAMETER).local_get(this.#word);
    f.i32_const((1 << LOCALS_SHIFT) - 1)
      .i32_and()
      .i64_extend_i32_u()
      .i64_add()
      .i64_store(BLOCK.METER);
    f.i64_const(0).i64_const(LEFT.EXIT).i64_const(LEFT.RESUME);
    f.local_get(this.#word)
      .i32_const(1 << ENDS_SHIFT)
      .i32_and()
      .select();
  }

  /** From its local, from where the caller saved it, or from the one that this exit's word names. */
  #storeRegister(register: number): void {
    const f = this.#f;
    const bit = 1 << register;
    const isSaved = (CALLEE_SAVED & bit) !== 0;
    const isAlways = (this.#alwaysLocal & bit) !== 0;
    const isEver = (this.#everLocal & bit) !== 0;
    const store = (push: () => void): void => this.#registers.storeOne(register, push);
    if (isEver) {
      if (!isAlways) {
        f.local_get(this.#word);
        f.i32_const(1 << (LOCALS_SHIFT + register))
          .i32_and()
          .if();
      }
      store(() => f.local_get(this.#registers.local(register)));
      if (!isAlways && isSaved) f.else();
    }
    if (isSaved && !isAlways) store(() => this.#registers.pushFromMemory(register));
    if (isEver && !isAlways) f.end();
  }

  #storeWord(field: number, local: number): void {
    this.#f.i32_const(this.#layout.block).local_get(local).i32_store(field);
  }
}
