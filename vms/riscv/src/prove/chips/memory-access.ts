import { type AirBuilder, defineChip, type Expression } from '@ninefold/stark';
import { assertAddress, fillAddress } from '../address.ts';
import { type Buses, SLOT } from '../buses.ts';
import {
  access,
  checkedBytes,
  fillAccess,
  fillChecked,
  fillFrame,
  fillPairs,
  fillHighBit,
  flagOf,
  type FrameOptions,
  frame,
  goOn,
  highBit,
  limbsOfBytes,
  named,
  operationFlags,
  type Touched,
} from '../gadgets.ts';
import { LIMB, scratch, type Shape, writeBytes } from '../words.ts';
import type { MemoryStep, MemoryStepChip } from './memory-step.ts';

// Loads and stores. A chip looks at a window of one word, or of two for accesses that reach into the next
// one; the offset says where in the window the access begins.

const LOADS = { lb: 1, lbu: 1, lh: 2, lhu: 2, lw: 4, lwu: 4, ld: 8 } as const;
const STORES = { sb: 1, sh: 2, sw: 4, sd: 8 } as const;

type Load = keyof typeof LOADS;
type Store = keyof typeof STORES;

/** Bytes that an operation moves. */
export function accessBytes(operation: string): number {
  return (
    (LOADS as Readonly<Record<string, number>>)[operation] ??
    (STORES as Readonly<Record<string, number>>)[operation] ??
    0
  );
}

/** Loads of a width: `lwu` and `ld` are RV64's; of two words, single bytes have no need. */
function operationsOf<Name extends string>(
  sizes: Readonly<Record<Name, number>>,
  shape: Shape,
  words: 1 | 2,
): readonly Name[] {
  return (Object.keys(sizes) as Name[]).filter(
    (name) => sizes[name] <= shape.bytes && !(name === 'lwu' && shape.limbs === 2) && sizes[name] >= words,
  );
}

/** With a window of one word, no access may reach over its end, or begin where it must not. */
function assertInside(
  air: AirBuilder,
  offsets: readonly Expression[],
  sizeFlag: (size: number) => Expression,
  shape: Shape,
  isAligned: boolean,
): void {
  for (let size = 2; size <= shape.bytes; size *= 2) {
    const outside = offsets.filter((_, offset) =>
      isAligned ? offset % size !== 0 : offset + size > shape.bytes,
    );
    air.assertZero(`${size} bytes stay in the word`, air.sum(outside).mul(sizeFlag(size)));
  }
}

const sizesOf = (
  air: AirBuilder,
  flags: Readonly<Record<string, Expression>>,
  sizes: Readonly<Record<string, number>>,
): ((size: number) => Expression) => {
  return (size) =>
    air.sum(
      Object.keys(flags)
        .filter((name) => sizes[name] === size)
        .map((name) => flags[name] as Expression),
    );
};

/** Loads from a window of `words` words; `isAligned` when only addresses that are multiples of the size may be. */
export function loadChip(shape: Shape, buses: Buses, words: 1 | 2, isAligned: boolean): MemoryStepChip {
  const operations = operationsOf<Load>(LOADS, shape, words);
  const options = { operations, second: 'none', hasConstant: true } as const satisfies FrameOptions;
  const window = words * shape.bytes;
  const signedOnes = operations.filter((name) => !name.endsWith('u') && LOADS[name] < shape.bytes);
  const chip = defineChip(
    words === 1 ? 'load' : 'load across',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const { real, flags } = row;
      const c = air.columns('c', shape.limbs);
      const own = frame(context, row, { ...options, c });
      goOn(context, own);
      const { space, index, offsets } = assertAddress(context, own.a, own.imm, real);
      const seen = checkedBytes(context, 'seen', window, real);
      const time = own.time.add(SLOT.MEMORY);
      for (let word = 0; word < words; word++) {
        const held = limbsOfBytes(seen.slice(word * shape.bytes, (word + 1) * shape.bytes));
        access(context, `word ${word}`, {
          space,
          index: index.add(word),
          time,
          before: held,
          after: held,
          when: real,
        });
      }
      const sizeFlag = sizesOf(air, flags, LOADS);
      if (words === 1) assertInside(air, offsets, sizeFlag, shape, isAligned);

      // The bytes from the offset on; those behind the access are not used.
      const taken = Array.from({ length: shape.bytes }, (_, j) =>
        named(
          air,
          `taken.${j}`,
          air.sum(
            offsets.flatMap((flag, offset) =>
              offset + j < window ? [flag.mul(seen[offset + j] as Expression)] : [],
            ),
          ),
        ),
      );
      const at = (j: number): Expression => taken[j] as Expression;
      const top = named(
        air,
        'top',
        air.sum(
          [1, 2, 4].filter((size) => size < shape.bytes).map((size) => sizeFlag(size).mul(at(size - 1))),
        ),
      );
      const signed = flagOf(air, 'signed', air.sum(signedOnes.map((name) => flags[name] as Expression)));
      const negative = highBit(context, 'negative', top, 8, signed);
      air.assertZero('only signed loads have a sign', negative.mul(signed.not()));
      c.forEach((limb, i) => {
        const size = 2 * i;
        const wide = air.sum([2, 4, 8].filter((bytes) => bytes > size && bytes <= shape.bytes).map(sizeFlag));
        const narrow = air.sum([1, 2, 4].filter((bytes) => bytes <= size).map(sizeFlag));
        const both = wide.mul(at(size).add(at(size + 1).mul(256)));
        const single = i === 0 ? sizeFlag(1).mul(at(0).add(negative.mul(255 * 256))) : air.constant(0);
        air.assertEqual(`result ${i}`, limb, both.add(single).add(narrow.mul(negative.mul(LIMB - 1))));
      });
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, writes: true });
      const fillC = fillChecked(columns, 'c', shape.limbs, undefined);
      const address = fillAddress(columns, lookups, shape);
      const fillWindow = windowFiller(columns, lookups, shape, words, 'seen');
      const fillTaken = fillChecked(columns, 'taken', shape.bytes, undefined);
      const [top, signed] = [columns('top'), columns('signed')];
      const negative = fillHighBit(columns, lookups, 'negative', 8);
      const taken = scratch(shape.bytes);
      return (step) => {
        const { row, program } = step;
        fill(step);
        fillC(row, step.c);
        const offset = address(row, step.a, step.program.immLimbs);
        const bytes = fillWindow(step);
        for (let j = 0; j < shape.bytes; j++) {
          taken[j] = offset + j < window ? (bytes[offset + j] as number) : 0;
        }
        fillTaken(row, taken);
        const { operation } = program;
        const size = accessBytes(operation);
        if (size === shape.bytes) return;
        top[row] = taken[size - 1] as number;
        if (operation === 'lb' || operation === 'lh' || operation === 'lw') {
          signed[row] = 1;
          negative(row, taken[size - 1] as number);
        }
      };
    },
  };
}

