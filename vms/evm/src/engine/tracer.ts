import type { Bytes, Hex } from '@ninefold/base';
import type { FrameEnd, FrameStart, HaltReason, Step, Tracer } from '../types.ts';
import { decodeLog } from './decode.ts';
import type { KernelExports } from './exports.ts';
import {
  F_CODE_ACCOUNT,
  F_DEPTH,
  F_GAS,
  F_MEMORY,
  F_MEMORY_SIZE,
  F_SELF,
  F_SP,
  L_ACCOUNT,
  L_DATA_LENGTH,
  L_TOPICS,
  LOG_BYTES,
  STEP_COST,
  STEP_FRAME,
  STEP_HEIGHT,
  STEP_OPCODE,
  STEP_PC,
  STEP_REFUND,
} from './layout.ts';
import type { KernelMemory } from './memory.ts';
import { HALT_REASONS } from './reasons.ts';

const KINDS: readonly FrameStart['kind'][] = [
  'CALL',
  'CALLCODE',
  'DELEGATECALL',
  'STATICCALL',
  'CREATE',
  'CREATE2',
  'SELFDESTRUCT',
];

// How a frame ends, `END_` in `assembly/status.ts`.
const END_REVERT = 2;
const END_HALT = 3;

/** Halts that the kernel finds right behind the step it told of last. */
const BEFORE_EXECUTION: ReadonlySet<HaltReason> = new Set([
  'STACK_UNDERFLOW',
  'STACK_OVERFLOW',
  'INVALID_OPCODE',
]);

const U64_BITS = 64;

/** The step the kernel is at: everything is read out of its memory when asked for. */
export class KernelStep implements Step {
  readonly #memory: KernelMemory;
  readonly #exports: KernelExports;
  #step = 0;
  #frame = 0;

  constructor(memory: KernelMemory, exports: KernelExports) {
    this.#memory = memory;
    this.#exports = exports;
  }

  moveTo(step: number): void {
    this.#step = step;
    this.#frame = this.#memory.getU32(step + STEP_FRAME);
  }

  /** All of the kernel's memory, until it grows. */
  bytes(): Uint8Array {
    return this.#memory.u8();
  }

  /** Where stack item `index` stands, least significant limb first. */
  stackAddress(index: number): number {
    return this.#memory.getU32(this.#frame + F_SP) + 32 * index;
  }

  /** The lowest 32 bits of stack item `index`. */
  stackLow(index: number): number {
    return this.#memory.getU32(this.stackAddress(index));
  }

  /** Where the frame's memory begins. */
  memoryAddress(): number {
    return this.#memory.getU32(this.#frame + F_MEMORY);
  }

  get pc(): number {
    return this.#memory.getU32(this.#step + STEP_PC);
  }

  get opcode(): number {
    return this.#memory.getU32(this.#step + STEP_OPCODE);
  }

  get depth(): number {
    return this.#memory.getU32(this.#frame + F_DEPTH) + 1;
  }

  get gas(): bigint {
    return this.#memory.getU64(this.#frame + F_GAS);
  }

  get cost(): bigint {
    return this.#memory.getU64(this.#step + STEP_COST);
  }

  get refund(): bigint {
    return BigInt.asIntN(U64_BITS, this.#memory.getU64(this.#step + STEP_REFUND));
  }

  get stackHeight(): number {
    return this.#memory.getU32(this.#step + STEP_HEIGHT);
  }

  get memorySize(): number {
    return this.#memory.getU32(this.#frame + F_MEMORY_SIZE);
  }

  readonly address = (): Hex => this.#memory.getHex(this.#memory.getU32(this.#frame + F_SELF), 20);

  readonly codeAddress = (): Hex =>
    this.#memory.getHex(this.#memory.getU32(this.#frame + F_CODE_ACCOUNT), 20);

  readonly stack = (index: number): bigint =>
    index < 0 || index >= this.stackHeight
      ? 0n
      : this.#memory.getWord(this.#memory.getU32(this.#frame + F_SP) + 32 * index);

  readonly memory = (offset: number, length: number): Bytes => {
    const bytes = new Uint8Array(length);
    const start = this.#memory.getU32(this.#frame + F_MEMORY);
    const end = start + Math.min(this.memorySize, offset + length);
    if (start + offset < end) bytes.set(this.#memory.u8().subarray(start + offset, end));
    return bytes;
  };

  readonly returnData = (): Bytes =>
    this.#memory.getBytes(this.#exports.returnDataStart(), this.#exports.returnDataSize());
}

/** The imports of the tracing build, handing on to `tracer()`. */
export function traceImports(
  tracer: () => Tracer | undefined,
  memory: () => KernelMemory,
  exports: () => KernelExports,
): WebAssembly.ModuleImports {
  let current: KernelStep | undefined;
  let lastStep = 0;
  const refreshed = (): KernelMemory => {
    const views = memory();
    views.refresh();
    return views;
  };

  return {
    step(step: number): void {
      lastStep = step;
      const hook = tracer()?.step;
      if (hook === undefined) return;
      const views = refreshed();
      current ??= new KernelStep(views, exports());
      current.moveTo(step);
      hook(current);
    },
    enter(
      kind: number,
      depth: number,
      from: number,
      to: number,
      value: number,
      gas: bigint,
      input: number,
      length: number,
    ): void {
      const hook = tracer()?.enter;
      if (hook === undefined) return;
      const views = refreshed();
      hook({
        kind: KINDS[kind] as FrameStart['kind'],
        depth,
        from: views.getHex(from, 20),
        to: views.getHex(to, 20),
        value: views.getWord(value),
        gas: BigInt.asUintN(U64_BITS, gas),
        input: views.getBytes(input, length),
      });
    },
    exit(depth: number, end: number, reason: number, gasUsed: bigint, output: number, length: number): void {
      const hook = tracer()?.exit;
      if (hook === undefined) return;
      const status: FrameEnd['status'] =
        end === END_HALT ? 'halt' : end === END_REVERT ? 'revert' : 'success';
      const halt = end === END_HALT ? HALT_REASONS[reason] : undefined;
      const views = refreshed();
      hook({
        depth,
        status,
        halt,
        instruction:
          halt !== undefined && BEFORE_EXECUTION.has(halt)
            ? {
                opcode: views.getU32(lastStep + STEP_OPCODE),
                stackHeight: views.getU32(lastStep + STEP_HEIGHT),
              }
            : undefined,
        gasUsed: BigInt.asUintN(U64_BITS, gasUsed),
        output: views.getBytes(output, length),
      });
    },
    log(log: number, depth: number): void {
      const hook = tracer()?.log;
      if (hook === undefined) return;
      const views = refreshed();
      const address = views.getHex(views.getU32(log + L_ACCOUNT), 20);
      const topics = views.getU32(log + L_TOPICS);
      hook(decodeLog(views, address, log + LOG_BYTES, topics, views.getU32(log + L_DATA_LENGTH)), depth + 1);
    },
    read_account(address: number): void {
      const hook = tracer()?.readAccount;
      if (hook !== undefined) hook(refreshed().getHex(address, 20));
    },
    read_storage(address: number, slot: number): void {
      const hook = tracer()?.readStorage;
      if (hook === undefined) return;
      const views = refreshed();
      hook(views.getHex(address, 20), views.getHex(slot, 32));
    },
  };
}
