// The thread that watches over a pool's workers. Whoever proves waits without turning its event loop and hears of
// no event; this one's loop turns all the time. It starts the workers, passes on what they are sent, and when one
// ends it says so in the control words, which wakes who waits.
import type { Fault, SessionMessage, StartMessage } from './tasks.ts';
import { reportFault } from './tasks.ts';

/** To the watcher: what is to be done with the worker of that number. */
export type WatcherOrder = {
  readonly worker: number;
  readonly act: 'start' | 'post' | 'terminate';
  /** Of `post`. */
  readonly message?: unknown;
};

/** From the watcher: what a worker said, or why it has ended. */
export type WatcherNews = { readonly worker: number } & (
  | { readonly message: unknown }
  | { readonly ended: string }
);

/**
 * Megabytes of JavaScript heap of a worker, in Node: its arrays and modules are elsewhere. What goes beyond is a
 * fault of one thread, and not of the process.
 */
export const WORKER_HEAP_MB = 64;

type Thread = { readonly post: (message: unknown) => void; readonly terminate: () => void };

type ThreadEvents = {
  readonly onMessage: (message: unknown) => void;
  /** It can be used no more. */
  readonly onFault: (fault: Fault, reason: string) => void;
  /** It is no more. */
  readonly onExit: () => void;
};

type NodeWorker = {
  readonly on: (event: string, listener: (value: unknown) => void) => void;
  readonly postMessage: (message: unknown) => void;
  readonly terminate: () => unknown;
};

/** What the watcher's own port and the global scope of a web worker have in common. */
type Port = {
  readonly addEventListener: (
    type: 'message',
    listener: (event: { readonly data: WatcherOrder }) => void,
  ) => void;
  readonly postMessage: (news: WatcherNews) => void;
  readonly close: () => void;
};

type NodeThreads = {
  readonly parentPort: Port | null;
  readonly Worker: new (url: URL, options: object) => NodeWorker;
};

const { process } = globalThis as {
  readonly process?: { readonly getBuiltinModule?: (name: string) => NodeThreads };
};
const threads = process?.getBuiltinModule?.('node:worker_threads');
const port: Port = threads?.parentPort ?? (globalThis as unknown as Port);

/** Workers by number, with the control words they were started with. */
const workers = new Map<number, { readonly thread: Thread; control: Int32Array | undefined }>();

port.addEventListener('message', ({ data: { worker, act, message } }) => {
  if (act === 'start') {
    const thread = startThread({
      onMessage: (said) => port.postMessage({ worker, message: said }),
      onFault: (fault, reason) => {
        const control = workers.get(worker)?.control;
        // Who waits is told first: the news take a turn of its loop.
        if (control !== undefined) reportFault(control, fault);
        port.postMessage({ worker, ended: reason });
      },
      onExit: () => {
        workers.delete(worker);
        if (workers.size === 0) port.close();
      },
    });
    workers.set(worker, { thread, control: undefined });
    return;
  }
  const known = workers.get(worker);
  if (known === undefined) return;
  if (act === 'terminate') {
    known.thread.terminate();
    return;
  }
  const sent = message as StartMessage | SessionMessage;
  if (sent.kind === 'start') known.control = sent.control;
  known.thread.post(message);
});

function startThread(events: ThreadEvents): Thread {
  return threads === undefined ? startWebWorker(events) : startNodeWorker(threads.Worker, events);
}

function startNodeWorker(
  NodeWorker: NodeThreads['Worker'],
  { onMessage, onFault, onExit }: ThreadEvents,
): Thread {
  const worker = new NodeWorker(new URL('./pool-worker.js', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
  });
  worker.on('message', onMessage);
  worker.on('error', (error) => {
    const isMemory = (error as { readonly code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
    onFault(isMemory ? 'outOfMemory' : 'threw', String(error));
  });
  worker.on('exit', (code) => {
    onFault('ended', `it ended with code ${String(code)}`);
    onExit();
  });
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
}

function startWebWorker({ onMessage, onFault, onExit }: ThreadEvents): Thread {
  const worker = new Worker(new URL('./pool-worker.js', import.meta.url), { type: 'module' });
  // Browsers say nothing of a worker that was made to end.
  const end = (fault: Fault, reason: string): void => {
    worker.terminate();
    onFault(fault, reason);
    onExit();
  };
  worker.addEventListener('message', ({ data }) => onMessage(data));
  worker.addEventListener('error', ({ message }) => end('threw', message));
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => end('ended', 'it was made to end'),
  };
}
