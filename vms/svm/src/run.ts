import { type Bytes, defineErrors, EMPTY_BYTES, equalBytes } from '@ninefold/base';
import type { Executable, LoadOptions } from './code/executable.ts';
import { loadProgram } from './code/load.ts';
import { verify } from './code/verify.ts';
import { decodeProgram, type Program } from './engine/decode.ts';
import type { AccountState } from './host/accounts.ts';
import { addressBytes } from './host/base58.ts';
import type { Environment, Syscall, TransactionState } from './host/call.ts';
import { InstructionFailure } from './host/failure.ts';
import { type Builtin, type Instruction, Invoker } from './host/invoke.ts';
import { createLog } from './host/log.ts';
import { deployedFile, programDataOf } from './host/programs/loader-state.ts';
import { deprecatedLoader, finalLoader, upgradeableLoader } from './host/programs/loader-v3.ts';
import { systemProgram } from './host/programs/system.ts';
import { voteProgram } from './host/programs/vote.ts';
import { syscallsOf } from './host/syscalls.ts';
import { invokeSyscalls } from './host/syscalls/invoke.ts';
import { syscallKey } from './code/murmur3.ts';
import { PROGRAM, SYSVAR } from './spec/addresses.ts';
import type { FeatureSet } from './spec/features.ts';
import type { InstructionError } from './spec/instruction-errors.ts';
import { deployableVersions, enabledVersions } from './spec/versions.ts';

export type { AccountState, Instruction };

/** The instructions of a transaction, and what they work on. */
export type Message = {
  readonly instructions: readonly Instruction[];
  /** Changed by the run; on an error the caller drops them. */
  readonly accounts: readonly AccountState[];
  /** Compute units. */
  readonly budget: number;
  readonly heapBytes?: number | undefined;
};

export type MessageOutcome = {
  /** Position of the instruction that failed, and why; `undefined` on success. */
  readonly error: readonly [index: number, error: InstructionError] | undefined;
  readonly units: number;
  readonly logs: readonly string[];
  readonly returnData: TransactionState['returnData'];
  readonly trace: TransactionState['trace'];
};

export type Svm = {
  /**
   * Executes a message's instructions in order, up to the first that fails.
   *
   * @throws `SVM_ACCOUNT_INDEX`, `SVM_HEAP_SIZE`
   */
  readonly run: (message: Message) => MessageOutcome;
};

export type SvmOptions = {
  readonly environment: Environment;
  /** The program file of an account that is executable; `undefined` when there is none. */
  readonly programFile: (account: AccountState) => Bytes | undefined;
  /** Programs that are part of the machine, besides the system and compute budget programs. */
  readonly builtins?: ReadonlyMap<string, Builtin> | undefined;
};

const fail = defineErrors({
  SVM_ACCOUNT_INDEX: (c: {
    readonly instruction: number;
    readonly index: number;
    readonly accounts: number;
  }) => `Instruction ${c.instruction} names account ${c.index}, but the message has ${c.accounts}`,
});

const COMPUTE_BUDGET: Builtin = { units: 150, run: () => {} };

/** Whose return data it is when nobody has set any. */
const NO_PROGRAM: Bytes = new Uint8Array(32);

type ProgramCache = WeakMap<Bytes, Program | null>;

// Programs by their file, for each set of features: a file is loaded once however many machines run it.
const caches = new WeakMap<FeatureSet, ProgramCache>();

function cacheFor(features: FeatureSet): ProgramCache {
  let cache = caches.get(features);
  if (cache === undefined) {
    cache = new WeakMap();
    caches.set(features, cache);
  }
  return cache;
}

/**
 * Makes a machine for transactions under `environment`.
 *
 * @example createSvm({ environment, programFile: (account) => account.data }).run(message)
 */
