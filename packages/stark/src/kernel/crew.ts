import type { ExtensionDegree } from '../field/extension.ts';
import { kernelModule } from './instance.ts';
import type { KernelInstance, TaskFunction } from './tasks.ts';
import { instantiateChipModule, instantiateKernelModule, SCRATCH_BYTES, taskFunctions } from './tasks.ts';

/** Who does a proof's work: the calling thread, alone or with those of a pool, over one memory. */
export type Crew = {
  /** Threads at work, the calling one among them. */
  readonly threads: number;
  /** Words of work below which it is done at once by the calling thread. */
  readonly smallestTask: number;
  readonly memory: WebAssembly.Memory;
  /** The calling thread's instance. */
  readonly kernel: KernelInstance;
  /** First byte that is nobody's scratch. */
  readonly heapBase: number;
  /** What can be called, see `taskFunctions`. */
  readonly functions: readonly TaskFunction[];
  /** Has a function called by whoever is free first. */
  readonly run: (index: number, args: readonly number[]) => void;
  /** Takes part until all is done. @throws `STARK_WORKER_FAILED` and what `poll` throws */
  readonly join: () => void;
  /** Ends the proof: nobody writes to the memory any more. */
  readonly end: () => void;
};

/** {@link Crew.smallestTask} unless asked otherwise: some microseconds. */
export const SMALLEST_TASK: number = 2 ** 13;

/**
 * The calling thread alone, with a memory of its own.
 *
 * @param pages at most
 * @param poll called between tasks
 */
export function createLoneCrew(
  degree: ExtensionDegree,
  chips: readonly WebAssembly.Module[],
  pages: number,
  poll: () => void,
): Crew {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: pages });
  const kernel = instantiateKernelModule(kernelModule(degree, false), memory);
  const functions = taskFunctions(
    kernel.exports,
    chips.map((chip) => instantiateChipModule(chip, memory, kernel)),
  );
  return {
    threads: 1,
    smallestTask: SMALLEST_TASK,
    memory,
    kernel,
    heapBase: kernel.region + SCRATCH_BYTES,
    functions,
    run: (index, args) => {
      poll();
      functions[index]?.(...args);
    },
    join: poll,
    end: () => {},
  };
}
