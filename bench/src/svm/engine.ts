import { cpuOfThisProcess } from '../process.ts';
import type { Contestant } from '../rounds.ts';
import { CASES, type Placed, type Work, workOf } from './work.ts';

/** An engine with one kind of work before it. */
export type Engine = {
  readonly place: (accounts: readonly Placed[]) => void;
  /** Executes transactions, one after the other; says what went wrong. */
  readonly send: (transactions: readonly Uint8Array[]) => string | undefined;
};

export type EngineMaker = {
  readonly name: string;
  readonly latestBlockhash: () => Uint8Array;
  readonly open: (work: Work) => Engine;
};

/** Wall time of a sample; long against the clock's resolution and a collection of garbage. */
const SAMPLE_MS = 700;

/** The first sample, which is thrown away: V8 takes its time to optimise the interpreter. */
const WARM_UP_MS = 4000;

/** Rounds that are sent together. */
const ROUNDS = 200;

/** Microseconds for each transaction, of CPU or by the clock, everything from bytes to bytes included. */
export function engineContestant(maker: EngineMaker, vectors: string): Contestant {
  const engines = new Map<string, { readonly engine: Engine; readonly work: Work }>();
  const prepare = (name: string): { readonly engine: Engine; readonly work: Work } => {
    let prepared = engines.get(name);
    if (prepared === undefined) {
      const work = workOf(name, vectors, maker.latestBlockhash());
      prepared = { engine: maker.open(work), work };
      engines.set(name, prepared);
    }
    return prepared;
  };
  return {
    name: maker.name,
    sample(name) {
      const isFirst = !engines.has(name);
      const { engine, work } = prepare(name);
      const end = performance.now() + (isFirst ? WARM_UP_MS : SAMPLE_MS);
      const now = name === CASES.solWall ? () => performance.now() : cpuOfThisProcess;
      let count = 0;
      let used = 0;
      do {
        if (!work.isRepeatable || count === 0) engine.place(work.accounts);
        const rounds = work.isRepeatable ? ROUNDS : 1;
        const batch = Array.from({ length: rounds }, () => work.transactions).flat();
        const before = now();
        const problem = engine.send(batch);
        used += now() - before;
        if (problem !== undefined) throw new Error(`${name}: ${problem}`);
        count += batch.length;
      } while (performance.now() < end);
      return Promise.resolve((1000 * used) / count);
    },
    close: () => Promise.resolve(),
  };
}
