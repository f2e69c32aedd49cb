import type { FolderResult } from '../suite.ts';
import type { VectorFiles } from '../svm/read.ts';
import { SVM_SUITES } from '../svm/suites.ts';

/** Runs the suites of Solana, in whatever JavaScript this is loaded into. */
export function runSvmSuites(vectors: VectorFiles): readonly FolderResult[] {
  return Object.values(SVM_SUITES).map((run) => run(vectors));
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
