import type { FunctionBuilder } from '@ninefold/wasm';
import { BLOCK, FRAME, PIECE, PIECE_FLAGS, RECORD, SHALLOW, WINDOW } from '../engine/layout.ts';
import { FRAME_POINTER, STACK_FRAME_BYTES, STACK_START } from '../spec/versions.ts';
import { DEPTH_PARAMETER, type FunctionContext, LEFT, LEFT_PARAMETER } from './context.ts';
import type { BasicBlock, FunctionBody } from './control-flow.ts';
import { Exits } from './exits.ts';
import { type Helpers, isReversed, type OperationSpec } from './operations.ts';
import { type Placement, placeBlocks } from './place-blocks.ts';
import { RegisterFile } from './register-file.ts';
import {
  ARGUMENTS,
  AT_ENTRY,
  type BlockEntry,
  findEntries,
  inMemoryAfter,
  NO_FRAME_OFFSET,
  RESULT,
  stepFrameOffsets,
} from './registers.ts';
import { walkGraph } from './structure.ts';

// One sBPF function as one WebAssembly function
//
//   (r1, r2, r3, r4, r5: i64, left: i64, depth: i32) -> (r0: i64, left: i64)
//
// Registers are locals. Each basic block takes its units at once when it is entered. Whatever compiled code
// does not do itself (an access that is not allowed, units that do not suffice for the block, a call that is
// too deep) it leaves to the interpreter: registers, units and frames are written to the block that describes
// the running program as they were before the instruction, all functions return with a negative `left`, and
// the interpreter goes on from there. So compiled code has no faults of its own.

const STACK_PIECE = 1;

/** Writes the function's instructions. */
export function emitFunction(context: FunctionContext, f: FunctionBuilder, body: FunctionBody): void {
  new FunctionEmitter(context, f, body).emit();
}

class FunctionEmitter {
  readonly #context: FunctionContext;
  readonly #f: FunctionBuilder;
  readonly #blocks: readonly BasicBlock[];
  readonly #entries: readonly BlockEntry[];
  readonly #registers: RegisterFile;
  readonly #exits: Exits;
  readonly #address: number;
  readonly #window: number;
  readonly #host: number;
  readonly #helpers: Helpers;
  /** Local of `depth` as bytes of stack. */
  readonly #frame: number;
  readonly #frameOffsets = new Int32Array(FRAME_POINTER + 1);
  /** Of the block that is being written. */
  #placement!: Placement;

  constructor(context: FunctionContext, f: FunctionBuilder, { blocks }: FunctionBody) {
    this.#context = context;
    this.#f = f;
    this.#blocks = blocks;
    this.#entries = findEntries(context.code, blocks, walkGraph(blocks).order, context.hasFixedFrames);
    this.#registers = new RegisterFile(f, context.layout);
    this.#exits = new Exits(f, context.layout, this.#registers);
    this.#address = f.local('i64', 'address');
    this.#window = f.local('i32', 'window');
    this.#host = f.local('i32', 'host');
    const { mulHighUnsigned, mulHighSigned } = context;
    this.#helpers = { mulHighUnsigned, mulHighSigned, long: this.#address, word: this.#host };
    this.#frame = f.local('i32', 'frame');
  }

