import { fail } from '../errors.ts';
import type { ExtensionDegree } from '../field/extension.ts';
import type { Crew } from './crew.ts';
import { SMALLEST_TASK } from './crew.ts';
import { kernelModule } from './instance.ts';
import type { Fault, KernelInstance, SessionMessage, StartMessage } from './tasks.ts';
import {
  CONTROL,
  CONTROL_BYTES,
  execute,
  FAULTS,
  finish,
  instantiateChipModule,
  instantiateKernelModule,
  publish,
  SCRATCH_BYTES,
  takeTicket,
  TASK_CAPACITY,
  taskFunctions,
  wake,
} from './tasks.ts';
import type { PoolWorker, StartWorker } from './workers.ts';
import { availableThreads, platformWorkers } from './workers.ts';

/** Most threads of a pool: beyond, the parts of a proof that one thread does alone prevail. */
export const MAX_THREADS = 16;

/** How long no task may be finished while one is waited for, until its thread is taken for lost. */
export const WORKER_PATIENCE_MS = 30_000;

/** Pages of a memory that all of 32 bits reach but for the last page: as a workspace of one thread. */
const MAX_PAGES = 65_535;
const PAGE = 65_536;

/** Threads over one memory that proofs share, one after the other. */
export type Pool = {
  /** Threads at work, the calling one among them: 1 where there can be no others. */
  readonly threads: number;
  /** Begins a proof: what `createWorkspace` does. Undefined with one thread. @throws `STARK_WORKER_FAILED` */
  readonly begin:
    | ((degree: ExtensionDegree, chips: readonly WebAssembly.Module[], poll: () => void) => Crew)
    | undefined;
  /** Ends the threads. A pool that is not closed does not keep a process alive. */
  readonly close: () => void;
};

export type PoolOptions = {
  /** Threads, the calling one among them: as many as the machine runs at once, at most {@link MAX_THREADS}. */
  readonly threads?: number | undefined;
  /** {@link WORKER_PATIENCE_MS} unless given. */
  readonly patience?: number | undefined;
  /** Words of work below which other threads are not asked: {@link SMALLEST_TASK} unless given. */
  readonly smallestTask?: number | undefined;
  /** How to start a thread, where the platform's way does not do. */
  readonly startWorker?: StartWorker | undefined;
};

/**
 * Makes threads for `prove`. They have a memory of their own, which grows with the largest proof and is given back
 * with the pool. In a browser's window, which must not wait, and without shared memory the pool has one thread:
 * prove in a web worker of a page that is served with COOP and COEP headers.
 *
 * @throws `STARK_WORKER_FAILED` when a thread does not start, `STARK_MEMORY_REFUSED`
 * @example
 * const pool = await createPool({ threads: 4 });
 * const proof = prove(key, segments, { pool });
 * pool.close();
 */
export async function createPool({
  threads = availableThreads(),
  patience = WORKER_PATIENCE_MS,
  smallestTask = SMALLEST_TASK,
  startWorker = platformWorkers(),
}: PoolOptions = {}): Promise<Pool> {
  const count = Math.max(1, Math.min(Math.floor(threads), MAX_THREADS));
  if (count === 1 || startWorker === undefined) return { threads: 1, begin: undefined, close: () => {} };
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const memory = sharedMemory(1 + Math.ceil((count * SCRATCH_BYTES) / PAGE));
  const team = new Team(memory, control, count, { patience, smallestTask });
  await team.start(startWorker);
  return {
    threads: count,
    begin: (degree, chips, poll) => team.begin(degree, chips, poll),
    close: () => team.close(),
  };
}

/** @param pages to begin with */
function sharedMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
  } catch (cause) {
    // A shared memory does not move: all that it may grow to is reserved, though not used, from the beginning.
    throw fail('STARK_MEMORY_REFUSED', { bytes: MAX_PAGES * PAGE }, { cause });
  }
}

type Failure = ReturnType<typeof fail<'STARK_WORKER_FAILED'>>;

class Team {
  readonly #memory: WebAssembly.Memory;
  readonly #control: Int32Array;
  readonly #threads: number;
  readonly #patience: number;
  readonly #smallestTask: number;
  readonly #kernels: Map<ExtensionDegree, KernelInstance> = new Map();
  #workers: readonly PoolWorker[] = [];
  /** Why the pool can be used no more. */
  #lost: string | undefined = undefined;
  #session = 0;

  constructor(
    memory: WebAssembly.Memory,
    control: Int32Array,
    threads: number,
    { patience, smallestTask }: Readonly<Record<'patience' | 'smallestTask', number>>,
  ) {
    this.#memory = memory;
    this.#control = control;
    this.#threads = threads;
    this.#patience = patience;
    this.#smallestTask = smallestTask;
  }

