import { memorySpace, REGISTER_CELLS } from './buses.ts';
import { isInputWord, MAX_WORD_GAP, type MemoryEnd } from './chips/memory-ends.ts';
import type { Touched } from './gadgets.ts';
import type { Limbs, Shape } from './words.ts';

/** A cell's content and when it was last touched. */
export type Cell = { value: Limbs; time: number };

/** What registers and memory hold while a run is walked through. */
export type Cells = {
  readonly shape: Shape;
  readonly registers: readonly Cell[];
  readonly register: (index: number) => Cell;
  /** The word of memory with that number, which begins when it is first asked for. */
  readonly word: (space: number, index: number) => Cell;
  /** The words from their beginning to their end, in order and without long gaps. */
  readonly memoryEnds: () => readonly MemoryEnd[];
};

/** A cell's last touch and content; from now on it holds `value`, or what it held. */
export function touch(cell: Cell, time: number, value?: Limbs): Touched {
  const touched = { previousTime: cell.time, previous: cell.value };
  cell.time = time;
  if (value !== undefined) cell.value = value;
  return touched;
}

/** More than the words of any space. */
const KEY_STEP: number = 2 ** 30;

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
  const zero: Limbs = new Array<number>(shape.limbs).fill(0);
  const registers: Cell[] = Array.from({ length: REGISTER_CELLS }, () => ({ value: zero, time: 0 }));
  const memory = new Map<number, Cell & { readonly first: Limbs }>();
  return {
    shape,
    registers,
    register: (index) => registers[index] as Cell,
    word: (space, index) => {
      const key = (space - memorySpace(0)) * KEY_STEP + index;
      let cell = memory.get(key);
      if (cell === undefined) {
        const first = image.get(key) ?? input.get(key) ?? zero;
        memory.set(key, (cell = { value: first, first, time: 0 }));
      }
      return cell;
    },
    memoryEnds: () => {
      const ends: MemoryEnd[] = [];
      for (const key of Array.from(new Set([...image.keys(), ...memory.keys()])).sort((x, y) => x - y)) {
        const [high, index] = [Math.floor(key / KEY_STEP), key % KEY_STEP];
        const before = ends.at(-1);
        if (before !== undefined && before.high === high && index - before.index > MAX_WORD_GAP) {
          ends.push({
            high,
            index: before.index + MAX_WORD_GAP,
            source: 'zero',
            first: zero,
            last: zero,
            time: 0,
          });
        }
        const own = memory.get(key);
        const known = image.get(key);
        const first = own?.first ?? known ?? zero;
        const isInput = isInputWord(high, index, shape) && first.some((limb) => limb !== 0);
        const source = known !== undefined ? 'image' : isInput ? 'input' : 'zero';
        ends.push({ high, index, source, first, last: own?.value ?? first, time: own?.time ?? 0 });
      }
      return ends;
    },
  };
}
