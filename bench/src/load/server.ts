import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Connection, RpcAnswer } from './connection.ts';
import { openConnection } from './connection.ts';

const STARTUP_LIMIT_MS = 20_000;

/** How a node is started: everything after the command is the same for all. */
export type Command = { readonly name: string; readonly file: string; readonly args: readonly string[] };

export type ServerOptions = {
  readonly hardfork?: string | undefined;
  readonly blockGasLimit?: number | undefined;
};

/** A node in a process of its own. */
export type Server = {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startupMs: number;
  readonly request: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly stop: () => Promise<void>;
};

/** Foundry's anvil, out of its npm platform package; undefined where there is none. */
export function anvilCommand({ hardfork, blockGasLimit }: ServerOptions = {}): Command | undefined {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  const require = createRequire(import.meta.url);
  try {
    const file = require.resolve(`@foundry-rs/anvil-${process.platform}-${architecture}/bin/anvil`);
    const args = ['--silent'];
    if (hardfork !== undefined) args.push('--hardfork', hardfork);
    if (blockGasLimit !== undefined) args.push('--gas-limit', String(blockGasLimit));
    return { name: 'anvil 1.7.1', file, args };
  } catch {
    return undefined;
  }
}

/** Our own command, from the build. */
export function ninefoldCommand({ hardfork, blockGasLimit }: ServerOptions = {}): Command {
  const bin = fileURLToPath(import.meta.resolve('ninefold/package.json')).replace(
    'package.json',
    'dist/bin.js',
  );
  const args = [bin, 'start', '--silent'];
  if (hardfork !== undefined) args.push('--hardfork', hardfork);
  if (blockGasLimit !== undefined) args.push('--gas-limit', String(blockGasLimit));
  return { name: 'ninefold', file: process.execPath, args };
}

/** Starts a node and asks it `eth_chainId` until it answers. */
export async function startServer(command: Command): Promise<Server> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(command.file, [...command.args, '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // A run that fails half way must not leave nodes behind.
  const killOnExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000);
  });
  const connection = await firstConnection(child, port, started, () => complaints);
  const request = rpc(connection);
  await request('eth_chainId', []);
  const startupMs = performance.now() - started;
  return {
    name: command.name,
    pid: child.pid!,
    port,
    startupMs,
    request,
    stop: async () => {
      connection.close();
      process.off('exit', killOnExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** A `request` function over one connection; errors of the node are thrown. */
export function rpc(connection: Connection): Server['request'] {
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const answer = JSON.parse(await connection.post(body)) as RpcAnswer;
    if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
    return answer.result;
  };
}

async function firstConnection(
  child: ChildProcess,
  port: number,
  started: number,
  complaints: () => string,
): Promise<Connection> {
  for (;;) {
    try {
      return await openConnection(port);
    } catch {
      if (child.exitCode !== null || performance.now() - started > STARTUP_LIMIT_MS) {
        child.kill('SIGKILL');
        throw new Error(`${child.spawnfile} did not start:\n${complaints()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
