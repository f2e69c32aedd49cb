import { type Bytes, defineErrors } from '@ninefold/base';

const fail = defineErrors({
  RISCV_R0BF_INVALID: (c: { readonly offset: number; readonly problem: string }) =>
    `Not a program of RISC Zero: ${c.problem} at offset ${c.offset}`,
});

/** A program of RISC Zero with the kernel it runs on: two ELF files. */
export type R0bf = { readonly user: Bytes; readonly kernel: Bytes };

const VERSION = 1;

/** Whether a file begins as {@link parseR0bf} wants. */
export function isR0bf(file: Bytes): boolean {
  return file[0] === 0x52 && file[1] === 0x30 && file[2] === 0x42 && file[3] === 0x46;
}

/**
 * Takes RISC Zero's container apart: "R0BF", version, length of a header and the header, length of the
 * user's program and the program, the kernel up to the end. The header says which interface the two
 * speak; the program id does not depend on it.
 *
 * @throws `RISCV_R0BF_INVALID`
 */
export function parseR0bf(file: Bytes): R0bf {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const u32 = (offset: number, what: string): number => {
    if (offset + 4 > file.length)
      throw fail('RISCV_R0BF_INVALID', { offset, problem: `the file ends before its ${what}` });
    return view.getUint32(offset, true);
  };
  if (!isR0bf(file)) throw fail('RISCV_R0BF_INVALID', { offset: 0, problem: 'no magic number' });
  const version = u32(4, 'version');
  if (version !== VERSION)
    throw fail('RISCV_R0BF_INVALID', { offset: 4, problem: `version ${version} instead of ${VERSION}` });
  const userLengthAt = 12 + u32(8, 'header length');
  const userAt = userLengthAt + 4;
  const kernelAt = userAt + u32(userLengthAt, 'program length');
  if (kernelAt >= file.length)
    throw fail('RISCV_R0BF_INVALID', { offset: userLengthAt, problem: 'no kernel' });
  return { user: file.slice(userAt, kernelAt), kernel: file.slice(kernelAt) };
}
