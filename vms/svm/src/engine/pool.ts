import { createMachine, type EngineChoice, type Machine } from './machine.ts';

/** A machine beyond this size is given up after the program that needed it: memory never shrinks. */
export const RETAINED_MEMORY_BYTES: number = 64 << 20;

// One machine for each height of the stack: callers keep their memory while they wait.
let machines: Machine[] = [];
let engine: EngineChoice = 'tiered';

/** The machine for programs at a height of the stack, from 1 on. */
export function machineAt(height: number): Machine {
  const known = machines[height - 1];
  if (known !== undefined && known.memoryBytes() <= RETAINED_MEMORY_BYTES) return known;
  const made = createMachine({ engine });
  machines[height - 1] = made;
  return made;
}

/**
 * Has transactions executed in another way from now on, in the whole process: for tests that engines agree,
 * and where WebAssembly must not be generated at run time. Not while a transaction is being executed.
 *
 * @example useEngine('interpreted')
 */
export function useEngine(choice: EngineChoice): void {
  if (choice === engine) return;
  engine = choice;
  machines = [];
}
