import type { Hex } from '@ninefold/base';
import type { AccessListEntry, ExecutedTransaction, Step, Tracer } from '@ninefold/vm-evm';
import type { Deadline, PreparedCall } from './execution.ts';
import { runCall } from './execution.ts';
import { reportTouches } from './trace/touches.ts';

export type AccessListResult = {
  readonly accessList: readonly AccessListEntry[];
  readonly outcome: ExecutedTransaction;
};

// An access list changes gas, and by GAS the path: after this many rounds it is as good as it gets.
const MAX_ROUNDS = 16;

/**
 * The accounts and slots a call touches beyond those that are warm anyway, found by running it
 * until its own list changes nothing any more.
 *
 * @throws `RpcError` when the call cannot be executed at all
 */
export function createAccessList(
  call: PreparedCall,
  isPrecompile: (address: Hex) => boolean,
  receiver: Hex,
  deadline: Deadline,
): AccessListResult {
  const { from } = call.transaction;
  let list: readonly AccessListEntry[] = call.transaction.accessList ?? [];
  for (let round = 0; ; round++) {
    const recorder = createRecorder(
      list,
      (address) => address === from || address === receiver || isPrecompile(address),
    );
    deadline.check();
    const transaction = { ...call.transaction, accessList: list };
    const outcome = runCall({ ...call, transaction }, recorder.hooks);
    const next = recorder.list();
    if (sizeOf(next) === sizeOf(list) || round === MAX_ROUNDS) return { accessList: next, outcome };
    list = next;
  }
}

function sizeOf(list: readonly AccessListEntry[]): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}

function createRecorder(
  start: readonly AccessListEntry[],
  isWarm: (address: Hex) => boolean,
): { readonly hooks: Tracer; readonly list: () => readonly AccessListEntry[] } {
  const slots = new Map<Hex, Set<Hex>>();
  const touch = (address: Hex): Set<Hex> => {
    let known = slots.get(address);
    if (known === undefined) slots.set(address, (known = new Set()));
    return known;
  };
  const touchIfCold = (address: Hex): void => {
    if (!isWarm(address)) touch(address);
  };
  for (const { address, storageKeys } of start) {
    if (storageKeys.length === 0) touchIfCold(address);
    for (const key of storageKeys) touch(address).add(key);
  }
  const step = (step: Step): void =>
    reportTouches(step, {
      slot: (address, key) => void touch(address).add(key),
      account: touchIfCold,
      callee: touchIfCold,
    });
  const list = (): readonly AccessListEntry[] =>
    [...slots].map(([address, keys]) => ({ address, storageKeys: [...keys].sort() }));
  return { hooks: { step }, list };
}
