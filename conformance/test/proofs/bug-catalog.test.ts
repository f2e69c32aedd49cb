import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { answerProblem, readAnswers } from '../../src/proofs/bug-catalog.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('answers to published soundness bugs', () => {
  it('name tests that are there', () => {
    const answers = readAnswers(ROOT);
    expect(Object.keys(answers).length).toBeGreaterThanOrEqual(45);
    for (const [id, answer] of Object.entries(answers))
      expect(answerProblem(answer, ROOT), id).toBeUndefined();
  });

  it('say of most of what can happen here how it is found', () => {
    const tested = Object.values(readAnswers(ROOT)).filter((answer) => 'tests' in answer);
    expect(tested.length).toBeGreaterThanOrEqual(29);
  });

  const folder = mkdtempSync(join(tmpdir(), 'ninefold-catalog-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are wrong with a test that is not, or no longer, there', () => {
    writeFileSync(join(folder, 'a.test.ts'), "it('finds it', () => {});");
    const tests = (file: string, title: string): string | undefined =>
      answerProblem({ tests: [{ file, title }] }, folder);
    expect(tests('a.test.ts', 'finds it')).toBeUndefined();
    expect(tests('a.test.ts', 'finds')).toBeTypeOf('string');
    expect(tests('b.test.ts', 'finds it')).toBeTypeOf('string');
  });

  it('are wrong without a test or a reason', () => {
    expect(answerProblem(undefined, folder)).toBeTypeOf('string');
    expect(answerProblem({ tests: [] }, folder)).toBeTypeOf('string');
    expect(answerProblem({ notHere: '' }, folder)).toBeTypeOf('string');
    expect(answerProblem({ notHere: 'there is no recursion' }, folder)).toBeUndefined();
  });
});
