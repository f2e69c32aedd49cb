import { createSvm, decodeTransaction } from '@ninefold/chain-solana';
import { fromBase58, toBase58 } from '@ninefold/vm-svm';
import { createSignatureChecker } from 'ninefold/signatures';
import type { Contestant } from '../rounds.ts';
import { type EngineMaker, engineContestant } from '../svm/engine.ts';

const RENT = { lamportsPerByte: 6960n, threshold: 1, burnPercent: 50 };
const NEVER = 2n ** 64n - 1n;

const checker = createSignatureChecker();

const MAKER: EngineMaker = {
  name: 'ninefold',
  latestBlockhash: () => fromBase58(createSvm().latestBlockhash()),
  open: ({ programs, checksSignatures, units, unixTimestamp = 0n }) => {
    const svm = createSvm({
      rent: RENT,
      checksBlockhash: false,
      checksDuplicates: false,
      verify: checksSignatures ? checker.verify : null,
      programs: programs.map(([address, file]) => ({ address: toBase58(address), file })),
    });
    svm.setClock({ unixTimestamp });
    return {
      place: (accounts) => {
        for (const { address, lamports, owner, data, isExecutable } of accounts)
          svm.setAccount(address, { lamports, owner, data, isExecutable, rentEpoch: NEVER });
      },
      send: (wire) => {
        const transactions = wire.map(decodeTransaction);
        if (checksSignatures) checker.ahead(transactions);
        for (const transaction of transactions) {
          const { error, units: consumed } = svm.sendTransaction(transaction);
          if (error !== undefined) return JSON.stringify(error);
          if (units !== undefined && consumed !== units) return `${consumed} units, expected ${units}`;
        }
        return undefined;
      },
    };
  },
};

/** Our machine without a chain. */
export function createContestant(vectors: string): Promise<Contestant> {
  return Promise.resolve(engineContestant(MAKER, vectors));
}