  emit(): void {
    this.#emitPrologue();
    this.#registers.inMemory = AT_ENTRY;
    this.#fetchFor(0);
    this.#exits.open();
    placeBlocks(this.#f, this.#blocks, (block, placement) => {
      this.#placement = placement;
      this.#emitBlock(block);
    });
    this.#exits.close();
  }

  #emitPrologue(): void {
    const { layout, hasFixedFrames, frameStep } = this.#context;
    const f = this.#f;
    f.local_get(DEPTH_PARAMETER).i32_const(FRAME.BYTES).i32_mul().local_set(this.#registers.saved);
    f.local_get(DEPTH_PARAMETER).i32_const(STACK_FRAME_BYTES).i32_mul().local_set(this.#frame);
    if (!hasFixedFrames) {
      f.local_get(this.#registers.saved).i64_load(layout.frames - FRAME.BYTES + FRAME.FRAME_POINTER);
      f.local_set(this.#registers.local(FRAME_POINTER));
      return;
    }
    f.local_get(DEPTH_PARAMETER).i64_extend_i32_u().i64_const(frameStep).i64_mul();
    f.i64_const(STACK_START + BigInt(STACK_FRAME_BYTES))
      .i64_add()
      .local_set(this.#registers.local(FRAME_POINTER));
    if (!this.#storesToFrame()) return;
    // Stores to the frame go past the kernel, which would have noted that they reach deep into the stack.
    f.local_get(DEPTH_PARAMETER)
      .i32_const(SHALLOW.BYTES / STACK_FRAME_BYTES)
      .i32_ge_u();
    f.if();
    const flags = STACK_PIECE * PIECE.BYTES + PIECE.FLAGS;
    f.i32_const(layout.block).i32_load(BLOCK.PIECES).local_tee(this.#host);
    f.local_get(this.#host).i32_load(flags).i32_const(PIECE_FLAGS.REACHED).i32_or().i32_store(flags);
    f.end();
  }

  #storesToFrame(): boolean {
    const { code } = this.#context;
    return this.#blocks.some(({ start, last }) => {
      for (let pc = start; ; pc = code.next(pc)) {
        const { kind } = code.spec(pc);
        if (kind === 'storeImm' || kind === 'storeReg') return true;
        if (pc === last) return false;
      }
    });
  }

  #emitBlock(index: number): void {
    const { code } = this.#context;
    const f = this.#f;
    const block = this.#blocks[index] as BasicBlock;
    const entry = this.#entries[index] as BlockEntry;
    this.#registers.inMemory = entry.inMemory;
    this.#frameOffsets.set(entry.frameOffsets);
    f.local_get(LEFT_PARAMETER).i64_const(block.cost).i64_sub().local_tee(LEFT_PARAMETER);
    f.i64_const(0).i64_lt_s().if();
    this.#exits.leave(block.start, block.cost);
    f.end();
    let units = block.cost;
    for (let pc = block.start; ; pc = code.next(pc)) {
      if (pc === block.last) return this.#emitLast(block, pc, units);
      this.#emitInstruction(pc, units);
      stepFrameOffsets(code, pc, this.#frameOffsets);
      units--;
    }
  }

  /** The last instruction of a block, with one unit to give back if it fails. */
  #emitLast(block: BasicBlock, pc: number, units: number): void {
    const f = this.#f;
    const spec = this.#context.code.spec(pc);
    const [first, second] = block.successors as [number, number];
    switch (spec.kind) {
      case 'jump':
        return this.#follow(first);
      case 'branch': {
        this.#pushOperands(pc, spec);
        spec.emit?.(f, this.#helpers);
        if (first === second) {
          f.drop();
          return this.#follow(first);
        }
        if (this.#placement.following === first) {
          f.i32_eqz().if();
          this.#jump(second);
          f.end();
          return this.#follow(first);
        }
        f.if();
        this.#jump(first);
        f.end();
        return this.#follow(second);
      }
      case 'exit':
        return this.#emitReturn(pc);
      case 'stop':
        return this.#exits.leave(pc, 1);
      case 'call':
        this.#emitCall(pc);
        break;
      case 'callx':
        this.#emitCallx(pc);
        break;
      case 'syscall':
        this.#emitSyscall(pc);
        break;
      case 'memorySyscall':
        this.#emitMemorySyscall(pc);
        break;
      default:
        this.#emitInstruction(pc, units);
    }
    this.#follow(first);
  }

  /** Goes to a block: by a jump unless its code comes next. */
  #follow(target: number): void {
    if (this.#placement.following === target) this.#fetchFor(target);
    else this.#jump(target);
  }

  #jump(target: number): void {
    this.#fetchFor(target);
    this.#placement.branchTo(target);
  }

  /** Fetches what a block expects in locals. */
  #fetchFor(target: number): void {
    this.#registers.fetch(this.#registers.inMemory & ~(this.#entries[target] as BlockEntry).inMemory);
  }

  #emitInstruction(pc: number, units: number): void {
    const { code } = this.#context;
    const f = this.#f;
    const spec = code.spec(pc);
    switch (spec.kind) {
      case 'lddw':
        f.i64_const(code.imm(pc));
        return this.#registers.write(code.dst(pc));
      case 'load': {
        const base = code.src(pc);
        const offset = this.#locate(pc, base, spec, false, units);
        if (spec.bytes === 1) f.i64_load8_u(offset);
        else if (spec.bytes === 2) f.i64_load16_u(offset);
        else if (spec.bytes === 4) f.i64_load32_u(offset);
        else f.i64_load(offset);
        return this.#registers.write(code.dst(pc));
      }
      case 'storeImm':
      case 'storeReg': {
        const offset = this.#locate(pc, code.dst(pc), spec, true, units);
        if (spec.kind === 'storeImm') f.i64_const(code.imm(pc));
        else this.#registers.read(code.src(pc));
        if (spec.bytes === 1) f.i64_store8(offset);
        else if (spec.bytes === 2) f.i64_store16(offset);
        else if (spec.bytes === 4) f.i64_store32(offset);
        else f.i64_store(offset);
        return;
      }
      default:
        if (spec.division !== undefined) this.#checkDivision(pc, spec, units);
        this.#pushOperands(pc, spec);
        spec.emit?.(f, this.#helpers);
        this.#registers.write(code.dst(pc));
    }
  }

  /** Pushes the operands of arithmetic and of comparisons. */
  #pushOperands(pc: number, spec: OperationSpec): void {
    const first = (): void => {
      if (spec.readsDst) this.#registers.readAs(this.#context.code.dst(pc), spec.bits);
    };
    if (isReversed(spec)) {
      this.#pushSecond(pc, spec);
      first();
    } else {
      first();
      this.#pushSecond(pc, spec);
    }
  }

  #pushSecond(pc: number, { bits, hasImmediate, readsSrc }: OperationSpec): void {
    const { code } = this.#context;
    if (readsSrc) this.#registers.readAs(code.src(pc), bits);
    else if (!hasImmediate) return;
    else if (bits === 64) this.#f.i64_const(code.imm(pc));
    else this.#f.i32_const(code.immLow(pc));
  }

  /** Leaves division by zero, and of the lowest number by -1, to the interpreter. */
  #checkDivision(pc: number, spec: OperationSpec, units: number): void {
    const f = this.#f;
    const { bits } = spec;
    this.#pushSecond(pc, spec);
    if (bits === 64) f.i64_eqz();
    else f.i32_eqz();
    if (spec.division === 'signed') {
      this.#pushSecond(pc, spec);
      if (bits === 64) f.i64_const(-1n).i64_eq();
      else f.i32_const(-1).i32_eq();
      this.#registers.readAs(this.#context.code.dst(pc), bits);
      if (bits === 64) f.i64_const(-(2n ** 63n)).i64_eq();
      else f.i32_const(-(2 ** 31)).i32_eq();
      f.i32_and().i32_or();
    }
    f.if();
    this.#exits.leave(pc, units);
    f.end();
  }

  /**
   * Pushes an address in linear memory and returns what has to be added to it, for the access of the
   * instruction at `pc`. In the function's own frame nothing has to be checked; elsewhere the window of the
   * region decides, and the kernel where it does not allow the access (`assembly/memory.ts`).
   */
  #locate(pc: number, base: number, { bytes }: OperationSpec, isWrite: boolean, units: number): number {
    const { layout, miss, code } = this.#context;
    const f = this.#f;
    const offset = code.offset(pc);
    const inFrame = this.#frameOffsets[base] as number;
    if (inFrame !== NO_FRAME_OFFSET) {
      const at = STACK_FRAME_BYTES + inFrame + offset;
      if (at >= 0 && at + bytes <= STACK_FRAME_BYTES) {
        f.local_get(this.#frame);
        return layout.stack + at;
      }
    }
    this.#registers.read(base);
    if (offset !== 0) f.i64_const(offset).i64_add();
    f.local_tee(this.#address);
    // The region's number, modulo the number of windows, times the size of one.
    f.i64_const(32 - Math.log2(WINDOW.BYTES))
      .i64_shr_u()
      .i32_wrap_i64();
    f.i32_const(7 * WINDOW.BYTES)
      .i32_and()
      .local_set(this.#window);
    const windows = layout.block + BLOCK.WINDOWS;
    const limits = isWrite ? WINDOW.WRITE_LIMITS : WINDOW.READ_LIMITS;
    f.local_get(this.#address)
      .local_get(this.#window)
      .i64_load(windows + WINDOW.START)
      .i64_sub();
    f.local_get(this.#window)
      .i64_load(windows + limits + 8 * Math.log2(bytes))
      .i64_lt_u();
    f.if('i32');
    f.local_get(this.#address)
      .local_get(this.#window)
      .i64_load(windows + WINDOW.START)
      .i64_sub();
    f.i32_wrap_i64()
      .local_get(this.#window)
      .i32_load(windows + WINDOW.HOST)
      .i32_add();
    f.else();
    f.i32_const(layout.block)
      .local_get(this.#address)
      .i32_const(bytes)
      .i32_const(isWrite ? 1 : 0);
    f.call(miss).local_tee(this.#host).i32_eqz().if();
    this.#exits.leave(pc, units);
    f.end().local_get(this.#host).end();
    return 0;
  }

  /** `call`: the caller's frame is saved as the interpreter saves it, which may have to return there. */
  #emitCall(pc: number): void {
    const { code, functionAt } = this.#context;
    const callee = functionAt(code.target(pc));
    if (callee === undefined) {
      this.#exits.leave(pc, 1);
      this.#registers.inMemory = inMemoryAfter(code, pc, this.#registers.inMemory);
      return;
    }
    this.#saveFrame(pc, callee.weight);
    this.#pushArguments();
    this.#f.call(callee.index);
    this.#afterCall(pc);
  }

  #emitCallx(pc: number): void {
    const { code, textAddress, callSlot } = this.#context;
    const f = this.#f;
    this.#registers.read(code.src(pc));
    f.i64_const(textAddress).i64_sub().i64_const(3).i64_shr_u().local_tee(this.#address);
    f.i64_const(code.slots).i64_ge_u().if();
    this.#exits.leave(pc, 1);
    f.end();
    this.#saveFrame(pc, 0);
    this.#pushArguments();
    f.local_get(this.#address).i32_wrap_i64().call(callSlot);
    this.#afterCall(pc);
  }

  #saveFrame(pc: number, weight: number): void {
    const { layout } = this.#context;
    const f = this.#f;
    f.local_get(DEPTH_PARAMETER)
      .i32_const(1 + weight)
      .i32_add();
    f.i32_const(layout.block).i32_load(BLOCK.MAX_COMPILED_DEPTH).i32_ge_u().if();
    this.#exits.leave(pc, 1);
    f.end();
    for (let register = 6; register < FRAME_POINTER; register++) {
      f.local_get(this.#registers.saved);
      this.#registers.peek(register);
      f.i64_store(layout.frames + FRAME.SAVED + 8 * (register - 6));
    }
    f.local_get(this.#registers.saved).local_get(this.#registers.local(FRAME_POINTER));
    f.i64_store(layout.frames + FRAME.FRAME_POINTER);
    f.local_get(this.#registers.saved)
      .i32_const((pc + 1) * RECORD.BYTES)
      .i32_store(layout.frames + FRAME.RETURN);
    this.#registers.store(RESULT);
  }

  #pushArguments(): void {
    const f = this.#f;
    for (let register = 1; register <= 5; register++) this.#registers.peek(register);
    f.local_get(LEFT_PARAMETER).local_get(DEPTH_PARAMETER).i32_const(1).i32_add();
  }

  #afterCall(pc: number): void {
    const f = this.#f;
    f.local_set(LEFT_PARAMETER).local_set(this.#registers.local(0));
    f.local_get(LEFT_PARAMETER).i64_const(0).i64_lt_s().if();
    f.i64_const(0).local_get(LEFT_PARAMETER).return().end();
    this.#registers.inMemory = inMemoryAfter(this.#context.code, pc, this.#registers.inMemory);
    this.#registers.forget(ARGUMENTS);
  }

  /** Returns; r1 to r5 keep what the callee left in them, and the caller finds them in memory. */
  #emitReturn(pc: number): void {
    const f = this.#f;
    f.local_get(DEPTH_PARAMETER).i32_eqz().if();
    this.#exits.leave(pc, 0, true);
    f.end();
    this.#registers.store(ARGUMENTS);
    this.#registers.read(0);
    f.local_get(LEFT_PARAMETER).return();
  }

  #emitSyscall(pc: number): void {
    this.#askHost(pc);
    this.#registers.inMemory = inMemoryAfter(this.#context.code, pc, this.#registers.inMemory);
    this.#registers.forget(RESULT);
  }

  /** `sol_memcpy_` and its like: the kernel answers unless something is wrong, or the host is to. */
  #emitMemorySyscall(pc: number): void {
    const { code, layout, answerMemorySyscall } = this.#context;
    const f = this.#f;
    f.i32_const(layout.block).i32_const(code.operation(pc));
    for (let register = 1; register <= 4; register++) this.#registers.peek(register);
    f.local_get(LEFT_PARAMETER).call(answerMemorySyscall).local_tee(this.#address);
    f.i64_const(0).i64_lt_s().if();
    this.#askHost(pc);
    f.i32_const(layout.block).i64_load(BLOCK.REGISTERS).local_set(this.#registers.local(0));
    f.else();
    f.local_get(this.#address).local_set(LEFT_PARAMETER);
    f.i64_const(0).local_set(this.#registers.local(0)).end();
    this.#registers.inMemory = inMemoryAfter(code, pc, this.#registers.inMemory);
  }

  /** Lets the host answer the syscall at `pc`; it finds all registers and the units in the block. */
  #askHost(pc: number): void {
    const { code, layout, syscall } = this.#context;
    const f = this.#f;
    this.#registers.store(~0);
    this.#storeWord(BLOCK.PC, () => f.i32_const(pc));
    this.#storeWord(BLOCK.DEPTH, () => f.local_get(DEPTH_PARAMETER));
    f.i32_const(layout.block).local_get(LEFT_PARAMETER).i64_store(BLOCK.METER);
    f.i32_const(code.immLow(pc)).call(syscall).if();
    f.i64_const(0).i64_const(LEFT.HOST_FAULT).return().end();
    f.i32_const(layout.block).i64_load(BLOCK.METER).local_set(LEFT_PARAMETER);
  }

  #storeWord(field: number, push: () => void): void {
    this.#f.i32_const(this.#context.layout.block);
    push();
    this.#f.i32_store(field);
  }
}
