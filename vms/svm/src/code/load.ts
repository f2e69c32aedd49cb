import type { Bytes } from '@ninefold/base';
import type { SbpfVersion } from '../spec/versions.ts';
import { SBPF_VERSIONS } from '../spec/versions.ts';
import { elfError } from './elf-errors.ts';
import { FILE_HEADER_BYTES, readFileHeader } from './elf-file.ts';
import type { Executable, LoadOptions } from './executable.ts';
import { loadLenient } from './load-lenient.ts';
import { loadStrict } from './load-strict.ts';

const EVERY_VERSION: readonly SbpfVersion[] = [0, 1, 2, 3];

/**
 * Loads a program file: finds its version, checks it as that version asks, and relocates it.
 *
 * The instructions are not looked at; `verify` does that.
 *
 * @throws one of the `SVM_ELF_…` codes of `elf-errors.ts`
 * @example const program = loadProgram(elf); verify(program);
 */
export function loadProgram(bytes: Bytes, options: LoadOptions = {}): Executable {
  if (bytes.length < FILE_HEADER_BYTES) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  const { flags } = readFileHeader(bytes);
  const version = (options.versions ?? EVERY_VERSION).find((candidate) => candidate === flags);
  if (version === undefined) throw elfError('SVM_ELF_VERSION', undefined);
  return SBPF_VERSIONS[version].strictElf ? loadStrict(bytes) : loadLenient(bytes, version, options);
}
