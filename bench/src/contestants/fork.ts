import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Contestant } from '../rounds.ts';

/** What a contestant's module exports. `argument` is what the suite gave to {@link forkContestant}. */
export type ContestantModule = { readonly createContestant: (argument: string) => Promise<Contestant> };

export type Question = { readonly sample: string };
export type Reply = { readonly ready: string } | { readonly figure: number } | { readonly failure: string };

/**
 * A contestant that lives in a Node process of its own: its heap, compiled code and garbage
 * collections touch nobody else's figures.
 *
 * @param module such as `./ethereumjs.js`, beside this file
 * @param execPath the Node binary it runs under, this process's by default
 */
export async function forkContestant(
  module: string,
  argument: string,
  execPath: string = process.execPath,
): Promise<Contestant> {
  const child = fork(
    new URL('child.js', import.meta.url),
    [new URL(module, import.meta.url).href, argument],
    {
      execPath,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  const answer = async (): Promise<Reply> => {
    const exited = new AbortController();
    try {
      return await Promise.race([
        once(child, 'message', exited).then(([reply]) => reply as Reply),
        once(child, 'exit', exited).then(([code]): Reply => ({ failure: `exit code ${String(code)}` })),
      ]);
    } finally {
      exited.abort();
    }
  };
  const ready = await answer();
  if (!('ready' in ready)) throw new Error(`${module} did not start: ${JSON.stringify(ready)}`);
  return {
    name: ready.ready,
    sample: async (caseName) => {
      const reply = answer();
      child.send({ sample: caseName } satisfies Question);
      const settled = await reply;
      if ('figure' in settled) return settled.figure;
      throw new Error(`${ready.ready}, ${caseName}: ${JSON.stringify(settled)}`);
    },
    close: async () => {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
