import type { EngineChoice } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createRunner, prepare } from './programs.ts';
import { createCounter, differs, fromBase64, readJson, type VectorFiles } from './read.ts';

type Case = {
  readonly v: number;
  readonly elf: string;
  readonly cu: number;
  readonly regs?: readonly string[];
  readonly fail?: string;
  readonly err?: string;
};

const INSTRUCTION_DATA = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const LIMIT = 3000;

/** Random programs, run whole by litesvm: ten registers come back as return data. */
export function runFuzz(vectors: VectorFiles, engine: EngineChoice): FolderResult {
  const counter = createCounter('svm/fuzz');
  const run = createRunner(engine);
  readJson<readonly Case[]>(vectors, 'sbpf/vm-fuzz.json.gz').forEach((test, index) => {
    counter.check(`program ${index} v${test.v}`, () => {
      const got = run(prepare(fromBase64(test.elf)), INSTRUCTION_DATA, LIMIT);
      const problem =
        differs('units', got.used, test.cu) ??
        differs('error', got.error, test.err) ??
        differs('text', got.text, test.fail);
      if (problem !== undefined || test.regs === undefined) return problem;
      const view = new DataView(got.returnData.buffer, got.returnData.byteOffset);
      for (const [i, expected] of test.regs.entries()) {
        const wrong = differs(
          `r${i}`,
          view.getBigUint64(8 * i, true),
          BigInt(`0x${expected.replace(/^0x/, '')}`),
        );
        if (wrong !== undefined) return wrong;
      }
      return undefined;
    });
  });
  return counter.result();
}
