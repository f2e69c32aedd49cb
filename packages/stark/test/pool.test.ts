import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { isNinefoldError } from '@ninefold/base';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Pool, PoolOptions, ProveOptions, ProvingKey, Segment } from '../src/index.ts';
import { createKey, createPool, encodeProof, MAX_THREADS, prove, SAMPLES, verify } from '../src/index.ts';
import type { Crew } from '../src/kernel/crew.ts';
import type { SessionMessage, StartMessage } from '../src/kernel/tasks.ts';
import { CONTROL, takeTicket, TASK_CAPACITY, TASK_NAMES } from '../src/kernel/tasks.ts';
import type { PoolWorker, StartWorker, WorkerEvents } from '../src/kernel/workers.ts';
import { availableThreads, platformWorkers } from '../src/kernel/workers.ts';
import { chipPlan, parameters, scene } from './scene.ts';

/** A pool that ends with the test and shares out even the smallest work. */
async function poolOf(threads: number, options: PoolOptions = {}): Promise<Pool> {
  const pool = await createPool({ threads, smallestTask: 0, ...options });
  onTestFinished(() => pool.close());
  return pool;
}

function sample(name: keyof typeof SAMPLES = 'memory'): {
  readonly key: ProvingKey;
  readonly segments: readonly Segment[];
} {
  const { machine, trace, fixed, publicValues } = SAMPLES[name]!();
  return { key: createKey(machine, fixed, 'dev'), segments: [{ trace, publicValues }] };
}

const { key, segments } = sample();
const alone = encodeProof(prove(key, segments));
const proveWith = (options: ProveOptions): Uint8Array => encodeProof(prove(key, segments, options));
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'none';
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
};

/** The platform's workers, and what went through their hands. */
function watched(): {
  readonly startWorker: StartWorker;
  readonly workers: PoolWorker[];
  readonly ended: Promise<string>;
  readonly control: () => Int32Array;
} {
  const start = platformWorkers()!;
  const workers: PoolWorker[] = [];
  let control: Int32Array | undefined;
  let end!: (reason: string) => void;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const startWorker: StartWorker = ({ onMessage, onEnd }) => {
    const worker = start({
      onMessage,
      onEnd: (reason) => {
        onEnd(reason);
        end(reason);
      },
    });
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
  return { startWorker, workers, ended, control: () => control! };
}

/** A worker that is ready at once and does what it is told for each proof. */
function puppet(act: (control: Int32Array) => void): StartWorker {
  return ({ onMessage }: WorkerEvents) => {
    let control: Int32Array | undefined;
    return {
      post: (message) => {
        const known = message as StartMessage | SessionMessage;
        if (known.kind === 'start') {
          control = known.control;
          onMessage('ready');
        } else act(control!);
      },
      hold: () => {},
      terminate: () => {},
    };
  };
}

describe('proofs of several threads', () => {
  it('are those of one, over random machines', async () => {
    const pools = [await poolOf(2), await poolOf(3)];
    fc.assert(
      fc.property(
        fc.array(chipPlan, { minLength: 1, maxLength: 3 }),
        parameters,
        fc.nat(1000),
        (plans, set, seed) => {
          const { machine, trace, fixed, publicValues } = scene(plans, seed);
          const own = createKey(machine, fixed, set);
          const all = [undefined, ...pools].map((pool) =>
            encodeProof(prove(own, [{ trace, publicValues }], { pool })),
          );
          expect(all[1]).toEqual(all[0]);
          expect(all[2]).toEqual(all[0]);
          verify(own.verifyingKey, [publicValues], prove(own, [{ trace, publicValues }], { pool: pools[0] }));
        },
      ),
      { numRuns: 10 },
    );
  });

  it('are the same where work is searched for and shared by size', async () => {
    const { machine, trace, fixed, publicValues } = scene([{ logHeight: 11, steps: [[1, 2, 3]] }], 5);
    const own = createKey(machine, fixed, 'p100');
    const run = [{ trace, publicValues }];
    const expected = encodeProof(prove(own, run));
    const pool = await createPool({ threads: 2 });
    onTestFinished(() => pool.close());
    expect(encodeProof(prove(own, run, { pool }))).toEqual(expected);
  });

  it('are the same with several segments and degrees in one pool', async () => {
    const pool = await poolOf(2);
    for (const set of ['dev', 'p128'] as const) {
      const { machine, trace, fixed, publicValues } = SAMPLES['fibonacci']!();
      const own = createKey(machine, fixed, set);
      const bundle = [0, 1, 2].map(() => ({ trace, publicValues }));
      expect(encodeProof(prove(own, bundle, { pool }))).toEqual(encodeProof(prove(own, bundle)));
    }
  });

  it('need no other threads', async () => {
    const pool = await createPool({ threads: 1 });
    expect(pool.threads).toBe(1);
    expect(proveWith({ pool })).toEqual(alone);
    pool.close();
  });

  it('have a memory that stays as it is over 100 proofs', async () => {
    // In a process of its own: what others in this one take is no concern of the pool.
    const script = `
      const { createKey, createPool, prove, SAMPLES } = await import(process.argv[1]);
      const { machine, trace, fixed, publicValues } = SAMPLES.memory();
      const key = createKey(machine, fixed, 'dev');
      const pool = await createPool({ threads: 2, smallestTask: 0 });
      const proofs = (count) => {
        for (let i = 0; i < count; i++) prove(key, [{ trace, publicValues }], { pool });
        return process.memoryUsage().rss;
      };
      const before = proofs(20);
      process.stdout.write(String(proofs(100) - before));`;
    const built = new URL('../dist/index.js', import.meta.url).href;
    const args = ['--input-type=module', '--eval', script, built];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: {}, timeout: 60_000 });
    // Less than a tenth of what one workspace each would be.
    expect(Number(stdout)).toBeLessThan(64 * 2 ** 20);
  });

  it('keep to their memory limit', async () => {
    const pool = await poolOf(2);
    expect(codeOf(() => proveWith({ pool, memoryLimit: 2 ** 17 }))).toBe('STARK_OUT_OF_MEMORY');
    expect(proveWith({ pool })).toEqual(alone);
    // The memory has grown by now: the limit counts all the same.
    expect(codeOf(() => proveWith({ pool, memoryLimit: 2 ** 17 }))).toBe('STARK_OUT_OF_MEMORY');
  });
});

