import { writeElf } from '../../src/code/write-elf.ts';

/** A strict program file: read-only data, if any, then code. */
export function strictElf(
  text: readonly number[][],
  readOnly: readonly number[] = [],
  entryPc = 0,
): Uint8Array {
  return writeElf(Uint8Array.from(text.flat()), { readOnly: Uint8Array.from(readOnly), entryPc });
}

/** A file of version 0 to 2 with `.text` and nothing else to load. */
export function lenientElf(
  text: readonly number[][],
  options: { version?: number; entry?: number } = {},
): Uint8Array {
  const code = text.flat();
  const names = new TextEncoder().encode('\0.text\0.shstrtab\0');
  const textAt = 64;
  const namesAt = textAt + code.length;
  const tableAt = Math.ceil((namesAt + names.length) / 8) * 8;
  const file = new Uint8Array(tableAt + 3 * 64);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(textAt + 8 * (options.entry ?? 0)), true);
  view.setBigUint64(32, 64n, true);
  view.setBigUint64(40, BigInt(tableAt), true);
  view.setUint32(48, options.version ?? 0, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(58, 64, true);
  view.setUint16(60, 3, true);
  view.setUint16(62, 2, true);
  const section = (
    i: number,
    name: number,
    type: number,
    offset: number,
    size: number,
    address: number,
  ): void => {
    const at = tableAt + 64 * i;
    view.setUint32(at, name, true);
    view.setUint32(at + 4, type, true);
    view.setBigUint64(at + 8, type === 1 ? 6n : 0n, true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 24, BigInt(offset), true);
    view.setBigUint64(at + 32, BigInt(size), true);
  };
  section(1, 1, 1, textAt, code.length, textAt);
  section(2, 7, 3, namesAt, names.length, 0);
  file.set(code, textAt);
  file.set(names, namesAt);
  return file;
}

export type DynamicParts = {
  readonly text: readonly number[][];
  readonly rodata?: readonly number[];
  /** The first symbol of a file is none: these are counted from 1. */
  readonly symbols?: readonly {
    readonly name: string;
    readonly value?: number;
    readonly isFunction?: boolean;
  }[];
  readonly relocations?: readonly {
    readonly offset: number;
    readonly type: number;
    readonly symbol?: number;
  }[];
};

export type DynamicFile = {
  readonly file: Uint8Array;
  /** Offset of a section's bytes. */
  readonly offset: (name: string) => number;
  /** Offset of a section's header. */
  readonly header: (name: string) => number;
};

/** A file of version 0 with symbols and dynamic relocations; `.text` begins at 64, `.rodata` behind it. */
export function dynamicElf({ text, rodata = [], symbols = [], relocations = [] }: DynamicParts): DynamicFile {
  const words = (...values: readonly (number | bigint)[]): Uint8Array =>
    new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
  const strings = new TextEncoder().encode(['', ...symbols.map(({ name }) => name), ''].join('\0'));
  const symbolTable = new Uint8Array(24 * (symbols.length + 1));
  const symbolView = new DataView(symbolTable.buffer);
  let nameAt = 1;
  symbols.forEach(({ name, value = 0, isFunction = false }, i) => {
    const at = 24 * (i + 1);
    symbolView.setUint32(at, nameAt, true);
    symbolTable[at + 4] = isFunction ? 0x12 : 0x10;
    symbolView.setBigUint64(at + 8, BigInt(value), true);
    nameAt += name.length + 1;
  });
  const table = words(
    ...relocations.flatMap(({ offset, type, symbol = 0 }) => [
      offset,
      (BigInt(symbol) << 32n) | BigInt(type),
    ]),
  );
  const names = ['', '.text', '.rodata', '.dynsym', '.dynstr', '.rel.dyn', '.dynamic', '.shstrtab'];
  const types = [0, 1, 1, 11, 3, 9, 6, 3];
  const nameTable = new TextEncoder().encode(`${names.join('\0')}\0`);
  const bodies = [
    new Uint8Array(0),
    Uint8Array.from(text.flat()),
    Uint8Array.from(rodata),
    symbolTable,
    strings,
    table,
    new Uint8Array(5 * 16),
    nameTable,
  ];
  const offsets: number[] = [];
  let end = 64;
  for (const [i, body] of bodies.entries()) {
    offsets.push(i === 0 ? 0 : end);
    if (i === 0) continue;
    // Empty sections take room as well: tables are found by their address.
    end = Math.ceil((end + Math.max(body.length, 1)) / 8) * 8;
  }
  bodies[6] =
    table.length === 0
      ? words(6, offsets[3]!, 0, 0, 0, 0, 0, 0, 0, 0)
      : words(6, offsets[3]!, 17, offsets[5]!, 18, table.length, 19, 16, 0, 0);
  const file = new Uint8Array(end + 64 * names.length);
  const view = new DataView(file.buffer);
  file.set(lenientElf(text).subarray(0, 64));
  view.setBigUint64(40, BigInt(end), true);
  view.setUint16(60, names.length, true);
  view.setUint16(62, names.length - 1, true);
  let name = 0;
  bodies.forEach((body, i) => {
    const at = end + 64 * i;
    file.set(body, offsets[i]);
    view.setUint32(at, name, true);
    view.setUint32(at + 4, types[i]!, true);
    file.set(words(i > 0 && i < 7 ? 2 : 0, i === 7 ? 0 : offsets[i]!, offsets[i]!, body.length), at + 8);
    name += names[i]!.length + 1;
  });
  return {
    file,
    offset: (section) => offsets[names.indexOf(section)]!,
    header: (section) => end + 64 * names.indexOf(section),
  };
}
