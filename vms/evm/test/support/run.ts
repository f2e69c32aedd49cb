import type { Bytes, Hex } from '@ninefold/base';
import { bytesToHex } from '@ninefold/base';
import { createEvm } from '../../src/run.ts';
import type { Evm, ExecutedTransaction, ForkName, Transaction, TransactOptions } from '../../src/types.ts';
import type { Item } from './asm.ts';
import { asm } from './asm.ts';
import type { WorldAccount } from './world.ts';
import { BLOCK, CONTRACT, createWorld, executed, SENDER, transactionWith } from './world.ts';

const machines = new Map<ForkName, Evm>();

/** The fork's machine, made once. */
export function evmOf(fork: ForkName): Evm {
  let evm = machines.get(fork);
  if (evm === undefined) machines.set(fork, (evm = createEvm({ fork })));
  return evm;
}

export type RunOptions = {
  readonly fork?: ForkName;
  readonly evm?: Evm;
  readonly transaction?: Partial<Transaction>;
  readonly accounts?: Readonly<Record<Hex, WorldAccount>>;
  readonly self?: WorldAccount;
  readonly options?: TransactOptions;
};

/** Legacy, so that it runs in every fork; no fees, so that balances stay round. */
const LEGACY: Partial<Transaction> = { type: 0, maxFeePerGas: 10n, maxPriorityFeePerGas: 10n };

/** Runs `items` as the contract that a transaction without fees calls. */
export function run(items: readonly Item[], given: RunOptions = {}): ExecutedTransaction {
  const { fork = 'osaka', transaction, accounts, self, options } = given;
  const world = createWorld({
    [SENDER]: { balance: 10n ** 18n },
    [CONTRACT]: { ...self, code: asm(...items) },
    ...accounts,
  });
  return executed(
    (given.evm ?? evmOf(fork)).transact(transactionWith({ ...LEGACY, ...transaction }), BLOCK, world, {
      skipFees: true,
      skipGasCap: true,
      ...options,
    }),
  );
}

/** The word a program returned. */
export function wordOf(output: Bytes): bigint {
  return BigInt(bytesToHex(output));
}

/** Words of the output in order. */
export function wordsOf(output: Bytes): bigint[] {
  const words: bigint[] = [];
  for (let i = 0; i < output.length; i += 32) words.push(wordOf(output.subarray(i, i + 32)));
  return words;
}

/** Gas of the program: what the transaction used over 21000, before refunds. */
export function gasOf(outcome: ExecutedTransaction): bigint {
  return outcome.gasUsed + outcome.gasRefunded - 21_000n;
}
