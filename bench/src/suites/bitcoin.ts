import { forkContestant } from '../contestants/fork.ts';
import { suiteReport } from '../report.ts';
import type { Case } from '../rounds.ts';
import { compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

/** Spends of Taproot outputs, against the only other interpreter in JavaScript that knows them. */
export const bitcoinSuite: Suite = {
  name: 'bitcoin',
  about: 'Taproot spends verified per second of CPU time, each read from its bytes',
  run: async ({ vectors, quick }) => {
    const cases = ['key path', 'script path'].map((name): Case => ({
      name,
      unit: 'spends/CPU s',
      direction: 'higher-is-better',
    }));
    const ours = await forkContestant('./ninefold-bitcoin.js', vectors);
    const peer = await forkContestant('./bitcore.js', vectors);
    try {
      return suiteReport('bitcoin', await compete(ours, peer, cases, quick ? 1 : 3));
    } finally {
      await ours.close();
      await peer.close();
    }
  },
};
