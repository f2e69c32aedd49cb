import type { Bytes } from '@ninefold/base';
import type { Instruction } from '../code/instruction.ts';
import type { Machine } from '../engine/machine.ts';
import type { Xlen } from '../spec/opcodes.ts';
import type { Outputs } from './outputs.ts';

/** An instruction that the kernel leaves to the host. */
export type HostInstruction = Instruction & { readonly word: number; readonly pc: bigint };

/**
 * What the host made of an instruction: go on behind it or at an address, end with an exit code, or
 * `illegal` when the guest interface knows no such instruction.
 */
export type Answer = 'next' | 'illegal' | { readonly jump: bigint } | { readonly exit: number };

/** One run of a guest. */
export type Session = {
  /**
   * Answers an instruction; throws a `GuestFault` to end the run, as memory does by itself.
   * `fence.i` and `ebreak` are answered before by the run loop.
   */
  readonly answer: (instruction: HostInstruction) => Answer;
};

/** A guest interface: how guests of one toolchain get input, give output, and ask for help. */
export type Abi = {
  readonly name: string;
  readonly xlens: readonly Xlen[];
  /** Addresses that guests may touch. */
  readonly bounds: { readonly low: number; readonly high: number };
  readonly fetch: 'program' | 'memory';
  readonly misaligned: 'supported' | 'trap';
  /** Prepares registers and memory, and begins. */
  readonly start: (machine: Machine, input: readonly Bytes[], outputs: Outputs) => Session;
};
