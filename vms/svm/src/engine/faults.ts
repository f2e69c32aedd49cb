import type { InstructionError } from '../spec/instruction-errors.ts';
import {
  MAX_CALL_DEPTH,
  SBPF_VERSIONS,
  type SbpfVersion,
  STACK_FRAME_BYTES,
  STACK_START,
} from '../spec/versions.ts';

/** What stopped a program; the names are those of `EbpfError`. */
export type FaultKind =
  | 'ExceededMaxInstructions'
  | 'ExecutionOverrun'
  | 'AccessViolation'
  | 'StackAccessViolation'
  | 'DivideByZero'
  | 'DivideOverflow'
  | 'CallDepthExceeded'
  | 'CallOutsideTextSegment'
  | 'UnsupportedInstruction'
  | 'SyscallError';

/** An access to memory, of a program or of a syscall on its behalf. */
export type MemoryAccess = { readonly address: bigint; readonly bytes: bigint; readonly isWrite: boolean };

/** A fault with the text that goes into the program's log. */
export type Fault = {
  readonly kind: FaultKind;
  readonly text: string;
  /** The instruction error that a syscall passes through; other faults are `ProgramFailedToComplete`. */
  readonly error?: InstructionError | undefined;
  /** Whether a syscall met it, on the program's behalf. */
  readonly isFromSyscall?: boolean | undefined;
  /** What an `AccessViolation` was. */
  readonly access?: MemoryAccess | undefined;
};

const TEXTS = {
  ExceededMaxInstructions: 'exceeded CUs meter at BPF instruction',
  ExecutionOverrun: 'attempted to execute past the end of the text segment at BPF instruction',
  DivideByZero: 'divide by zero at BPF instruction',
  DivideOverflow: 'division overflow at BPF instruction',
  CallDepthExceeded: 'exceeded max BPF to BPF call depth',
  CallOutsideTextSegment: 'callx attempted to call outside of the text segment',
  UnsupportedInstruction: 'unsupported BPF instruction',
} as const;

/** A fault whose text does not depend on anything. */
export function plainFault(kind: keyof typeof TEXTS): Fault {
  return { kind, text: TEXTS[kind] };
}

/** Thrown by syscalls, caught by the machine: the program ends with `fault`. */
export class SyscallFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.text);
    this.fault = fault;
  }
}

/** A syscall's own error; `error` names the instruction error it passes through, if any. */
export function syscallFault(text: string, error?: InstructionError): SyscallFault {
  return new SyscallFault({ kind: 'SyscallError', text, error });
}

/** Names of the regions in texts, by the bits from 32 on; others are "allocated". */
const REGION_NAMES: Readonly<Record<string, string>> = { 1: 'program', 2: 'stack', 3: 'heap', 4: 'input' };

/**
 * The fault of an access that memory does not allow. Versions with fixed frames name the frame of
 * an address in or right beside the stack; otherwise the region is named, if anything is there.
 */
export function accessFault(version: SbpfVersion, access: MemoryAccess, isAllocated: boolean): Fault {
  const { address, bytes, isWrite } = access;
  const hex = `0x${address.toString(16)}`;
  // BigInt division truncates toward zero, as the original does: one frame's worth below is frame 0.
  const frame = (BigInt.asIntN(64, address) - STACK_START) / BigInt(STACK_FRAME_BYTES);
  const nearStack = frame >= -1n && frame <= BigInt(MAX_CALL_DEPTH);
  if (!SBPF_VERSIONS[version].manualStackFrames && nearStack) {
    const text = `Access violation in stack frame ${frame} at address ${hex} of size ${bytes}`;
    return { kind: 'StackAccessViolation', text };
  }
  const region = isAllocated ? (REGION_NAMES[String(address >> 32n)] ?? 'allocated') : 'unallocated';
  const verb = isWrite ? 'writing' : 'reading';
  return {
    kind: 'AccessViolation',
    text: `Access violation ${verb} ${bytes} bytes at address ${hex} (in ${region} region)`,
    access,
  };
}
