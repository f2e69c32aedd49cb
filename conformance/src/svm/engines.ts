import { type EngineChoice, useEngine } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import type { VectorFiles } from './read.ts';

/** Ways to execute a program that have to give the same. */
const ENGINES: readonly EngineChoice[] = ['interpreted', 'compiled'];

/**
 * Runs a suite with each engine, for its own machines and for those that transactions are executed by; a
 * case passes when it passes with both.
 */
export function onEachEngine(
  run: (vectors: VectorFiles, engine: EngineChoice) => FolderResult,
): (vectors: VectorFiles) => FolderResult {
  return (vectors) => {
    const results = ENGINES.map((engine): FolderResult => {
      useEngine(engine);
      try {
        return run(vectors, engine);
      } finally {
        useEngine('tiered');
      }
    });
    return {
      suite: (results[0] as FolderResult).suite,
      passed: Math.min(...results.map(({ passed }) => passed)),
      failed: Math.max(...results.map(({ failed }) => failed)),
      failures: results.flatMap(({ failures }, i) => failures.map((text) => `${ENGINES[i]}: ${text}`)),
    };
  };
}
