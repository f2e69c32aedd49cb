// Bundles `ninefold/verifier` into one file that needs no other, unless nothing it is made of is newer.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { newest } from './newest.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'ninefold/dist');
const output = join(dist, 'verifier.bundle.js');
const inputs = [
  'packages',
  'vms/riscv/src',
  'ninefold/src/verifier.ts',
  'package-lock.json',
  'tools/verifier.mjs',
];

if (
  process.argv.includes('--force') ||
  !existsSync(output) ||
  Math.max(...inputs.map((path) => newest(join(root, path)))) > statSync(output).mtimeMs
) {
  const started = performance.now();
  await build({
    configFile: false,
    root: join(root, 'ninefold'),
    logLevel: 'warn',
    build: {
      outDir: dist,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'es2023',
      minify: false,
      lib: { entry: join(dist, 'verifier.js'), formats: ['es'], fileName: () => 'verifier.bundle.js' },
    },
  });
  process.stderr.write(
    `verifier: ${statSync(output).size} bytes, ${Math.round(performance.now() - started)} ms\n`,
  );
}
