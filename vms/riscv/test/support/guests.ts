import { sha256 } from '@ninefold/kernels';
import type { Xlen } from '../../src/spec/opcodes.ts';
import { assemble } from './assemble.ts';
import { programElf } from './elf.ts';

/** Where guests of these tests have their data. */
export const DATA = 0x2_0000;

/** Instructions enough to be cut in between. */
const WAIT = 'addi s2, zero, 200\naddi s2, s2, -1\nbne s2, zero, -4';

/** Calls of SP1 as assembly text. */
export const sp1 = {
  call: (code: number): string => (code < 2048 ? `addi t0, zero, ${code}\necall` : `li t0, ${code}\necall`),
  hintLength: (): string => sp1.call(0xf0),
  hintRead: (address: number, length: number): string =>
    `li a0, ${address}\nli a1, ${length}\n${sp1.call(0xf1)}`,
  write: (descriptor: number, address: number, length: number): string =>
    `addi a0, zero, ${descriptor}\nli a1, ${address}\nli a2, ${length}\n${sp1.call(2)}`,
  commitWord: (index: number, word: number, code = 0x10): string =>
    `addi a0, zero, ${index}\nli a1, ${word}\n${sp1.call(code)}`,
  /** All words of the digest of these public values. */
  commit: (publicValues: Uint8Array): string => {
    const digest = new DataView(sha256(publicValues).buffer);
    return Array.from({ length: 8 }, (_, i) => sp1.commitWord(i, digest.getUint32(4 * i, true))).join('\n');
  },
  commitDeferred: (): string => Array.from({ length: 8 }, (_, i) => sp1.commitWord(i, 0, 0x1a)).join('\n'),
  halt: (code: number): string => `addi a0, zero, ${code}\n${sp1.call(0)}`,
};

/** What {@link sp1Elf} makes public. */
export const SP1_PUBLIC_VALUES: Uint8Array = Uint8Array.of(7, 0, 9);

/** A guest of SP1 that takes two hints, one of them empty, writes public values, and ends with 5. */
export function sp1Elf(xlen: Xlen): Uint8Array {
  const text = `${sp1.hintLength()}
    ${sp1.hintRead(DATA + 64, 13)}
    ${WAIT}
    ${sp1.hintRead(DATA + 64, 0)}
    ${sp1.hintRead(DATA + 72, 8)}
    ${sp1.write(1, DATA, 2)}
    ${sp1.write(xlen === 64 ? 13 : 3, DATA, SP1_PUBLIC_VALUES.length)}
    ${sp1.commit(SP1_PUBLIC_VALUES)}
    ${WAIT}
    ${sp1.commitDeferred()}
    ${sp1.halt(5)}`;
  return programElf(xlen, assemble(xlen, text), [{ address: DATA, bytes: SP1_PUBLIC_VALUES, flags: 6 }]);
}

/** Hints for {@link sp1Elf}. */
export const SP1_HINTS: readonly Uint8Array[] = [
  Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
  new Uint8Array(0),
  Uint8Array.of(21, 22, 23, 24, 25, 26, 27, 28),
];

const A0 = 10;
const A1 = 11;

/** A word of custom-0, as an instruction of OpenVM in the form with an immediate. */
function custom(funct3: number, rd: number, rs1: number, imm: number): string {
  return `.word ${((imm << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | 0x0b) >>> 0}`;
}

/** OpenVM's instructions as assembly text. */
export const openvm = {
  terminate: (code: number): string => custom(0, 0, 0, code),
  hintInput: (): string => custom(3, 0, 0, 0),
  print: (address: number, length: number): string =>
    `li a0, ${address}\nli a1, ${length}\n${custom(3, A0, A1, 1)}`,
  hintWord: (address: number): string => `li a0, ${address}\n${custom(1, A0, 0, 0)}`,
  hintBuffer: (address: number, words: number): string =>
    `li a0, ${address}\nli a1, ${words}\n${custom(1, A0, A1, 1)}`,
  /** Public value `offset + base`; the base comes from a register. */
  reveal: (base: number, offset: number, value: number): string =>
    `li a0, ${base}\nli a1, ${value}\n${custom(2, A0, A1, offset)}`,
};

/** A guest of OpenVM that reads its input, reveals words in several ways, and ends with 6. */
export function openvmElf(): Uint8Array {
  const text = `${openvm.hintInput()}
    ${openvm.hintWord(DATA)}
    ${openvm.hintBuffer(DATA + 4, 3)}
    ${openvm.print(DATA, 4)}
    ${openvm.reveal(4, 0, 0x1234_5678)}
    ${WAIT}
    ${openvm.reveal(8, 4, -2)}
    ${openvm.reveal(8, -4, 0x0bad_cafe)}
    ${openvm.terminate(6)}`;
  return programElf(32, assemble(32, text));
}

/** The input of {@link openvmElf}, and what it reveals. */
export const OPENVM_INPUT: Uint8Array = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
export const OPENVM_JOURNAL: Uint8Array = Uint8Array.of(
  0,
  0,
  0,
  0,
  0xfe,
  0xca,
  0xad,
  0x0b,
  0,
  0,
  0,
  0,
  0xfe,
  0xff,
  0xff,
  0xff,
);
