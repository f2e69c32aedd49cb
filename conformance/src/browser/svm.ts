import { createMachine, inputLayout, mainnetFeatures, serializeInput } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { prepare } from '../svm/programs.ts';
import type { VectorFiles } from '../svm/read.ts';
import { SVM_SUITES } from '../svm/suites.ts';

/** Runs the suites of Solana, in whatever JavaScript this is loaded into. */
export function runSvmSuites(vectors: VectorFiles): readonly FolderResult[] {
  return Object.values(SVM_SUITES).map((run) => run(vectors));
}

/** Programs whose compiled code has 66 to 180 KB. */
const HOT_PROGRAMS: readonly string[] = ['spl_token-3.5.0', 'spl_token_2022-11.0.0', 'whirlpool-20220407'];
const MAX_RUNS = 2000;

/**
 * Runs programs until the machine, left to itself, has compiled them: in which run of each that was, and how that
 * run ended. Nowhere else would be told that an engine refuses to compile what is hot.
 */
export function runTiers(vectors: VectorFiles): readonly string[] {
  return HOT_PROGRAMS.map((name) => {
    const machine = createMachine();
    const program = prepare(vectors.read(`programs/${name}.so.gz`));
    const layout = inputLayout(mainnetFeatures(), false);
    const { regions } = serializeInput([], new Uint8Array(9).fill(3), new Uint8Array(32), layout);
    const registers = [0n, (regions[0] as (typeof regions)[number]).address];
    for (let count = 1; count <= MAX_RUNS; count++) {
      const outcome = machine.run({
        program,
        budget: 200_000,
        input: regions,
        registers,
        syscall: () => 0n,
        answersMemory: true,
      });
      if (outcome.isCompiled)
        return `${name}: compiled code in run ${count}, ${outcome.left} units left, r0 = ${outcome.registers[0]}`;
    }
    return `${name}: interpreted ${MAX_RUNS} times`;
  });
}

/** In a page: the gzipped files behind `<url>/<path>`. */
export async function fetchFiles(url: string, paths: readonly string[]): Promise<VectorFiles> {
  const files = new Map(
    await Promise.all(
      paths.map(async (path): Promise<readonly [string, Uint8Array]> => {
        const { body } = await fetch(`${url}/${path}`);
        if (body === null) throw new Error(`nothing at ${url}/${path}`);
        const plain = new Response(body.pipeThrough(new DecompressionStream('gzip')));
        return [path, new Uint8Array(await plain.arrayBuffer())];
      }),
    ),
  );
  return {
    read(path) {
      const file = files.get(path);
      if (file === undefined) throw new Error(`${path} was not fetched`);
      // A copy: what is read may be changed.
      return file.slice();
    },
  };
}
