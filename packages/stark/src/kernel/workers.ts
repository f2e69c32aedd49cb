// Threads of the two platforms behind one type. Node's module is asked for at run time: browsers load this file too.

/** What a pool needs of a thread. */
export type PoolWorker = {
  readonly post: (message: unknown) => void;
  /** Whether the process stays alive for it. */
  readonly hold: (isHeld: boolean) => void;
  readonly terminate: () => void;
};

/** What a pool wants to hear of a thread. */
export type WorkerEvents = {
  readonly onMessage: (message: unknown) => void;
  /** It has ended, or never begun. */
  readonly onEnd: (reason: string) => void;
};

export type StartWorker = (events: WorkerEvents) => PoolWorker;

type NodeWorker = {
  readonly on: (event: string, listener: (value: unknown) => void) => void;
  readonly postMessage: (message: unknown) => void;
  readonly ref: () => void;
  readonly unref: () => void;
  readonly terminate: () => unknown;
};

type NodeModules = {
  readonly 'node:worker_threads': { readonly Worker: new (url: URL, options: object) => NodeWorker };
  readonly 'node:os': { readonly availableParallelism: () => number };
};

function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: Name) => NodeModules[Name] };
  };
  return process?.getBuiltinModule?.(name);
}

/** How threads are started here; undefined where the caller must not wait for any, as in a browser's window. */
export function platformWorkers(): StartWorker | undefined {
  const threads = nodeModule('node:worker_threads');
  if (threads !== undefined) return (events) => startNodeWorker(threads.Worker, events);
  const canWait = typeof Worker === 'function' && typeof document === 'undefined';
  return canWait && typeof SharedArrayBuffer === 'function' ? startWebWorker : undefined;
}

/** Threads that this machine runs at once. */
export function availableThreads(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

function startNodeWorker(
  NodeWorker: NodeModules['node:worker_threads']['Worker'],
  { onMessage, onEnd }: WorkerEvents,
): PoolWorker {
  // Tests run on the sources, where only the built worker can be loaded.
  const file = import.meta.url.endsWith('.ts') ? '../../dist/kernel/pool-worker.js' : './pool-worker.js';
  const worker = new NodeWorker(new URL(file, import.meta.url), { execArgv: [] });
  worker.on('message', onMessage);
  worker.on('error', (error) => onEnd(String(error)));
  worker.on('exit', (code) => onEnd(`it ended with code ${String(code)}`));
  return {
    post: (message) => worker.postMessage(message),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

function startWebWorker({ onMessage, onEnd }: WorkerEvents): PoolWorker {
  const worker = new Worker(new URL('./pool-worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }) => onMessage(data));
  worker.addEventListener('error', ({ message }) => onEnd(message));
  return {
    post: (message) => worker.postMessage(message),
    hold: () => {},
    terminate: () => worker.terminate(),
  };
}
