import { fromBase58 } from '@ninefold/vm-svm';
import { Account, LiteSvm } from 'litesvm/dist/internal.js';
import type { Contestant } from '../rounds.ts';
import { type EngineMaker, engineContestant } from '../svm/engine.ts';

const NEVER = 2n ** 64n - 1n;

const MAKER: EngineMaker = {
  name: 'litesvm 1.4.1',
  latestBlockhash: () => fromBase58(new LiteSvm().latestBlockhash()),
  open: ({ programs, checksSignatures, units, unixTimestamp = 0n }) => {
    const svm = new LiteSvm();
    svm.setSigverify(checksSignatures);
    svm.setBlockhashCheck(false);
    svm.setTransactionHistory(0n);
    for (const [address, file] of programs) svm.addProgram(address, file);
    const clock = svm.getClock();
    clock.unixTimestamp = unixTimestamp;
    svm.setClock(clock);
    return {
      place: (accounts) => {
        for (const { address, lamports, owner, data, isExecutable } of accounts)
          svm.setAccount(address, new Account(lamports, data, owner, isExecutable, NEVER));
      },
      send: (transactions) => {
        for (const transaction of transactions) {
          const outcome = svm.sendLegacyTransaction(transaction);
          if ('err' in outcome) return String(outcome.err());
          const consumed = Number(outcome.computeUnitsConsumed());
          if (units !== undefined && consumed !== units) return `${consumed} units, expected ${units}`;
        }
        return undefined;
      },
    };
  },
};

/** Agave's own engine, native. */
export function createContestant(vectors: string): Promise<Contestant> {
  return Promise.resolve(engineContestant(MAKER, vectors));
}
