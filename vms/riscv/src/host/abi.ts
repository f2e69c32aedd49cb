import type { Bytes } from '@ninefold/base';
import type { Instruction } from '../code/instruction.ts';
import type { Machine } from '../engine/machine.ts';
import type { Xlen } from '../spec/opcodes.ts';
import { REGISTER } from '../spec/registers.ts';
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
  /** Takes the program file out of what the toolchain packs it in; programs are plain ELF files where absent. */
  readonly unpack?: ((file: Bytes) => Bytes) | undefined;
  /** Prepares registers and memory, and begins. */
  readonly start: (machine: Machine, input: readonly Bytes[], outputs: Outputs) => Session;
};

/** The low bits of a register as a C argument of that many bits has them: callers may extend them either way. */
export function narrowArgument(machine: Machine, index: number, bits: number): number {
  return Number(BigInt.asUintN(bits, machine.register(index)));
}

/** Ends a run by the exit code in a0: its low 32 bits, so that no failure passes for a success by rounding. */
export function exitByA0(machine: Machine): Answer {
  return { exit: narrowArgument(machine, REGISTER.a0, 32) };
}