/** Fills the bytes `name` of a window and the accesses to its words; gives the bytes as they were. */
function windowFiller(
  columns: (name: string) => Uint32Array,
  lookups: Parameters<MemoryStepChip['filler']>[1],
  shape: Shape,
  words: 1 | 2,
  name: string,
): (step: MemoryStep) => readonly number[] {
  const fillBytes = fillPairs(columns, name, words * shape.bytes, lookups);
  const accesses = Array.from({ length: words }, (_, word) => fillAccess(columns, lookups, `word ${word}`));
  const bytes = scratch(words * shape.bytes);
  return ({ row, time, words: touched }) => {
    for (let word = 0; word < words; word++) {
      const { previous, previousTime } = touched[word] as Touched;
      writeBytes(previous, bytes, word * shape.bytes);
      (accesses[word] as ReturnType<typeof fillAccess>)(row, time + SLOT.MEMORY, previousTime);
    }
    fillBytes(row, bytes);
    return bytes;
  };
}

/** Stores to a window of `words` words, as {@link loadChip}. */
export function storeChip(shape: Shape, buses: Buses, words: 1 | 2, isAligned: boolean): MemoryStepChip {
  const operations = operationsOf<Store>(STORES, shape, words);
  const options = { operations, second: 'register', hasConstant: true } as const satisfies FrameOptions;
  const window = words * shape.bytes;
  const chip = defineChip(
    words === 1 ? 'store' : 'store across',
    (air) => {
      const context = { air, shape, buses };
      const row = operationFlags(context, operations);
      const { real, flags } = row;
      const data = checkedBytes(context, 'data', shape.bytes, real);
      const own = frame(context, row, { ...options, b: limbsOfBytes(data) });
      goOn(context, own);
      const { space, index, offsets } = assertAddress(context, own.a, own.imm, real);
      const old = checkedBytes(context, 'old', window, real);
      const next = air.columns('new', window);
      const time = own.time.add(SLOT.MEMORY);
      for (let word = 0; word < words; word++) {
        const [from, to] = [word * shape.bytes, (word + 1) * shape.bytes];
        access(context, `word ${word}`, {
          space,
          index: index.add(word),
          time,
          before: limbsOfBytes(old.slice(from, to)),
          after: limbsOfBytes(next.slice(from, to)),
          when: real,
        });
      }
      const sizeFlag = sizesOf(air, flags, STORES);
      if (words === 1) assertInside(air, offsets, sizeFlag, shape, isAligned);
      next.forEach((byte, place) => {
        const before = old[place] as Expression;
        const changes = data.flatMap((value, j) => {
          const offset = offsets[place - j];
          if (offset === undefined) return [];
          const isWritten = air.sum(
            [1, 2, 4, 8].filter((size) => size > j && size <= shape.bytes).map(sizeFlag),
          );
          return [offset.mul(isWritten).mul(value.sub(before))];
        });
        air.assertEqual(`byte ${place}`, byte, before.add(air.sum(changes)));
      });
    },
    { optional: true },
  );
  return {
    chip,
    operations,
    filler: (columns, lookups) => {
      const fill = fillFrame(columns, lookups, shape, { ...options, ownsB: true, writes: false });
      const address = fillAddress(columns, lookups, shape);
      const fillData = fillPairs(columns, 'data', shape.bytes, lookups);
      const fillWindow = windowFiller(columns, lookups, shape, words, 'old');
      const fillNew = fillChecked(columns, 'new', window, undefined);
      const [data, bytes] = [scratch(shape.bytes), scratch(window)];
      return (step) => {
        const { row } = step;
        fill(step);
        address(row, step.a, step.program.immLimbs);
        writeBytes(step.b, data);
        fillData(row, data);
        fillWindow(step);
        step.words.forEach(({ next }, word) => writeBytes(next, bytes, word * shape.bytes));
        fillNew(row, bytes);
      };
    },
  };
}
