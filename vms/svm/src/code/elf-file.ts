import type { Bytes } from '@ninefold/base';
import { bytesToUtf8 } from '@ninefold/base';
import { elfError } from './elf-errors.ts';

// The parts of ELF-64 that programs use. Fields of 64 bits are bigints: hostile files hold any value,
// and what overflows where decides which error the network reports.

export const FILE_HEADER_BYTES = 64;
export const PROGRAM_HEADER_BYTES = 56;
export const SECTION_HEADER_BYTES = 64;
export const EM_BPF = 247;
export const PT_LOAD = 1;
export const PF_X = 1;
export const PF_R = 4;
const DYNAMIC_BYTES = 16;
const RELOCATION_BYTES = 16;
const SYMBOL_BYTES = 24;

const U64_LIMIT = 2n ** 64n;

/** Longest name of a section and of a dynamic symbol, with its terminator. */
const MAX_SECTION_NAME = 16;
const MAX_SYMBOL_NAME = 64;

const PT_DYNAMIC = 2;
const SHT_NULL = 0;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_DYNAMIC = 6;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const DT_SYMTAB = 6;
const DT_REL = 17;
const DT_RELSZ = 18;
const DT_RELENT = 19;
const DT_COUNT = 35n;
const STT_FUNC = 2;

export type FileHeader = {
  readonly ident: Bytes;
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly phoff: bigint;
  readonly shoff: bigint;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
};

export type ProgramHeader = {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
};

export type Section = {
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: bigint;
  readonly addr: bigint;
  readonly offset: bigint;
  readonly size: bigint;
};

export type ElfSymbol = { readonly nameOffset: number; readonly isFunction: boolean; readonly value: bigint };
export type Relocation = { readonly offset: bigint; readonly type: number; readonly symbol: number };

/** Half-open range of offsets in the file. */
export type Range = { readonly start: bigint; readonly end: bigint };

export type ElfFile = {
  readonly header: FileHeader;
  readonly sections: readonly Section[];
  readonly relocations: readonly Relocation[];
  readonly symbols: readonly ElfSymbol[];
  /** @throws `SVM_ELF_…` as {@link parseElf} does */
  readonly sectionName: (section: Section) => Bytes;
  /** @throws `SVM_ELF_…` as {@link parseElf} does */
  readonly symbolName: (nameOffset: number) => Bytes;
};

const viewOf = (bytes: Bytes): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws `SVM_ELF_OUT_OF_BOUNDS` when the sum does not fit in 64 bits. */
function checkedAdd(a: bigint, b: bigint): bigint {
  if (a + b >= U64_LIMIT) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  return a + b;
}

function requireApart(a: Range, b: Range): void {
  if (a.end > b.start && b.end > a.start) throw elfError('SVM_ELF_OVERLAP', undefined);
}

/**
 * The first 64 bytes.
 *
 * @throws `SVM_ELF_OUT_OF_BOUNDS`
 */
export function readFileHeader(bytes: Bytes): FileHeader {
  if (bytes.length < FILE_HEADER_BYTES) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  const view = viewOf(bytes);
  return {
    ident: bytes.subarray(0, 16),
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    version: view.getUint32(20, true),
    entry: view.getBigUint64(24, true),
    phoff: view.getBigUint64(32, true),
    shoff: view.getBigUint64(40, true),
    flags: view.getUint32(48, true),
    ehsize: view.getUint16(52, true),
    phentsize: view.getUint16(54, true),
    phnum: view.getUint16(56, true),
    shentsize: view.getUint16(58, true),
    shnum: view.getUint16(60, true),
    shstrndx: view.getUint16(62, true),
  };
}

/** Magic number, 64 bits, little endian, version 1, as both loaders ask. */
export function isElf64(header: FileHeader): boolean {
  const [m0, m1, m2, m3, elfClass, data, version] = header.ident;
  return (
    m0 === 0x7f &&
    m1 === 0x45 &&
    m2 === 0x4c &&
    m3 === 0x46 &&
    elfClass === 2 &&
    data === 1 &&
    version === 1 &&
    header.version === 1
  );
}

