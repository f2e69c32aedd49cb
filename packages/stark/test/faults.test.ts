import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isNinefoldError } from '@ninefold/base';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Pool, PoolOptions, ProveOptions, ProvePhase } from '../src/index.ts';
import { createKey, createPool, encodeProof, prove, SAMPLES } from '../src/index.ts';
import type { SessionMessage, StartMessage } from '../src/kernel/tasks.ts';
import { CONTROL, CONTROL_BYTES, FAULTS, reportFault } from '../src/kernel/tasks.ts';
import type { PoolWorker, StartWorker } from '../src/kernel/workers.ts';
import { platformWorkers } from '../src/kernel/workers.ts';

const PHASES: readonly ProvePhase[] = [
  'main',
  'interaction',
  'composition',
  'openings',
  'folding',
  'queries',
];

/** So long that whoever waits for it has not noticed a fault. */
const PATIENCE = 600_000;

const { machine, trace, fixed, publicValues } = SAMPLES['memory']!();
const key = createKey(machine, fixed, 'dev');
const segments = [{ trace, publicValues }];
const alone = encodeProof(prove(key, segments));
const proveWith = (options: ProveOptions): Uint8Array => encodeProof(prove(key, segments, options));

/** What a call throws. */
function thrown(run: () => unknown): { readonly code: string; readonly message: string } {
  try {
    run();
    return { code: 'none', message: '' };
  } catch (error) {
    if (isNinefoldError(error)) return error;
    throw error;
  }
}

/** A pool whose workers can be reached, with its control words. */
async function reachable(options: PoolOptions = {}): Promise<{
  readonly pool: Pool;
  readonly workers: readonly PoolWorker[];
  readonly control: Int32Array;
}> {
  const start = platformWorkers() as StartWorker;
  const workers: PoolWorker[] = [];
  let control: Int32Array = new Int32Array(0);
  const startWorker: StartWorker = (events) => {
    const worker = start(events);
    workers.push(worker);
    return {
      ...worker,
      post: (message) => {
        const known = message as StartMessage | SessionMessage;
        if (known.kind === 'start') control = known.control;
        worker.post(message);
      },
    };
  };
  const pool = await createPool({
    threads: 2,
    smallestTask: 0,
    patience: PATIENCE,
    startWorker,
    ...options,
  });
  onTestFinished(() => pool.close());
  return { pool, workers, control };
}

/** Waits without a turn of the event loop, as a proof does, until the control words tell of a fault. */
function waitForFault(control: Int32Array): string | undefined {
  for (;;) {
    const news = Atomics.load(control, CONTROL.news);
    const fault = Atomics.load(control, CONTROL.fault);
    if (fault !== 0) return FAULTS[fault];
    if (Atomics.wait(control, CONTROL.news, news, 60_000) === 'timed-out') return undefined;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a worker that is killed', () => {
  it.each(PHASES)('while a proof is at %s ends it at once', async (phase) => {
    const { pool, workers, control } = await reachable();
    let told: string | undefined;
    const onProgress = (now: ProvePhase): void => {
      if (now !== phase) return;
      workers[0]?.terminate();
      told = waitForFault(control);
    };
    expect(thrown(() => proveWith({ pool, onProgress })).code).toBe('STARK_WORKER_FAILED');
    expect(told).toBe('ended');
    // Nothing has to be waited for either until the next proof is told.
    expect(thrown(() => proveWith({ pool })).code).toBe('STARK_WORKER_FAILED');
  });

  it('with a task in hand ends the wait for it', async () => {
    const { pool, workers, control } = await reachable();
    const crew = pool.begin!(4, [], () => {});
    // A ticket that nobody finishes, as of a worker that is killed within a task.
    Atomics.add(control, CONTROL.published, 1);
    Atomics.add(control, CONTROL.taken, 1);
    workers[0]?.terminate();
    expect(thrown(() => crew.join()).code).toBe('STARK_WORKER_FAILED');
    crew.end();
  });

  it('between two proofs is told to the next one before the event loop has turned', async () => {
    const { pool, workers, control } = await reachable();
    expect(proveWith({ pool })).toEqual(alone);
    workers[0]?.terminate();
    waitForFault(control);
    const { code, message } = thrown(() => proveWith({ pool }));
    expect(code).toBe('STARK_WORKER_FAILED');
    expect(message).toContain('Make a new pool');
  });

  it('is one of several', async () => {
    const { pool, workers } = await reachable({ threads: 3 });
    const onProgress = (phase: ProvePhase): void => {
      if (phase === 'interaction') for (const worker of workers) worker.terminate();
    };
    expect(['none', 'STARK_WORKER_FAILED']).toContain(thrown(() => proveWith({ pool, onProgress })).code);
    const { pool: another } = await reachable({ threads: 3 });
    expect(proveWith({ pool: another })).toEqual(alone);
  });
});

describe('the first fault', () => {
  it('stays', () => {
    const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
    reportFault(control, 'outOfMemory');
    reportFault(control, 'ended');
    expect(FAULTS[control[CONTROL.fault] as number]).toBe('outOfMemory');
    expect(control[CONTROL.news]).toBe(2);
  });
});

