import { defineErrors } from '@ninefold/base';

const fail = defineErrors({
  RISCV_UNPROVABLE: (c: { readonly pc: bigint; readonly what: string }) =>
    `The run cannot be proved: ${c.what} at 0x${c.pc.toString(16)}`,
  RISCV_WRITTEN_CODE: (c: { readonly address: number; readonly word: number }) =>
    `The run cannot be proved: at 0x${c.address.toString(16)} it executes 0x${c.word.toString(16).padStart(8, '0')}, which it has written itself. Name it in \`writtenCode\``,
  RISCV_TOO_LONG: (c: { readonly what: string; readonly most: number }) =>
    `The run cannot be proved: it has more than ${c.most} ${c.what}`,
  RISCV_JOURNAL_LENGTH: (c: { readonly length: number; readonly unit: number }) =>
    `A journal of ${c.length} bytes: journals of this guest interface are whole words of ${c.unit}`,
});

/** `RISCV_UNPROVABLE`: the machine has no chip for the instruction with that number. */
export function unprovable(pc: number, what: string): Error {
  return fail('RISCV_UNPROVABLE', { pc: 4n * BigInt(pc), what });
}

/** `RISCV_WRITTEN_CODE`: an instruction in memory is none of those that the program is known to have there. */
export function writtenCode(pc: number, word: number): Error {
  return fail('RISCV_WRITTEN_CODE', { address: 4 * pc, word });
}

/** `RISCV_TOO_LONG`: there are more of something than a proof can have. */
export function tooLong(what: string, most: number): Error {
  return fail('RISCV_TOO_LONG', { what, most });
}

/** `RISCV_JOURNAL_LENGTH`: the journal is not made of whole words. */
export function journalLength(length: number, unit: number): Error {
  return fail('RISCV_JOURNAL_LENGTH', { length, unit });
}