/** Records of `size` bytes in a range: the checks on every table, in their order. */
function table<Row>(
  bytes: Bytes,
  range: Range,
  size: number,
  read: (view: DataView, at: number) => Row,
): readonly Row[] {
  const length = range.end > range.start ? range.end - range.start : 0n;
  if (length % BigInt(size) !== 0n) throw elfError('SVM_ELF_SIZE', undefined);
  if (range.start > range.end || range.end > BigInt(bytes.length))
    throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  if (range.start % 8n !== 0n) throw elfError('SVM_ELF_ALIGNMENT', undefined);
  const view = viewOf(bytes);
  const start = Number(range.start);
  return Array.from({ length: Number(length) / size }, (_, i) => read(view, start + i * size));
}

const readProgramHeader = (view: DataView, at: number): ProgramHeader => ({
  type: view.getUint32(at, true),
  flags: view.getUint32(at + 4, true),
  offset: view.getBigUint64(at + 8, true),
  vaddr: view.getBigUint64(at + 16, true),
  paddr: view.getBigUint64(at + 24, true),
  filesz: view.getBigUint64(at + 32, true),
  memsz: view.getBigUint64(at + 40, true),
});

const readSection = (view: DataView, at: number): Section => ({
  nameOffset: view.getUint32(at, true),
  type: view.getUint32(at + 4, true),
  flags: view.getBigUint64(at + 8, true),
  addr: view.getBigUint64(at + 16, true),
  offset: view.getBigUint64(at + 24, true),
  size: view.getBigUint64(at + 32, true),
});

const readSymbol = (view: DataView, at: number): ElfSymbol => ({
  nameOffset: view.getUint32(at, true),
  isFunction: (view.getUint8(at + 4) & 15) === STT_FUNC,
  value: view.getBigUint64(at + 8, true),
});

const readRelocation = (view: DataView, at: number): Relocation => ({
  offset: view.getBigUint64(at, true),
  type: view.getUint32(at + 8, true),
  symbol: view.getUint32(at + 12, true),
});

const readDynamic = (view: DataView, at: number): readonly [tag: bigint, value: bigint] => [
  view.getBigUint64(at, true),
  view.getBigUint64(at + 8, true),
];

/**
 * Program headers at `start`.
 *
 * @throws `SVM_ELF_OUT_OF_BOUNDS`, `SVM_ELF_ALIGNMENT`
 */
export function readProgramHeaders(bytes: Bytes, start: bigint, count: number): readonly ProgramHeader[] {
  const end = checkedAdd(start, BigInt(PROGRAM_HEADER_BYTES * count));
  return table(bytes, { start, end }, PROGRAM_HEADER_BYTES, readProgramHeader);
}

/** Offsets of a section's bytes; none for a section without bytes in the file. */
export function fileRange(section: Section): Range {
  if (section.type === SHT_NOBITS) return { start: 0n, end: 0n };
  const end = section.offset + section.size;
  return { start: section.offset, end: end < U64_LIMIT ? end : U64_LIMIT - 1n };
}

function stringIn(bytes: Bytes, strings: Section, offset: number, limit: number): Bytes {
  if (strings.type !== SHT_STRTAB) throw elfError('SVM_ELF_SECTION_HEADER', undefined);
  const start = checkedAdd(strings.offset, BigInt(offset));
  const sectionEnd = checkedAdd(strings.offset, strings.size);
  const longest = checkedAdd(start, BigInt(limit));
  const end = sectionEnd < longest ? sectionEnd : longest;
  if (start > end || end > BigInt(bytes.length)) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  const raw = bytes.subarray(Number(start), Number(end));
  const length = raw.indexOf(0);
  if (length < 0) throw elfError('SVM_ELF_NAME_TOO_LONG', { name: bytesToUtf8(raw), limit });
  return raw.subarray(0, length);
}

