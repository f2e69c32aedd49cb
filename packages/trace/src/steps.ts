/** Steps of one chunk. Finished chunks can be sent away while the run goes on. */
export const CHUNK_STEPS = 65_536;
const CHUNK_BITS = 16;
const FIRST_CHUNK_STEPS = 1024;

export type ColumnType = 'u8' | 'u16' | 'u32' | 'f64';

/** A column a VM adds to the standard ones, such as `gas`, `tier` or `row`. */
export type ExtraColumn = { readonly name: string; readonly type: ColumnType };

export type ColumnArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** Bytes of one value. */
export const BYTES_OF: Readonly<Record<ColumnType, number>> = { u8: 1, u16: 2, u32: 4, f64: 8 };

export const ARRAY_OF: Readonly<Record<ColumnType, (length: number) => ColumnArray>> = {
  u8: (length) => new Uint8Array(length),
  u16: (length) => new Uint16Array(length),
  u32: (length) => new Uint32Array(length),
  f64: (length) => new Float64Array(length),
};

/** The columns every VM has. */
export const STANDARD_COLUMNS: readonly ExtraColumn[] = [
  { name: 'unit', type: 'u32' },
  { name: 'cost', type: 'u32' },
  { name: 'frame', type: 'u32' },
  { name: 'sp', type: 'u16' },
  { name: 'flags', type: 'u8' },
];

/** What a step did; bits of the column `flags`. */
export const STEP_FLAGS = {
  stateWrite: 1,
  stateRead: 2,
  event: 4,
  call: 8,
  return: 16,
  failure: 32,
  jumpTaken: 64,
  input: 128,
} as const;

/** The columns of up to {@link CHUNK_STEPS} steps. */
export class StepChunk {
  readonly capacity: number;
  readonly unit: Uint32Array;
  readonly cost: Uint32Array;
  readonly frame: Uint32Array;
  readonly sp: Uint16Array;
  readonly flags: Uint8Array;
  readonly extras: readonly ColumnArray[];

  constructor(capacity: number, extras: readonly ExtraColumn[]) {
    this.capacity = capacity;
    this.unit = new Uint32Array(capacity);
    this.cost = new Uint32Array(capacity);
    this.frame = new Uint32Array(capacity);
    this.sp = new Uint16Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.extras = extras.map(({ type }) => ARRAY_OF[type](capacity));
  }
}

/** All steps, in chunks. The first chunk grows, so that a short trace stays small. */
export class StepTable {
  readonly extras: readonly ExtraColumn[];
  readonly chunks: StepChunk[];
  length = 0;
  /** The chunk that takes the next step, and the place in it. */
  last: StepChunk;
  at = 0;

  constructor(extras: readonly ExtraColumn[]) {
    this.extras = extras;
    this.last = new StepChunk(FIRST_CHUNK_STEPS, extras);
    this.chunks = [this.last];
  }

  /** PERF: five typed array stores. Costs above 32 bits are kept as 2^32 - 1. */
  push(unit: number, cost: number, frame: number, sp: number, flags: number): void {
    if (this.at === this.last.capacity) this.#grow();
    const { last, at } = this;
    last.unit[at] = unit;
    last.cost[at] = cost > 0xffffffff ? 0xffffffff : cost;
    last.frame[at] = frame;
    last.sp[at] = sp;
    last.flags[at] = flags;
    this.at = at + 1;
    this.length++;
  }

  #grow(): void {
    const full = this.last;
    if (full.capacity === CHUNK_STEPS) {
      this.last = new StepChunk(CHUNK_STEPS, this.extras);
      this.chunks.push(this.last);
      this.at = 0;
      return;
    }
    const larger = new StepChunk(Math.min(CHUNK_STEPS, 4 * full.capacity), this.extras);
    larger.unit.set(full.unit);
    larger.cost.set(full.cost);
    larger.frame.set(full.frame);
    larger.sp.set(full.sp);
    larger.flags.set(full.flags);
    for (const [i, column] of full.extras.entries()) larger.extras[i]?.set(column);
    this.last = larger;
    this.chunks[0] = larger;
  }

  chunkOf(step: number): StepChunk {
    return this.chunks[step >>> CHUNK_BITS] as StepChunk;
  }

  /** A fresh array of one column's values in steps [`from`, `to`); undefined for an unknown name. */
  column(name: string, from: number, to: number): ColumnArray | undefined {
    const spec = [...STANDARD_COLUMNS, ...this.extras].find((column) => column.name === name);
    if (spec === undefined) return undefined;
    const values = ARRAY_OF[spec.type](to - from);
    for (let step = from; step < to;) {
      const start = step % CHUNK_STEPS;
      const count = Math.min(to - step, CHUNK_STEPS - start);
      const source = columnOf(this.chunkOf(step), name, this.extras);
      values.set(source.subarray(start, start + count), step - from);
      step += count;
    }
    return values;
  }
}

function columnOf(chunk: StepChunk, name: string, extras: readonly ExtraColumn[]): ColumnArray {
  switch (name) {
    case 'unit':
      return chunk.unit;
    case 'cost':
      return chunk.cost;
    case 'frame':
      return chunk.frame;
    case 'sp':
      return chunk.sp;
    case 'flags':
      return chunk.flags;
    default:
      return chunk.extras[extras.findIndex((column) => column.name === name)] as ColumnArray;
  }
}
