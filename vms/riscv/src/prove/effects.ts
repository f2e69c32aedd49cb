import type { Bytes } from '@ninefold/base';
import type { MemoryObserver } from '../engine/guest-memory.ts';
import type { Abi, HostInstruction } from '../host/abi.ts';

/** What the host did for one instruction: values that a proof takes from it as they are. */
export type HostEffect = {
  /** Registers it set, by number. */
  readonly registers: ReadonlyMap<number, bigint>;
  /** Bytes it wrote to memory. */
  readonly writes: readonly { readonly address: number; readonly bytes: Bytes }[];
};

type Effect = { registers: Map<number, bigint>; writes: { address: number; bytes: Bytes }[] };

/** A guest interface that is listened to. */
export type ObservedAbi = {
  readonly abi: Abi;
  readonly observe: MemoryObserver;
  /** Effects of the answers that were asked for, in order. */
  readonly effects: readonly HostEffect[];
};

/** Listens to what an interface does when it answers the instructions that `isCall` takes. */
export function observeEffects(abi: Abi, isCall: (instruction: HostInstruction) => boolean): ObservedAbi {
  const effects: HostEffect[] = [];
  let current: Effect | undefined;
  return {
    effects,
    observe: ({ kind, address, bytes }) => {
      if (kind === 'write') current?.writes.push({ address, bytes: bytes.slice() });
    },
    abi: {
      ...abi,
      start: (machine, input, outputs) => {
        const setRegister = (index: number, value: bigint): void => {
          current?.registers.set(index, BigInt.asUintN(machine.xlen, value));
          machine.setRegister(index, value);
        };
        const session = abi.start({ ...machine, setRegister }, input, outputs);
        return {
          answer: (instruction) => {
            if (!isCall(instruction)) return session.answer(instruction);
            current = { registers: new Map(), writes: [] };
            effects.push(current);
            const answer = session.answer(instruction);
            current = undefined;
            return answer;
          },
        };
      },
    },
  };
}
