import { loadProgram, syscallKey, verify } from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromBase64, fromHex, readJson, type VectorFiles } from './read.ts';

type Loads = {
  readonly files: readonly { readonly file: string; readonly error: string | null }[];
  readonly mutations: readonly {
    readonly base: string;
    readonly patch: readonly (readonly [offset: number, hex: string])[];
    readonly error: string | null;
  }[];
};

/** Text of the error that refuses `elf`, or null. */
function refusal(elf: Uint8Array): string | null {
  try {
    verify(loadProgram(elf, { syscalls: new Set([syscallKey('sol_log_')]) }));
    return null;
  } catch (error) {
    if (!(error as Error & { readonly code?: string }).code?.startsWith('SVM_')) throw error;
    return (error as Error).message;
  }
}

/** Program files that Agave was asked to load, as they are and damaged. */
export function runElf(vectors: VectorFiles): FolderResult {
  const files = readJson<Readonly<Record<string, string>>>(vectors, 'elf/elf-files.json.gz');
  const { files: whole, mutations } = readJson<Loads>(vectors, 'elf/elf-load.json.gz');
  const counter = createCounter('svm/elf');
  for (const { file, error } of whole) {
    counter.check(file, () => differs('error', refusal(fromBase64(files[file] as string)), error));
  }
  mutations.forEach(({ base, patch, error }, index) => {
    counter.check(`mutation ${index} of ${base}`, () => {
      const elf = fromBase64(files[base] as string);
      for (const [offset, hex] of patch) elf.set(fromHex(hex), offset);
      return differs('error', refusal(elf), error);
    });
  });
  return counter.result();
}
