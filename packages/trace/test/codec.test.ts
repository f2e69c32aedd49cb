import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNinefoldError } from '@ninefold/base';
import type { Trace } from '@ninefold/trace';
import { createTraceReader, createTraceWriter, decodeTrace, encodeTrace } from '@ninefold/trace';
import { actions, ENTITY, play } from './model.ts';

/** All that a reader can say of a trace. */
function contents(trace: Trace): unknown {
  const reader = createTraceReader(trace);
  const { steps, frames } = reader;
  return {
    manifest: reader.manifest(),
    frames,
    steps: Array.from({ length: steps }, (_, i) => [
      reader.step(i),
      ...trace.steps.extras.map(({ name }) => reader.extra(name, i)),
    ]),
    deltas: Array.from(reader.deltas(0, steps)),
    checkpoint: reader.checkpoint(0),
    states: Array.from({ length: steps + 1 }, (_, i) => reader.stateValues(i)),
    writers: [0, 1, 2, 3].map((key) => reader.stateWriters(ENTITY, Uint8Array.of(key))),
  };
}

describe('.nftrace', () => {
  it('gives back the trace', () => {
    fc.assert(
      fc.property(actions, fc.boolean(), (list, spacePerFrame) => {
        const { trace } = play(list, spacePerFrame);
        const bytes = encodeTrace(trace);
        const decoded = decodeTrace(bytes);
        expect(contents(decoded)).toEqual(contents(trace));
        expect(decoded.spacePerFrame).toBe(spacePerFrame);
        expect(encodeTrace(decoded)).toEqual(bytes);
      }),
    );
  });

  it('keeps extra columns, truncation, sparse memory and words of either order', () => {
    const writer = createTraceWriter({
      vm: 'vm é',
      maxSteps: 3,
      slots: { width: 8, endian: 'little' },
      memory: true,
      extras: [
        { name: 'gas', type: 'f64' },
        { name: 'tier', type: 'u8' },
      ],
    });
    writer.enterFrame(1, 2);
    for (let i = 0; i < 5; i++) {
      writer.step(i, 2 ** 33, i, i);
      writer.extra(0, 2 ** 40 + i);
      writer.extra(1, i);
      writer.slot(0, i, Uint8Array.of(i, 0, 0, 0, 0, 0, 0, 0));
      writer.memory(0, 2 ** 40 * i, Uint8Array.of(i));
    }
    const trace = writer.finish();
    const decoded = decodeTrace(encodeTrace(trace));
    expect(contents(decoded)).toEqual(contents(trace));
    expect(decoded.truncated).toEqual({ at: 3, reason: 'steps' });
    expect(decoded.vm).toBe('vm é');
    const full = createTraceWriter({ vm: 'x', memory: true, maxValueBytes: 1 });
    full.memory(0, 0, new Uint8Array(2));
    expect(decodeTrace(encodeTrace(full.finish())).truncated).toEqual({ at: 0, reason: 'bytes' });
  });
});

describe('hostile bytes', () => {
  const { trace } = play(
    [
      { kind: 'write', key: 1, value: Uint8Array.of(5) },
      { kind: 'step', unit: 1, cost: 2, flags: 3 },
      { kind: 'slot', slot: 1, word: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9) },
      { kind: 'enter', program: 4 },
      { kind: 'step', unit: 1, cost: 2, flags: 3 },
      { kind: 'memory', address: 300, bytes: Uint8Array.of(1, 2, 3) },
      { kind: 'write', key: 1, value: undefined },
    ],
    true,
  );
  const good = encodeTrace(trace);

  /** Either the typed error, or a trace of which everything can be read. */
  function check(bytes: Uint8Array): void {
    let decoded: Trace;
    try {
      decoded = decodeTrace(bytes);
    } catch (error) {
      if (!isNinefoldError(error, 'TRACE_MALFORMED')) throw error;
      return;
    }
    contents(decoded);
  }

  it('are refused when cut off or too long', () => {
    for (let length = 0; length < good.length; length++) {
      expect(() => decodeTrace(good.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'TRACE_MALFORMED' }),
      );
    }
    expect(() => decodeTrace(Uint8Array.from([...good, 0]))).toThrow(
      expect.objectContaining({ code: 'TRACE_MALFORMED' }),
    );
  });

  it('are refused where no writer makes them', () => {
    const cut = createTraceWriter({ vm: 'x', maxSteps: 1 });
    cut.enterFrame(0, 0);
    cut.step(0, 1, 0, 0);
    cut.step(0, 1, 0, 0);
    const bytes = encodeTrace(cut.finish());
    // Magic number, length and name of the VM, flags, where it was cut.
    const [flags, at] = [13, 17];
    expect([bytes[flags], bytes[at]]).toEqual([2, 1]);
    expect(decodeTrace(bytes.with(flags, 4)).truncated).toEqual({ at: 1, reason: 'bytes' });
    for (const changed of [
      bytes.with(flags, 2 | 4), // for two reasons
      bytes.with(flags, 2 | 64), // a flag of another version
      bytes.with(flags + 3, 128),
      bytes.with(flags, 0), // at a step, though not cut
      bytes.with(at, 0),
      bytes.with(at, 2),
    ]) {
      expect(() => decodeTrace(changed)).toThrow(expect.objectContaining({ code: 'TRACE_MALFORMED' }));
    }
    expect(decodeTrace(bytes.with(flags, 0).with(at, 0)).truncated).toBeUndefined();
  });

  it('never break the decoder or a reader', () => {
    for (let at = 0; at < good.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) check(good.with(at, value));
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        check(bytes);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), check));
  });
});
