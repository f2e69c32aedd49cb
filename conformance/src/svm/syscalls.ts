import { bytesToBase64 } from '@ninefold/base';
import type { EngineChoice, Program } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createRunner, prepare } from './programs.ts';
import { createCounter, differs, fromBase64, readJson, type VectorFiles } from './read.ts';

type Case = {
  readonly s: string;
  readonly data: string;
  readonly cu: number;
  readonly ret?: string;
  readonly logs?: readonly string[];
  readonly err?: string;
  readonly fail?: string;
};

type Vectors = {
  readonly drivers: Readonly<Record<string, { readonly elf: string }>>;
  readonly cases: readonly Case[];
};

const LIMIT = 400_000;

/** Lines that are compared: those the program wrote, with the address cut out of "Program return". */
const comparable = (lines: readonly string[]): string =>
  lines
    .filter((line) => /^Program (log|data|return|consumption):/.test(line))
    .map((line) => line.replace(/^(Program return:) \S+/, '$1'))
    .join('\n');

/** One syscall a case, through programs that litesvm ran. */
export function runSyscalls(vectors: VectorFiles, engine: EngineChoice): FolderResult {
  const counter = createCounter('svm/syscalls');
  const run = createRunner(engine);
  const { drivers, cases } = readJson<Vectors>(vectors, 'sbpf/syscalls.json.gz');
  const programs = new Map<string, Program>();
  cases.forEach((test, index) => {
    counter.check(`${test.s} ${index}`, () => {
      let program = programs.get(test.s);
      if (program === undefined) {
        program = prepare(fromBase64((drivers[test.s] as { readonly elf: string }).elf));
        programs.set(test.s, program);
      }
      const got = run(program, fromBase64(test.data), LIMIT);
      return (
        differs('text', got.text, test.fail) ??
        differs('error', got.error, test.err) ??
        differs('units', got.used, test.cu) ??
        (test.err === undefined
          ? differs('logs', comparable(got.logs), comparable(test.logs ?? []))
          : undefined) ??
        differs('return data', test.err === undefined ? bytesToBase64(got.returnData) : '', test.ret ?? '')
      );
    });
  });
  return counter.result();
}
