import type { TraceLevels, TraceManifest } from '@ninefold/studio-api';
import { FRAME_WORDS } from '@ninefold/studio-api';
import type { Client } from '../client/client.ts';

/** Numbers of one frame, read out of the table. */
export type FrameView = {
  readonly index: number;
  readonly program: number;
  readonly name: string;
  readonly depth: number;
  readonly s0: number;
  readonly s1: number;
  readonly parent: number;
  readonly isInternal: boolean;
  readonly isFailed: boolean;
};

/** A program's levels, made ready for look-ups by pc. */
export type ProgramLevels = TraceLevels & {
  /** pc -> index of the instruction, -1 between instructions. */
  readonly indexOf: Int32Array;
  /** By instruction: file, first and last line; -1 without source. */
  readonly file: Int32Array;
  readonly line: Int32Array;
  readonly endLine: Int32Array;
};

export type LinePlace = { readonly program: number; readonly file: number; readonly line: number };

const NO_PARENT = 0xffffffff;
/** Lines that a range of a source may span to be a place in it: whole functions and contracts are none. */
const LONGEST_PLACE = 12;
/** Steps that are looked back through for one whose source is known. */
const MAX_BACK = 2000;

/**
 * The columns of a trace in this page. Everything that moves with the playhead is answered from here, without
 * asking the node.
 */
export class TraceData {
  readonly manifest: TraceManifest;
  readonly steps: number;
  readonly unit: Uint32Array;
  readonly cost: Uint32Array;
  readonly frame: Uint32Array;
  readonly sp: Uint16Array;
  readonly flags: Uint8Array;
  readonly op: Uint8Array;
  readonly frames: Uint32Array;
  readonly frameCount: number;
  readonly mipCost: Float64Array;
  readonly mipWrites: Uint32Array;
  readonly mipFails: Uint32Array;
  readonly maxDepth: number;
  /** Cost before each bucket of the mips. */
  readonly #before: Float64Array;
  readonly #levels = new Map<number, ProgramLevels>();
  readonly #asked = new Map<number, Promise<ProgramLevels>>();
  readonly #client: Client;

  private constructor(client: Client, manifest: TraceManifest, parts: ReadonlyMap<string, ArrayBuffer>) {
    this.#client = client;
    this.manifest = manifest;
    this.steps = manifest.steps;
    const column = <Made>(name: string, make: new (buffer: ArrayBuffer) => Made, bytes: number): Made => {
      const buffer = parts.get(name);
      if (buffer === undefined || buffer.byteLength !== this.steps * bytes) {
        throw new Error(`The trace's column ${name} has not the length its manifest tells`);
      }
      return new make(buffer);
    };
    this.unit = column('unit', Uint32Array, 4);
    this.cost = column('cost', Uint32Array, 4);
    this.frame = column('frame', Uint32Array, 4);
    this.sp = column('sp', Uint16Array, 2);
    this.flags = column('flags', Uint8Array, 1);
    this.op = column('op', Uint8Array, 1);
    const frames = parts.get('frames') ?? new ArrayBuffer(0);
    this.frameCount = manifest.frames.count;
    if (frames.byteLength !== this.frameCount * FRAME_WORDS * 4)
      throw new Error('The trace’s frames are cut off');
    this.frames = new Uint32Array(frames);
    const mips = parts.get('mips') ?? new ArrayBuffer(0);
    const { count } = manifest.mips;
    if (mips.byteLength !== count * 16) throw new Error('The trace’s sums are cut off');
    this.mipCost = new Float64Array(mips, 0, count);
    this.mipWrites = new Uint32Array(mips, count * 8, count);
    this.mipFails = new Uint32Array(mips, count * 12, count);
    this.#before = new Float64Array(count + 1);
    for (let i = 0; i < count; i++)
      this.#before[i + 1] = (this.#before[i] as number) + (this.mipCost[i] as number);
    let depth = 0;
    for (let i = 0; i < this.frameCount; i++)
      depth = Math.max(depth, this.frames[i * FRAME_WORDS + 2] as number);
    this.maxDepth = depth;
  }

  /** Opens the trace of a transaction: recorded by the node, its columns brought here. */
  static async open(client: Client, net: string, id: string): Promise<TraceData> {
    const manifest = await client.request('ninefold_openTrace', { net, id });
    try {
      return await TraceData.#fetch(client, manifest);
    } catch (error) {
      close(client, manifest);
      throw error;
    }
  }

