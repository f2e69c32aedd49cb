import type { StreamEvent, Topic } from '@ninefold/studio-api';
import type { Client, Connection } from './client.ts';
import { resultOf, StudioError } from './client.ts';

const TOKEN_KEY = 'ninefold-token';
const HEADER = 'x-ninefold-token';
const RECONNECT_MS = [250, 500, 1000, 2000, 4000] as const;

/**
 * Takes the token out of the link the node printed: it is kept for this tab alone and leaves the address bar,
 * so that it is in no bookmark and no picture of the screen.
 */
export function takeToken(): string | undefined {
  const given = /^#k=([\w-]{16,128})$/.exec(location.hash)?.[1];
  if (given === undefined) return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  sessionStorage.setItem(TOKEN_KEY, given);
  history.replaceState(history.state, '', location.pathname + location.search);
  return given;
}

/** A node that serves this page. */
export function createHttpClient(token: string): Client {
  const states = new Set<(state: Connection) => void>();
  const listeners = new Map<Topic, Set<(event: StreamEvent) => void>>();
  let socket: WebSocket | undefined;
  let attempts = 0;
  let closed = false;
  let nextId = 1;

  const tell = (state: Connection): void => {
    for (const listener of states) listener(state);
  };

  const connect = (): void => {
    if (closed) return;
    tell('connecting');
    const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws/${token}`);
    socket = opened;
    opened.addEventListener('open', () => {
      attempts = 0;
      tell('live');
      for (const topic of listeners.keys()) ask(topic);
    });
    opened.addEventListener('message', ({ data }) => hear(String(data)));
    opened.addEventListener('close', () => {
      if (closed) return;
      tell('lost');
      setTimeout(connect, RECONNECT_MS[Math.min(attempts++, RECONNECT_MS.length - 1)]);
    });
  };

  const ask = (topic: Topic): void => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const call = { jsonrpc: '2.0', id: nextId++, method: 'ninefold_subscribe', params: { topic } };
    socket.send(JSON.stringify(call));
  };

  const hear = (text: string): void => {
    const message = JSON.parse(text) as { readonly params?: { readonly result?: StreamEvent } };
    const event = message.params?.result;
    if (event === undefined) return;
    for (const listener of listeners.get(event.topic) ?? []) listener(event);
  };

  const request = async (name: string, params: unknown): Promise<unknown> => {
    const response = await fetch('/rpc', {
      method: 'POST',
      headers: { 'content-type': 'application/json', [HEADER]: token },
      body: JSON.stringify({ jsonrpc: '2.0', id: nextId++, method: name, params }),
    });
    if (!response.ok) throw new StudioError(response.status, (await response.text()).trim(), undefined);
    return resultOf(await response.json());
  };

  connect();
  return {
    kind: 'server',
    request: request as Client['request'],
    binary: async (path) => {
      const response = await fetch(path, { headers: { [HEADER]: token } });
      if (!response.ok) throw new StudioError(response.status, `${path}: ${response.statusText}`, undefined);
      return response.arrayBuffer();
    },
    subscribe: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      if (!listeners.has(topic)) {
        listeners.set(topic, set);
        ask(topic);
      }
      set.add(listener);
      return () => void set.delete(listener);
    },
    onConnection: (listener) => {
      states.add(listener);
      return () => void states.delete(listener);
    },
    close: () => {
      closed = true;
      socket?.close();
    },
  };
}
