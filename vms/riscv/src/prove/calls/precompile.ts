import { type Bus, type Chip, defineBus } from '@ninefold/stark';
import type { Buses } from '../buses.ts';
import type { Cells } from '../cells.ts';
import type { Limbs, Shape } from '../words.ts';
import type { CallRecorder } from './call-system.ts';

/** The precompile calls of a run: touches their cells and gathers their rows. */
export type PrecompileRecorder = Pick<CallRecorder, 'tables' | 'cut'> & {
  /**
   * @param time of the call: nobody else touches memory in its step
   * @param args what a0 and a1 hold
   */
  readonly take: (time: number, args: readonly [Limbs, Limbs]) => void;
};

/** A call that computes on memory in the guest's place, and the chips that prove it. */
export type Precompile = {
  readonly name: string;
  /** The call's number. */
  readonly code: number;
  /**
   * @param calls the bus of {@link precompileBus}: each call's message has to be received once
   */
  readonly create: (
    shape: Shape,
    buses: Buses,
    calls: Bus,
  ) => { readonly chips: readonly Chip[]; readonly recorder: (cells: Cells) => PrecompileRecorder };
};

/** [code, time, limbs of a0…, limbs of a1…]: calls of precompiles. Limbs are below 2^16. */
export function precompileBus({ limbs }: Shape): Bus {
  return defineBus('precompile', 2 + 2 * limbs);
}
