import type { ScriptError } from './spec/errors.ts';
import { ScriptMachine } from './engine/machine.ts';
import { SignatureHasher } from './engine/signature-hash.ts';
import type { Transaction, TxOutput } from './tx/transaction.ts';

/** An input that is not valid, and why. */
export type InputFailure = { readonly index: number; readonly error: ScriptError };

/**
 * Verifies one input of a transaction.
 *
 * @param spentOutputs the outputs all inputs spend, in their order
 * @param flags see `SCRIPT_FLAGS`
 * @returns why it is not valid, or undefined when it is
 * @throws `SCRIPT_NO_INPUT`, `SCRIPT_INCONSISTENT_FLAGS`
 * @example verifyInput(tx, spentOutputs, 0, CONSENSUS_FLAGS) // undefined
 */
export function verifyInput(
  tx: Transaction,
  spentOutputs: readonly TxOutput[],
  index: number,
  flags: number,
): ScriptError | undefined {
  return new ScriptMachine(new SignatureHasher(tx, spentOutputs), index, flags).run();
}

/**
 * Verifies the inputs of a transaction; what their signatures share is hashed once.
 *
 * @param flags for all inputs, or a list for each of them
 * @returns the first that is not valid
 * @throws as {@link verifyInput}
 */
export function verifyInputs(
  tx: Transaction,
  spentOutputs: readonly TxOutput[],
  flags: number | readonly number[],
): InputFailure | undefined {
  const hasher = new SignatureHasher(tx, spentOutputs);
  for (let index = 0; index < tx.inputs.length; index++) {
    const own = typeof flags === 'number' ? flags : (flags[index] ?? 0);
    const error = new ScriptMachine(hasher, index, own).run();
    if (error !== undefined) return { index, error };
  }
  return undefined;
}

/**
 * A machine that can be stepped through, with the transaction its scripts ask for.
 *
 * @throws as {@link verifyInput}
 * @example
 * const machine = createScriptMachine({ tx, spentOutputs, index: 0, flags: CONSENSUS_FLAGS });
 * while (machine.step()) show(machine.phase, machine.execution.pc, machine.execution.stack);
 */
export function createScriptMachine(options: {
  readonly tx: Transaction;
  readonly spentOutputs: readonly TxOutput[];
  readonly index: number;
  readonly flags: number;
}): ScriptMachine {
  return new ScriptMachine(
    new SignatureHasher(options.tx, options.spentOutputs),
    options.index,
    options.flags,
  );
}
