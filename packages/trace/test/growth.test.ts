import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteHeap, GrowableF64, GrowableU32 } from '../src/growable.ts';
import { CHUNK_STEPS, StepTable } from '../src/steps.ts';
import { CHECKPOINT_STEPS, MemoryStream, SlotStream, StateStream } from '../src/streams.ts';

describe('growing arrays', () => {
  it('keep all values in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 2000 }), (values) => {
        const integers = new GrowableU32();
        const floats = new GrowableF64();
        for (const value of values) {
          integers.push(value);
          floats.push(value * 2 ** 20);
        }
        expect(Array.from(integers.view(0, integers.length))).toEqual(values);
        expect(Array.from(floats.view(0, floats.length))).toEqual(values.map((value) => value * 2 ** 20));
      }),
      { numRuns: 30 },
    );
  });

  it('put byte strings of all lengths one behind the other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 60 }),
        fc.nat(3),
        (parts, skip) => {
          const heap = new ByteHeap();
          for (const part of parts) heap.append(part, Math.min(skip, part.length), part.length);
          const expected = parts.flatMap((part) => Array.from(part.subarray(Math.min(skip, part.length))));
          expect(Array.from(heap.bytes.subarray(0, heap.length))).toEqual(expected);
        },
      ),
    );
  });
});

describe('the table of steps', () => {
  it('fills the first chunk before it begins another', () => {
    const table = new StepTable([{ name: 'row', type: 'u32' }]);
    for (let i = 0; i < CHUNK_STEPS; i++) table.push(i, 1, 0, 0, 0);
    expect(table.chunks).toHaveLength(1);
    table.push(7, 1, 0, 0, 0);
    expect(table.chunks).toHaveLength(2);
    expect([table.length, table.at]).toEqual([CHUNK_STEPS + 1, 1]);
    expect(table.chunkOf(CHUNK_STEPS).unit[0]).toBe(7);
    expect(table.chunkOf(CHUNK_STEPS - 1).unit[CHUNK_STEPS - 1]).toBe(CHUNK_STEPS - 1);
  });

  it('stays small while the trace is short', () => {
    const table = new StepTable([]);
    table.push(1, 1, 0, 0, 0);
    expect(table.last.capacity).toBeLessThanOrEqual(1024);
  });

  it('gives columns as arrays of their own', () => {
    const table = new StepTable([]);
    table.push(5, 1, 0, 0, 0);
    const column = table.column('unit', 0, 1);
    table.last.unit[0] = 9;
    expect(column).toEqual(Uint32Array.of(5));
    expect(table.column('unit', 1, 1)).toEqual(new Uint32Array(0));
    expect(table.column('row', 0, 1)).toBeUndefined();
  });
});

describe('streams', () => {
  it('find the first entry of a step', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(3 * CHECKPOINT_STEPS)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(gaps, fc.array(fc.nat(100_000), { maxLength: 20 }), (gaps, steps) => {
        const stream = new MemoryStream();
        const sees: number[] = [];
        for (const gap of gaps) {
          sees.push((sees.at(-1) ?? 0) + gap);
          stream.push(sees.at(-1) as number, 0, 0, new Uint8Array(1), 0, 1);
        }
        for (const step of [...steps, ...sees, ...sees.map((step) => step + 1)]) {
          const expected = sees.findIndex((seen) => seen >= step);
          expect(stream.entryAt(step)).toBe(expected < 0 ? sees.length : expected);
        }
      }),
    );
  });

  it('know values of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 90 })), (values) => {
        const stream = new SlotStream(undefined);
        for (const value of values) stream.push(0, 0, 0, value, 0, value.length);
        for (const [entry, value] of values.entries()) {
          expect(stream.value(entry)).toEqual(value);
          expect(stream.word(entry)).toEqual(value);
        }
      }),
    );
  });

  it('tell apart locations whose bytes meet at another place', () => {
    const stream = new StateStream();
    stream.push(0, Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(1), false);
    stream.push(0, Uint8Array.of(1), Uint8Array.of(2, 3), Uint8Array.of(2), false);
    expect(stream.locations).toHaveLength(2);
    expect(stream.find(Uint8Array.of(1), Uint8Array.of(2, 3))).toBe(1);
    expect(stream.find(Uint8Array.of(1, 2, 3), new Uint8Array(0))).toBeUndefined();
  });
});
