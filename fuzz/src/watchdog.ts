import { writeSync } from 'node:fs';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

// A loop without end cannot be ended from inside: another thread looks whether things go on.

type Shared = { readonly progress: Int32Array; readonly limitMs: number };

/** Watches a run on this thread, and ends the process when it stands still. */
export type Watchdog = {
  /** Says that a step begins, and by what number to name it if it never ends. */
  readonly step: (name: number) => void;
  readonly stop: () => Promise<void>;
};

/** @param limitMs longest time of a step */
export function startWatchdog(limitMs: number): Watchdog {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const shared: Shared = { progress, limitMs };
  const worker = new Worker(new URL(import.meta.url), { workerData: shared });
  worker.unref();
  return {
    step(name) {
      Atomics.store(progress, 1, name);
      Atomics.add(progress, 0, 1);
    },
    async stop() {
      await worker.terminate();
    },
  };
}

function watch({ progress, limitMs }: Shared): void {
  let seen = Atomics.load(progress, 0);
  setInterval(() => {
    const now = Atomics.load(progress, 0);
    if (now === seen && now > 0) {
      writeSync(2, `seed ${Atomics.load(progress, 1)}: step ${now} does not end\n`);
      process.kill(process.pid, 'SIGKILL');
    }
    seen = now;
  }, limitMs);
}

if (!isMainThread && (workerData as Partial<Shared> | null)?.progress !== undefined)
  watch(workerData as Shared);
