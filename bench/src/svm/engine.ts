import { cpuOfThisProcess } from '../process.ts';
import type { Contestant } from '../rounds.ts';
import { BY_THE_CLOCK, type Placed, type Work, workOf } from './work.ts';

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

/** Transactions that are sent together, where they may be sent again and again. */
const BATCH = 200;

/** Transactions in turn, from the one after the `sent` that were sent before. */
function nextBatch(transactions: readonly Uint8Array[], sent: number): readonly Uint8Array[] {
  return Array.from(
    { length: BATCH },
    (_, i) => transactions[(sent + i) % transactions.length] as Uint8Array,
  );
}

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
      const now = BY_THE_CLOCK.has(name) ? () => performance.now() : cpuOfThisProcess;
      let count = 0;
      let used = 0;
      do {
        if (!work.isRepeatable || count === 0) engine.place(work.accounts);
        const batch = work.isRepeatable ? nextBatch(work.transactions, count) : work.transactions;
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
