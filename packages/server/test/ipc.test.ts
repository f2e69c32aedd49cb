import { spawn } from 'node:child_process';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDispatcher, createSubscriptionHub } from '@ninefold/rpc';
import { createServer, rpcRoute } from '@ninefold/server';
import { createJsonSplitter } from '../src/json-splitter.ts';
import { body, startNode } from './harness.ts';

const path = (): string => join(mkdtempSync(join(tmpdir(), 'ninefold-')), 'node.ipc');

function createRoute(): {
  hub: ReturnType<typeof createSubscriptionHub>;
  route: ReturnType<typeof rpcRoute>;
} {
  const hub = createSubscriptionHub();
  const dispatcher = createDispatcher({
    methods: {
      echo: { handler: (params) => params },
      subscribe: { handler: (_, { session }) => session?.subscribe('a') },
    },
  });
  return { hub, route: rpcRoute({ dispatcher, hub }) };
}

/** Writes pieces and resolves with the first `count` lines of the answer. */
function talk(
  path: string,
  pieces: readonly string[],
  count: number,
  onLine?: () => void,
): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => {
      for (const piece of pieces) socket.write(piece);
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      onLine?.();
      const lines = text.split('\n').slice(0, -1);
      if (lines.length < count) return;
      socket.destroy();
      resolve(lines.map((line) => JSON.parse(line) as unknown));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve([]));
  });
}

describe('IPC', () => {
  it('answers concatenated and newline-delimited calls', async () => {
    const ipc = { path: path(), route: createRoute().route };
    await startNode({ ipc });
    const pieces = [
      body('echo', ['a}{"'], 1) + body('echo', [], 2),
      `${body('echo', [], 3)}\n{"broken\n`,
      ' 7\n',
    ];
    expect(await talk(ipc.path, pieces, 5)).toMatchObject([
      { id: 1, result: ['a}{"'] },
      { id: 2 },
      { id: 3 },
      { error: { code: -32700 } },
      { error: { code: -32600 } },
    ]);
  });

  it('carries notifications', async () => {
    const { hub, route } = createRoute();
    const ipc = { path: path(), route };
    await startNode({ ipc });
    const [answer, notification] = await talk(ipc.path, [body('subscribe')], 2, () => hub.publish('a', 5));
    expect(notification).toMatchObject({
      params: { subscription: (answer as { result: string }).result, result: 5 },
    });
  });

  it('is not read while too many calls are in flight, and answers all in the end', async () => {
    const ipc = { path: path(), route: createRoute().route };
    await startNode({ ipc, limits: { callsInFlight: 2 } });
    const pieces = Array.from({ length: 20 }, (_, id) => body('echo', ['x'.repeat(20_000)], id));
    expect(await talk(ipc.path, pieces, 20)).toHaveLength(20);
  });

  it('belongs to the user alone', async () => {
    const ipc = { path: path(), route: createRoute().route };
    await startNode({ ipc });
    expect(statSync(ipc.path).mode & 0o777).toBe(0o600);
  });

  it('ends who sends a value without end', async () => {
    const ipc = { path: path(), route: createRoute().route };
    await startNode({ ipc, limits: { ipcMessageLength: 1000 } });
    expect(await talk(ipc.path, ['['.repeat(1001)], 1)).toEqual([]);
  });

  it('replaces the file of a process that is gone, but not of one that lives', async () => {
    const ipc = { path: path(), route: createRoute().route };
    const { server } = await startNode({ ipc });
    await expect(createServer({ routes: {}, ipc })).rejects.toMatchObject({ code: 'SERVER_PORT_IN_USE' });
    await server.close();
    await leaveSocketBehind(ipc.path);
    await startNode({ ipc });
    expect(await talk(ipc.path, [body('echo')], 1)).toHaveLength(1);
  });

  it('does not remove other files', async () => {
    const ipc = { path: path(), route: createRoute().route };
    writeFileSync(ipc.path, 'precious');
    await expect(createServer({ routes: {}, ipc })).rejects.toMatchObject({ code: 'SERVER_PORT_IN_USE' });
    expect(statSync(ipc.path).size).toBe(8);
  });

  it('names a folder that does not exist', async () => {
    const ipc = { path: join(path(), 'missing', 'x.ipc'), route: createRoute().route };
    await expect(createServer({ routes: {}, ipc })).rejects.toMatchObject({ code: 'SERVER_LISTEN_FAILED' });
  });
});

describe('JSON splitter', () => {
  it('gives the same values however the stream is cut', () => {
    const container = fc.jsonValue().filter((value) => typeof value === 'object' && value !== null);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(container, fc.constantFrom('', '\n', ' ')), { maxLength: 8 }),
        fc.array(fc.nat(20)),
        (values, cuts) => {
          const stream = values.map(([value, gap]) => JSON.stringify(value) + gap).join('');
          const splitter = createJsonSplitter(1e6);
          const texts: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            texts.push(...(splitter.push(stream.slice(at, at + cut)) ?? []));
            at += cut;
          }
          texts.push(...(splitter.push(stream.slice(at)) ?? []));
          expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual(
            values.map(([value]) => JSON.parse(JSON.stringify(value)) as unknown),
          );
        },
      ),
    );
  });

  it('recovers after broken lines and stray brackets', () => {
    const splitter = createJsonSplitter(100);
    expect(splitter.push(']}{"a":1}\n"open\n{"b":2}')).toEqual([']', '}', '{"a":1}', '"open', '{"b":2}']);
  });

  it('gives up beyond its limit', () => {
    const splitter = createJsonSplitter(10);
    expect(splitter.push('[1,2,3,4,5]')).toEqual(['[1,2,3,4,5]']);
    expect(splitter.push('[1,2,3,4')).toEqual([]);
    expect(splitter.push(',5,6,7')).toBeUndefined();
  });
});

/** A socket file nobody listens on, as a killed process leaves it. */
async function leaveSocketBehind(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await new Promise((resolve) => spawn(process.execPath, ['-e', script]).on('exit', resolve));
}
