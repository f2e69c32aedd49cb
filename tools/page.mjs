// Builds the studio's page into apps/studio/dist/page, unless nothing it is made of is newer.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { newest } from './newest.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const studio = join(root, 'apps/studio');
const force = process.argv.includes('--force');

/** The page itself, and the node that runs inside of it. */
const INPUTS = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((name) => join(studio, name)),
  ...['packages', 'vms/evm/src', 'chains/ethereum/src', 'package-lock.json'].map((name) => join(root, name)),
];

const output = join(studio, 'dist/page/index.html');
if (force || !existsSync(output) || Math.max(...INPUTS.map(newest)) > statSync(output).mtimeMs) {
  const started = performance.now();
  await build({ root: studio, logLevel: 'warn' });
  process.stderr.write(`studio page: ${Math.round(performance.now() - started)} ms\n`);
}
