import { type Bytes, copyBytes, defineErrors } from '@ninefold/base';
import { CODE_SPACE_BYTES, MAX_ELF_BYTES } from '../spec/limits.ts';
import type { Xlen } from '../spec/opcodes.ts';

const fail = defineErrors({
  RISCV_ELF_TOO_LARGE: (c: { readonly length: number }) =>
    `A program file of ${c.length} bytes: at most ${MAX_ELF_BYTES} are taken`,
  RISCV_ELF_TRUNCATED: (c: { readonly offset: number; readonly what: string }) =>
    `The file ends before the end of its ${c.what} at offset ${c.offset}`,
  RISCV_ELF_FIELD: (c: {
    readonly offset: number;
    readonly field: string;
    readonly value: string;
    readonly expected: string;
  }) => `${c.field} at offset ${c.offset} is ${c.value} instead of ${c.expected}`,
  RISCV_ELF_SEGMENT: (c: { readonly offset: number; readonly problem: string }) =>
    `The segment described at offset ${c.offset} ${c.problem}`,
  RISCV_ELF_ENTRY: (c: { readonly entry: number; readonly problem: string }) =>
    `The entry point 0x${c.entry.toString(16)} ${c.problem}`,
});

/** A part of memory as a program file fills it. */
export type Segment = {
  readonly address: number;
  /** What the file has of it; the rest up to `size` is zeros. */
  readonly bytes: Bytes;
  /** Bytes in memory. */
  readonly size: number;
  readonly isExecutable: boolean;
  readonly isWritable: boolean;
};

/** A program file that has passed all checks. */
export type Elf = {
  readonly xlen: Xlen;
  readonly entry: number;
  /** Ascending by address, without overlap, none of size 0. */
  readonly segments: readonly Segment[];
};

const PT_LOAD = 1;
const PF_X = 1;
const PF_W = 2;
const MAX_PROGRAM_HEADERS = 1024;

/** Where fields are in the two classes of file (System V gABI, "ELF Header" and "Program Header"). */
const CLASSES = {
  1: {
    xlen: 32,
    header: { size: 52, entry: 24, phoff: 28, phentsize: 42, phnum: 44 },
    segment: { size: 32, flags: 24, offset: 4, address: 8, filesz: 16, memsz: 20 },
  },
  2: {
    xlen: 64,
    header: { size: 64, entry: 24, phoff: 32, phentsize: 54, phnum: 56 },
    segment: { size: 56, flags: 4, offset: 8, address: 16, filesz: 32, memsz: 40 },
  },
} as const;

/**
 * Reads a statically linked RISC-V program: ET_EXEC, little-endian, segments below 4 GiB that do not
 * overlap, an entry point of 4 bytes' alignment inside executable bytes. Sections are not looked at.
 *
 * @throws `RISCV_ELF_TOO_LARGE`, `RISCV_ELF_TRUNCATED`, `RISCV_ELF_FIELD`, `RISCV_ELF_SEGMENT`,
 *   `RISCV_ELF_ENTRY`, each with the place in the file
 */
