import { equalBytes } from '@ninefold/base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Executable, LoadOptions } from '../src/code/executable.ts';
import { loadProgram } from '../src/code/load.ts';
import { ENTRYPOINT_KEY, functionKey, syscallKey } from '../src/code/murmur3.ts';
import { verify } from '../src/code/verify.ts';
import { PROGRAM_START } from '../src/spec/versions.ts';
import { encode, EXIT } from './support/assemble.ts';
import { type DynamicFile, dynamicElf, type DynamicParts } from './support/elf.ts';

const TEXT = 64;
const ADDRESS = 1;
const RELATIVE = 8;
const CALL = 10;

/** `lddw r1` with both halves of its immediate. */
const wide = (low: number, high = 0): number[][] => [
  encode(0x18, { dst: 1, imm: low }),
  encode(0, { imm: high }),
];
const UNRESOLVED = encode(0x85, { src: 1, imm: -1 });

function codeOf(file: Uint8Array, options: LoadOptions = {}): string | undefined {
  try {
    loadProgram(file, options);
    return undefined;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const load = (parts: DynamicParts, options: LoadOptions = {}): Executable =>
  loadProgram(dynamicElf(parts).file, options);

/** The constant of the `lddw` at `pc`. */
function constantAt({ text }: Executable, pc: number): bigint {
  const view = viewOf(text);
  return (BigInt(view.getUint32(8 * pc + 12, true)) << 32n) | BigInt(view.getUint32(8 * pc + 4, true));
}

function patched(
  { file }: DynamicFile,
  at: number,
  value: number | bigint,
  bytes: 1 | 2 | 4 | 8 = 8,
): Uint8Array {
  const copy = file.slice();
  for (let i = 0; i < bytes; i++) copy[at + i] = Number((BigInt(value) >> BigInt(8 * i)) & 255n);
  return copy;
}

describe('addresses of symbols', () => {
  const parts = (value: number, addend = 0): DynamicParts => ({
    text: [...wide(addend), EXIT],
    rodata: [1, 2, 3, 4, 5, 6, 7, 8],
    symbols: [{ name: 'constant', value }],
    relocations: [{ offset: TEXT, type: ADDRESS, symbol: 1 }],
  });

  it('are moved to where programs are, with what stood there added', () => {
    expect(constantAt(load(parts(88)), 0)).toBe(PROGRAM_START + 88n);
    expect(constantAt(load(parts(88, 4)), 0)).toBe(PROGRAM_START + 92n);
  });

  it('stay when they are there already', () => {
    expect(constantAt(load(parts(2 ** 32 + 88)), 0)).toBe(PROGRAM_START + 88n);
  });

  it('need their symbol', () => {
    const { relocations, ...rest } = parts(88);
    const missing = relocations!.map((relocation) => ({ ...relocation, symbol: 2 }));
    expect(codeOf(dynamicElf({ ...rest, relocations: missing }).file)).toBe('SVM_ELF_UNKNOWN_SYMBOL');
  });

  it('are written inside the file', () => {
    const outside = { ...parts(88), relocations: [{ offset: 1 << 20, type: ADDRESS, symbol: 1 }] };
    expect(codeOf(dynamicElf(outside).file)).toBe('SVM_ELF_OUT_OF_BOUNDS');
  });
});

describe('relative addresses', () => {
  const inText = (low: number, high = 0): DynamicParts => ({
    text: [...wide(low, high), EXIT],
    relocations: [{ offset: TEXT, type: RELATIVE }],
  });

  it('of code have both halves of the constant', () => {
    expect(constantAt(load(inText(88)), 0)).toBe(PROGRAM_START + 88n);
    expect(constantAt(load(inText(88, 1)), 0)).toBe(PROGRAM_START + 88n);
    expect(constantAt(load(inText(88, 7)), 0)).toBe(7n * PROGRAM_START + 88n);
    expect(codeOf(dynamicElf(inText(0)).file)).toBe('SVM_ELF_VIRTUAL_ADDRESS');
  });

  it('of data have the upper half of the word', () => {
    const program = load({
      text: [EXIT],
      rodata: [0xff, 0xff, 0xff, 0xff, 72, 0, 0, 0],
      relocations: [{ offset: 72, type: RELATIVE }],
    });
    expect(viewOf(program.readOnly).getBigUint64(72, true)).toBe(PROGRAM_START + 72n);
  });
});

describe('calls by symbol', () => {
  const parts = (symbol: { name: string; value?: number; isFunction?: boolean }): DynamicParts => ({
    text: [UNRESOLVED, EXIT, EXIT],
    symbols: [symbol],
    relocations: [{ offset: TEXT, type: CALL, symbol: 1 }],
  });
  const keyOf = ({ text }: Executable): number => viewOf(text).getUint32(4, true);

  it('of functions are by the hash of their pc', () => {
    const program = load(parts({ name: 'helper', value: TEXT + 16, isFunction: true }));
    expect(keyOf(program)).toBe(functionKey(2));
    expect(program.functions.get(functionKey(2))).toBe(2);
  });

  it('of the entry are by its name', () => {
    const program = load(parts({ name: 'entrypoint', value: TEXT, isFunction: true }));
    expect(keyOf(program)).toBe(ENTRYPOINT_KEY);
    expect(program.functions.get(ENTRYPOINT_KEY)).toBe(0);
  });

  it('of syscalls are by the hash of their name', () => {
    const program = load(parts({ name: 'sol_log_' }));
    expect(keyOf(program)).toBe(syscallKey('sol_log_'));
    expect(program.functions.has(syscallKey('sol_log_'))).toBe(false);
  });

  it('have to be known when the program is deployed', () => {
    const { file } = dynamicElf(parts({ name: 'sol_log_' }));
    const deployment = { deployment: true };
    expect(codeOf(file, { ...deployment, syscalls: new Set([syscallKey('sol_log_')]) })).toBeUndefined();
    expect(codeOf(file, { ...deployment, syscalls: new Set() })).toBe('SVM_ELF_UNRESOLVED_SYMBOL');
    expect(codeOf(file, { syscalls: new Set() })).toBeUndefined();
  });

  it('of functions stay inside the code', () => {
    for (const value of [TEXT - 8, TEXT + 24, 1]) {
      expect(codeOf(dynamicElf(parts({ name: 'far', value, isFunction: true })).file)).toBe(
        'SVM_ELF_OUT_OF_BOUNDS',
      );
    }
  });

  it('have names of 64 bytes at most, their end included', () => {
    expect(codeOf(dynamicElf(parts({ name: 'a'.repeat(63) })).file)).toBeUndefined();
    expect(codeOf(dynamicElf(parts({ name: 'a'.repeat(64) })).file)).toBe('SVM_ELF_UNKNOWN_SYMBOL');
  });

  it('need strings for their names', () => {
    const made = dynamicElf(parts({ name: 'sol_log_' }));
    // The section is now named like the code's directory of relocations.
    const other = viewOf(made.file).getUint32(made.header('.rel.dyn'), true);
    expect(codeOf(patched(made, made.header('.dynstr'), other, 4))).toBe('SVM_ELF_UNKNOWN_SYMBOL');
    expect(codeOf(patched(made, made.header('.dynstr') + 4, 1, 4))).toBe('SVM_ELF_UNKNOWN_SYMBOL');
    expect(codeOf(patched(made, made.offset('.dynsym') + 24, 1 << 20, 4))).toBe('SVM_ELF_UNKNOWN_SYMBOL');
  });

  it('are refused where a function has a syscall’s key', () => {
    const { file } = dynamicElf(parts({ name: 'helper', value: TEXT + 16, isFunction: true }));
    expect(codeOf(file, { syscalls: new Set([functionKey(2)]) })).toBe('SVM_ELF_HASH_COLLISION');
  });
});

describe('the dynamic table', () => {
  const made = dynamicElf({
    text: [UNRESOLVED, EXIT],
    symbols: [{ name: 'sol_log_' }],
    relocations: [{ offset: TEXT, type: CALL, symbol: 1 }],
  });
  /** Offset of the value of the row at a position: symbols, relocations, their size, an entry's size. */
  const value = (row: number): number => made.offset('.dynamic') + 16 * row + 8;

  it('names tables that are there', () => {
    expect(codeOf(made.file)).toBeUndefined();
    expect(codeOf(patched(made, value(0), 12_345))).toBe('SVM_ELF_DYNAMIC_TABLE');
    expect(codeOf(patched(made, value(1), 12_345))).toBe('SVM_ELF_DYNAMIC_TABLE');
  });

  it('has relocations of 16 bytes, whole and at least one', () => {
    expect(codeOf(patched(made, value(3), 24))).toBe('SVM_ELF_DYNAMIC_TABLE');
    expect(codeOf(patched(made, value(2), 0))).toBe('SVM_ELF_DYNAMIC_TABLE');
    expect(codeOf(patched(made, value(2), 17))).toBe('SVM_ELF_DYNAMIC_TABLE');
    expect(codeOf(patched(made, value(2), 1 << 20))).toBe('SVM_ELF_DYNAMIC_TABLE');
    expect(codeOf(patched(made, value(2), 2n ** 64n - 1n))).toBe('SVM_ELF_OUT_OF_BOUNDS');
  });

  it('may have neither relocations nor symbols', () => {
    expect(codeOf(patched(made, value(1), 0))).toBeUndefined();
    expect(codeOf(patched(made, value(0), 0))).toBe('SVM_ELF_UNKNOWN_SYMBOL');
    expect(codeOf(patched(made, made.offset('.dynamic'), 0))).toBeUndefined();
  });

  it('has symbols in a section of symbols', () => {
    expect(codeOf(patched(made, made.header('.dynsym') + 4, 1, 4))).toBe('SVM_ELF_SECTION_HEADER');
    expect(codeOf(patched(made, made.header('.dynsym') + 32, 25))).toBe('SVM_ELF_SIZE');
  });

  it('is whole and aligned itself', () => {
    expect(codeOf(patched(made, made.header('.dynamic') + 32, 17))).toBe('SVM_ELF_DYNAMIC_TABLE');
  });

  it('is followed by no relocation of another type', () => {
    const at = made.offset('.rel.dyn') + 8;
    for (const type of [0, 2, 9, 11, 255]) {
      expect(codeOf(patched(made, at, type, 1))).toBe('SVM_ELF_UNKNOWN_RELOCATION');
    }
  });
});

describe('sections', () => {
  const made = dynamicElf({ text: [EXIT, EXIT], rodata: [1, 2, 3, 4, 5, 6, 7, 8] });
  const header = (name: string, field: number): number => made.header(name) + field;
  const [NAME, TYPE, FLAGS, ADDR, OFFSET, SIZE] = [0, 4, 8, 16, 24, 32] as const;

  it('begin with none', () => {
    expect(codeOf(patched(made, header('', TYPE), 1, 4))).toBe('SVM_ELF_SECTION_HEADER');
  });

  it('lie apart, in order and inside', () => {
    expect(codeOf(patched(made, header('.text', OFFSET), 8))).toBe('SVM_ELF_OVERLAP');
    expect(codeOf(patched(made, header('.rodata', OFFSET), 72))).toBe('SVM_ELF_SECTION_ORDER');
    expect(codeOf(patched(made, header('.shstrtab', SIZE), 1 << 20))).toBe('SVM_ELF_OVERLAP');
    expect(codeOf(patched(made, header('.shstrtab', OFFSET), 1 << 20))).toBe('SVM_ELF_OUT_OF_BOUNDS');
    expect(codeOf(patched(made, header('.rodata', SIZE), 2n ** 64n - 1n))).toBe('SVM_ELF_OUT_OF_BOUNDS');
  });

  it('have short names, that end', () => {
    expect(codeOf(patched(made, header('.rodata', NAME), 1 << 20, 4))).toBe('SVM_ELF_OUT_OF_BOUNDS');
    const text = patched(made, made.offset('.shstrtab') + 14, 97, 1);
    text[made.offset('.shstrtab') + 22] = 97;
    expect(codeOf(text)).toBe('SVM_ELF_NAME_TOO_LONG');
    expect(codeOf(patched(made, header('.shstrtab', TYPE), 1, 4))).toBe('SVM_ELF_SECTION_HEADER');
  });

  it('of code are there once', () => {
    const name = viewOf(made.file).getUint32(header('.text', NAME), true);
    expect(codeOf(patched(made, header('.rodata', NAME), name, 4))).toBe('SVM_ELF_TEXT_SECTIONS');
    expect(codeOf(patched(made, header('.text', NAME), 0, 4))).toBe('SVM_ELF_TEXT_SECTIONS');
  });

  it('of strings are there once', () => {
    const name = viewOf(made.file).getUint32(header('.dynstr', NAME), true);
    expect(codeOf(patched(made, header('.dynsym', NAME), name, 4))).toBe('SVM_ELF_SECTION_HEADER');
  });

  it('hold no data to write', () => {
    const renamed = (name: string, flags = 0): Uint8Array => {
      const copy = patched(made, header('.rodata', FLAGS), flags);
      copy.set(new TextEncoder().encode(`${name}\0`), made.offset('.shstrtab') + 7);
      return copy;
    };
    expect(codeOf(renamed('.bss'))).toBe('SVM_ELF_WRITABLE_SECTION');
    expect(codeOf(renamed('.data', 3))).toBe('SVM_ELF_WRITABLE_SECTION');
    expect(codeOf(renamed('.data', 2))).toBeUndefined();
  });

  it('that are read are where the file has them', () => {
    const moved = patched(made, header('.rodata', ADDR), 90);
    expect(codeOf(moved)).toBeUndefined();
    expect(codeOf(moved, { deployment: true })).toBe('SVM_ELF_OUT_OF_BOUNDS');
    expect(codeOf(patched(made, header('.rodata', ADDR), 2n ** 32n))).toBe('SVM_ELF_OUT_OF_BOUNDS');
    expect(codeOf(patched(made, header('.rodata', ADDR), 1n << 31n))).toBe('SVM_ELF_OUT_OF_BOUNDS');
    const program = loadProgram(made.file);
    expect([...program.readOnly.subarray(made.offset('.rodata'))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe('hostile files with relocations', () => {
  const parts: DynamicParts = {
    text: [...wide(88), UNRESOLVED, encode(0x85, { imm: 0 }), EXIT],
    rodata: [0, 0, 0, 0, 72, 0, 0, 0],
    symbols: [{ name: 'sol_log_' }, { name: 'entrypoint', value: TEXT, isFunction: true }],
    relocations: [
      { offset: TEXT, type: RELATIVE },
      { offset: TEXT + 16, type: CALL, symbol: 1 },
      { offset: TEXT + 24, type: CALL, symbol: 2 },
      { offset: TEXT + 40, type: RELATIVE },
    ],
  };
  const { file } = dynamicElf(parts);

  function check(hostile: Uint8Array, deployment: boolean): void {
    const before = hostile.slice();
    try {
      verify(loadProgram(hostile, { deployment }));
    } catch (error) {
      expect((error as { readonly code?: string }).code).toMatch(/^SVM_(ELF|VERIFY)_/);
    }
    expect(equalBytes(hostile, before)).toBe(true);
  }

  it('are refused with a code, whichever byte is changed', () => {
    for (let at = 0; at < file.length; at++) {
      for (const byte of [0, 0xff]) {
        const hostile = file.slice();
        hostile[at] = byte;
        check(hostile, at % 2 === 0);
      }
    }
  });

  it('are refused with a code, wherever they are cut', () => {
    for (let length = 0; length < file.length; length++) {
      expect(codeOf(file.subarray(0, length))).toMatch(/^SVM_ELF_/);
    }
  });

  it('may have any numbers in any words', () => {
    const edge = fc.constantFrom(
      0n,
      1n,
      63n,
      2n ** 31n,
      2n ** 32n,
      2n ** 63n,
      2n ** 64n - 1n,
      2n ** 64n - 64n,
    );
    const patch = fc.tuple(fc.nat(file.length / 8 - 1), edge);
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1, maxLength: 5 }), fc.boolean(), (patches, deployment) => {
        const hostile = file.slice();
        for (const [word, value] of patches) viewOf(hostile).setBigUint64(8 * word, value, true);
        check(hostile, deployment);
      }),
      { numRuns: 500 },
    );
  });
});
