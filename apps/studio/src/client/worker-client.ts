import type { StreamEvent, Topic } from '@ninefold/studio-api';
import type { Client } from './client.ts';
import { resultOf, StudioError } from './client.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** A node in a worker of this page: nothing leaves the browser. */
export function createWorkerClient(): Client {
  const worker = new Worker(new URL('./node-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();
  const listeners = new Map<Topic, Set<(event: StreamEvent) => void>>();
  let nextId = 1;

  const post = (message: ToWorker): void => worker.postMessage(message);
  const answer = (make: (id: number) => ToWorker): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      post(make(id));
    });

  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === 'event') {
      for (const listener of listeners.get(data.event.topic) ?? []) listener(data.event);
      return;
    }
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.kind === 'bytes') caller?.resolve(data.bytes);
    else if (data.kind === 'failure') caller?.reject(new StudioError(data.code, data.message, data.data));
    else {
      try {
        caller?.resolve(resultOf(JSON.parse(data.text)));
      } catch (error) {
        caller?.reject(error);
      }
    }
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of waiting.values())
      reject(new StudioError(0, `The node's worker stopped: ${message}`, undefined));
    waiting.clear();
  });

  return {
    kind: 'worker',
    request: ((name: string, params: unknown) =>
      answer((id) => ({
        kind: 'call',
        id,
        text: JSON.stringify({ jsonrpc: '2.0', id, method: name, params }),
      }))) as Client['request'],
    binary: (path) => answer((id) => ({ kind: 'binary', id, path })) as Promise<ArrayBuffer>,
    subscribe: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      if (!listeners.has(topic)) {
        listeners.set(topic, set);
        post({
          kind: 'call',
          id: nextId++,
          text: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'ninefold_subscribe', params: { topic } }),
        });
      }
      set.add(listener);
      return () => void set.delete(listener);
    },
    onConnection: (listener) => {
      listener('live');
      return () => {};
    },
    close: () => worker.terminate(),
  };
}
