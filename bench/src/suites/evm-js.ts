import { forkContestant } from '../contestants/fork.ts';
import { readPrograms } from '../programs.ts';
import { suiteReport } from '../report.ts';
import type { Case } from '../rounds.ts';
import { compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

/** Programs that a JavaScript interpreter gets through in a reasonable time. */
const QUICK = new Set(['Work.fib', 'Work.load', 'Work.store']);

/** The workload programs in process, against the EVM written in JavaScript. */
export const evmJsSuite: Suite = {
  name: 'evm-js',
  about:
    'CPU milliseconds per call in process, state in memory; compilation by V8 and garbage collection included',
  run: async ({ vectors, quick }) => {
    const cases = readPrograms(vectors)
      .runs.filter(({ name }) => !quick || QUICK.has(name))
      .map(({ name }): Case => ({ name, unit: 'ms CPU/call', direction: 'lower-is-better' }));
    const ours = await forkContestant('./ninefold-evm.js', vectors);
    const peer = await forkContestant('./ethereumjs.js', vectors);
    try {
      return suiteReport('evm-js', await compete(ours, peer, cases, quick ? 1 : 3));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};
