import { type Bytes, EMPTY_BYTES, padRight } from '@ninefold/base';
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

/** What was written to a stream: the first `length` bytes of `room`, which grows by doubling. */
type Written = { room: Bytes; length: number };

/** Room of a stream when the first bytes are written. */
const FIRST_ROOM = 64;

export function createOutputs(): Outputs {
  const empty = (): Written => ({ room: EMPTY_BYTES, length: 0 });
  const streams: Record<OutputStream, Written> = { journal: empty(), stdout: empty(), stderr: empty() };
  const counts = new Map<string, number>();
  let total = 0;

  const writeAt = (stream: OutputStream, offset: number, bytes: Bytes): void => {
    const written = streams[stream];
    const length = Math.max(written.length, offset + bytes.length);
    total += length - written.length;
    if (total > MAX_OUTPUT_BYTES) throw new GuestFault({ limit: 'output' });
    if (length > written.room.length) {
      written.room = padRight(written.room, Math.max(length, 2 * written.room.length, FIRST_ROOM));
    }
    written.room.set(bytes, offset);
    written.length = length;
  };
  return {
    write: (stream, bytes) => writeAt(stream, streams[stream].length, bytes),
    writeAt,
    count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    bytesOf: (stream) => streams[stream].room.slice(0, streams[stream].length),
    counts: () => Object.fromEntries(counts),
  };
}
