import { forkContestant } from '../contestants/fork.ts';
import { ZKVM_CASES, zkvmCases } from '../contestants/zkvm.ts';
import { median, result, suiteReport } from '../report.ts';
import type { Result } from '../report.ts';
import type { Suite } from '../suite.ts';

const ROUNDS = 3;

/** Proving runs of RV32IM and RV64IM from the program file to the receipt, against the project's own goals. */
export const proofsZkvmSuite: Suite = {
  name: 'proofs-zkvm',
  about:
    'a loop of nine kinds of instructions with 100 proven bits on one thread: CPU time of running it, filling its tables and proving them; verification from the receipt’s bytes, in a process that has verified before (warm) or has not (first), or is `ninefold verify` from its start to its end (a process of its own); memory is the process’ peak; the peer is the goal',
  run: async ({ quick, say }) => {
    const results: Result[] = [];
    for (const plan of zkvmCases(quick)) {
      const samples = new Map(ZKVM_CASES.map(({ name }) => [name, [] as number[]]));
      const rounds = quick ? 1 : ROUNDS;
      for (let round = 0; round < rounds; round++) {
        // A process for each round: peak memory and first verification are known once in a process' life.
        const contestant = await forkContestant('./zkvm.js', JSON.stringify(plan));
        try {
          for (const { name } of ZKVM_CASES) samples.get(name)?.push(await contestant.sample(name));
        } finally {
          await contestant.close();
        }
        say(`${plan.name}: ${round + 1} of ${rounds}`);
      }
      for (const { name, unit, direction, goal } of ZKVM_CASES) {
        const figure = median(samples.get(name) ?? []);
        results.push(result(`${plan.name}: ${name}`, unit, direction, figure, goal, 'goal'));
      }
    }
    return suiteReport('proofs-zkvm', results);
  },
};