  static async #fetch(client: Client, manifest: TraceManifest): Promise<TraceData> {
    const wanted = new Map([
      ...manifest.columns.map(({ name, url }) => [name, url] as const),
      ['frames', manifest.frames.url] as const,
      ['mips', manifest.mips.url] as const,
    ]);
    const parts = await Promise.all(
      [...wanted].map(async ([name, url]) => [name, await client.binary(url)] as const),
    );
    const data = new TraceData(client, manifest, new Map(parts));
    await Promise.all([...data.programsNear(0)].map((program) => data.load(program)));
    return data;
  }

  close(): void {
    close(this.#client, this.manifest);
  }

  programsNear(step: number): ReadonlySet<number> {
    return new Set(this.steps === 0 ? [] : [this.programOf(Math.min(step, this.steps - 1))]);
  }

  programOf(step: number): number {
    return Math.floor((this.unit[step] ?? 0) / this.manifest.unitsPerProgram);
  }

  pcOf(step: number): number {
    return (this.unit[step] ?? 0) % this.manifest.unitsPerProgram;
  }

  /** The levels of a program when they are here; they are asked for when not. */
  levels(program: number): ProgramLevels | undefined {
    const known = this.#levels.get(program);
    if (known === undefined) this.load(program).catch(() => {});
    return known;
  }

  load(program: number): Promise<ProgramLevels> {
    let asked = this.#asked.get(program);
    if (asked === undefined) {
      asked = this.#client
        .request('ninefold_traceLevels', { trace: this.manifest.id, program })
        .then((levels) => {
          const ready = prepare(levels, this.manifest.unitsPerProgram);
          this.#levels.set(program, ready);
          this.onLevels();
          return ready;
        });
      this.#asked.set(program, asked);
      // What failed is asked again by whoever needs it next.
      asked.catch(() => this.#asked.delete(program));
    }
    return asked;
  }

  /** Called when a program's levels have come. */
  onLevels: () => void = () => {};

  frameView(index: number): FrameView {
    const at = index * FRAME_WORDS;
    const word = (i: number): number => this.frames[at + i] ?? 0;
    const parent = word(5);
    return {
      index,
      program: word(0),
      name: this.manifest.names[word(1)] ?? '',
      depth: word(2),
      s0: word(3),
      s1: word(4),
      parent: parent === NO_PARENT ? -1 : parent,
      isInternal: (word(6) & 1) !== 0,
      isFailed: (word(6) & 2) !== 0,
    };
  }

  /** The innermost frame of a step. */
  frameAt(step: number): number {
    let low = 0;
    let high = this.frameCount;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.frames[middle * FRAME_WORDS + 3] as number) <= step) low = middle;
      else high = middle;
    }
    let index = low;
    while (index > 0 && (this.frames[index * FRAME_WORDS + 4] as number) <= step) {
      const parent = this.frames[index * FRAME_WORDS + 5] as number;
      if (parent === NO_PARENT) break;
      index = parent;
    }
    return index;
  }

  depthAt(step: number): number {
    return this.frames[this.frameAt(step) * FRAME_WORDS + 2] ?? 0;
  }

  /** The frames that are open at a step, innermost first. */
  stackAt(step: number): readonly FrameView[] {
    const open: FrameView[] = [];
    for (let index = this.frameAt(step); index >= 0 && open.length < 1024;) {
      const view = this.frameView(index);
      open.push(view);
      index = view.parent;
    }
    return open;
  }

  /** What was used before a step. */
  usedAt(step: number): number {
    const bucket = Math.floor(step / this.manifest.mips.steps);
    let used = this.#before[bucket] ?? 0;
    for (let i = bucket * this.manifest.mips.steps; i < step; i++) used += this.cost[i] ?? 0;
    return used;
  }

  /** The line of a step: its own, or that of the last step of its call before it that has one. */
  placeAt(step: number): LinePlace | undefined {
    const frame = this.frame[step];
    for (let at = step; at >= 0 && at > step - MAX_BACK; at--) {
      if (this.frame[at] !== frame) continue;
      const place = this.ownPlace(at);
      if (place === undefined) return undefined;
      if (place.line > 0) return place;
    }
    return undefined;
  }

  /** As {@link placeAt} without looking back: line 0 when the compiler made the instruction up. */
  ownPlace(step: number): LinePlace | undefined {
    const program = this.programOf(step);
    const levels = this.levels(program);
    if (levels === undefined || levels.files.length === 0) return undefined;
    const index = levels.indexOf[this.pcOf(step)] ?? -1;
    const line = levels.line[index] ?? -1;
    return { program, file: levels.file[index] ?? -1, line: line > 0 ? line : 0 };
  }

  /** Cost by line of a file of a program, over the whole trace. */
  costByLine(program: number, file: number): ReadonlyMap<number, number> {
    const levels = this.levels(program);
    const costs = new Map<number, number>();
    if (levels === undefined) return costs;
    const { unitsPerProgram } = this.manifest;
    const first = program * unitsPerProgram;
    const last = new Map<number, number>();
    for (let step = 0; step < this.steps; step++) {
      const pc = (this.unit[step] as number) - first;
      if (pc < 0 || pc >= unitsPerProgram) continue;
      const frame = this.frame[step] as number;
      const index = levels.indexOf[pc] as number;
      let line = levels.line[index] ?? -1;
      if (line > 0) {
        if (levels.file[index] !== file) line = 0;
        last.set(frame, line);
      } else line = last.get(frame) ?? 0;
      if (line > 0) costs.set(line, (costs.get(line) ?? 0) + (this.cost[step] as number));
    }
    return costs;
  }

  /** Bytes that this trace takes in the page. */
  get bytes(): number {
    return this.steps * 16 + this.frames.byteLength + this.mipCost.length * 24;
  }
}

/** The node need not keep the trace any longer; should it be gone, so is the trace. */
function close(client: Client, { id }: TraceManifest): void {
  client.request('ninefold_closeTrace', { trace: id }).catch(() => {});
}

function prepare(levels: TraceLevels, unitsPerProgram: number): ProgramLevels {
  const { code, map, files } = levels;
  const indexOf = new Int32Array(unitsPerProgram).fill(-1);
  code.forEach(([pc], i) => {
    if (pc >= 0 && pc < unitsPerProgram) indexOf[pc] = i;
  });
  const file = new Int32Array(code.length).fill(-1);
  const line = new Int32Array(code.length).fill(-1);
  const endLine = new Int32Array(code.length).fill(-1);
  for (const [a, b, of, first, last] of map) {
    // A map may lie: what is out of range is no place.
    if (of < 0 || of >= files.length || last - first > LONGEST_PLACE) continue;
    file.fill(of, a, b);
    line.fill(first, a, b);
    endLine.fill(last, a, b);
  }
  return { ...levels, indexOf, file, line, endLine };
}
