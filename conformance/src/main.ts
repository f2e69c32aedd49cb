import { isNinefoldError } from '@ninefold/base';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Options } from './options.ts';
import { parseOptions, USAGE } from './options.ts';
import { summaryLine } from './report.ts';
import { runSuites } from './run.ts';
import { SUITES } from './suites.ts';
import { findVectors, NO_VECTORS } from './vectors.ts';

/** The command cannot be done as given: no vectors, unknown suite, bad option. */
const EXIT_USAGE = 2;

async function main(options: Options): Promise<number> {
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const path = options.vectors ?? findVectors(process.env);
  if (path === undefined || !existsSync(path)) {
    process.stderr.write(options.vectors === undefined ? NO_VECTORS : `No such path: ${options.vectors}\n`);
    return EXIT_USAGE;
  }
  const reports = await runSuites(options, path, (text) => void process.stderr.write(text));
  if (reports.length === 0) {
    process.stderr.write(`No vectors for ${options.suites.join(', ')} in ${path}\n`);
    return EXIT_USAGE;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  (options.json ? process.stderr : process.stdout).write(`${summaryLine(reports)}\n`);
  return reports.some(({ failed }) => failed > 0) ? 1 : 0;
}

try {
  const names = SUITES.map(({ name }) => name);
  process.exitCode = await main(parseOptions(process.argv.slice(2), names, availableParallelism()));
} catch (error) {
  if (!isNinefoldError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_USAGE;
}
