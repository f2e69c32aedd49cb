import type { Bytes } from '@ninefold/base';
import type { Xlen } from '../spec/opcodes.ts';

/** A segment of a program file to be written. */
export type SegmentContent = {
  readonly address: number;
  readonly bytes: Bytes;
  /** Size in memory; that of `bytes` where absent. */
  readonly size?: number | undefined;
  /** PF_X 1, PF_W 2, PF_R 4. */
  readonly flags: number;
};

/** Positions in the file header and in a segment's header, which differ in width and in order. */
const LAYOUT = {
  32: { header: 52, segment: 32, class: 1, tables: 28, sizes: 40, flags: 24, offset: 4, step: 4 },
  64: { header: 64, segment: 56, class: 2, tables: 32, sizes: 52, flags: 4, offset: 8, step: 8 },
} as const;

const ET_EXEC = 2;
const EM_RISCV = 243;
const PT_LOAD = 1;

/**
 * Words of instructions as the bytes of a segment.
 *
 * @param words unsigned, 32 bits each
 */
export function instructionBytes(words: readonly number[]): Bytes {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  return bytes;
}

/**
 * A program file of these segments, as a linker would write it without sections: the inverse of
 * `parseElf`, for guests that are put together word by word. Nothing is checked here.
 *
 * @example
 * const words = [encodeInstruction('addi', { rd: 17, imm: 93 }, 32), encodeInstruction('ecall', {}, 32)];
 * writeElf(32, [{ address: 0x10000, bytes: instructionBytes(words), flags: 5 }], 0x10000);
 */
export function writeElf(xlen: Xlen, segments: readonly SegmentContent[], entry: number): Bytes {
  const layout = LAYOUT[xlen];
  const start = layout.header + layout.segment * segments.length;
  const bytes = new Uint8Array(start + segments.reduce((sum, segment) => sum + segment.bytes.length, 0));
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void =>
    xlen === 64 ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, value, true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, layout.class, 1, 1]);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, EM_RISCV, true);
  view.setUint32(20, 1, true);
  word(24, entry);
  word(layout.tables, layout.header);
  [layout.header, layout.segment, segments.length].forEach((size, i) =>
    view.setUint16(layout.sizes + 2 * i, size, true),
  );
  let offset = start;
  segments.forEach(({ address, bytes: content, size = content.length, flags }, index) => {
    const at = layout.header + index * layout.segment;
    view.setUint32(at, PT_LOAD, true);
    view.setUint32(at + layout.flags, flags, true);
    // Offset in the file, address, physical address, size in the file, size in memory.
    [offset, address, 0, content.length, size].forEach((value, i) =>
      word(at + layout.offset + i * layout.step, value),
    );
    bytes.set(content, offset);
    offset += content.length;
  });
  return bytes;
}
