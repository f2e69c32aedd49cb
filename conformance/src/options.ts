import { defineErrors, didYouMean } from '@ninefold/base';
import { parseArgs } from 'node:util';

export type Options = {
  /** Names of the suites to run, in the table's order. */
  readonly suites: readonly string[];
  readonly vectors: string | undefined;
  readonly json: boolean;
  readonly filter: string | undefined;
  readonly jobs: number;
  readonly verbose: boolean;
  readonly help: boolean;
};

const fail = defineErrors({
  CONFORMANCE_UNKNOWN_SUITE: (context: { readonly name: string; readonly known: readonly string[] }) =>
    `No suite ${JSON.stringify(context.name)}. ${didYouMeanText(context.name, context.known)}There are: ${context.known.join(', ')}`,
  CONFORMANCE_BAD_OPTION: (context: { readonly problem: string }) => `${context.problem}\n\n${USAGE}`,
});

export const USAGE = `Usage: node conformance/dist/main.js [suite ...] [options]

  suite            a family (evm) or one suite of it (evm/state); all when none is named
  --vectors PATH   folder or file of vectors; default $NINEFOLD_VECTORS, then ../shared/vectors
  --filter TEXT    only cases whose name contains TEXT
  --jobs N         worker threads; 1 runs everything on the main thread
  --json           one JSON array of results on standard output
  --verbose        all failures with their details
`;

function didYouMeanText(name: string, known: readonly string[]): string {
  const guess = didYouMean(name, known);
  return guess === undefined ? '' : `Did you mean ${guess}? `;
}

/**
 * Reads the command line.
 *
 * @param known names of all suites
 * @param threads workers when none are asked for
 * @throws `CONFORMANCE_UNKNOWN_SUITE`, `CONFORMANCE_BAD_OPTION`
 */
export function parseOptions(args: readonly string[], known: readonly string[], threads: number): Options {
  const { values, positionals } = parse(args);
  const jobs = values.jobs === undefined ? threads : Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw fail('CONFORMANCE_BAD_OPTION', {
      problem: `--jobs takes a whole number from 1, not ${values.jobs}`,
    });
  }
  for (const name of positionals) {
    if (!known.some((suite) => isNamed(suite, name))) {
      throw fail('CONFORMANCE_UNKNOWN_SUITE', { name, known });
    }
  }
  return {
    suites: known.filter(
      (suite) => positionals.length === 0 || positionals.some((name) => isNamed(suite, name)),
    ),
    vectors: values.vectors,
    json: values.json ?? false,
    filter: values.filter,
    jobs,
    verbose: values.verbose ?? false,
    help: values.help ?? false,
  };
}

function isNamed(suite: string, name: string): boolean {
  return suite === name || suite.startsWith(`${name}/`);
}

function parse(args: readonly string[]): {
  readonly values: {
    readonly vectors?: string;
    readonly filter?: string;
    readonly jobs?: string;
    readonly json?: boolean;
    readonly verbose?: boolean;
    readonly help?: boolean;
  };
  readonly positionals: readonly string[];
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        vectors: { type: 'string' },
        filter: { type: 'string' },
        jobs: { type: 'string' },
        json: { type: 'boolean' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw fail('CONFORMANCE_BAD_OPTION', { problem: (error as Error).message }, { cause: error });
  }
}
