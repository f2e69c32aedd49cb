import {
  createLog,
  createMachine,
  decodeProgram,
  type EngineChoice,
  type InstructionError,
  loadProgram,
  type Program,
  runProgram,
  syscallsOf,
  type TransactionState,
  verify,
} from '@ninefold/vm-svm';
import { ENVIRONMENT } from './environment.ts';

/** Units that the compute-budget instruction before the program takes. */
export const COMPUTE_BUDGET_UNITS = 150;

const syscalls = syscallsOf(ENVIRONMENT.features);
const keys = new Set(syscalls.keys());

export type WholeRun = {
  readonly error: InstructionError | undefined;
  readonly text: string | undefined;
  /** Units used. */
  readonly used: number;
  readonly logs: readonly string[];
  readonly returnData: Uint8Array;
};

/** Loads a program file for execution. */
export function prepare(elf: Uint8Array): Program {
  const executable = loadProgram(elf, { syscalls: keys });
  verify(executable);
  return decodeProgram(executable);
}

/** Runs a program as the second instruction of a transaction, without accounts. */
export function createRunner(
  engine: EngineChoice,
): (program: Program, data: Uint8Array, limit: number) => WholeRun {
  const machine = createMachine({ engine });
  return (program, data, limit) => {
    const log = createLog();
    const address = new Uint8Array(32);
    const current = { stackHeight: 1, program: address, data, accounts: [] };
    const transaction: TransactionState = {
      environment: ENVIRONMENT,
      log,
      returnData: { program: address, data: new Uint8Array(0) },
      trace: [{ ...current, data: new Uint8Array(5) }, current],
    };
    const budget = limit - COMPUTE_BUDGET_UNITS;
    const result = runProgram(machine, {
      program,
      address,
      accounts: [],
      data,
      transaction,
      syscalls,
      budget,
      stackHeight: 1,
    });
    return {
      error: result.error,
      text: result.text,
      used: budget - result.left,
      logs: log.lines,
      returnData: transaction.returnData.data,
    };
  };
}
