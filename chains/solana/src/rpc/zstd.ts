import type { Bytes } from '@ninefold/base';

// RFC 8878. Blocks are stored as they are, or as one repeated byte: any decoder reads that.

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
/** Content size of eight bytes follows, and all of it is one segment. */
const DESCRIPTOR = 0b1110_0000;
const BLOCK = { raw: 0, repeated: 1 } as const;
/** Longest block. */
const MAX_BLOCK_BYTES: number = 128 * 1024;

/** A Zstandard frame of `data`; runs of one byte, which accounts are full of, take four bytes. */
export function zstdFrame(data: Bytes): Bytes {
  const out: number[] = [...MAGIC, DESCRIPTOR];
  let size = BigInt(data.length);
  for (let i = 0; i < 8; i++, size >>= 8n) out.push(Number(size & 255n));
  const parts: Bytes[] = [];
  let length = out.length;
  const push = (part: Bytes): void => {
    parts.push(part);
    length += part.length;
  };
  let at = 0;
  do {
    const end = Math.min(at + MAX_BLOCK_BYTES, data.length);
    const block = data.subarray(at, end);
    const first = block[0] ?? 0;
    const isRun = block.length > 1 && block.every((byte) => byte === first);
    const header =
      (end === data.length ? 1 : 0) | ((isRun ? BLOCK.repeated : BLOCK.raw) << 1) | (block.length << 3);
    push(Uint8Array.of(header & 255, (header >> 8) & 255, (header >> 16) & 255));
    push(isRun ? Uint8Array.of(first) : block);
    at = end;
  } while (at < data.length);
  const frame = new Uint8Array(length);
  frame.set(out);
  let offset = out.length;
  for (const part of parts) {
    frame.set(part, offset);
    offset += part.length;
  }
  return frame;
}