function checkProgramHeaders(bytes: Bytes, headers: readonly ProgramHeader[]): void {
  let lowest = 0n;
  for (const { type, vaddr, offset, filesz } of headers) {
    if (type !== PT_LOAD) continue;
    if (vaddr < lowest) throw elfError('SVM_ELF_PROGRAM_HEADER', undefined);
    if (checkedAdd(offset, filesz) > BigInt(bytes.length)) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
    lowest = vaddr;
  }
}

function checkSections(bytes: Bytes, sections: readonly Section[], taken: readonly Range[]): void {
  let lowest = 0n;
  for (const { type, offset, size } of sections) {
    if (type === SHT_NOBITS) continue;
    const range = { start: offset, end: checkedAdd(offset, size) };
    for (const other of taken) requireApart(range, other);
    if (range.start < lowest) throw elfError('SVM_ELF_SECTION_ORDER', undefined);
    lowest = range.end;
    if (lowest > BigInt(bytes.length)) throw elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
  }
}

/** The dynamic table's values by tag; from its program header, else from its section. */
function readDynamicTable(
  bytes: Bytes,
  headers: readonly ProgramHeader[],
  sections: readonly Section[],
): readonly bigint[] | undefined {
  const rows = dynamicRows(bytes, headers, sections);
  if (rows === undefined) return undefined;
  const values: bigint[] = Array.from({ length: Number(DT_COUNT) }, () => 0n);
  for (const [tag, value] of rows) {
    if (tag === 0n) break;
    if (tag < DT_COUNT) values[Number(tag)] = value;
  }
  return values;
}

function dynamicRows(
  bytes: Bytes,
  headers: readonly ProgramHeader[],
  sections: readonly Section[],
): readonly (readonly [tag: bigint, value: bigint])[] | undefined {
  const header = headers.find(({ type }) => type === PT_DYNAMIC);
  if (header !== undefined) {
    // An invalid program header is passed over, as toolchains once wrote them.
    try {
      const end = checkedAdd(header.offset, header.filesz);
      return table(bytes, { start: header.offset, end }, DYNAMIC_BYTES, readDynamic);
    } catch {}
  }
  const section = sections.find(({ type }) => type === SHT_DYNAMIC);
  if (section === undefined) return undefined;
  try {
    const end = checkedAdd(section.offset, section.size);
    return table(bytes, { start: section.offset, end }, DYNAMIC_BYTES, readDynamic);
  } catch (cause) {
    throw elfError('SVM_ELF_DYNAMIC_TABLE', undefined, { cause });
  }
}

function readRelocations(
  bytes: Bytes,
  dynamic: readonly bigint[],
  headers: readonly ProgramHeader[],
  sections: readonly Section[],
): readonly Relocation[] {
  const address = dynamic[DT_REL] as bigint;
  if (address === 0n) return [];
  const size = dynamic[DT_RELSZ] as bigint;
  if (dynamic[DT_RELENT] !== BigInt(RELOCATION_BYTES) || size === 0n)
    throw elfError('SVM_ELF_DYNAMIC_TABLE', undefined);
  const start = relocationOffset(address, headers, sections);
  const end = checkedAdd(start, size);
  try {
    return table(bytes, { start, end }, RELOCATION_BYTES, readRelocation);
  } catch (cause) {
    throw elfError('SVM_ELF_DYNAMIC_TABLE', undefined, { cause });
  }
}

function relocationOffset(
  address: bigint,
  headers: readonly ProgramHeader[],
  sections: readonly Section[],
): bigint {
  for (const { vaddr, memsz, offset } of headers) {
    const end = checkedAdd(vaddr, memsz);
    if (address >= vaddr && address < end) return checkedAdd(address - vaddr, offset);
  }
  const section = sections.find(({ addr }) => addr === address);
  if (section === undefined) throw elfError('SVM_ELF_DYNAMIC_TABLE', undefined);
  return section.offset;
}

