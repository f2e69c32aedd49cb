import { verifyEd25519 } from '@ninefold/crypto';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, type VectorFiles } from './read.ts';

const MESSAGE = new TextEncoder().encode('Zcash');
/** After so many a key is known. */
const SIGHTINGS = 5;
/** A signature and a key. */
const RECORD_BYTES = 96;

/** Signatures on the edge of what the strict rule of ed25519 accepts. */
export function runSignatures(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/signatures');
  for (const [name, expected] of [
    ['pass', true],
    ['fail', false],
  ] as const) {
    const bytes = vectors.read(`misc/ed25519-malleability-should-${name}.bin.gz`);
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
      counter.check(`${name} ${at / RECORD_BYTES}`, () => {
        const record = bytes.slice(at, at + RECORD_BYTES);
        const [signature, key] = [record.subarray(0, 64), record.subarray(64)];
        // Once as a new key and then as one that is known, in whichever way that is remembered.
        const answers = Array.from({ length: SIGHTINGS }, () => verifyEd25519(signature, MESSAGE, key));
        return differs('valid', answers.join(), new Array(SIGHTINGS).fill(expected).join());
      });
    }
  }
  return counter.result();
}
