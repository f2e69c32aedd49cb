import type { Instruction } from './disassemble.ts';

/** What a compiler says of one instruction: a range of a source, and whether it enters or leaves a function. */
export type SourceEntry = {
  /** Character offset. */
  readonly start: number;
  readonly length: number;
  /** Index of the source, -1 when the instruction stems from none. */
  readonly file: number;
  readonly jump: 'i' | 'o' | '-';
};

const FIELDS = /^(-?\d*)$/;

/**
 * Decodes solc's compressed source map (`s:l:f:j:m;…`): one entry an instruction, empty fields repeat the
 * entry before. Malformed fields count as empty: a wrong map must not keep anyone from the bytecode.
 */
export function decodeSourceMap(text: string): readonly SourceEntry[] {
  if (text === '') return [];
  let start = 0;
  let length = 0;
  let file = -1;
  let jump: SourceEntry['jump'] = '-';
  return text.split(';').map((item) => {
    const [s = '', l = '', f = '', j = ''] = item.split(':');
    if (s !== '' && FIELDS.test(s)) start = Number(s);
    if (l !== '' && FIELDS.test(l)) length = Number(l);
    if (f !== '' && FIELDS.test(f)) file = Number(f);
    if (j === 'i' || j === 'o' || j === '-') jump = j;
    return { start, length, file, jump };
  });
}

export type SourceText = { readonly path: string; readonly text: string };

/** Where an instruction stems from, in lines. */
export type SourcePlace = {
  readonly file: number;
  /** From 1, both inclusive. */
  readonly line: number;
  readonly endLine: number;
};

/** The longest snippet that names a value. */
const LONGEST_NAME = 60;
const FUNCTION = /^\s*(?:function\s+([\w$]+)|(constructor|receive|fallback)\b|modifier\s+([\w$]+))/;
const IDENTIFIER_LIKE = /^[\w$.[\]()+\-*/%<>=!&|^ ,'"]+$/;

/** The source level of one program: from an instruction to text and back. */
export class SourceLevel {
  readonly files: readonly SourceText[];
  readonly #entries: readonly SourceEntry[];
  readonly #lineStarts: readonly (readonly number[])[];
  /** pc -> index of the instruction. */
  readonly #index: ReadonlyMap<number, number>;
  /** Source id of the compiler -> position in `files`. */
  readonly #fileOf: ReadonlyMap<number, number>;

  constructor(
    entries: readonly SourceEntry[],
    instructions: readonly Instruction[],
    sources: ReadonlyMap<number, SourceText>,
  ) {
    this.#entries = entries;
    this.#index = new Map(instructions.map(({ pc }, i) => [pc, i]));
    const used = [...new Set(entries.map(({ file }) => file))].filter((id) => sources.has(id));
    this.files = used.map((id) => sources.get(id) as SourceText);
    this.#fileOf = new Map(used.map((id, i) => [id, i]));
    this.#lineStarts = this.files.map(({ text }) => lineStarts(text));
  }

  entryAt(pc: number): SourceEntry | undefined {
    const index = this.#index.get(pc);
    return index === undefined ? undefined : this.#entries[index];
  }

  /** The lines an instruction stems from; undefined for what the compiler made up. */
  placeAt(pc: number): SourcePlace | undefined {
    const entry = this.entryAt(pc);
    if (entry === undefined) return undefined;
    const file = this.#fileOf.get(entry.file);
    const text = file === undefined ? undefined : this.files[file]?.text;
    if (file === undefined || text === undefined || entry.start < 0 || entry.start > text.length)
      return undefined;
    const starts = this.#lineStarts[file] as readonly number[];
    const line = lineOf(starts, entry.start);
    return { file, line, endLine: lineOf(starts, Math.max(entry.start, entry.start + entry.length - 1)) };
  }

  /** The text an instruction stems from. */
  textAt(pc: number): string | undefined {
    const entry = this.entryAt(pc);
    const file = entry === undefined ? undefined : this.#fileOf.get(entry.file);
    if (entry === undefined || file === undefined || entry.start < 0) return undefined;
    return this.files[file]?.text.slice(entry.start, entry.start + entry.length);
  }

  /** Name of the function whose definition an instruction stands for: the entry of its body. */
  functionAt(pc: number): string | undefined {
    const match = FUNCTION.exec(this.textAt(pc) ?? '');
    return match?.[1] ?? match?.[2] ?? match?.[3];
  }

  /** A short expression an instruction computes, as a name for its result. */
  expressionAt(pc: number): string | undefined {
    const text = this.textAt(pc)?.trim();
    if (text === undefined || text === '' || text.length > LONGEST_NAME) return undefined;
    return IDENTIFIER_LIKE.test(text) ? text.replace(/\s+/g, ' ') : undefined;
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
