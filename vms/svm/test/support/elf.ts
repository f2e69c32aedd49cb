/** A strict program file: read-only data, if any, then code. */
export function strictElf(
  text: readonly number[][],
  readOnly: readonly number[] = [],
  entry = 0,
): Uint8Array {
  const code = text.flat();
  const headers = readOnly.length > 0 ? 2 : 1;
  const start = 64 + 56 * headers;
  const file = new Uint8Array(start + readOnly.length + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 2n ** 32n + BigInt(8 * entry), true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 3, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, headers, true);
  let at = 64;
  const segment = (flags: number, offset: number, address: bigint, size: number): void => {
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, address, true);
    view.setBigUint64(at + 24, address, true);
    view.setBigUint64(at + 32, BigInt(size), true);
    view.setBigUint64(at + 40, BigInt(size), true);
    at += 56;
  };
  if (headers === 2) segment(4, start, 0n, readOnly.length);
  segment(1, start + readOnly.length, 2n ** 32n, code.length);
  file.set(readOnly, start);
  file.set(code, start + readOnly.length);
  return file;
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
