import { STANDARD_INPUT_ADDRESS } from '../spec/guest-calls.ts';
import { memorySpace, REGISTER_CELLS } from './buses.ts';
import { isInputWord, MAX_WORD_GAP, type MemoryEnds, SOURCE } from './chips/memory-ends.ts';
import type { Touched } from './gadgets.ts';
import type { Limbs, Shape } from './words.ts';

/** A cell's content and when it was last touched. */
export type Cell = { value: Limbs; time: number };

/** Cells side by side: the halves of their words, of which RV32 has the low one, and their times. */
export type CellBlock = {
  readonly times: Uint32Array;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
};

/** Words of memory with neighbouring numbers, and what they began as. */
export type MemoryPage = CellBlock & {
  readonly firstLow: Uint32Array;
  readonly firstHigh: Uint32Array;
  readonly sources: Uint8Array;
};

/** Words of a page. */
const LOG_PAGE_WORDS = 10;
const PAGE_WORDS = 2 ** LOG_PAGE_WORDS;

/** A word's place in its page. */
export function placeInPage(index: number): number {
  return index & (PAGE_WORDS - 1);
}

/** Pages of any space: more than its words need. */
const PAGES_OF_SPACE: number = 2 ** 20;

/** What registers and memory hold while a run is walked through. */
export type Cells = {
  readonly shape: Shape;
  readonly registers: CellBlock;
  readonly register: (index: number) => Cell;
  /** The page of the word with that number; `high` is the address above its low 32 bits. */
  readonly page: (high: number, index: number) => MemoryPage;
  /** A word of memory. */
  readonly word: (space: number, index: number) => Cell;
  /** The words from their beginning to their end, in order and without long gaps. */
  readonly memoryEnds: () => MemoryEnds;
};

/** A cell's last touch and content; from now on it holds `value`, or what it held. */
export function touch(cell: Cell, time: number, value?: Limbs): Touched {
  const touched = { previousTime: cell.time, previous: cell.value };
  cell.time = time;
  if (value !== undefined) cell.value = value;
  return touched;
}

/**
 * Cells as a run begins.
 *
 * @param image first contents of words by number
 * @param input words of the input by number
 */
export function createCells(
  shape: Shape,
  image: ReadonlyMap<number, Limbs>,
  input: ReadonlyMap<number, Limbs>,
): Cells {
  const registers = createBlock(REGISTER_CELLS, shape);
  const registerCells = Array.from(registers.times, (_, index) => cellAt(registers, index, shape));
  const pages = new Map<number, MemoryPage>();
  let lastNumber = -1;
  let lastPage: MemoryPage | undefined;
  const page = (high: number, index: number): MemoryPage => {
    const number = high * PAGES_OF_SPACE + (index >>> LOG_PAGE_WORDS);
    if (number === lastNumber) return lastPage as MemoryPage;
    let found = pages.get(number);
    if (found === undefined) pages.set(number, (found = createPage(shape)));
    lastNumber = number;
    lastPage = found;
    return found;
  };
  const begin = (index: number, value: Limbs, source: number): void => {
    const own = page(0, index);
    const place = placeInPage(index);
    writeHalves(own.low, own.high, place, value);
    writeHalves(own.firstLow, own.firstHigh, place, value);
    own.sources[place] = source;
  };
  // Where both are, the program's image is what stands there.
  for (const [index, value] of input) {
    const isKnown = isInputWord(0, index, shape) && value.some((limb) => limb !== 0);
    begin(index, value, isKnown ? SOURCE.INPUT : SOURCE.ZERO);
  }
  for (const [index, value] of image) begin(index, value, SOURCE.IMAGE);

  return {
    shape,
    registers,
    register: (index) => registerCells[index] as Cell,
    page,
    word: (space, index) => cellAt(page(space - memorySpace(0), index), placeInPage(index), shape),
    memoryEnds: () => memoryEnds(pages, shape),
  };
}

