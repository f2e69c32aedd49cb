import type { Bytes } from '@ninefold/base';
import type { ProcessedInstruction } from '@ninefold/vm-svm';
import { addressKey, type AddressKey } from './address-key.ts';

/** An instruction that a program called, on positions in the transaction's accounts. */
export type InnerInstruction = {
  /** 2 for a call by an instruction of the transaction. */
  readonly stackHeight: number;
  readonly program: number;
  readonly accounts: Bytes;
  readonly data: Bytes;
};

/** Calls by the transaction's instruction at `index`. */
export type InnerInstructions = {
  readonly index: number;
  readonly instructions: readonly InnerInstruction[];
};

/**
 * Sorts what ran by the instructions of the transaction that it ran for; those that called nothing
 * are left out.
 *
 * @param keys the transaction's accounts, in order
 */
export function innerInstructionsOf(
  trace: readonly ProcessedInstruction[],
  keys: readonly AddressKey[],
): readonly InnerInstructions[] {
  const positions = new Map(keys.map((key, index) => [key, index]));
  const positionOf = (address: Bytes): number => positions.get(addressKey(address)) ?? 0;
  const groups: InnerInstruction[][] = [];
  for (const { stackHeight, program, accounts, data } of trace) {
    if (stackHeight === 1) groups.push([]);
    else {
      groups.at(-1)?.push({
        stackHeight,
        program: positionOf(program),
        accounts: Uint8Array.from(accounts, ({ key }) => positionOf(key)),
        data,
      });
    }
  }
  return groups.flatMap((instructions, index) =>
    instructions.length === 0 ? [] : [{ index, instructions }],
  );
}
