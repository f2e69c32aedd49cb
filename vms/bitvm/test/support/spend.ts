import type { Bytes } from '@ninefold/base';
import {
  createTaprootOutput,
  plainInput,
  type ScriptError,
  STANDARD_FLAGS,
  type Transaction,
  type TxOutput,
  verifyInput,
  verifyInputs,
} from '@ninefold/vm-bitcoin-script';
import { keyScript, NUMS_KEY } from '../../src/engine/tree.ts';

/** A transaction that spends an output of one leaf, and the output. */
export function leafSpend(script: Bytes): {
  readonly spent: TxOutput;
  readonly tx: (items: readonly Bytes[], sequence?: number) => Transaction;
} {
  const output = createTaprootOutput(NUMS_KEY, { script, version: 0xc0 })!;
  const spent = { value: 100_000n, scriptPubKey: keyScript(output.key) };
  return {
    spent,
    tx: (items, sequence = 0xfffffffd) => ({
      version: 2,
      inputs: [
        {
          ...plainInput({ txid: new Uint8Array(32).fill(1), vout: 0 }, sequence),
          witness: [...items, script, output.leaves[0]!.controlBlock],
        },
      ],
      outputs: [{ value: 1000n, scriptPubKey: spent.scriptPubKey }],
      locktime: 0,
    }),
  };
}

/** What a leaf fails with on a stack, by the rules of relaying nodes. */
export function runLeaf(script: Bytes, items: readonly Bytes[]): ScriptError | undefined {
  const { spent, tx } = leafSpend(script);
  return verifyInput(tx(items), [spent], 0, STANDARD_FLAGS);
}

/** What a transaction fails with; undefined when all its inputs are valid. */
export function faultOf(tx: Transaction, spent: readonly TxOutput[]): string | undefined {
  const failure = verifyInputs(tx, spent, STANDARD_FLAGS);
  return failure && `${failure.index}: ${failure.error}`;
}
