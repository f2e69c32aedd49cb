import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FolderResult } from '../suite.ts';

/** A gzipped JSON file of `folder`. */
export function readJson<Content>(folder: string, name: string): Content {
  return JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString()) as Content;
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** Counts cases: `check` says what is wrong with one, or nothing. What it throws is wrong too. */
export function createCounter(suite: string): {
  readonly check: (name: string, check: () => string | undefined) => void;
  readonly result: () => FolderResult;
} {
  let passed = 0;
  const failures: string[] = [];
  return {
    check(name, check) {
      let problem: string | undefined;
      try {
        problem = check();
      } catch (error) {
        problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      if (problem === undefined) passed++;
      else failures.push(`${name}: ${problem}`);
    },
    result: () => ({ suite, passed, failed: failures.length, failures }),
  };
}

/** Says in what two values differ. */
export function differs(what: string, got: unknown, expected: unknown): string | undefined {
  return got === expected ? undefined : `${what} is ${String(got)}, expected ${String(expected)}`;
}