  async start(startWorker: StartWorker): Promise<void> {
    const { region } = this.#kernel(4);
    const ready: Promise<void>[] = [];
    this.#workers = Array.from({ length: this.#threads - 1 }, (_, i) => {
      let worker: PoolWorker | undefined;
      ready.push(
        new Promise<void>((resolve, reject) => {
          worker = startWorker({
            onMessage: () => resolve(),
            onEnd: (reason) => {
              this.#lost ??= reason;
              reject(fail('STARK_WORKER_FAILED', { what: reason }));
            },
          });
        }),
      );
      const started = worker as unknown as PoolWorker;
      const message: StartMessage = {
        kind: 'start',
        memory: this.#memory,
        control: this.#control,
        region: region + (i + 1) * SCRATCH_BYTES,
      };
      started.post(message);
      return started;
    });
    try {
      await Promise.all(ready);
    } catch (error) {
      this.close();
      throw error;
    }
    for (const worker of this.#workers) worker.hold(false);
  }

  begin(degree: ExtensionDegree, chips: readonly WebAssembly.Module[], poll: () => void): Crew {
    const control = this.#control;
    if (this.#lost !== undefined) throw this.#failure(this.#lost);
    this.#checkFaults();
    if (Atomics.load(control, CONTROL.session) !== 0) throw this.#failure('the pool is busy with a proof');
    const kernel = this.#kernel(degree);
    const functions = taskFunctions(
      kernel.exports,
      chips.map((chip) => instantiateChipModule(chip, this.#memory, kernel)),
    );
    this.#session = (this.#session % MAX_SESSION) + 1;
    Atomics.store(control, CONTROL.session, this.#session);
    const message: SessionMessage = {
      kind: 'session',
      session: this.#session,
      degree,
      kernel: kernelModule(degree, true),
      chips,
    };
    for (const worker of this.#workers) worker.post(message);

    /** Tasks published since all were done. */
    let count = 0;
    const join = (): void => {
      for (;;) {
        const ticket = takeTicket(control);
        if (ticket === undefined) break;
        execute(control, ticket, functions);
        poll();
      }
      this.#waitForTasks();
      count = 0;
    };
    return {
      threads: this.#threads,
      smallestTask: this.#smallestTask,
      memory: this.#memory,
      kernel,
      heapBase: this.#kernel(4).region + this.#threads * SCRATCH_BYTES,
      functions,
      run: (index, args) => {
        // A place of the ring is free when its task is done: a thread that was slow may not even have read it.
        if (count === TASK_CAPACITY) join();
        publish(control, index, args);
        count++;
      },
      join,
      end: () => this.#end(),
    };
  }

  close(): void {
    this.#lost ??= 'the pool is closed';
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  /** The calling thread's instance: the first region behind the modules' tables. */
  #kernel(degree: ExtensionDegree): KernelInstance {
    let kernel = this.#kernels.get(degree);
    if (kernel === undefined) {
      const region = this.#kernels.get(4)?.region;
      kernel = instantiateKernelModule(kernelModule(degree, true), this.#memory, region);
      this.#kernels.set(degree, kernel);
    }
    return kernel;
  }

  #waitForTasks(): void {
    const control = this.#control;
    for (;;) {
      const news = Atomics.load(control, CONTROL.news);
      this.#checkFaults();
      if (Atomics.load(control, CONTROL.finished) === Atomics.load(control, CONTROL.published)) return;
      if (Atomics.wait(control, CONTROL.news, news, this.#patience) === 'timed-out') {
        throw this.#lose(`a task was not done in ${this.#patience} ms`);
      }
    }
  }

  /** Nothing is written to the memory by anyone after this, or the pool is lost. */
  #end(): void {
    const control = this.#control;
    while (takeTicket(control) !== undefined) finish(control);
    try {
      if (this.#lost === undefined) this.#waitForTasks();
    } catch {
      // The next proof is told; what ended this one is what its caller has to know.
    }
    Atomics.store(control, CONTROL.session, 0);
    wake(control);
    while (this.#lost === undefined) {
      const news = Atomics.load(control, CONTROL.news);
      if (Atomics.load(control, CONTROL.entered) === 0) return;
      if (Atomics.load(control, CONTROL.fault) !== 0) return;
      if (Atomics.wait(control, CONTROL.news, news, this.#patience) === 'timed-out') {
        this.#lost ??= 'a worker did not leave a proof';
      }
    }
  }

  /** What the control words say of the workers: events of theirs wait for a turn of the caller's loop. */
  #checkFaults(): void {
    const fault = FAULTS[Atomics.load(this.#control, CONTROL.fault)];
    if (fault !== undefined && fault !== 'none') throw this.#lose(FAULT_TEXTS[fault]);
  }

  #lose(what: string): Failure {
    this.#lost ??= what;
    return this.#failure(what);
  }

  #failure(what: string): Failure {
    return fail('STARK_WORKER_FAILED', { what });
  }
}

const FAULT_TEXTS: Readonly<Record<Fault, string>> = {
  threw: 'a task threw',
  ended: 'a thread has ended',
  outOfMemory: 'a thread ran out of memory, fewer may have enough',
};

/** Numbers of proofs go round. */
const MAX_SESSION: number = 2 ** 30;
