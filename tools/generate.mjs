// Writes the files that are derived from tables in the source, from the build (`npm run build` first):
//
//   node tools/generate.mjs          write them
//   node tools/generate.mjs --check  fail when one is stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');

/** Path in the repository, and the module and function of the build that give its text. */
const GENERATED = [
  ['vms/evm/assembly/schedule.ts', 'vms/evm/dist/spec/tables.js', 'kernelScheduleSource'],
  [
    'vms/evm/assembly/precompiles/msm-discounts.ts',
    'vms/evm/dist/spec/tables.js',
    'kernelMsmDiscountsSource',
  ],
];

let stale = 0;
for (const [path, module, name] of GENERATED) {
  const text = (await import(join(root, module)))[name]();
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    process.stderr.write(`${path} is stale: run \`npm run gen\`\n`);
    stale++;
  } else {
    writeFileSync(file, text);
    process.stderr.write(`wrote ${path}\n`);
  }
}
process.exit(stale === 0 ? 0 : 1);
