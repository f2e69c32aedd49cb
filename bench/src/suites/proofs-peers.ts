import { forkContestant } from '../contestants/fork.ts';
import { PROVER_CASES, type ProverPlan } from '../contestants/prover.ts';
import { PROVERS } from '../proofs/provers.ts';
import { type Result, suiteReport } from '../report.ts';
import { type Case, compete } from '../rounds.ts';
import type { Suite } from '../suite.ts';

const TERMS = 10_000;

/** The provers to compare with, and what of it they offer in Node. */
const PEERS: readonly {
  readonly module: string;
  readonly packageName: string;
  readonly cases: readonly Case[];
}[] = [
  {
    module: './miden.js',
    packageName: '@miden-sdk/miden-sdk',
    cases: [PROVER_CASES.prove, PROVER_CASES.size],
  },
  {
    module: './o1js.js',
    packageName: 'o1js',
    cases: [PROVER_CASES.prove, PROVER_CASES.verify, PROVER_CASES.size],
  },
];

/** The same statement by other provers that run in Node. */
export const proofsPeersSuite: Suite = {
  name: 'proofs-peers',
  about:
    'the 10,000th number of Fibonacci’s sequence, one addition a term, in each system’s own words: CPU time of all threads from the compiled program to the proof’s bytes, set-up not counted; ours is a guest for RV32 with 100 proven bits, Miden’s a transaction with the loop as its script, o1js’ a circuit',
  run: async ({ quick, say }) => {
    const peers = PEERS.filter(({ packageName }) => PROVERS.has(packageName));
    if (peers.length === 0) {
      say(`proofs-peers: did not run, no other prover is installed: ${PROVERS.hint}`);
      return undefined;
    }
    const argument = JSON.stringify({ terms: TERMS } satisfies ProverPlan);
    const results: Result[] = [];
    for (const { module, cases } of peers) {
      const ours = await forkContestant('./ninefold-prover.js', argument);
      const peer = await forkContestant(module, argument);
      try {
        results.push(...(await compete(ours, peer, cases, quick ? 1 : 3)));
      } finally {
        await ours.close();
        await peer.close();
      }
    }
    return suiteReport('proofs-peers', results);
  },
};
