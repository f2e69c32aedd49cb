import { forkContestant } from '../contestants/fork.ts';
import { suiteReport } from '../report.ts';
import { type Case, compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';
import { BY_THE_CLOCK, CASES } from '../svm/work.ts';

/** Solana transactions in process, against Agave's engine. */
export const svmSuite: Suite = {
  name: 'svm',
  about: 'CPU microseconds per Solana transaction in process, from its bytes to its result',
  run: async ({ vectors, quick }) => {
    const cases = Object.values(CASES).map((name): Case => ({
      name,
      unit: BY_THE_CLOCK.has(name) ? 'µs/tx' : 'µs CPU/tx',
      direction: 'lower-is-better',
    }));
    const ours = await forkContestant('./ninefold-svm.js', vectors);
    const peer = await forkContestant('./litesvm.js', vectors);
    try {
      return suiteReport('svm', await compete(ours, peer, cases, quick ? 1 : 5));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};
