import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { zstdFrame } from '../../src/rpc/zstd.ts';

/** Reads raw and repeated blocks: all that a frame of ours has. */
function unpack(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  expect(view.getUint32(0, true)).toBe(0xfd2fb528);
  expect(frame[4]).toBe(0b1110_0000);
  const data = new Uint8Array(Number(view.getBigUint64(5, true)));
  let [at, length, isLast] = [13, 0, false];
  while (!isLast) {
    const header = view.getUint16(at, true) | (frame[at + 2]! << 16);
    const size = header >> 3;
    const isRun = ((header >> 1) & 3) === 1;
    isLast = (header & 1) === 1;
    expect(size).toBeLessThanOrEqual(128 * 1024);
    if (isRun) data.fill(frame[at + 3]!, length, length + size);
    else data.set(frame.subarray(at + 3, at + 3 + size), length);
    at += 3 + (isRun ? 1 : size);
    length += size;
  }
  expect({ at, length }).toEqual({ at: frame.length, length: data.length });
  return data;
}

const KIB = 1024;

it.each([0, 1, 2, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, 300 * KIB])('frames %i bytes', (length) => {
  const mixed = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
  expect(Buffer.compare(unpack(zstdFrame(mixed)), mixed)).toBe(0);
  const zeros = new Uint8Array(length);
  const frame = zstdFrame(zeros);
  expect(Buffer.compare(unpack(frame), zeros)).toBe(0);
  expect(frame.length).toBeLessThan(40);
});

it('frames anything', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (data) => {
      expect(unpack(zstdFrame(data))).toEqual(data);
    }),
  );
});
