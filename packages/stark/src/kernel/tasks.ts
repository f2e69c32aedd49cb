// What threads share of a proof's work. This file, `pool-worker.ts` and `pool-watcher.ts` import nothing of other
// packages at run time: a worker in a browser has no import map.

/**
 * Kernel functions that threads may be given, by their place here. A task is one call; tasks that are published
 * before the same `join` must not write what another one reads.
 */
export const TASK_NAMES = [
  'interpolate',
  'extend',
  'extendTrace',
  'transposeInterpolation',
  'prepareDomain',
  'nextTable',
  'scale',
  'hashLayer',
  'hashLayerKeccak',
  'gatherRows',
  'grindTo',
  'grindToKeccak',
  'combine',
  'addQuotients',
  'evaluateColumns',
  'prefixSums',
  'fold',
  'addScaled',
  'addRepeated',
  'deinterleave',
] as const;

export type TaskName = (typeof TASK_NAMES)[number];

/** The generated functions of a chip, by their place behind the kernel's: as many a chip. */
export const CHIP_PARTS = ['constraints', 'fractions'] as const;

export type ChipPart = (typeof CHIP_PARTS)[number];

export type TaskFunction = (...args: readonly number[]) => unknown;

/** A proof's functions as a worker instantiates them: what a `session` message brings. */
export type SessionModules = {
  readonly degree: number;
  readonly kernel: WebAssembly.Module;
  readonly chips: readonly WebAssembly.Module[];
};

/** First message to a worker: memory and control words for its whole life. */
export type StartMessage = {
  readonly kind: 'start';
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  /** Its scratch region. */
  readonly region: number;
};

/** Has a worker take part in a proof until the session's number is no longer that of the control words. */
export type SessionMessage = SessionModules & { readonly kind: 'session'; readonly session: number };

/**
 * Words of the memory that all threads share beside the columns. Tickets count tasks over the pool's whole life:
 * a thread that was late finds its ticket taken, never another task behind it.
 */
export const CONTROL = {
  /** Number of the proof at work, 0 between proofs. */
  session: 0,
  /** Changes whenever there is something to do: what idle workers wait on. */
  signal: 1,
  /** Tickets of tasks that may be taken, that have been taken, and that are done. */
  published: 2,
  taken: 3,
  finished: 4,
  /** Workers that have not left the session. */
  entered: 5,
  /** What went wrong first with any worker: its place in {@link FAULTS}. */
  fault: 6,
  /** Changes whenever a task is done, a worker leaves or something goes wrong: what the caller waits on. */
  news: 7,
} as const;

/** What can go wrong with a worker, by its number in the control words. */
export const FAULTS = ['none', 'threw', 'ended', 'outOfMemory'] as const;

export type Fault = Exclude<(typeof FAULTS)[number], 'none'>;

/** Says that a worker cannot go on. The first fault stays. */
export function reportFault(control: Int32Array, fault: Fault): void {
  Atomics.compareExchange(control, CONTROL.fault, 0, FAULTS.indexOf(fault));
  tellCaller(control);
}

/** Wakes the caller. What it is told of is written before: it reads this word, then the others, then sleeps. */
export function tellCaller(control: Int32Array): void {
  Atomics.add(control, CONTROL.news, 1);
  Atomics.notify(control, CONTROL.news);
}

/** Bytes of an instance's scratch region, see `assembly/scratch.ts`. */
export const SCRATCH_BYTES = 32_768;

/** Tasks that are published before all of them have to be done. */
export const TASK_CAPACITY = 2048;

/** Longest list of arguments. */
const MAX_ARGUMENTS = 11;

const FIRST_TASK = 16;
const TASK_WORDS = 1 + MAX_ARGUMENTS;

/** Bytes of the control words. */
export const CONTROL_BYTES: number = 4 * (FIRST_TASK + TASK_CAPACITY * TASK_WORDS);

/** Where the words of a ticket's task begin. */
function taskAt(ticket: number): number {
  return FIRST_TASK + (ticket & (TASK_CAPACITY - 1)) * TASK_WORDS;
}

/** Publishes a call of function `index`. */
export function publish(control: Int32Array, index: number, args: readonly number[]): void {
  const at = taskAt(Atomics.load(control, CONTROL.published));
  control[at] = index;
  control.set(args, at + 1);
  // Stores before an atomic addition are seen by whoever reads the sum.
  Atomics.add(control, CONTROL.published, 1);
  wake(control);
}

/** Wakes idle workers: there is a task, or the session is over. */
export function wake(control: Int32Array): void {
  Atomics.add(control, CONTROL.signal, 1);
  Atomics.notify(control, CONTROL.signal);
}

/** Takes a ticket: undefined when none is left. */
export function takeTicket(control: Int32Array): number | undefined {
  for (;;) {
    const ticket = Atomics.load(control, CONTROL.taken);
    if (ticket === Atomics.load(control, CONTROL.published)) return undefined;
    if (Atomics.compareExchange(control, CONTROL.taken, ticket, (ticket + 1) | 0) === ticket) return ticket;
  }
}

/** Executes a taken ticket's task. What it throws goes on, when all have been told and the ticket is finished. */
export function execute(control: Int32Array, ticket: number, functions: readonly TaskFunction[]): void {
  const at = taskAt(ticket);
  try {
    const task = functions[control[at] as number] as TaskFunction;
    // Engines ignore what a function does not take.
    task(...control.subarray(at + 1, at + TASK_WORDS));
  } catch (error) {
    // Before the ticket is finished: whoever waits for it must not take it for done.
    reportFault(control, 'threw');
    throw error;
  } finally {
    finish(control);
  }
}

/** Counts a ticket as done. */
export function finish(control: Int32Array): void {
  Atomics.add(control, CONTROL.finished, 1);
  tellCaller(control);
}

/** The functions of a kernel instance and of generated code over the same memory, as tasks name them. */
export function taskFunctions(
  kernel: WebAssembly.Exports,
  chips: readonly WebAssembly.Exports[],
): TaskFunction[] {
  return [
    ...TASK_NAMES.map((name) => kernel[name] as TaskFunction),
    ...chips.flatMap((chip) => CHIP_PARTS.map((part) => chip[part] as TaskFunction)),
  ];
}

/** What an instance of the kernels exports, and where its scratch region is. */
export type KernelInstance = {
  readonly exports: WebAssembly.Exports;
  readonly region: number;
};

const REGION_ALIGNMENT = 64;

/**
 * Instantiates the kernels over a memory.
 *
 * @param region scratch of its own, {@link SCRATCH_BYTES} long; behind the module's tables when not given
 */
export function instantiateKernelModule(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  region?: number,
): KernelInstance {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const heapBase = (exports['heapBase'] as WebAssembly.Global<'i32'>).value as number;
  const own = region ?? Math.ceil(heapBase / REGION_ALIGNMENT) * REGION_ALIGNMENT;
  (exports['init'] as (region: number) => void)(own);
  return { exports, region: own };
}

/** Instantiates generated code beside a kernel instance, in whose scratch region it works. */
export function instantiateChipModule(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  { exports, region }: KernelInstance,
): WebAssembly.Exports {
  const offset = (exports['TILE_SCRATCH'] as WebAssembly.Global<'i32'>).value as number;
  const env = {
    memory,
    addFraction: exports['addFraction'] as WebAssembly.ImportValue,
    scratch: region + offset,
  };
  return new WebAssembly.Instance(module, { env }).exports;
}
