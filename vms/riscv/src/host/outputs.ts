import { type Bytes, concatBytes } from '@ninefold/base';
import { GuestFault } from '../engine/traps.ts';
import { MAX_OUTPUT_BYTES } from '../spec/limits.ts';

/** Where a guest writes: its public output, and two streams for people. */
export type OutputStream = 'journal' | 'stdout' | 'stderr';

/** What a run has written and asked for. */
export type Outputs = {
  /** Throws a `GuestFault` beyond `MAX_OUTPUT_BYTES` in all streams together. */
  readonly write: (stream: OutputStream, bytes: Bytes) => void;
  /** Sets bytes of a stream at a place, with zeros before it where nothing was written. */
  readonly writeAt: (stream: OutputStream, offset: number, bytes: Bytes) => void;
  /** Counts a host call. */
  readonly count: (name: string) => void;
  readonly bytesOf: (stream: OutputStream) => Bytes;
  readonly counts: () => Readonly<Record<string, number>>;
};

export function createOutputs(): Outputs {
  const streams: Record<OutputStream, Bytes[]> = { journal: [], stdout: [], stderr: [] };
  const counts = new Map<string, number>();
  let total = 0;
  const reserve = (size: number): void => {
    total += size;
    if (total > MAX_OUTPUT_BYTES) throw new GuestFault({ limit: 'output' });
  };
  const bytesOf = (stream: OutputStream): Bytes => concatBytes(...streams[stream]);
  return {
    write: (stream, bytes) => {
      reserve(bytes.length);
      streams[stream].push(bytes);
    },
    writeAt: (stream, offset, bytes) => {
      const before = bytesOf(stream);
      const size = Math.max(before.length, offset + bytes.length);
      reserve(size - before.length);
      const after = new Uint8Array(size);
      after.set(before);
      after.set(bytes, offset);
      streams[stream] = [after];
    },
    count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    bytesOf,
    counts: () => Object.fromEntries(counts),
  };
}
