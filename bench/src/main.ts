import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { formatReport } from './report.ts';
import type { SuiteReport } from './report.ts';
import type { Suite } from './suite.ts';
import { bitcoinBitvmSuite } from './suites/bitcoin-bitvm.ts';
import { bitcoinSuite } from './suites/bitcoin.ts';
import { evmSuite } from './suites/evm.ts';
import { evmJsSuite } from './suites/evm-js.ts';
import { evmNodeSuite } from './suites/evm-node.ts';
import { evmEdrSuite, evmProviderSuite } from './suites/evm-provider.ts';
import { proofsPeersSuite } from './suites/proofs-peers.ts';
import { proofsPrecompilesSuite } from './suites/proofs-precompiles.ts';
import { proofsSuite } from './suites/proofs.ts';
import { proofsZkvmSuite } from './suites/proofs-zkvm.ts';
import { svmSuite } from './suites/svm.ts';

const SUITES: readonly Suite[] = [
  evmSuite,
  evmNodeSuite,
  evmProviderSuite,
  evmEdrSuite,
  evmJsSuite,
  svmSuite,
  proofsSuite,
  proofsZkvmSuite,
  proofsPrecompilesSuite,
  proofsPeersSuite,
  bitcoinBitvmSuite,
  bitcoinSuite,
];

const USAGE = `usage: node bench/dist/main.js [suite ...] [--json] [--quick] [--vectors DIR]

A suite's name also selects those that begin with it: "evm" runs evm, evm-node …
${SUITES.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}
`;

/** Runs the suites asked for; stdout gets the tables, or with --json one array and nothing else. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      vectors: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const unknown = positionals.filter((asked) => !SUITES.some(({ name }) => selects(asked, name)));
  if (unknown.length > 0) {
    process.stderr.write(`No suite ${unknown.join(', ')}.\n${USAGE}`);
    return 2;
  }
  const vectors = values.vectors ?? process.env['NINEFOLD_VECTORS'] ?? defaultVectors();
  if (!existsSync(vectors)) {
    process.stderr.write(`No vectors in ${vectors}: give their folder by --vectors or NINEFOLD_VECTORS.\n`);
    return 2;
  }
  const chosen = SUITES.filter(
    ({ name }) => positionals.length === 0 || positionals.some((asked) => selects(asked, name)),
  );
  const reports: SuiteReport[] = [];
  for (const suite of chosen) {
    process.stderr.write(`${suite.name}: ${suite.about}\n`);
    const report = await suite.run({
      vectors,
      quick: values.quick,
      say: (line) => process.stderr.write(`${line}\n`),
    });
    if (report === undefined) continue;
    reports.push(report);
    if (!values.json) process.stdout.write(`${formatReport(report)}\n\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  return 0;
}

function selects(asked: string, suite: string): boolean {
  return suite === asked || suite.startsWith(`${asked}-`);
}

/** Beside the repository, where the conformance data is put. */
function defaultVectors(): string {
  return resolve(fileURLToPath(import.meta.url), '../../../../shared/vectors');
}

// Ends the process even if a suite that failed has left something open.
try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
