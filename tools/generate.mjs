// Writes the files that are derived from tables in the source, from the build (`npm run build` first):
//
//   node tools/generate.mjs          write them
//   node tools/generate.mjs --check  fail when one is stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');

const { kernelMsmDiscountsSource, kernelScheduleSource } = await import('../vms/evm/dist/spec/tables.js');
const { kernelLayoutSource, kernelOperationsSource } = await import('../vms/svm/dist/engine/layout.js');
const { kernelLayoutSource: riscvLayoutSource } = await import('../vms/riscv/dist/engine/layout.js');
const { sbpfOpcodesPage } = await import('./sbpf-opcodes-page.mjs');
const { riscvOpcodesPage } = await import('./riscv-opcodes-page.mjs');
const { evmOpcodesPage } = await import('./evm-opcodes-page.mjs');
const { studioSampleSource } = await import('./studio-sample.mjs');
const { ethereumRpcPage } = await import('./ethereum-rpc-page.mjs');
const { solanaRpcPage } = await import('./solana-rpc-page.mjs');

/** Path in the repository, and what gives its text. */
const GENERATED = [
  ['vms/evm/assembly/schedule.ts', kernelScheduleSource],
  ['vms/evm/assembly/precompiles/msm-discounts.ts', kernelMsmDiscountsSource],
  ['docs/evm-opcodes.md', evmOpcodesPage],
  ['vms/svm/assembly/layout.ts', kernelLayoutSource],
  ['vms/svm/assembly/operations.ts', kernelOperationsSource],
  ['docs/sbpf-opcodes.md', sbpfOpcodesPage],
  ['vms/riscv/assembly/layout.ts', riscvLayoutSource],
  ['docs/riscv-opcodes.md', riscvOpcodesPage],
  ['docs/ethereum-rpc.md', ethereumRpcPage],
  ['docs/solana-rpc.md', solanaRpcPage],
  ['chains/ethereum/src/studio/sample-build-info.ts', studioSampleSource],
];

let stale = 0;
for (const [path, textOf] of GENERATED) {
  const text = await textOf();
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
