import { expect, test } from 'vitest';
import { nodeVersion } from '../src/cli/commands/doctor.ts';

test.each([
  ['20.18.3', 'problem'],
  ['20.19.0', 'ok'],
  ['18.20.0', 'problem'],
  ['22.0.0', 'ok'],
  ['26.1.0', 'ok'],
])('Node %s: %s', (version, status) => {
  expect(nodeVersion(version)).toMatchObject({ check: 'Node', status });
});
