import { equalBytes } from '@ninefold/base';
import { createRiscvProver, decodeReceipt, encodeReceipt, verifyReceipt } from '@ninefold/vm-riscv';
import { fibonacciGuest, fibonacciJournal } from '../proofs/fibonacci.ts';
import type { Contestant } from '../rounds.ts';
import { proverContestant, type ProverPlan } from './prover.ts';

/** A guest for RV32 with 100 proven bits, on one thread; the run itself is part of the proof's time. */
export async function createContestant(argument: string): Promise<Contestant> {
  const { terms } = JSON.parse(argument) as ProverPlan;
  const prover = createRiscvProver({ elf: fibonacciGuest(terms) });
  const expected = fibonacciJournal(terms);
  return proverContestant({
    name: 'Ninefold',
    prove: async () => encodeReceipt(prover.prove().receipt),
    bytes: (receipt) => receipt.length,
    verify: async (receipt) => {
      const { journal } = verifyReceipt(decodeReceipt(receipt), prover);
      if (!equalBytes(journal, expected)) throw new Error('the journal is not the number');
    },
  });
}