describe('a pool', () => {
  it('has as many threads as asked for, within bounds', async () => {
    expect(availableThreads()).toBeGreaterThan(0);
    const startWorker = puppet(() => {});
    expect((await poolOf(3.7, { startWorker })).threads).toBe(3);
    expect((await poolOf(0, { startWorker })).threads).toBe(1);
    expect((await poolOf(1000, { startWorker })).threads).toBe(MAX_THREADS);
    expect((await createPool({ startWorker })).threads).toBe(Math.min(availableThreads(), MAX_THREADS));
  });

  it('can be cancelled between any two tasks and used again', async () => {
    const pool = await poolOf(2);
    for (let after = 0; after < 40; after += 7) {
      let asked = 0;
      expect(codeOf(() => proveWith({ pool, isCancelled: () => asked++ >= after }))).toBe('STARK_CANCELLED');
    }
    expect(proveWith({ pool })).toEqual(alone);
  });

  it('passes on what its user throws', async () => {
    const pool = await poolOf(2);
    const onProgress = (): void => {
      throw new RangeError('mine');
    };
    expect(codeOf(() => proveWith({ pool, onProgress }))).toBe('RangeError: mine');
    expect(proveWith({ pool })).toEqual(alone);
  });

  it('works on one proof at a time', async () => {
    const pool = await poolOf(2);
    const codes = new Set<string>();
    const onProgress = (): void => void codes.add(codeOf(() => proveWith({ pool })));
    expect(proveWith({ pool, onProgress })).toEqual(alone);
    expect([...codes]).toEqual(['STARK_WORKER_FAILED']);
  });

  it('cannot be used when it is closed', async () => {
    const pool = await createPool({ threads: 2 });
    pool.close();
    pool.close();
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
  });

  it('does not keep a process alive', async () => {
    const script = `
      const { createKey, createPool, prove, SAMPLES } = await import(process.argv[1]);
      const { machine, trace, fixed, publicValues } = SAMPLES.memory();
      const pool = await createPool({ threads: 2, smallestTask: 0 });
      prove(createKey(machine, fixed, 'dev'), [{ trace, publicValues }], { pool });
      process.stdout.write('done');`;
    const built = new URL('../dist/index.js', import.meta.url).href;
    const args = ['--input-type=module', '--eval', script, built];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: {}, timeout: 15_000 });
    expect(stdout).toBe('done');
  });

  it('takes more tasks than it has places for', async () => {
    const pool = await poolOf(2);
    const crew = pool.begin!(4, [], () => {});
    const addresses = Array.from({ length: 3 * TASK_CAPACITY }, (_, i) => crew.heapBase + 64 * i);
    crew.memory.grow(Math.ceil((64 * addresses.length) / 65_536));
    const words = new Uint32Array(crew.memory.buffer);
    for (const address of addresses) words[address / 4] = 5;
    for (const address of addresses) crew.run(TASK_NAMES.indexOf('scale'), [address, 4, 3]);
    crew.join();
    crew.end();
    expect(addresses.every((address) => words[address / 4] === 15)).toBe(true);
  });
});