export function createSvm(options: SvmOptions): Svm {
  const { environment } = options;
  const builtins = new Map<string, Builtin>([
    [PROGRAM.system, systemProgram],
    [PROGRAM.computeBudget, COMPUTE_BUDGET],
    [PROGRAM.loaderV1, deprecatedLoader],
    [PROGRAM.loaderV2, finalLoader],
    [PROGRAM.loaderV3, upgradeableLoader],
    [PROGRAM.vote, voteProgram],
    ...(options.builtins ?? []),
  ]);
  const plain = syscallsOf(environment.features);
  const keys = keysOf(plain);

  const programs = cacheFor(environment.features);
  // Where account data are regions of their own, frames of the stack follow each other in all versions.
  const stackFrameGaps = !environment.features.has('virtual_address_space_adjustments');
  const loading: LoadOptions = { syscalls: keys, versions: enabledVersions(environment.features) };

  const deployment: LoadOptions = {
    syscalls: keysOf(syscallsOf(environment.features, { deployment: true })),
    versions: deployableVersions(environment.features),
    deployment: true,
  };

  const deploymentProblem = (file: Bytes): string | undefined => {
    const program = check(file, deployment);
    return typeof program === 'string' ? program : undefined;
  };

  const programOf = (account: AccountState, { accounts }: Message): Program | undefined => {
    if (isBeingDeployed(account, accounts, environment)) return undefined;
    const file = options.programFile(account);
    if (file === undefined) return undefined;
    let program = programs.get(file);
    if (program === undefined) {
      const checked = check(file, loading);
      program = typeof checked === 'string' ? null : decodeProgram(checked, { stackFrameGaps });
      programs.set(file, program);
    }
    return program ?? undefined;
  };

  let current: Invoker;
  const syscalls: ReadonlyMap<number, Syscall> = new Map([
    ...plain,
    ...Object.entries(invokeSyscalls(() => current)).map(([name, run]) => [syscallKey(name), run] as const),
  ]);

  return {
    run(message) {
      checkIndices(message);
      const transaction: TransactionState = {
        environment,
        log: createLog(),
        returnData: { program: NO_PROGRAM, data: EMPTY_BYTES },
        trace: [],
      };
      const invoker = new Invoker({
        transaction,
        accounts: { list: message.accounts, growth: 0 },
        budget: message.budget,
        heapBytes: message.heapBytes,
        builtins,
        instructions: message.instructions,
        programOf: (account) => programOf(account, message),
        deploymentProblem,
        syscalls,
      });
      current = invoker;
      const error = runAll(invoker, message.instructions);
      return {
        error,
        units: message.budget - invoker.units,
        logs: transaction.log.lines,
        returnData: transaction.returnData,
        trace: transaction.trace,
      };
    },
  };
}

/** @throws `SVM_ACCOUNT_INDEX` when an instruction names an account that the message does not have */
function checkIndices({ instructions, accounts }: Message): void {
  for (let position = 0; position < instructions.length; position++) {
    const { program, accounts: metas } = instructions[position] as Instruction;
    requireIndex(position, program, accounts.length);
    for (const { index } of metas) requireIndex(position, index, accounts.length);
  }
}

function requireIndex(instruction: number, index: number, accounts: number): void {
  if (index < 0 || index >= accounts) throw fail('SVM_ACCOUNT_INDEX', { instruction, index, accounts });
}

function runAll(invoker: Invoker, instructions: readonly Instruction[]): MessageOutcome['error'] {
  const { list } = invoker.setup.accounts;
  const sysvar = list.find(({ key }) => equalBytes(key, INSTRUCTIONS_SYSVAR));
  for (let index = 0; index < instructions.length; index++) {
    if (sysvar !== undefined) markCurrent(sysvar, index);
    try {
      invoker.process(instructions[index] as Instruction);
    } catch (error) {
      if (error instanceof InstructionFailure) return [index, error.error];
      throw error;
    }
  }
  return undefined;
}

const INSTRUCTIONS_SYSVAR: Bytes = addressBytes(SYSVAR.instructions);

/** The instructions sysvar, where a message has it, ends with the position of the running instruction. */
function markCurrent(account: AccountState, index: number): void {
  if (account.data.length < 2) return;
  const data = account.data.slice();
  new DataView(data.buffer).setUint16(data.length - 2, index, true);
  account.data = data;
}

/** The program in a file, or what is wrong with it. */
function check(file: Bytes, options: LoadOptions): Executable | string {
  try {
    const executable = loadProgram(file, options);
    verify(executable);
    return executable;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code?.startsWith('SVM_') === true) return message;
    throw error;
  }
}

/** What programs may call, as their files name it. */
function keysOf(syscalls: ReadonlyMap<number, Syscall>): ReadonlySet<number> {
  return new Set([
    ...syscalls.keys(),
    syscallKey('sol_invoke_signed_c'),
    syscallKey('sol_invoke_signed_rust'),
  ]);
}

/** Whether the transaction itself deployed, upgraded or closed the program: it cannot be called before the next slot. */
function isBeingDeployed(
  account: AccountState,
  accounts: readonly AccountState[],
  environment: Environment,
): boolean {
  const key = programDataOf(account);
  const programData = key && accounts.find((candidate) => equalBytes(candidate.key, key));
  const clock = environment.sysvars.get(SYSVAR.clock);
  if (programData === undefined || clock === undefined) return false;
  const slot = new DataView(clock.buffer, clock.byteOffset, clock.byteLength).getBigUint64(0, true);
  return deployedFile(programData.data, slot) === undefined;
}
