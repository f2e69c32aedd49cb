import { describe, expect, it } from 'vitest';
import { createKey, restoreVerifyingKey } from '../src/protocol/keys.ts';
import { SAMPLES } from '../src/samples.ts';

describe('a verifying key from what was published', () => {
  it.each(Object.entries(SAMPLES))('is the one that was made: %s', (_, sample) => {
    const { machine, fixed } = sample();
    const { verifyingKey } = createKey(machine, fixed, 'dev');
    const { preprocessedRoot, fixedLogHeights } = verifyingKey;
    const heights = fixedLogHeights.filter((height) => height !== undefined);
    expect(restoreVerifyingKey(machine, 'dev', preprocessedRoot, heights)).toEqual(verifyingKey);
    for (const wrong of [[...heights, 3], ...(heights.length > 0 ? [heights.slice(1)] : [])]) {
      expect(() => restoreVerifyingKey(machine, 'dev', preprocessedRoot, wrong)).toThrowError(
        expect.objectContaining({ code: 'STARK_INVALID_TRACE' }),
      );
    }
  });
});
