import { type Bytes, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { Program } from '../engine/decode.ts';
import { machineAt } from '../engine/pool.ts';
import { PROGRAM } from '../spec/addresses.ts';
import {
  type AccountState,
  BorrowedAccount,
  firstPosition,
  type InstructionAccount,
  isFirst,
  type TransactionAccounts,
} from './accounts.ts';
import { toBase58 } from './base58.ts';
import type { AccountMeta, ProcessedInstruction, Syscall, TransactionState } from './call.ts';
import { InstructionFailure } from './failure.ts';
import { writeAscii } from './log.ts';
import { PRECOMPILES } from './programs/precompiles.ts';
import { runProgram } from './run-program.ts';
import { type InstructionInput, MAX_ACCOUNTS_PER_INSTRUCTION, type SerializedInput } from './serialize.ts';
import { accessError, takeBack } from './take-back.ts';

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
export class InstructionContext {
  readonly invoker: Invoker;
  readonly instruction: Instruction;
  readonly program: Bytes;
  /** 1 for an instruction of the transaction. */
  readonly stackHeight: number;
  /** Lamports of its accounts when it began. */
  readonly lamports: bigint;
  /** Where accounts are in the running program's input; none for builtins. */
  input: SerializedInput | undefined = undefined;
  /** Whether the program's pointers are checked for alignment. */
  checksAlignment = true;

  constructor(invoker: Invoker, instruction: Instruction, program: Bytes, lamports: bigint) {
    this.invoker = invoker;
    this.instruction = instruction;
    this.program = program;
    this.stackHeight = invoker.stack.length + 1;
    this.lamports = lamports;
  }

  /** The account at a position of the instruction, in the hands of its program. */
  account(position: number): BorrowedAccount {
    const meta = this.instruction.accounts[position];
    if (meta === undefined) throw new InstructionFailure('MissingAccount');
    return new BorrowedAccount(this.invoker.setup.accounts, meta, this.program);
  }

  log(line: string): void {
    this.invoker.setup.transaction.log.write(line);
  }
}

/** What an invoker needs of the outside. */
export type InvokerSetup = {
  readonly transaction: TransactionState;
  readonly accounts: TransactionAccounts;
  readonly budget: number;
  readonly heapBytes?: number | undefined;
  /** Builtin programs by address, base58. */
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** The message's instructions, whose data signature programs read. */
  readonly instructions: readonly Instruction[];
  /** The program whose account that is, ready to run; `undefined` when it is none. */
  readonly programOf: (account: AccountState) => Program | undefined;
  readonly syscalls: ReadonlyMap<number, Syscall>;
  /** Why a file may not be deployed; `undefined` when it may. */
  readonly deploymentProblem: (file: Bytes) => string | undefined;
};

type Loader = 'native' | 'unaligned' | 'aligned';

/** How programs are run, by who owns them. */
const LOADERS: ReadonlyMap<string, Loader> = new Map([
  [PROGRAM.nativeLoader, 'native'],
  [PROGRAM.loaderV1, 'unaligned'],
  [PROGRAM.loaderV2, 'aligned'],
  [PROGRAM.loaderV3, 'aligned'],
]);

/** Executes the instructions of one transaction and those that they call. */
export class Invoker {
  readonly setup: InvokerSetup;
  readonly stack: InstructionContext[] = [];
  /** Compute units left. */
  units: number;

  constructor(setup: InvokerSetup) {
    this.setup = setup;
    this.units = setup.budget;
  }

  /** Executes an instruction to its end; throws an `InstructionFailure`. */
  process(instruction: Instruction): void {
    const context = this.#push(instruction);
    try {
      this.#execute(context);
      this.#requireBalance();
    } finally {
      this.stack.pop();
    }
  }

  #push(instruction: Instruction): InstructionContext {
    const { transaction, accounts } = this.setup;
    const { stack } = this;
    const program = (accounts.list[instruction.program] as AccountState).key;
    if (this.#isReentered(program)) throw new InstructionFailure('ReentrancyNotAllowed');
    const lamports = this.#lamportsOf(instruction);
    this.#requireBalance();
    if (stack.length >= MAX_INSTRUCTION_STACK) throw new InstructionFailure('CallDepth');
    if (transaction.trace.length >= MAX_INSTRUCTION_TRACE)
      throw new InstructionFailure('MaxInstructionTraceLengthExceeded');
    const context = new InstructionContext(this, instruction, program, lamports);
    stack.push(context);
    transaction.trace.push(new TracedInstruction(stack.length, program, instruction, accounts.list));
    return context;
  }

  /** Whether the program waits for another one that it called: only itself may it call at once. */
  #isReentered(program: Bytes): boolean {
    const last = this.stack.at(-1);
    if (last === undefined || equalBytes(last.program, program)) return false;
    return this.stack.some((context) => equalBytes(context.program, program));
  }

  #lamportsOf({ accounts: metas }: Instruction): bigint {
    const { list } = this.setup.accounts;
    let sum = 0n;
    for (let i = 0; i < metas.length; i++) {
      if (isFirst(metas, i)) sum += (list[(metas[i] as InstructionAccount).index] as AccountState).lamports;
    }
    return sum;
  }

  /** The running instruction may have moved lamports, but made and lost none. */
  #requireBalance(): void {
    const current = this.stack.at(-1);
    if (current !== undefined && this.#lamportsOf(current.instruction) !== current.lamports)
      throw new InstructionFailure('UnbalancedInstruction');
  }

  #consume(units: number): void {
    if (units > this.units) {
      this.units = 0;
      throw new InstructionFailure('ComputationalBudgetExceeded');
    }
    this.units -= units;
  }

  #execute(context: InstructionContext): void {
    const { setup } = this;
    const { transaction } = setup;
    const account = setup.accounts.list[context.instruction.program] as AccountState;
    const name = toBase58(context.program);
    const precompile = PRECOMPILES.get(name);
    if (precompile !== undefined) {
      const data = setup.instructions.map((instruction) => instruction.data);
      return precompile(context.instruction.data, data);
    }
    const loader = LOADERS.get(toBase58(account.owner));
    const builtin = loader === 'native' ? setup.builtins.get(name) : undefined;
    if (loader === undefined || (loader === 'native' && builtin === undefined))
      throw new InstructionFailure('UnsupportedProgramId');
    transaction.returnData = { program: context.program, data: EMPTY_BYTES };
    writeAscii(transaction.log, `Program ${name} invoke [${context.stackHeight}]`);
    try {
      if (builtin === undefined) this.#executeProgram(context, account, loader === 'unaligned');
      else {
        this.#consume(builtin.units);
        builtin.run(context);
      }
    } catch (error) {
      if (error instanceof InstructionFailure)
        transaction.log.write(`Program ${name} failed: ${error.message}`);
      throw error;
    }
    writeAscii(transaction.log, `Program ${name} success`);
  }

  #executeProgram(context: InstructionContext, account: AccountState, isUnaligned: boolean): void {
    const { transaction, programOf, syscalls, heapBytes } = this.setup;
    const program = programOf(account);
    if (program === undefined) {
      transaction.log.write('Program is not deployed');
      throw new InstructionFailure('UnsupportedProgramId');
    }
    context.checksAlignment = !isUnaligned;
    const result = runProgram(machineAt(context.stackHeight), {
      program,
      address: context.program,
      accounts: inputsOf(context),
      data: context.instruction.data,
      transaction,
      syscalls,
      budget: this.units,
      stackHeight: context.stackHeight,
      isUnaligned,
      heapBytes,
      grow: (position, capacity) => context.account(position).stretch(capacity),
      onInput: (input) => {
        context.input = input;
      },
    });
    this.units = result.left;
    const error = accessError(context, result);
    if (error !== undefined) throw new InstructionFailure(error);
    if (result.error !== undefined) throw new InstructionFailure(result.error, result.text);
    takeBack(context, result);
  }
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

/** What a program's input says of the instruction's accounts. */
function inputsOf(context: InstructionContext): readonly InstructionInput[] {
  const metas = context.instruction.accounts;
  if (metas.length > MAX_ACCOUNTS_PER_INSTRUCTION) throw new InstructionFailure('MaxAccountsExceeded');
  const inputs: InstructionInput[] = [];
  for (let position = 0; position < metas.length; position++) {
    const { index, isSigner, isWritable } = metas[position] as InstructionAccount;
    const first = firstPosition(metas, index);
    if (first < position) {
      inputs.push({ duplicateOf: first });
      continue;
    }
    const account = context.account(position);
    const { key, lamports, data, owner, isExecutable, rentEpoch } = account.state;
    const isDataChangeable = account.writeProblem() === undefined;
    inputs.push({
      key,
      lamports,
      data,
      owner,
      isExecutable,
      rentEpoch,
      isSigner,
      isWritable,
      isDataChangeable,
    });
  }
  return inputs;
}
