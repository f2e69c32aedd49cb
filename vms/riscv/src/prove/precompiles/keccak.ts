import { keccakF1600 } from '@ninefold/kernels';
import { numbers } from '../bits.ts';
import { type Buses, SLOT } from '../buses.ts';
import { touch } from '../cells.ts';
import { defineKeccakBus, fillKeccak, keccakChip, type KeccakStep } from '../chips/keccak.ts';
import { PLANES, ROUNDS } from '../chips/keccak-f.ts';
import {
  defineKeccakCallBus,
  fillKeccakMemory,
  keccakMemoryChip,
  type KeccakMemoryStep,
  stateWords,
} from '../chips/keccak-memory.ts';
import { pendingRows, tablesOf } from '../pending-table.ts';
import { bytesOf, limbsFromBytes, type Shape } from '../words.ts';
import type { Computation, WordPlace } from './computation.ts';

/** Keccak-f[1600] of the state that begins at a word. */
export type KeccakCall = WordPlace & { readonly time: number };

/** Permutations of states in memory: a call sends [time, space, index]. */
export function keccakComputation(shape: Shape, buses: Buses): Computation<KeccakCall> {
  const [calls, permutation] = [defineKeccakCallBus(), defineKeccakBus()];
  const memoryChip = keccakMemoryChip(shape, buses, calls, permutation);
  const permutationChip = keccakChip(permutation);
  return {
    calls,
    chips: [memoryChip, permutationChip],
    recorder: ({ word }) => {
      const memory = pendingRows<KeccakMemoryStep>(
        memoryChip,
        (columns, lookups) => fillKeccakMemory(columns, lookups, shape),
        PLANES,
      );
      const permutations = pendingRows<KeccakStep>(permutationChip, fillKeccak, ROUNDS);
      return {
        take: ({ time, space, index }) => {
          const cells = numbers(stateWords(shape)).map((i) => word(space, index + i));
          const state = cells.flatMap(({ value }) => value);
          const after = limbsFromBytes(keccakF1600(Uint8Array.from(bytesOf(state))));
          const words = cells.map((cell, i) =>
            touch(cell, time + SLOT.MEMORY, after.slice(i * shape.limbs, (i + 1) * shape.limbs)),
          );
          memory.push({ time, space, index, words, after });
          permutations.push({ time, state });
        },
        ...tablesOf([memory, permutations]),
      };
    },
  };
}
