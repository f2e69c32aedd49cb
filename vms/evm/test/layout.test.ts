import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as layout from '../src/engine/layout.ts';
import { HALT_REASONS, INVALID_REASONS } from '../src/engine/reasons.ts';

const source = (name: string): string =>
  readFileSync(new URL(`../assembly/${name}`, import.meta.url), 'utf8');
const constants = (text: string): Map<string, number> =>
  new Map(
    [...text.matchAll(/^export const (\w+): \w+ = (\d+);/gm)].map(([, name, value]) => [
      name as string,
      Number(value),
    ]),
  );

describe('what the host knows of the kernel', () => {
  it('is the kernel’s layout', () => {
    const kernel = constants(source('layout.ts'));
    for (const [name, value] of Object.entries(layout))
      expect([name, kernel.get(name)]).toEqual([name, value]);
  });

  it('names halt and invalid reasons in the kernel’s order', () => {
    const status = constants(source('status.ts'));
    HALT_REASONS.forEach((reason, code) => expect([reason, status.get(reason)]).toEqual([reason, code]));
    INVALID_REASONS.forEach((reason, code) => {
      if (reason !== undefined) expect([reason, status.get(reason)]).toEqual([reason, code]);
    });
  });
});
