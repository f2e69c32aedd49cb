import { MAX_LOG_HEIGHT, MIN_LOG_HEIGHT } from '../air/trace.ts';
import { fail } from '../errors.ts';
import type { VerifyingKey } from './keys.ts';

/** @throws `STARK_INVALID_PROOF` unless `condition` holds */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw fail('STARK_INVALID_PROOF', { what });
}

/**
 * Whether heights are possible for the key's machine: those of fixed columns as they are, a chip left out only
 * where that is allowed.
 *
 * @throws `STARK_INVALID_PROOF`
 */
export function checkHeights(
  { machine, fixedLogHeights }: VerifyingKey,
  logHeights: readonly (number | undefined)[],
): void {
  check(logHeights.length === machine.chips.length, 'it has another number of chips');
  check(
    logHeights.some((height) => height !== undefined),
    'it has no tables',
  );
  machine.chips.forEach(({ chip }, i) => {
    const height = logHeights[i];
    if (height === undefined) {
      check(chip.optional, `chip '${chip.name}' is missing`);
      return;
    }
    check(
      Number.isInteger(height) && height >= MIN_LOG_HEIGHT && height <= MAX_LOG_HEIGHT,
      `chip '${chip.name}' has an impossible height`,
    );
    const fixed = fixedLogHeights[i];
    check(fixed === undefined || fixed === height, `chip '${chip.name}' has not its fixed height`);
  });
}
