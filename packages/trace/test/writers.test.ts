import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTraceReader, createTraceWriter } from '../src/index.ts';

type Write = { readonly slot: number; readonly address: number; readonly length: number };

const writes = fc.array(
  fc.record({
    slot: fc.integer({ min: 0, max: 4 }),
    address: fc.integer({ min: 0, max: 600 }),
    length: fc.integer({ min: 1, max: 80 }),
  }),
  { minLength: 1, maxLength: 200 },
);

/** One step for each write of a slot and of memory. */
function traceOf(list: readonly Write[]): ReturnType<typeof createTraceReader> {
  const writer = createTraceWriter({ vm: 'toy', slots: { width: 32, endian: 'big' }, memory: true });
  writer.enterFrame(0, 0);
  for (const { slot, address, length } of list) {
    writer.step(0, 1, 0, 0);
    writer.slot(0, slot, Uint8Array.of(1));
    writer.memory(0, address, new Uint8Array(length).fill(7));
  }
  return createTraceReader(writer.finish());
}

it('names the newest writer of a slot and of a byte, as looking through all of them does', () => {
  fc.assert(
    fc.property(
      writes,
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 700 }),
      fc.nat(),
      (list, slot, at, n) => {
        const reader = traceOf(list);
        const step = n % (list.length + 1);
        const seen = list.slice(0, step);
        const bySlot = seen.findLastIndex((write) => write.slot === slot);
        expect(reader.slotWriter(step, 0, slot)).toBe(bySlot < 0 ? undefined : bySlot);
        const byByte = seen.findLastIndex(({ address, length }) => address <= at && at < address + length);
        expect(reader.memoryWriter(step, 0, at)).toEqual(
          byByte < 0
            ? undefined
            : { step: byByte, address: seen[byByte]?.address, length: seen[byByte]?.length },
        );
      },
    ),
    { numRuns: 60 },
  );
});

it('knows no writer where nothing is recorded, and refuses steps beyond the end', () => {
  const reader = traceOf([{ slot: 0, address: 0, length: 1 }]);
  expect(reader.slotWriter(1, 9, 0)).toBeUndefined();
  expect(reader.memoryWriter(1, 9, 0)).toBeUndefined();
  expect(() => reader.slotWriter(2, 0, 0)).toThrow(expect.objectContaining({ code: 'TRACE_STEP_RANGE' }));
  expect(() => reader.memoryWriter(2, 0, 0)).toThrow(expect.objectContaining({ code: 'TRACE_STEP_RANGE' }));
});
