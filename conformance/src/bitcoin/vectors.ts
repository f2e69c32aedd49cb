import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Bytes, copyBytes, hexToBytes } from '@ninefold/base';
import type { FolderResult } from '../suite.ts';

/** The bytes of a gzipped file. */
export function readGzip(folder: string, file: string): Bytes {
  return copyBytes(gunzipSync(readFileSync(join(folder, file))));
}

/** The text of a gzipped file. */
export function readText(folder: string, file: string): string {
  return gunzipSync(readFileSync(join(folder, file))).toString();
}

/** The JSON of a gzipped file. */
export function readJson<Shape>(folder: string, file: string): Shape {
  return JSON.parse(readText(folder, file)) as Shape;
}

/** Hex as these vectors have it, without `0x`. */
export function fromHex(text: string): Bytes {
  return hexToBytes(`0x${text}`);
}

/** Counts the cases of a suite; what a case throws is wrong with it. */
export class CaseCounter {
  readonly #suite: string;
  readonly #failures: string[] = [];
  #passed = 0;

  constructor(suite: string) {
    this.#suite = suite;
  }

  /** `check` says what is wrong, or nothing. */
  check(name: string, check: () => string | undefined): void {
    let problem: string | undefined;
    try {
      problem = check();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem === undefined) this.#passed++;
    else this.#failures.push(`${name}: ${problem}`);
  }

  /** A case that is right when both texts are equal. */
  equal(name: string, actual: () => string, expected: string): void {
    this.check(name, () => {
      const got = actual();
      return got === expected ? undefined : `got ${got}, expected ${expected}`;
    });
  }

  result(): FolderResult {
    const failures = this.#failures;
    return { suite: this.#suite, passed: this.#passed, failed: failures.length, failures };
  }
}
