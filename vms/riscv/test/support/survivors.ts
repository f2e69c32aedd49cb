import {
  type Chip,
  defineMachine,
  mutateTrace,
  type MutationOptions,
  type Survivor,
  type Trace,
} from '@ninefold/stark';

/** Changes of a chip's cells that neither its constraints nor the buses would catch. */
export function survivors(chip: Chip, trace: Trace, options: MutationOptions): readonly Survivor[] {
  const machine = defineMachine({ name: chip.name, chips: [chip] });
  const { chips } = mutateTrace({ machine, trace }, { findsNeeded: false, ...options });
  return chips.flatMap((result) => result.survivors);
}
