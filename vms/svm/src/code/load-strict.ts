import { type Bytes, copyBytes } from '@ninefold/base';
import { INSTRUCTION_BYTES, PROGRAM_START, REGION_BYTES } from '../spec/versions.ts';
import { elfError } from './elf-errors.ts';
import {
  EM_BPF,
  FILE_HEADER_BYTES,
  isElf64,
  PF_R,
  PF_X,
  PROGRAM_HEADER_BYTES,
  PT_LOAD,
  type ProgramHeader,
  readFileHeader,
  readProgramHeaders,
} from './elf-file.ts';
import type { Executable } from './executable.ts';

const STEP = BigInt(INSTRUCTION_BYTES);

/** The one shape a loadable segment may have (SIMD-0189). */
function isExpected(
  header: ProgramHeader,
  flags: number,
  address: bigint,
  offset: bigint,
  fileBytes: bigint,
): boolean {
  return (
    header.type === PT_LOAD &&
    header.flags === flags &&
    header.offset === offset &&
    header.offset < fileBytes &&
    header.offset % STEP === 0n &&
    header.vaddr === address &&
    header.paddr === address &&
    header.filesz === header.memsz &&
    header.filesz <= fileBytes - header.offset &&
    header.filesz % STEP === 0n &&
    header.memsz < REGION_BYTES
  );
}

/**
 * Loads a program file of version 3: program headers say where read-only data and code are, and
 * nothing else in the file counts.
 *
 * @throws `SVM_ELF_FILE_HEADER`, `SVM_ELF_PROGRAM_HEADER`, `SVM_ELF_OUT_OF_BOUNDS`
 */
export function loadStrict(bytes: Bytes): Executable {
  const header = readFileHeader(bytes);
  const tableEnd = FILE_HEADER_BYTES + PROGRAM_HEADER_BYTES * header.phnum;
  // ABI, its version and the padding of the identification.
  const plain = header.ident.subarray(7).every((byte) => byte === 0);
  if (
    !isElf64(header) ||
    !plain ||
    header.machine !== EM_BPF ||
    header.phoff !== BigInt(FILE_HEADER_BYTES) ||
    header.ehsize !== FILE_HEADER_BYTES ||
    header.phentsize !== PROGRAM_HEADER_BYTES ||
    header.phnum === 0 ||
    tableEnd > bytes.length
  ) {
    throw elfError('SVM_ELF_FILE_HEADER', undefined);
  }
  const headers = readProgramHeaders(bytes, header.phoff, header.phnum);
  const hasReadOnly = (headers[0] as ProgramHeader).flags === PF_R;
  if (hasReadOnly && headers.length < 2) throw elfError('SVM_ELF_FILE_HEADER', undefined);

  const fileBytes = BigInt(bytes.length);
  let offset = BigInt(tableEnd);
  let readOnly: Bytes = new Uint8Array(0);
  if (hasReadOnly) {
    const data = headers[0] as ProgramHeader;
    if (!isExpected(data, PF_R, 0n, offset, fileBytes)) throw elfError('SVM_ELF_PROGRAM_HEADER', undefined);
    readOnly = copyBytes(bytes.subarray(Number(offset), Number(offset + data.filesz)));
    offset += data.filesz;
  }
  const code = headers[hasReadOnly ? 1 : 0] as ProgramHeader;
  if (!isExpected(code, PF_X, PROGRAM_START, offset, fileBytes))
    throw elfError('SVM_ELF_PROGRAM_HEADER', undefined);

  const entry = header.entry - PROGRAM_START;
  // The whole instruction has to lie inside.
  if (entry + STEP - 1n < 0n || entry + STEP - 1n >= code.memsz || header.entry % STEP !== 0n)
    throw elfError('SVM_ELF_FILE_HEADER', undefined);
  return {
    version: 3,
    text: copyBytes(bytes.subarray(Number(offset), Number(offset + code.filesz))),
    textAddress: PROGRAM_START,
    entryPc: Number(entry / STEP),
    readOnly,
    readOnlyAddress: 0n,
    functions: new Map(),
  };
}
