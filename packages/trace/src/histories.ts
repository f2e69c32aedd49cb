import type { Bytes } from '@ninefold/base';
import type { MemoryStream, SlotStream } from './streams.ts';

/** The entries of one place in order, and the question which was the last before a step. */
export class History {
  readonly entries: number[] = [];

  /** How many of the entries step `step` sees. */
  countAt(sees: Uint32Array, step: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sees[this.entries[middle] as number] as number) <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Space -> slot -> history. */
export function indexSlots({ length, spaces, slots }: SlotStream): Map<number, Map<number, History>> {
  const index = new Map<number, Map<number, History>>();
  for (let entry = 0; entry < length; entry++) {
    const space = getOrMake(index, spaces.array[entry] as number, () => new Map<number, History>());
    getOrMake(space, slots.array[entry] as number, () => new History()).entries.push(entry);
  }
  return index;
}

/** Bytes of a page. Small, because a page is copied whole for each snapshot. */
export const PAGE_BYTES = 256;

// With a snapshot for every 64 writes a page is rebuilt from at most 63, and all snapshots together
// take 4 bytes a write.
const SNAPSHOT_ENTRIES = 64;

/** The writes that touch one page, with the page's bytes after every 64th. */
export class PageHistory extends History {
  readonly snapshots: Bytes[] = [new Uint8Array(PAGE_BYTES)];
}

/** The memory of one space. */
export type SpaceHistory = {
  readonly pages: Map<number, PageHistory>;
  /** Writes that made the memory longer, and to what length. */
  readonly growth: History;
  readonly lengths: number[];
};

/** Space -> its memory's history. */
export function indexMemory(stream: MemoryStream): Map<number, SpaceHistory> {
  const index = new Map<number, SpaceHistory>();
  for (let entry = 0; entry < stream.length; entry++) {
    const space = getOrMake(index, stream.spaces.array[entry] as number, () => ({
      pages: new Map(),
      growth: new History(),
      lengths: [],
    }));
    const start = stream.addresses.array[entry] as number;
    const end = start + stream.value(entry).length;
    if (end > (space.lengths.at(-1) ?? 0)) {
      space.growth.entries.push(entry);
      space.lengths.push(end);
    }
    for (let page = Math.floor(start / PAGE_BYTES); page * PAGE_BYTES < end; page++) {
      const history = getOrMake(space.pages, page, () => new PageHistory());
      history.entries.push(entry);
      if (history.entries.length % SNAPSHOT_ENTRIES !== 0) continue;
      history.snapshots.push(rebuildPage(stream, history, page, history.entries.length));
    }
  }
  return index;
}

/** The bytes of a page after the first `count` writes that touch it. */
export function rebuildPage(stream: MemoryStream, history: PageHistory, page: number, count: number): Bytes {
  // While snapshot n is being made, n - 1 is the newest.
  const snapshot = Math.min(Math.floor(count / SNAPSHOT_ENTRIES), history.snapshots.length - 1);
  const bytes = (history.snapshots[snapshot] as Bytes).slice();
  const first = page * PAGE_BYTES;
  for (let i = snapshot * SNAPSHOT_ENTRIES; i < count; i++) {
    const entry = history.entries[i] as number;
    const value = stream.value(entry);
    const offset = (stream.addresses.array[entry] as number) - first;
    const from = Math.max(0, -offset);
    const to = Math.min(value.length, PAGE_BYTES - offset);
    bytes.set(value.subarray(from, to), offset + from);
  }
  return bytes;
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
