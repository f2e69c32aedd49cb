import { type Bytes, bytesToBase64 } from '@ninefold/base';
import type { Program } from '../engine/decode.ts';
import type { Fault } from '../engine/faults.ts';
import type { InputPiece, Machine, Outcome, SyscallHandler } from '../engine/machine.ts';
import { HEAP_PAGE_BYTES, HEAP_PAGE_COST } from '../spec/costs.ts';
import { describeError, type InstructionError, returnedError } from '../spec/instruction-errors.ts';
import { DEFAULT_HEAP_BYTES, INPUT_START } from '../spec/versions.ts';
import { toBase58 } from './base58.ts';
import type { Call, Syscall, TransactionState } from './call.ts';
import {
  inputLayout,
  type InputRegion,
  type InstructionInput,
  type SerializedInput,
  serializeInput,
} from './serialize.ts';

/** A program's execution for one instruction. */
export type ProgramRun = {
  readonly program: Program;
  readonly address: Bytes;
  readonly accounts: readonly InstructionInput[];
  readonly data: Bytes;
  readonly transaction: TransactionState;
  readonly syscalls: ReadonlyMap<number, Syscall>;
  /** Compute units of the transaction that are left. */
  readonly budget: number;
  /** 1 for an instruction of the transaction. */
  readonly stackHeight: number;
  /** Whether the first loader owns the program: input unaligned, pointers unchecked. */
  readonly isUnaligned?: boolean | undefined;
  readonly heapBytes?: number | undefined;
  /** Lengthens the data of the account at a position, up to so many bytes; their new length. */
  readonly grow?: ((account: number, capacity: number) => number) | undefined;
  /** Told where accounts are in the input before the program starts. */
  readonly onInput?: ((input: SerializedInput) => void) | undefined;
};

export type ProgramResult = {
  /** `undefined` on success. */
  readonly error: InstructionError | undefined;
  /** The error as the log tells it. */
  readonly text: string | undefined;
  /** What stopped the program, if something did. */
  readonly fault: Fault | undefined;
  /** Compute units left. */
  readonly left: number;
  /** Where accounts were in the input, and the input's regions as the program left them. */
  readonly input: SerializedInput;
  readonly regions: readonly Bytes[];
};

/** What a heap of `bytes` costs before the program starts. */
export function heapCost(bytes: number): number {
  return (Math.ceil(bytes / HEAP_PAGE_BYTES) - 1) * HEAP_PAGE_COST;
}

const FAILED = 'ProgramFailedToComplete';

/** Units that are left after a fault: the program's own takes them all. */
function leftAfter(outcome: Outcome, transaction: TransactionState): number {
  const { fault, left } = outcome;
  const isOwn = fault !== undefined && fault.kind !== 'SyscallError' && !fault.isFromSyscall;
  return isOwn && transaction.environment.features.has('deplete_cu_meter_on_vm_failure') ? 0 : left;
}

function errorOf(fault: Fault | undefined, r0: bigint): Pick<ProgramResult, 'error' | 'text'> {
  if (fault !== undefined) return { error: fault.error ?? FAILED, text: fault.text };
  const error = returnedError(r0);
  return { error, text: error === undefined ? undefined : describeError(error) };
}

/**
 * Runs a program on its input: charges its heap, lays out the input, executes, and writes what the
 * log says of consumption and return data. What the program wrote into accounts is for the caller
 * to check and take over.
 */
export function runProgram(machine: Machine, run: ProgramRun): ProgramResult {
  const { transaction, address } = run;
  const isUnaligned = run.isUnaligned ?? false;
  const heapBytes = run.heapBytes ?? DEFAULT_HEAP_BYTES;
  const layout = inputLayout(transaction.environment.features, isUnaligned);
  const input = serializeInput(run.accounts, run.data, address, layout, (bytes) =>
    machine.inputArea(run.program, bytes),
  );
  run.onInput?.(input);
  const cost = heapCost(heapBytes);
  if (cost > run.budget) {
    transaction.log.write('Failed to create SBF VM: Computational budget exceeded');
    const error = 'ProgramEnvironmentSetupFailure';
    const text = describeError(error);
    return {
      error,
      text,
      fault: undefined,
      left: 0,
      input,
      regions: input.regions.map(({ bytes }) => bytes),
    };
  }
  const budget = run.budget - cost;
  let call: Call | undefined;
  const syscall: SyscallHandler = (key, registers, vm) => {
    const answer = run.syscalls.get(key);
    if (answer === undefined) return undefined;
    call ??= {
      run: vm,
      transaction,
      program: address,
      stackHeight: run.stackHeight,
      checksAlignment: !isUnaligned,
      heapBytes,
      heapUsed: 0,
    };
    const [, r1, r2, r3, r4, r5] = registers as unknown as readonly bigint[];
    return answer(call, r1 as bigint, r2 as bigint, r3 as bigint, r4 as bigint, r5 as bigint);
  };
  const outcome = machine.run({
    program: run.program,
    budget,
    input: layout.splitsRegions ? input.regions.map((region) => pieceOf(run, region)) : input.regions,
    heapBytes,
    registers: [0n, INPUT_START, instructionDataPointer(transaction, input)],
    syscall,
    answersMemory: true,
  });
  const left = leftAfter(outcome, transaction);
  const name = toBase58(address);
  // What the heap cost is neither consumed nor taken off, as the original words it.
  transaction.log.write(`Program ${name} consumed ${budget - outcome.left} of ${run.budget} compute units`);
  const { returnData } = transaction;
  if (returnData.data.length > 0) {
    transaction.log.write(
      `Program return: ${toBase58(returnData.program)} ${bytesToBase64(returnData.data)}`,
    );
  }
  const { error, text } = errorOf(outcome.fault, outcome.registers[0] as bigint);
  return { error, text, fault: outcome.fault, left, input, regions: outcome.input() };
}

/** A region as the machine takes it: account data may grow. */
function pieceOf({ grow }: ProgramRun, region: InputRegion): InputPiece {
  const { account, reserved } = region;
  if (grow === undefined || account === undefined || reserved === undefined) return region;
  return { ...region, growth: { capacity: reserved, grow: () => grow(account, reserved) } };
}

/** r2 at the entry (SIMD-0321). */
function instructionDataPointer(transaction: TransactionState, input: SerializedInput): bigint {
  const isGiven = transaction.environment.features.has('provide_instruction_data_offset_in_vm_r2');
  return isGiven ? input.instructionData : 0n;
}
