import { type Bytes, bytesToUtf8, copyBytes } from '@ninefold/base';
import { INSTRUCTION_BYTES, REGION_BYTES, type SbpfVersion, STACK_START } from '../spec/versions.ts';
import { elfError } from './elf-errors.ts';
import {
  type ElfFile,
  EM_BPF,
  fileRange,
  parseElf,
  type Range,
  type Relocation,
  type Section,
} from './elf-file.ts';
import type { Executable, LoadOptions } from './executable.ts';
import { ENTRYPOINT_KEY, functionKey, murmur3 } from './murmur3.ts';

const EM_SBPF = 263;
const ET_DYN = 3;
const SHF_WRITE_ALLOC = 3n;
const R_BPF_64_64 = 1;
const R_BPF_64_RELATIVE = 8;
const R_BPF_64_32 = 10;
const CALL_IMM = 0x85;
const U64_MAX = 2n ** 64n - 1n;

/** Sections that a program can read; everything else of the file is invisible to it. */
const READ_ONLY_SECTIONS: readonly string[] = ['.text', '.rodata', '.data.rel.ro', '.eh_frame'];

const addSaturating = (a: bigint, b: bigint): bigint => (a + b > U64_MAX ? U64_MAX : a + b);

function outOfBounds(): Error {
  return elfError('SVM_ELF_OUT_OF_BOUNDS', undefined);
}

/** The bytes of a range. @throws `SVM_ELF_OUT_OF_BOUNDS` */
function slice(bytes: Bytes, { start, end }: Range): Bytes {
  if (start > end || end > BigInt(bytes.length)) throw outOfBounds();
  return bytes.subarray(Number(start), Number(end));
}

/** A view of `length` bytes at `offset`. @throws `SVM_ELF_OUT_OF_BOUNDS` */
function field(bytes: Bytes, offset: bigint, length: number): DataView {
  const part = slice(bytes, { start: offset, end: addSaturating(offset, BigInt(length)) });
  return new DataView(part.buffer, part.byteOffset, part.byteLength);
}

/** Sections by name; the name of each has been read before. */
function namesOf(elf: ElfFile): ReadonlyMap<Section, string> {
  return new Map(elf.sections.map((section) => [section, bytesToUtf8(elf.sectionName(section))]));
}

/** Whether the file is a program at all; gives its code section. */
function validate(elf: ElfFile, bytes: Bytes, names: ReadonlyMap<Section, string>): Section {
  const { header, sections } = elf;
  if (header.ident[7] !== 0) throw elfError('SVM_ELF_ABI', undefined);
  if (header.machine !== EM_BPF && header.machine !== EM_SBPF) throw elfError('SVM_ELF_MACHINE', undefined);
  if (header.type !== ET_DYN) throw elfError('SVM_ELF_TYPE', undefined);
  const texts = sections.filter((section) => names.get(section) === '.text');
  const [text] = texts;
  if (text === undefined || texts.length !== 1) throw elfError('SVM_ELF_TEXT_SECTIONS', undefined);
  for (const section of sections) {
    const name = names.get(section) as string;
    const isWritable = (section.flags & SHF_WRITE_ALLOC) === SHF_WRITE_ALLOC;
    const isData = name.startsWith('.data') && !name.startsWith('.data.rel');
    if (name.startsWith('.bss') || (isWritable && isData))
      throw elfError('SVM_ELF_WRITABLE_SECTION', { name });
  }
  for (const { offset, size } of sections) slice(bytes, { start: offset, end: offset + size });
  if (header.entry < text.addr || header.entry >= addSaturating(text.addr, text.size))
    throw elfError('SVM_ELF_ENTRYPOINT_OUT_OF_BOUNDS', undefined);
  return text;
}

/** The functions that calls can name, and their keys. */
type Functions = {
  readonly keys: Map<number, number>;
  readonly syscalls: ReadonlySet<number>;
};

/** @throws `SVM_ELF_HASH_COLLISION` when another function or a syscall has that key. */
function register(functions: Functions, key: number, pc: number): number {
  const known = functions.keys.get(key);
  if (functions.syscalls.has(key) || (known !== undefined && known !== pc))
    throw elfError('SVM_ELF_HASH_COLLISION', { key });
  functions.keys.set(key, pc);
  return key;
}

