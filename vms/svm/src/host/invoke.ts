import { type Bytes, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { Program } from '../engine/decode.ts';
import { createMachine, type Machine } from '../engine/machine.ts';
import { PROGRAM } from '../spec/addresses.ts';
import {
  type AccountState,
  BorrowedAccount,
  type InstructionAccount,
  isPermittedLength,
  type TransactionAccounts,
} from './accounts.ts';
import { addressBytes, toBase58 } from './base58.ts';
import type { AccountMeta, ProcessedInstruction, Syscall, TransactionState } from './call.ts';
import { InstructionFailure } from './failure.ts';
import { PRECOMPILES } from './programs/precompiles.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { type InstructionInput, MAX_ACCOUNTS_PER_INSTRUCTION, type SerializedInput } from './serialize.ts';

/** Instructions that may be active at once, the transaction's own included. */
export const MAX_INSTRUCTION_STACK = 5;

/** Instructions that a transaction may have in all, called ones included. */
export const MAX_INSTRUCTION_TRACE = 64;

/** An instruction on positions in the transaction's accounts. */
export type Instruction = {
  readonly program: number;
  readonly accounts: readonly InstructionAccount[];
  readonly data: Bytes;
};

/** A program that is part of the machine. */
export type Builtin = {
  /** Charged before it runs. */
  readonly units: number;
  readonly run: (context: InstructionContext) => void;
};

/** An instruction while it executes. */
export type InstructionContext = {
  readonly invoker: Invoker;
  readonly instruction: Instruction;
  readonly program: Bytes;
  readonly stackHeight: number;
  /** The account at a position of the instruction, in the hands of its program. */
  readonly account: (position: number) => BorrowedAccount;
  readonly log: (line: string) => void;
  /** Where accounts are in the running program's input; none for builtins. */
  input: SerializedInput | undefined;
  /** Whether the program's pointers are checked for alignment. */
  checksAlignment: boolean;
};

/** What an invoker needs of the outside. */
export type InvokerSetup = {
  readonly transaction: TransactionState;
  readonly accounts: TransactionAccounts;
  readonly budget: number;
  readonly heapBytes?: number | undefined;
  /** Builtin programs by address, base58. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** Data of the message's instructions, which signature programs read. */
  readonly instructionData: readonly Bytes[];
  /** The program whose account that is, ready to run; `undefined` when it is none. */
  readonly programOf: (account: AccountState) => Program | undefined;
  readonly syscalls: ReadonlyMap<number, Syscall>;
  /** Why a file may not be deployed; `undefined` when it may. */
  readonly deploymentProblem: (file: Bytes) => string | undefined;
};

/** Executes the instructions of one transaction and those that they call. */
export type Invoker = {
  readonly setup: InvokerSetup;
  /** Compute units left. */
  units: number;
  readonly stack: readonly InstructionContext[];
  /** Executes an instruction to its end; throws an `InstructionFailure`. */
  readonly process: (instruction: Instruction) => void;
};

const LOADERS: Readonly<Record<string, 'unaligned' | 'aligned'>> = {
  [PROGRAM.loaderV1]: 'unaligned',
  [PROGRAM.loaderV2]: 'aligned',
  [PROGRAM.loaderV3]: 'aligned',
};

const NATIVE_LOADER: Bytes = addressBytes(PROGRAM.nativeLoader);

// One machine for each height of the stack: callers keep their memory while they wait.
const machines: Machine[] = [];

/** A machine beyond this size is given up after the program that needed it: memory never shrinks. */
export const RETAINED_MEMORY_BYTES: number = 64 << 20;

function machineAt(height: number): Machine {
  const known = machines[height - 1];
  if (known !== undefined && known.memoryBytes() <= RETAINED_MEMORY_BYTES) return known;
  const made = createMachine();
  machines[height - 1] = made;
  return made;
}

/** Makes the executor of a transaction. */
export function createInvoker(setup: InvokerSetup): Invoker {
  const { transaction, accounts } = setup;
  const stack: InstructionContext[] = [];
  const sums: bigint[] = [];

  const sumOf = ({ accounts: metas }: Instruction): bigint => {
    let sum = 0n;
    for (let i = 0; i < metas.length; i++) {
      const { index } = metas[i] as InstructionAccount;
      if (isFirst(metas, i)) sum += (accounts.list[index] as AccountState).lamports;
    }
    return sum;
  };
  const requireBalance = (): void => {
    const current = stack.at(-1);
    if (current !== undefined && sumOf(current.instruction) !== sums.at(-1))
      throw new InstructionFailure('UnbalancedInstruction');
  };

  const push = (instruction: Instruction): InstructionContext => {
    const program = (accounts.list[instruction.program] as AccountState).key;
    const isActive = stack.some((context) => equalBytes(context.program, program));
    const last = stack.at(-1);
    if (isActive && last !== undefined && !equalBytes(last.program, program))
      throw new InstructionFailure('ReentrancyNotAllowed');
    const sum = sumOf(instruction);
    requireBalance();
    if (stack.length >= MAX_INSTRUCTION_STACK) throw new InstructionFailure('CallDepth');
    if (transaction.trace.length >= MAX_INSTRUCTION_TRACE)
      throw new InstructionFailure('MaxInstructionTraceLengthExceeded');
    const context: InstructionContext = {
      invoker,
      instruction,
      program,
      stackHeight: stack.length + 1,
      account: (position) => {
        const meta = instruction.accounts[position];
        if (meta === undefined) throw new InstructionFailure('MissingAccount');
        return new BorrowedAccount(accounts, meta, program);
      },
      log: transaction.log.write,
      input: undefined,
      checksAlignment: true,
    };
    stack.push(context);
    sums.push(sum);
    transaction.trace.push(new TracedInstruction(stack.length, program, instruction, accounts.list));
    return context;
  };

  const consume = (units: number): void => {
    if (units > invoker.units) {
      invoker.units = 0;
      throw new InstructionFailure('ComputationalBudgetExceeded');
    }
    invoker.units -= units;
  };

  const executeProgram = (context: InstructionContext, loader: 'unaligned' | 'aligned'): void => {
    const account = accounts.list[context.instruction.program] as AccountState;
    const program = setup.programOf(account);
    if (program === undefined) {
      transaction.log.write('Program is not deployed');
      throw new InstructionFailure('UnsupportedProgramId');
    }
    context.checksAlignment = loader === 'aligned';
    const result = runProgram(machineAt(context.stackHeight), {
      program,
      address: context.program,
      accounts: inputsOf(context),
      data: context.instruction.data,
      transaction,
      syscalls: setup.syscalls,
      budget: invoker.units,
      stackHeight: context.stackHeight,
      isUnaligned: loader === 'unaligned',
      heapBytes: setup.heapBytes,
      onInput: (input) => {
        context.input = input;
      },
    });
    invoker.units = result.left;
    if (result.error !== undefined) throw new InstructionFailure(result.error, result.text);
    takeBack(context, result, loader === 'unaligned');
  };

  const execute = (context: InstructionContext): void => {
    const account = accounts.list[context.instruction.program] as AccountState;
    const isNative = equalBytes(account.owner, NATIVE_LOADER);
    const name = toBase58(context.program);
    const precompile = PRECOMPILES.get(name);
    if (precompile !== undefined) return precompile(context.instruction.data, setup.instructionData);
    const builtin = isNative ? setup.builtins.get(name) : undefined;
    const loader = LOADERS[toBase58(account.owner)];
    if (builtin === undefined && loader === undefined) throw new InstructionFailure('UnsupportedProgramId');
    transaction.returnData = { program: context.program, data: EMPTY_BYTES };
    transaction.log.write(`Program ${name} invoke [${context.stackHeight}]`);
    try {
      if (builtin !== undefined) {
        consume(builtin.units);
        builtin.run(context);
      } else executeProgram(context, loader as 'unaligned' | 'aligned');
    } catch (error) {
      if (error instanceof InstructionFailure)
        transaction.log.write(`Program ${name} failed: ${error.message}`);
      throw error;
    }
    transaction.log.write(`Program ${name} success`);
  };

  const invoker: Invoker = {
    setup,
    units: setup.budget,
    stack,
    process(instruction) {
      const context = push(instruction);
      try {
        execute(context);
        requireBalance();
      } finally {
        stack.pop();
        sums.pop();
      }
    },
  };
  return invoker;
}

/** An instruction in the trace; few ask for its accounts. */
class TracedInstruction implements ProcessedInstruction {
  readonly stackHeight: number;
  readonly program: Bytes;
  readonly data: Bytes;
  readonly #metas: readonly InstructionAccount[];
  readonly #list: readonly AccountState[];

  constructor(
    stackHeight: number,
    program: Bytes,
    { data, accounts }: Instruction,
    list: readonly AccountState[],
  ) {
    this.stackHeight = stackHeight;
    this.program = program;
    this.data = data;
    this.#metas = accounts;
    this.#list = list;
  }

  get accounts(): readonly AccountMeta[] {
    return this.#metas.map(({ index, isSigner, isWritable }) => ({
      key: (this.#list[index] as AccountState).key,
      isSigner,
      isWritable,
    }));
  }
}