function readSymbols(
  bytes: Bytes,
  dynamic: readonly bigint[],
  sections: readonly Section[],
): readonly ElfSymbol[] {
  const address = dynamic[DT_SYMTAB] as bigint;
  if (address === 0n) return [];
  const section = sections.find(({ addr }) => addr === address);
  if (section === undefined) throw elfError('SVM_ELF_DYNAMIC_TABLE', undefined);
  if (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM)
    throw elfError('SVM_ELF_SECTION_HEADER', undefined);
  const end = checkedAdd(section.offset, section.size);
  return table(bytes, { start: section.offset, end }, SYMBOL_BYTES, readSymbol);
}

/** Names that a file may hold once. */
const UNIQUE_SECTIONS: readonly string[] = ['.symtab', '.strtab', '.dynstr'];

/**
 * Reads a program file of versions 0 to 2. The checks and their order decide which error a broken
 * file gives.
 *
 * @throws one of the `SVM_ELF_…` codes of `elf-errors.ts`
 */
export function parseElf(bytes: Bytes): ElfFile {
  const header = readFileHeader(bytes);
  if (
    !isElf64(header) ||
    header.ehsize !== FILE_HEADER_BYTES ||
    header.phentsize !== PROGRAM_HEADER_BYTES ||
    header.shentsize !== SECTION_HEADER_BYTES ||
    header.shstrndx >= header.shnum
  ) {
    throw elfError('SVM_ELF_FILE_HEADER', undefined);
  }
  const headerRange: Range = { start: 0n, end: BigInt(FILE_HEADER_BYTES) };
  const programRange = tableRange(header.phoff, PROGRAM_HEADER_BYTES, header.phnum);
  requireApart(headerRange, programRange);
  const programHeaders = table(bytes, programRange, PROGRAM_HEADER_BYTES, readProgramHeader);
  const sectionRange = tableRange(header.shoff, SECTION_HEADER_BYTES, header.shnum);
  requireApart(headerRange, sectionRange);
  requireApart(programRange, sectionRange);
  const sections = table(bytes, sectionRange, SECTION_HEADER_BYTES, readSection);
  if (sections[0]?.type !== SHT_NULL) throw elfError('SVM_ELF_SECTION_HEADER', undefined);
  checkProgramHeaders(bytes, programHeaders);
  checkSections(bytes, sections, [headerRange, programRange, sectionRange]);

  if (header.shstrndx === 0) throw elfError('SVM_ELF_NO_SECTION_NAMES', undefined);
  const names = sections[header.shstrndx] as Section;
  const sectionName = (section: Section): Bytes =>
    stringIn(bytes, names, section.nameOffset, MAX_SECTION_NAME);
  const unique = new Map<string, Section>();
  for (const section of sections) {
    const name = bytesToUtf8(sectionName(section));
    if (!UNIQUE_SECTIONS.includes(name)) continue;
    if (unique.has(name)) throw elfError('SVM_ELF_SECTION_HEADER', undefined);
    unique.set(name, section);
  }
  const dynamic = readDynamicTable(bytes, programHeaders, sections);
  const dynamicNames = unique.get('.dynstr');
  return {
    header,
    sections,
    relocations: dynamic === undefined ? [] : readRelocations(bytes, dynamic, programHeaders, sections),
    symbols: dynamic === undefined ? [] : readSymbols(bytes, dynamic, sections),
    sectionName,
    symbolName(nameOffset) {
      if (dynamicNames === undefined) throw elfError('SVM_ELF_NO_DYNAMIC_STRINGS', undefined);
      return stringIn(bytes, dynamicNames, nameOffset, MAX_SYMBOL_NAME);
    },
  };
}

function tableRange(start: bigint, size: number, count: number): Range {
  return { start, end: checkedAdd(BigInt(size * count), start) };
}