/** Relative calls inside the code become calls by key. */
function relocateCalls(text: Bytes, functions: Functions): void {
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const count = Math.floor(text.length / INSTRUCTION_BYTES);
  for (let pc = 0; pc < count; pc++) {
    const at = pc * INSTRUCTION_BYTES;
    if (text[at] !== CALL_IMM) continue;
    const offset = view.getInt32(at + 4, true);
    // -1 stands where a relocation is to come.
    if (offset === -1) continue;
    const target = pc + 1 + offset;
    if (target < 0 || target >= count) throw elfError('SVM_ELF_RELATIVE_JUMP', { pc });
    view.setUint32(at + 4, register(functions, functionKey(target), target), true);
  }
}

/** An address of the file as the program sees it. */
const toProgramAddress = (address: bigint): bigint =>
  address < REGION_BYTES ? address + REGION_BYTES : address;

type Relocating = {
  readonly bytes: Bytes;
  readonly elf: ElfFile;
  readonly text: Section;
  readonly functions: Functions;
  readonly deployment: boolean;
};

/** R_BPF_64_64: an `lddw` of a symbol's address plus what stands in its immediate. */
function relocateSymbolAddress({ bytes, elf }: Relocating, relocation: Relocation): void {
  const low = addSaturating(relocation.offset, 4n);
  const addend = BigInt(field(bytes, low, 4).getUint32(0, true));
  const symbol = elf.symbols[relocation.symbol];
  if (symbol === undefined) throw elfError('SVM_ELF_UNKNOWN_SYMBOL', { index: relocation.symbol });
  const address = toProgramAddress(addSaturating(symbol.value, addend));
  field(bytes, low, 4).setUint32(0, Number(address & 0xffffffffn), true);
  field(bytes, addSaturating(low, 8n), 4).setUint32(0, Number(address >> 32n), true);
}

/** R_BPF_64_RELATIVE: an address without a symbol, in an `lddw` or in data. */
function relocateRelative({ bytes, text }: Relocating, relocation: Relocation): void {
  const low = addSaturating(relocation.offset, 4n);
  const range = fileRange(text);
  if (relocation.offset >= range.start && relocation.offset < range.end) {
    const high = addSaturating(relocation.offset, 12n);
    const lowHalf = BigInt(field(bytes, low, 4).getUint32(0, true));
    const address = (BigInt(field(bytes, high, 4).getUint32(0, true)) << 32n) | lowHalf;
    if (address === 0n) throw elfError('SVM_ELF_VIRTUAL_ADDRESS', { address });
    const moved = toProgramAddress(address);
    field(bytes, low, 4).setUint32(0, Number(moved & 0xffffffffn), true);
    field(bytes, high, 4).setUint32(0, Number(moved >> 32n), true);
    return;
  }
  // Old toolchains wrote the address into the upper half of the word.
  const address = BigInt(field(bytes, low, 4).getUint32(0, true));
  field(bytes, relocation.offset, 8).setBigUint64(0, REGION_BYTES + address, true);
}

/** R_BPF_64_32: a call of a function of the file, or of a syscall by name. */
function relocateCall(context: Relocating, relocation: Relocation): void {
  const { bytes, elf, text, functions } = context;
  const symbol = elf.symbols[relocation.symbol];
  if (symbol === undefined) throw elfError('SVM_ELF_UNKNOWN_SYMBOL', { index: relocation.symbol });
  const name = symbolNameOf(elf, symbol.nameOffset);
  let key: number;
  if (symbol.isFunction && symbol.value !== 0n) {
    if (symbol.value < text.addr || symbol.value >= addSaturating(text.addr, text.size)) throw outOfBounds();
    const pc = Number((symbol.value - text.addr) / BigInt(INSTRUCTION_BYTES));
    key = register(functions, bytesToUtf8(name) === 'entrypoint' ? ENTRYPOINT_KEY : functionKey(pc), pc);
  } else {
    key = murmur3(name);
    if (context.deployment && !functions.syscalls.has(key)) {
      throw elfError('SVM_ELF_UNRESOLVED_SYMBOL', {
        name: bytesToUtf8(name),
        pc: Number(relocation.offset / BigInt(INSTRUCTION_BYTES)),
        offset: relocation.offset,
      });
    }
  }
  field(bytes, addSaturating(relocation.offset, 4n), 4).setUint32(0, key, true);
}