export function parseElf(file: Bytes): Elf {
  if (file.length > MAX_ELF_BYTES) throw fail('RISCV_ELF_TOO_LARGE', { length: file.length });
  if (file.length < 52) throw fail('RISCV_ELF_TRUNCATED', { offset: 0, what: 'header' });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const layout = classOf(view);
  const { xlen, header } = layout;
  if (file.length < header.size) throw fail('RISCV_ELF_TRUNCATED', { offset: 0, what: 'header' });
  const expect = (field: string, offset: number, value: number, expected: number): void => {
    if (value !== expected)
      throw fail('RISCV_ELF_FIELD', { offset, field, value: String(value), expected: String(expected) });
  };
  expect('EI_DATA', 5, view.getUint8(5), 1);
  expect('EI_VERSION', 6, view.getUint8(6), 1);
  expect('e_type', 16, view.getUint16(16, true), 2);
  expect('e_machine', 18, view.getUint16(18, true), 243);
  expect('e_version', 20, view.getUint32(20, true), 1);
  expect('e_phentsize', header.phentsize, view.getUint16(header.phentsize, true), layout.segment.size);
  const count = view.getUint16(header.phnum, true);
  if (count > MAX_PROGRAM_HEADERS)
    throw fail('RISCV_ELF_FIELD', {
      offset: header.phnum,
      field: 'e_phnum',
      value: String(count),
      expected: `at most ${MAX_PROGRAM_HEADERS}`,
    });
  const word = wordReader(view, xlen);
  const table = word('e_phoff', header.phoff);
  if (table + count * layout.segment.size > file.length)
    throw fail('RISCV_ELF_TRUNCATED', { offset: table, what: 'program headers' });

  const segments: Segment[] = [];
  const places = new Map<Segment, number>();
  for (let index = 0; index < count; index++) {
    const at = table + index * layout.segment.size;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const segment = readSegment(file, view, at, layout.segment, word);
    if (segment === undefined) continue;
    segments.push(segment);
    places.set(segment, at);
  }
  segments.sort((a, b) => a.address - b.address);
  segments.forEach((segment, index) => {
    const before = segments[index - 1];
    if (before !== undefined && before.address + before.size > segment.address)
      throw fail('RISCV_ELF_SEGMENT', {
        offset: places.get(segment) as number,
        problem: `overlaps the one at address 0x${before.address.toString(16)}`,
      });
  });
  return { xlen, entry: entryOf(word('e_entry', header.entry), segments), segments };
}

function classOf(view: DataView): (typeof CLASSES)[1 | 2] {
  if (view.getUint32(0, false) !== 0x7f454c46)
    throw fail('RISCV_ELF_FIELD', {
      offset: 0,
      field: 'The magic number',
      value: `0x${view.getUint32(0, false).toString(16)}`,
      expected: '0x7f454c46',
    });
  const value = view.getUint8(4);
  if (value !== 1 && value !== 2)
    throw fail('RISCV_ELF_FIELD', { offset: 4, field: 'EI_CLASS', value: String(value), expected: '1 or 2' });
  return CLASSES[value];
}

/** Reads an address, offset or size, which has to be below 4 GiB in both classes. */
function wordReader(view: DataView, xlen: Xlen): (field: string, offset: number) => number {
  return (field, offset) => {
    if (xlen === 32) return view.getUint32(offset, true);
    const value = view.getBigUint64(offset, true);
    if (value < CODE_SPACE_BYTES) return Number(value);
    throw fail('RISCV_ELF_FIELD', {
      offset,
      field,
      value: `0x${value.toString(16)}`,
      expected: 'a number below 2^32',
    });
  };
}

function readSegment(
  file: Bytes,
  view: DataView,
  at: number,
  layout: (typeof CLASSES)[1 | 2]['segment'],
  word: (field: string, offset: number) => number,
): Segment | undefined {
  const size = word('p_memsz', at + layout.memsz);
  const length = word('p_filesz', at + layout.filesz);
  const offset = word('p_offset', at + layout.offset);
  const address = word('p_vaddr', at + layout.address);
  const flags = view.getUint32(at + layout.flags, true);
  if (length > size)
    throw fail('RISCV_ELF_SEGMENT', { offset: at, problem: 'has more bytes in the file than in memory' });
  if (address + size > CODE_SPACE_BYTES)
    throw fail('RISCV_ELF_SEGMENT', { offset: at, problem: 'ends above 4 GiB' });
  if (size === 0) return undefined;
  if (offset + length > file.length) throw fail('RISCV_ELF_TRUNCATED', { offset, what: 'segment' });
  return {
    address,
    bytes: copyBytes(file.subarray(offset, offset + length)),
    size,
    isExecutable: (flags & PF_X) !== 0,
    isWritable: (flags & PF_W) !== 0,
  };
}

function entryOf(entry: number, segments: readonly Segment[]): number {
  if (entry % 4 !== 0) throw fail('RISCV_ELF_ENTRY', { entry, problem: 'is no multiple of 4' });
  const isInside = segments.some(
    ({ address, bytes, isExecutable }) =>
      isExecutable && entry >= address && entry + 4 <= address + bytes.length,
  );
  if (!isInside) throw fail('RISCV_ELF_ENTRY', { entry, problem: 'is in no executable segment' });
  return entry;
}
