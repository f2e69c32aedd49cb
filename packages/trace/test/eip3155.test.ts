import { expect, it } from 'vitest';
import { createTraceReader, createTraceWriter, eip3155Lines } from '@ninefold/trace';

const NAMES: Readonly<Record<number, string>> = { 0x60: 'PUSH1', 0x52: 'MSTORE', 0x00: 'STOP' };

// PUSH1 1, PUSH1 0, MSTORE, then a call of a frame that stops.
function createTrace(): ReturnType<typeof createTraceReader> {
  const code = [0x60, 0x60, 0x52, 0x00];
  const writer = createTraceWriter({
    vm: 'evm',
    slots: { width: 32, endian: 'big' },
    memory: true,
    spacePerFrame: true,
    extras: [{ name: 'gas', type: 'f64' }],
  });
  const frame = writer.enterFrame(0, 0);
  const step = (index: number, gas: number, sp: number): void => {
    writer.step((index << 8) | (code[index] as number), 3, sp, 0);
    writer.extra(0, gas);
  };
  step(0, 100, 0);
  writer.slot(frame, 0, Uint8Array.of(1));
  step(1, 97, 1);
  writer.slot(frame, 1, new Uint8Array(32));
  step(2, 94, 2);
  writer.memory(
    frame,
    0,
    Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0)),
  );
  writer.enterFrame(1, 0);
  step(3, 88, 0);
  return createTraceReader(writer.finish());
}

const reader = createTrace();
const view = {
  instruction: (unit: number) => ({ pc: unit >> 8, op: unit & 0xff, opName: NAMES[unit & 0xff] as string }),
  gas: (step: number) => reader.extra('gas', step),
};

it('writes one line a step', () => {
  expect(Array.from(eip3155Lines(reader, view))).toEqual([
    '{"pc":0,"op":96,"gas":"0x64","gasCost":"0x3","memSize":0,"stack":[],"depth":1,"returnData":"0x","refund":0,"opName":"PUSH1"}',
    '{"pc":1,"op":96,"gas":"0x61","gasCost":"0x3","memSize":0,"stack":["0x1"],"depth":1,"returnData":"0x","refund":0,"opName":"PUSH1"}',
    '{"pc":2,"op":82,"gas":"0x5e","gasCost":"0x3","memSize":0,"stack":["0x1","0x0"],"depth":1,"returnData":"0x","refund":0,"opName":"MSTORE"}',
    '{"pc":3,"op":0,"gas":"0x58","gasCost":"0x3","memSize":0,"stack":[],"depth":2,"returnData":"0x","refund":0,"opName":"STOP"}',
  ]);
});

it('adds memory, what the VM knows and the outcome', () => {
  const full = {
    ...view,
    memory: true,
    refund: (step: number) => step * 10,
    returnData: () => Uint8Array.of(7),
    error: (step: number) => (step === 3 ? 'out of gas' : undefined),
  };
  const summary = {
    stateRoot: '0xaa',
    output: Uint8Array.of(1),
    gasUsed: 12n,
    pass: false,
    error: 'out of gas',
  };
  const lines = Array.from(eip3155Lines(reader, full, summary), (line) => JSON.parse(line) as object);
  expect(lines).toHaveLength(5);
  expect(lines[2]).toMatchObject({ memory: '0x', refund: 20, returnData: '0x07' });
  expect(lines[3]).toMatchObject({ error: 'out of gas', memory: '0x' });
  expect(lines[4]).toEqual({
    stateRoot: '0xaa',
    output: '0x01',
    gasUsed: '0xc',
    pass: false,
    error: 'out of gas',
  });
});

it('shows the memory of the frame', () => {
  expect(reader.memoryLength(3, 0)).toBe(32);
  expect(reader.memoryLength(3, 1)).toBe(0);
});
