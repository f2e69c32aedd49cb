import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The command as it is published; `npm test` builds it first. */
const BIN = fileURLToPath(new URL('../../bin.js', import.meta.url));

export type Finished = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type SpawnOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ninefold-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Environment without settings of whoever runs the tests. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name, value]) =>
      value !== undefined &&
      !name.startsWith('NINEFOLD_') &&
      !/^(?:VITEST|NODE_OPTIONS|FORCE_COLOR)/.test(name),
  ) as [string, string][];
  return { ...Object.fromEntries(inherited), ...extra };
}

function launch(args: readonly string[], { cwd, env }: SpawnOptions): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    cwd: cwd ?? tmpdir(),
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the command to its end. */
export async function ninefold(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  const child = launch(args, options);
  const text = collect(child);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...text() };
}

export type Running = {
  readonly http: string;
  readonly ready: {
    readonly event: string;
    readonly schema: string;
    readonly version: string;
    readonly pid: number;
    readonly chains: {
      readonly ethereum: {
        readonly http: string;
        readonly ws: string;
        readonly ipc?: string;
        readonly chainId: number;
      };
      readonly solana?: { readonly http: string; readonly ws: string; readonly genesisHash: string };
      readonly bitcoin?: { readonly http: string; readonly esplora: string; readonly auth: string };
    };
  };
  readonly request: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  /** Sends a signal and waits for the end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<Finished>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Closes our ends of its stdout and stderr. */
  readonly stopReading: () => void;
  readonly finished: Promise<Finished>;
};

/** Starts a node on a free port and waits for its ready event; it is gone after the test. */
export async function startNinefold(
  args: readonly string[] = [],
  options: SpawnOptions = {},
): Promise<Running> {
  const child = launch(['start', '--port', '0', '--json', ...args], options);
  const text = collect(child);
  const finished = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    ...text(),
  }));
  onTestFinished(() => void child.kill('SIGKILL'));
  const line = await Promise.race([
    firstLine(child),
    finished.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ]);
  const ready = JSON.parse(line) as Running['ready'];
  const { ethereum, solana, bitcoin } = ready.chains as Partial<Running['ready']['chains']>;
  const http = (ethereum ?? solana ?? bitcoin)?.http ?? '';
  return {
    http,
    ready,
    request: (method, params = []) => rpc(http, method, params),
    kill: (signal) => void child.kill(signal),
    stopReading: () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return finished;
    },
    finished,
  };
}

export async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  return () => text;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let seen = '';
    child.stdout?.on('data', (chunk: string) => {
      seen += chunk;
      if (seen.includes('\n')) resolve(seen.slice(0, seen.indexOf('\n')));
    });
  });
}
