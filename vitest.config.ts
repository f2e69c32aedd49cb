import { defineConfig } from 'vitest/config';

// Tests run on the sources: the private export condition `@ninefold/source`
// points every workspace at its `src/index.ts`.
const conditions = ['@ninefold/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      '{packages,vms,chains,apps,environments}/*/test/**/*.test.ts',
      '{ninefold,conformance,bench,fuzz}/test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/test/browser/**'],
    pool: 'threads',
    maxWorkers: 2,
    // Hang detectors, not budgets: a machine under load may be late.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
