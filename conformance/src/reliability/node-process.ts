import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A node of the build in a process of its own, with its state in a folder. */
export type NodeProcess = {
  /** From the start of the process to its ready event. */
  readonly startupMs: number;
  /** Rejects with the node's error, or when it has died. */
  readonly request: (method: string, params: readonly unknown[]) => Promise<unknown>;
  readonly isDead: () => boolean;
  /** SIGKILL: nothing in the node hears of it. */
  readonly kill: () => Promise<void>;
};

export async function startNode(state: string): Promise<NodeProcess> {
  const bin = fileURLToPath(import.meta.resolve('ninefold/package.json')).replace(
    'package.json',
    'dist/bin.js',
  );
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [bin, 'start', '--port', '0', '--json', '--quiet', '--state', state],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const killOnExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  let dead = false;
  child.once('exit', () => {
    dead = true;
    process.off('exit', killOnExit);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const url = await readyUrl(child, () => stderr);
  const startupMs = performance.now() - started;
  return {
    startupMs,
    isDead: () => dead || child.killed,
    request: async (method, params) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const answer = (await response.json()) as {
        readonly result?: unknown;
        readonly error?: { readonly message: string };
      };
      if (answer.error) throw new Error(`${method}: ${answer.error.message}\n${stderr}`);
      return answer.result;
    },
    kill: async () => {
      if (dead) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** The URL of the ready event, the first line on stdout. */
async function readyUrl(child: ChildProcess, stderr: () => string): Promise<string> {
  let stdout = '';
  child.stdout?.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (text: string) => {
      stdout += text;
      const end = stdout.indexOf('\n');
      if (end < 0) return;
      const ready = JSON.parse(stdout.slice(0, end)) as {
        readonly chains: { readonly ethereum: { readonly http: string } };
      };
      resolve(ready.chains.ethereum.http);
    });
    child.once('exit', (code) => reject(new Error(`the node ended with ${String(code)}: ${stderr()}`)));
  });
}
