import { cpuOfThisProcess } from '../process.ts';
import type { Case, Contestant } from '../rounds.ts';

/** What a prover is asked for: which term of Fibonacci's sequence. */
export type ProverPlan = { readonly terms: number };

export const PROVER_CASES: Readonly<Record<'prove' | 'verify' | 'size', Case>> = {
  prove: { name: 'prove', unit: 's CPU', direction: 'lower-is-better' },
  verify: { name: 'verify', unit: 'ms CPU', direction: 'lower-is-better' },
  size: { name: 'proof', unit: 'kB', direction: 'lower-is-better' },
};

/** A prover of one statement, made ready: programs compiled and keys made. */
export type Prover<Proof> = {
  readonly name: string;
  readonly prove: () => Promise<Proof>;
  readonly bytes: (proof: Proof) => number;
  /** Absent where the peer offers none in Node. */
  readonly verify?: (proof: Proof) => Promise<void>;
};

/** A prover as a contestant: its last proof is what is verified and weighed. */
export function proverContestant<Proof>({ name, prove, bytes, verify }: Prover<Proof>): Contestant {
  let last: Proof | undefined;
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = cpuOfThisProcess();
    await work();
    return cpuOfThisProcess() - before;
  };
  const proveOnce = async (): Promise<Proof> => (last = await prove());
  return {
    name,
    sample: async (caseName) => {
      if (caseName === PROVER_CASES.prove.name) return (await cpuOf(proveOnce)) / 1000;
      const proof = last ?? (await proveOnce());
      if (caseName === PROVER_CASES.size.name) return bytes(proof) / 1000;
      if (verify === undefined) throw new Error(`${name} has no verifier here`);
      return cpuOf(() => verify(proof));
    },
    close: async () => {},
  };
}
