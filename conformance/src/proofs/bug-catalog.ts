import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FolderResult } from '../suite.ts';
import { createCounter } from '../svm/read.ts';

/** Where a class of bugs is looked for: tests that would find it here, or why there is nothing to be found. */
export type Answer =
  | { readonly tests: readonly { readonly file: string; readonly title: string }[] }
  | { readonly notHere: string };

type Catalog = { readonly bugs: readonly { readonly id: string }[] };

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The answers that the repository gives, by the class's name in the catalogue. */
export function readAnswers(root: string = ROOT): Readonly<Record<string, Answer>> {
  const file = join(root, 'conformance/src/proofs/bug-catalog.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Answer>>;
}

/** Says what is wrong with an answer: no test, or one that is not there. */
export function answerProblem(answer: Answer | undefined, root: string = ROOT): string | undefined {
  if (answer === undefined) return 'there is no answer';
  if ('notHere' in answer) return answer.notHere === '' ? 'there is no reason' : undefined;
  if (answer.tests.length === 0) return 'there is no test';
  for (const { file, title } of answer.tests) {
    const path = join(root, file);
    if (!existsSync(path)) return `${file} is not there`;
    if (!readFileSync(path, 'utf8').includes(`'${title}'`)) return `${file} has no test '${title}'`;
  }
  return undefined;
}

/** Walks the catalogue of published soundness bugs: each class has a negative test, or a reason to have none. */
export function runBugCatalog(folder: string): FolderResult {
  const { check, result } = createCounter('proofs/bug-catalog');
  const { bugs } = JSON.parse(readFileSync(join(folder, 'bug_catalog.json'), 'utf8')) as Catalog;
  const answers = readAnswers();
  for (const { id } of bugs) check(id, () => answerProblem(answers[id]));
  check('no answer to nothing', () => {
    const known = new Set(bugs.map(({ id }) => id));
    const left = Object.keys(answers).filter((id) => !known.has(id));
    return left.length === 0 ? undefined : `the catalogue has no ${left.join(', ')}`;
  });
  return result();
}
