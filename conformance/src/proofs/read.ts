import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { differs } from '../svm/read.ts';

/** A gzipped JSON file of the vectors. */
export function readJson<Content>(folder: string, file: string): Content {
  return JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString('utf8')) as Content;
}

/** A file of the vectors that is compressed with brotli, as plain bytes. */
export function readBrotli(folder: string, file: string): Uint8Array {
  return new Uint8Array(brotliDecompressSync(readFileSync(join(folder, file))));
}

/** What is wrong with a list of numbers, or nothing. */
export function differsList(
  what: string,
  actual: readonly number[],
  expected: readonly number[],
): string | undefined {
  return differs(what, actual.join(), expected.join());
}