/** Whether the account at `position` is not named before. */
function isFirst(metas: readonly InstructionAccount[], position: number): boolean {
  const { index } = metas[position] as InstructionAccount;
  for (let i = 0; i < position; i++) if ((metas[i] as InstructionAccount).index === index) return false;
  return true;
}

/** What a program's input says of the instruction's accounts. */
function inputsOf(context: InstructionContext): readonly InstructionInput[] {
  const metas = context.instruction.accounts;
  if (context.instruction.accounts.length > MAX_ACCOUNTS_PER_INSTRUCTION)
    throw new InstructionFailure('MaxAccountsExceeded');
  return metas.map((meta, position): InstructionInput => {
    if (!isFirst(metas, position))
      return { duplicateOf: metas.findIndex(({ index }) => index === meta.index) };
    const account = context.account(position);
    const { key, lamports, data, owner, isExecutable, rentEpoch } = account.state;
    const { isSigner, isWritable } = meta;
    const isDataChangeable = account.writeProblem() === undefined;
    return { key, lamports, data, owner, isExecutable, rentEpoch, isSigner, isWritable, isDataChangeable };
  });
}

/** Checks and takes over what a program left in its input. */
function takeBack(
  context: InstructionContext,
  { input, regions }: ProgramResult,
  isUnaligned: boolean,
): void {
  const buffer = regions[0] as Bytes;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  input.accounts.forEach(({ offsets, originalLength }, position) => {
    if (!isFirst(context.instruction.accounts, position)) return;
    const account = context.account(position);
    const lamports = view.getBigUint64(offsets.lamports, true);
    if (account.state.lamports !== lamports) account.setLamports(lamports);
    const at = offsets.data;
    let length = originalLength;
    if (!isUnaligned) {
      const written = view.getBigUint64(at - 8, true);
      if (written > BigInt(buffer.length) || !isPermittedLength(length, Number(written)))
        throw new InstructionFailure('InvalidRealloc');
      length = Number(written);
    }
    updateData(account, buffer.subarray(at, at + length));
    if (isUnaligned) return;
    const owner = buffer.subarray(offsets.owner, offsets.owner + 32);
    if (!equalBytes(owner, account.state.owner)) account.setOwner(owner);
  });
}

/** Takes over `data`, copied; data that may not change must not have. */
export function updateData(account: BorrowedAccount, data: Bytes): void {
  const problem = account.dataProblem(data.length);
  const isSame = equalBytes(data, account.state.data);
  if (isSame) return;
  if (problem !== undefined) throw new InstructionFailure(problem);
  account.setData(data.slice());
}