describe('a thread that fails', () => {
  it('at its start is told', async () => {
    const startWorker: StartWorker = ({ onEnd }) => {
      queueMicrotask(() => onEnd('no such file'));
      return { post: () => {}, hold: () => {}, terminate: () => {} };
    };
    await expect(createPool({ threads: 2, startWorker })).rejects.toMatchObject({
      code: 'STARK_WORKER_FAILED',
      context: { what: 'no such file' },
    });
  });

  it('between proofs is told to the next one', async () => {
    const { startWorker, workers, ended } = watched();
    const pool = await poolOf(2, { startWorker });
    expect(proveWith({ pool })).toEqual(alone);
    workers[0]!.terminate();
    await ended;
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
  });

  it('during a proof never makes it wrong or endless', async () => {
    for (const phase of ['main', 'composition', 'queries']) {
      const { startWorker, workers, ended } = watched();
      const pool = await poolOf(2, { startWorker, patience: 300 });
      const onProgress = (now: string): void => {
        if (now === phase) workers[0]!.terminate();
      };
      // If it had taken no task, the calling thread has done all.
      try {
        expect(proveWith({ pool, onProgress })).toEqual(alone);
      } catch (error) {
        expect(error).toMatchObject({ code: 'STARK_WORKER_FAILED' });
      }
      await ended;
      expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
    }
  });

  it('with a task in hand is given up after a while', async () => {
    const startWorker = puppet((control) => {
      // Takes a ticket and is never heard of again.
      Atomics.add(control, CONTROL.published, 1);
      Atomics.add(control, CONTROL.taken, 1);
    });
    const pool = await poolOf(2, { startWorker, patience: 20 });
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
  });

  it('to leave a proof spoils the pool, not the proof', async () => {
    const startWorker = puppet((control) => void Atomics.add(control, CONTROL.entered, 1));
    const pool = await poolOf(2, { startWorker, patience: 20 });
    expect(proveWith({ pool })).toEqual(alone);
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
  });

  it('before it has read its task keeps the place of it', async () => {
    const { startWorker, control } = watched();
    const idle: StartWorker = (events) => {
      const worker = startWorker(events);
      const isStart = (message: unknown): boolean => (message as StartMessage).kind === 'start';
      return { ...worker, post: (message) => void (isStart(message) && worker.post(message)) };
    };
    const pool = await poolOf(2, { startWorker: idle, patience: 20 });
    const crew = pool.begin!(4, [], () => {});
    const scale = (): void => crew.run(TASK_NAMES.indexOf('scale'), [crew.heapBase, 4, 1]);
    scale();
    // As a thread would that sleeps from here on.
    expect(takeTicket(control())).toBeDefined();
    for (let i = 1; i < TASK_CAPACITY; i++) scale();
    expect(codeOf(scale)).toBe('STARK_WORKER_FAILED');
    crew.end();
  });

  it('because its task throws is told', async () => {
    const { startWorker, control } = watched();
    const pool = await poolOf(2, { startWorker });
    const crew: Crew = pool.begin!(4, [], () => {});
    // No function has this number. Nothing is waited for until the other thread has taken it.
    crew.run(10_000, []);
    const words = control();
    while (Atomics.load(words, CONTROL.finished) !== Atomics.load(words, CONTROL.published)) {
      Atomics.wait(words, CONTROL.finished, 0, 10);
    }
    expect(codeOf(() => crew.join())).toBe('STARK_WORKER_FAILED');
    crew.end();
    expect(codeOf(() => proveWith({ pool }))).toBe('STARK_WORKER_FAILED');
  });
});
