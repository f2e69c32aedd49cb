import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import type { Suite, SuiteEntry } from './suite.ts';

/** One test as it stands in a file. */
export type VectorRecord = Readonly<Record<string, unknown>>;

const RECORD_FILE = /\.(ndjson|json)(\.br)?$/;

/** Root of the repository, from `conformance/src` as from `conformance/dist`. */
const REPOSITORY: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Where vectors are looked for when no `--vectors` is given; `undefined` where there are none. */
export function findVectors(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const candidates = [environment['NINEFOLD_VECTORS'], join(REPOSITORY, '..', 'shared', 'vectors')];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path));
}

/** What to tell someone who has no vectors. */
export const NO_VECTORS = `No vectors found. They are not part of this repository; the official suites are published at

  evm   https://github.com/ethereum/tests, https://github.com/ethereum/legacytests,
        https://github.com/ethereum/execution-spec-tests/releases

Point --vectors or NINEFOLD_VECTORS at a folder that holds evm/state, evm/blockchain, ... with one JSON
record per line (*.ndjson, *.ndjson.br), or at a single file of a suite (also *.json as published):

  node conformance/dist/main.js evm/state --vectors ~/tests/GeneralStateTests/stExample
`;

/**
 * The records of a file in order: lines of `.ndjson`, or the members of the one object of a `.json`
 * file, each with its key as `name` where it has none. `.br` is decompressed while reading.
 */
export async function* readRecords(file: string, shard = 0, shards = 1): AsyncGenerator<VectorRecord> {
  let index = 0;
  if (/\.json(\.br)?$/.test(file)) {
    const parts: string[] = [];
    for await (const line of lines(file)) parts.push(line);
    const members: unknown = JSON.parse(parts.join('\n'));
    if (typeof members !== 'object' || members === null) return;
    for (const [name, member] of Object.entries(members)) {
      if (index++ % shards !== shard || typeof member !== 'object' || member === null) continue;
      yield { src: basename(file), name, ...(member as VectorRecord) };
    }
    return;
  }
  for await (const line of lines(file)) {
    if (line === '' || index++ % shards !== shard) continue;
    yield JSON.parse(line) as VectorRecord;
  }
}

async function* lines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  // `pipeline` carries a read error over, which `pipe` would leave unhandled.
  const text = file.endsWith('.br') ? pipeline(source, createBrotliDecompress(), () => {}) : source;
  yield* createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
}

/** Whether the first record of a file is of the suite's format. */
async function isFileOf(file: string, suite: Suite & { readonly kind: 'records' }): Promise<boolean> {
  for await (const record of readRecords(file)) return suite.accepts(record);
  return false;
}

function filesBelow(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && RECORD_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * What a suite has to work on under `path`: its own folder where `path` is a root of vectors or the
 * family's folder, else `path` itself. Record suites get the files of their format, folder suites
 * one folder.
 */
export async function vectorsOf(entry: SuiteEntry, suite: Suite, path: string): Promise<readonly string[]> {
  const absolute = resolve(path);
  const own = [entry.vectors, basename(entry.vectors)]
    .map((part) => join(absolute, part))
    .find((folder) => existsSync(folder));
  if (suite.kind === 'folder') {
    if (own !== undefined) return [own];
    return basename(absolute) === basename(entry.vectors) ? [absolute] : [];
  }
  const found: string[] = [];
  for (const file of filesBelow(own ?? absolute)) {
    if (await isFileOf(file, suite)) found.push(file);
  }
  return found;
}
