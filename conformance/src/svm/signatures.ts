import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { verifyEd25519 } from '@ninefold/vm-svm';
import { verifyEd25519Native } from 'ninefold/signatures';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs } from './read.ts';

const MESSAGE = new TextEncoder().encode('Zcash');
/** A signature and a key. */
const RECORD_BYTES = 96;

/** Signatures on the edge of what the strict rule of ed25519 accepts. */
export function runSignatures(folder: string): FolderResult {
  const counter = createCounter('svm/signatures');
  for (const [name, expected] of [
    ['pass', true],
    ['fail', false],
  ] as const) {
    const bytes = gunzipSync(readFileSync(join(folder, `ed25519-malleability-should-${name}.bin.gz`)));
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
      counter.check(`${name} ${at / RECORD_BYTES}`, () => {
        const record = new Uint8Array(bytes.subarray(at, at + RECORD_BYTES));
        const [signature, key] = [record.subarray(0, 64), record.subarray(64)];
        return (
          differs('valid', verifyEd25519(signature, MESSAGE, key), expected) ??
          differs('valid for OpenSSL', verifyEd25519Native(signature, MESSAGE, key), expected)
        );
      });
    }
  }
  return counter.result();
}