describe('memory that is not there', () => {
  it('for a worker’s objects is its fault and not the process’', async () => {
    const { pool, workers, control } = await reachable();
    const chips = Array.from({ length: 160 }, (_, i) => `${i}`.padStart(2 ** 20));
    workers[0]?.post({ kind: 'session', session: 1, chips });
    expect(waitForFault(control)).toBe('outOfMemory');
    const { code, message } = thrown(() => proveWith({ pool }));
    expect(code).toBe('STARK_WORKER_FAILED');
    expect(message).toContain('fewer');
  });

  it('for a worker’s instance is told', async () => {
    const { pool } = await reachable({
      // A worker that says so itself, as one whose engine refuses an instance.
      startWorker: ({ onMessage }) => {
        let control: Int32Array = new Int32Array(0);
        return {
          post: (message) => {
            const known = message as StartMessage | SessionMessage;
            if (known.kind === 'session') return reportFault(control, 'outOfMemory');
            control = known.control;
            onMessage('ready');
          },
          hold: () => {},
          terminate: () => {},
        };
      },
    });
    expect(thrown(() => proveWith({ pool })).code).toBe('STARK_WORKER_FAILED');
  });

  it('for a proof is refused by the system: with one thread, and with a pool that can go on', async () => {
    const { pool } = await reachable();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('no room');
    });
    for (const options of [{}, { pool }]) {
      const { code, message } = thrown(() => proveWith(options));
      expect(code).toBe('STARK_MEMORY_REFUSED');
      expect(message).toContain('segment');
    }
    grow.mockRestore();
    expect(proveWith({ pool })).toEqual(alone);
  });

  it('to double itself grows by what is needed', () => {
    const { grow } = WebAssembly.Memory.prototype;
    let refused = 0;
    vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function (
      this: WebAssembly.Memory,
      pages: number,
    ) {
      if (refused++ === 0) throw new RangeError('no room');
      return grow.call(this, pages);
    });
    expect(proveWith({})).toEqual(alone);
    expect(refused).toBeGreaterThan(1);
  });

  it('for a pool is told when it is made', async () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function () {
      throw new RangeError('no room');
    } as never);
    await expect(createPool({ threads: 2 })).rejects.toMatchObject({ code: 'STARK_MEMORY_REFUSED' });
  });
});

describe('an abort signal', () => {
  it.each(PHASES)('ends a proof at %s, with and without a pool', async (phase) => {
    const { pool } = await reachable();
    for (const options of [{}, { pool }]) {
      const controller = new AbortController();
      const seen: ProvePhase[] = [];
      const onProgress = (now: ProvePhase): void => {
        seen.push(now);
        if (now === phase) controller.abort(new Error('enough'));
      };
      const error = thrown(() => proveWith({ ...options, onProgress, signal: controller.signal }));
      expect(error).toMatchObject({ code: 'STARK_CANCELLED', cause: { message: 'enough' } });
      // Not even the next phase has begun.
      expect(seen.at(-1)).toBe(phase);
    }
    expect(proveWith({ pool })).toEqual(alone);
  });

  it('that is aborted beforehand lets nothing begin', () => {
    let began = false;
    const onProgress = (): void => void (began = true);
    expect(thrown(() => proveWith({ onProgress, signal: AbortSignal.abort() })).code).toBe('STARK_CANCELLED');
    expect(began).toBe(false);
  });

  it('is looked at while tables are made', () => {
    const controller = new AbortController();
    const logHeights = Object.fromEntries(
      Object.entries(trace).map(([name, { logHeight }]) => [name, logHeight]),
    );
    const make = (poll: () => void): typeof trace => {
      controller.abort();
      poll();
      return trace;
    };
    const cancelled = (): unknown =>
      prove(key, [{ trace: { logHeights, make }, publicValues }], { signal: controller.signal });
    expect(thrown(cancelled).code).toBe('STARK_CANCELLED');
  });
});

describe('what a proof has taken', () => {
  it('is given back when it is cancelled, with and without a pool', async () => {
    // In a process of its own. Each round takes six memories of 20 MiB and more.
    const script = `
      const { createKey, createPool, createTable, defineChip, defineMachine, prove } = await import(process.argv[1]);
      const chip = defineChip('wide', (air) => {
        air.columns('cell', 64).forEach((cell, i) => air.assertEqual('bit ' + i, cell.mul(cell), cell));
      });
      const key = createKey(defineMachine({ name: 'wide', chips: [chip] }), {}, 'dev');
      const segments = [{ trace: { wide: createTable(chip, 14) } }];
      const give = async (phase, threads) => {
        const pool = await createPool({ threads });
        let over = false;
        const onProgress = (now) => { over ||= now === phase; };
        try {
          prove(key, segments, { pool, onProgress, isCancelled: () => over });
        } catch (error) {
          if (error.code !== 'STARK_CANCELLED') throw error;
        }
        pool.close();
      };
      const sizes = [];
      for (let round = 0; round < 6; round++) {
        for (const phase of ['main', 'composition', 'queries']) {
          for (const threads of [1, 2]) await give(phase, threads);
        }
        for (let turn = 0; turn < 5; turn++) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          gc();
        }
        sizes.push(Math.round(process.memoryUsage().rss / 2 ** 20));
      }
      process.stdout.write(JSON.stringify(sizes));`;
    const built = new URL('../dist/index.js', import.meta.url).href;
    const args = ['--expose-gc', '--input-type=module', '--eval', script, built];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: {}, timeout: 120_000 });
    const [first, ...rest] = JSON.parse(stdout) as readonly number[];
    expect(Math.min(...rest) - (first as number)).toBeLessThan(40);
  }, 150_000);
});