function symbolNameOf(elf: ElfFile, nameOffset: number): Bytes {
  try {
    return elf.symbolName(nameOffset);
  } catch (cause) {
    throw elfError('SVM_ELF_UNKNOWN_SYMBOL', { index: nameOffset }, { cause });
  }
}

function relocate(context: Relocating): void {
  relocateCalls(slice(context.bytes, fileRange(context.text)), context.functions);
  for (const relocation of context.elf.relocations) {
    switch (relocation.type) {
      case R_BPF_64_64:
        relocateSymbolAddress(context, relocation);
        break;
      case R_BPF_64_RELATIVE:
        relocateRelative(context, relocation);
        break;
      case R_BPF_64_32:
        relocateCall(context, relocation);
        break;
      default:
        throw elfError('SVM_ELF_UNKNOWN_RELOCATION', { type: relocation.type });
    }
  }
}

/** The readable sections at their addresses, zeros in between, from address 0 of the file on. */
function readOnlyImage(bytes: Bytes, names: ReadonlyMap<Section, string>, deployment: boolean): Bytes {
  const parts: { readonly at: bigint; readonly data: Bytes }[] = [];
  let lowest = U64_MAX;
  let highest = 0n;
  let filled = 0n;
  let moved = false;
  for (const [section, name] of names) {
    if (!READ_ONLY_SECTIONS.includes(name)) continue;
    moved ||= section.addr !== section.offset;
    if ((deployment && moved) || addSaturating(section.addr, REGION_BYTES) > STACK_START) throw outOfBounds();
    const data = slice(bytes, fileRange(section));
    const end = addSaturating(section.addr, BigInt(data.length));
    if (section.addr < lowest) lowest = section.addr;
    if (end > highest) highest = end;
    filled += BigInt(data.length);
    parts.push({ at: section.addr, data });
  }
  if (deployment && addSaturating(lowest, filled) > highest) throw outOfBounds();
  if (highest > BigInt(bytes.length)) throw outOfBounds();
  const image = new Uint8Array(Number(highest));
  for (const { at, data } of parts) image.set(data, Number(at));
  return image;
}

/**
 * Loads a program file of versions 0 to 2: sections by name, dynamic relocations, calls by hash.
 *
 * @throws one of the `SVM_ELF_…` codes of `elf-errors.ts`
 */
export function loadLenient(file: Bytes, version: SbpfVersion, options: LoadOptions): Executable {
  const deployment = options.deployment ?? false;
  const elf = parseElf(file);
  const bytes = copyBytes(file);
  const names = namesOf(elf);
  const text = validate(elf, bytes, names);
  const textAddress = addSaturating(text.addr, REGION_BYTES);
  if ((deployment && text.addr !== text.offset) || textAddress >= STACK_START) throw outOfBounds();

  const functions: Functions = { keys: new Map(), syscalls: options.syscalls ?? new Set() };
  relocate({ bytes, elf, text, functions, deployment });

  const offset = elf.header.entry > text.addr ? elf.header.entry - text.addr : 0n;
  if (offset % BigInt(INSTRUCTION_BYTES) !== 0n) throw elfError('SVM_ELF_ENTRYPOINT', undefined);
  const entryPc = Number(offset) / INSTRUCTION_BYTES;
  functions.keys.delete(ENTRYPOINT_KEY);
  register(functions, ENTRYPOINT_KEY, entryPc);

  const readOnly = readOnlyImage(bytes, names, deployment);
  const textLength = slice(bytes, fileRange(text)).length;
  // Sections may overlap: what executes is what can be read at the code's address.
  const textStart = Number(text.addr);
  return {
    version,
    text: readOnly.subarray(textStart, textStart + textLength),
    textAddress,
    entryPc,
    readOnly,
    readOnlyAddress: REGION_BYTES,
    functions: functions.keys,
  };
}
