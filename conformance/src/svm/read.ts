import { base64ToBytes, bytesToHex, hexToBytes } from '@ninefold/base';
import type { FolderResult } from '../suite.ts';

/** Vectors wherever they come from: `read` gives a file by its path below their folder, decompressed. */
export type VectorFiles = { readonly read: (path: string) => Uint8Array };

/** A file of UTF-8 text. */
export function readText(files: VectorFiles, path: string): string {
  return new TextDecoder().decode(files.read(path));
}

/** A file of JSON. */
export function readJson<Content>(files: VectorFiles, path: string): Content {
  return JSON.parse(readText(files, path)) as Content;
}

/** Bytes of hex without `0x`. */
export function fromHex(text: string): Uint8Array {
  return hexToBytes(`0x${text}`);
}

/** Hex without `0x`. */
export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes).slice(2);
}

/** Bytes of base64. */
export const fromBase64: (text: string) => Uint8Array = base64ToBytes;

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