/** The words of an input that lies in memory when the program begins, by their numbers. */
export function inputWords(input: Uint8Array, shape: Shape): ReadonlyMap<number, Limbs> {
  const first = STANDARD_INPUT_ADDRESS / shape.bytes;
  const words = new Map<number, Limbs>();
  for (let at = 0; at < input.length; at += shape.bytes) {
    const byte = (i: number): number => input[at + i] ?? 0;
    const limbs = Array.from({ length: shape.limbs }, (_, i) => byte(2 * i) + 256 * byte(2 * i + 1));
    words.set(first + at / shape.bytes, limbs);
  }
  return words;
}

function createBlock(size: number, { limbs }: Shape): CellBlock {
  return {
    times: new Uint32Array(size),
    low: new Uint32Array(size),
    high: new Uint32Array(limbs > 2 ? size : 0),
  };
}

function createPage(shape: Shape): MemoryPage {
  const { low: firstLow, high: firstHigh } = createBlock(PAGE_WORDS, shape);
  return {
    ...createBlock(PAGE_WORDS, shape),
    firstLow,
    firstHigh,
    sources: new Uint8Array(PAGE_WORDS).fill(SOURCE.ZERO),
  };
}

function writeHalves(low: Uint32Array, high: Uint32Array, place: number, value: Limbs): void {
  low[place] = (value[0] as number) + (value[1] as number) * 65_536;
  if (value.length > 2) high[place] = (value[2] as number) + (value[3] as number) * 65_536;
}

/** A cell as an object: for calls, which are few. */
function cellAt({ times, low, high }: CellBlock, place: number, { limbs }: Shape): Cell {
  return {
    get value() {
      const first = low[place] as number;
      if (limbs === 2) return [first & 0xffff, first >>> 16];
      const second = high[place] as number;
      return [first & 0xffff, first >>> 16, second & 0xffff, second >>> 16];
    },
    set value(limbs) {
      writeHalves(low, high, place, limbs);
    },
    get time() {
      return times[place] as number;
    },
    set time(time) {
      times[place] = time;
    },
  };
}

/** Takes a word that has an end: in its page, or none where it only makes the way to the next one shorter. */
type EndVisitor = (high: number, index: number, page: MemoryPage | undefined, place: number) => void;

/** Visits all words that were touched or are of the image in ascending order. */
function visitEnds(pages: ReadonlyMap<number, MemoryPage>, visit: EndVisitor): void {
  let lastHigh = -1;
  let lastIndex = 0;
  for (const number of Array.from(pages.keys()).sort((x, y) => x - y)) {
    const page = pages.get(number) as MemoryPage;
    const high = Math.floor(number / PAGES_OF_SPACE);
    const start = (number % PAGES_OF_SPACE) * PAGE_WORDS;
    for (let place = 0; place < PAGE_WORDS; place++) {
      if (page.times[place] === 0 && page.sources[place] !== SOURCE.IMAGE) continue;
      const index = start + place;
      if (high === lastHigh && index - lastIndex > MAX_WORD_GAP) {
        visit(high, lastIndex + MAX_WORD_GAP, undefined, 0);
      }
      visit(high, index, page, place);
      [lastHigh, lastIndex] = [high, index];
    }
  }
}

function memoryEnds(pages: ReadonlyMap<number, MemoryPage>, { limbs }: Shape): MemoryEnds {
  const halves = limbs / 2;
  let count = 0;
  visitEnds(pages, () => void count++);
  const ends: MemoryEnds = {
    count,
    high: new Uint16Array(count),
    index: new Uint32Array(count),
    source: new Uint8Array(count),
    first: new Uint32Array(count * halves),
    last: new Uint32Array(count * halves),
    time: new Uint32Array(count),
  };
  let row = 0;
  visitEnds(pages, (high, index, page, place) => {
    ends.high[row] = high;
    ends.index[row] = index;
    if (page !== undefined) {
      ends.source[row] = page.sources[place] as number;
      ends.time[row] = page.times[place] as number;
      ends.first[row * halves] = page.firstLow[place] as number;
      ends.last[row * halves] = page.low[place] as number;
      if (halves > 1) {
        ends.first[row * halves + 1] = page.firstHigh[place] as number;
        ends.last[row * halves + 1] = page.high[place] as number;
      }
    }
    row++;
  });
  return ends;
}
