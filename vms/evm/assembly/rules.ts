// Which rules hold: prices and features the host wrote from the fork's tables.
import { base, OPCODES, SCHEDULE } from './layout';
import { FEATURE_SET } from './schedule';

export * from './schedule';

/** A price or limit; `field` is one of the offsets of schedule.ts. */
@inline
export function price(field: usize): u64 {
  return load<u64>(base + SCHEDULE + field);
}

@inline
export function hasFeature(feature: u64): bool {
  return (load<u64>(base + SCHEDULE + FEATURE_SET) & feature) != 0;
}

/** The instruction table. */
@inline
export function opcodeTable(): usize {
  return base + OPCODES;
}
