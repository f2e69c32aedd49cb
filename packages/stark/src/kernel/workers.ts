// Threads of the two platforms behind one type. Node's module is asked for at run time: browsers load this file too.
import type { WatcherNews, WatcherOrder } from './pool-watcher.ts';

/** What a pool needs of a thread. */
export type PoolWorker = Watcher & { readonly terminate: () => void };

type Watcher = {
  readonly post: (message: unknown) => void;
  /** Whether the process stays alive for it. */
  readonly hold: (isHeld: boolean) => void;
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

/**
 * How threads are started here: by a watcher of their own, one for all that one answer of this function starts.
 * Undefined where the caller must not wait for any, as in a browser's window.
 */
export function platformWorkers(): StartWorker | undefined {
  const threads = nodeModule('node:worker_threads');
  if (threads !== undefined) return watched((events) => startNodeWatcher(threads.Worker, events));
  const canWait = typeof Worker === 'function' && typeof document === 'undefined';
  return canWait && typeof SharedArrayBuffer === 'function' ? watched(startWebWatcher) : undefined;
}

/** Threads that this machine runs at once. */
export function availableThreads(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Starts workers through a watcher, which comes with the first of them and leaves by itself after the last. */
function watched(startWatcher: (events: WorkerEvents) => Watcher): StartWorker {
  const events: WorkerEvents[] = [];
  let watcher: Watcher | undefined;
  const onMessage = (message: unknown): void => {
    const news = message as WatcherNews;
    if ('ended' in news) events[news.worker]?.onEnd(news.ended);
    else events[news.worker]?.onMessage(news.message);
  };
  const onEnd = (reason: string): void => {
    for (const one of events) one.onEnd(reason);
  };
  return (own) => {
    const through = (watcher ??= startWatcher({ onMessage, onEnd }));
    const worker = events.push(own) - 1;
    const order = (rest: Omit<WatcherOrder, 'worker'>): void => through.post({ worker, ...rest });
    order({ act: 'start' });
    return {
      post: (message) => order({ act: 'post', message }),
      hold: (isHeld) => through.hold(isHeld),
      terminate: () => order({ act: 'terminate' }),
    };
  };
}

function startNodeWatcher(
  NodeWorker: NodeModules['node:worker_threads']['Worker'],
  { onMessage, onEnd }: WorkerEvents,
): Watcher {
  // Tests run on the sources, where only the built file can be loaded.
  const file = import.meta.url.endsWith('.ts') ? '../../dist/kernel/pool-watcher.js' : './pool-watcher.js';
  const worker = new NodeWorker(new URL(file, import.meta.url), { execArgv: [] });
  worker.on('message', onMessage);
  worker.on('error', (error) => onEnd(String(error)));
  worker.on('exit', (code) => onEnd(`it ended with code ${String(code)}`));
  return {
    post: (message) => worker.postMessage(message),
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}

function startWebWatcher({ onMessage, onEnd }: WorkerEvents): Watcher {
  const worker = new Worker(new URL('./pool-watcher.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }) => onMessage(data));
  worker.addEventListener('error', ({ message }) => onEnd(message));
  return {
    post: (message) => worker.postMessage(message),
    hold: () => {},
  };
}
