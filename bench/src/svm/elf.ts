/** An instruction: opcode, destination, source, offset, immediate. */
export type Slot = readonly [opcode: number, dst: number, src: number, offset: number, imm: number];

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const TEXT_ADDRESS = 1n << 32n;
const MACHINE_SBPF = 247;
const VERSION = 3;
const EXECUTABLE = 1;

/** A program file of version 3 that has nothing but code. */
export function codeFile(slots: readonly Slot[]): Uint8Array {
  const start = HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const size = 8 * slots.length;
  const file = new Uint8Array(start + size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(18, MACHINE_SBPF, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, TEXT_ADDRESS, true);
  view.setBigUint64(32, BigInt(HEADER_BYTES), true);
  view.setUint32(48, VERSION, true);
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, 1, true);
  view.setUint32(HEADER_BYTES, 1, true);
  view.setUint32(HEADER_BYTES + 4, EXECUTABLE, true);
  for (const [at, value] of [
    [8, BigInt(start)],
    [16, TEXT_ADDRESS],
    [24, TEXT_ADDRESS],
    [32, BigInt(size)],
    [40, BigInt(size)],
  ] as const)
    view.setBigUint64(HEADER_BYTES + at, value, true);
  for (const [i, [opcode, dst, src, offset, imm]] of slots.entries()) {
    const at = start + 8 * i;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, dst | (src << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, imm, true);
  }
  return file;
}

/** Rounds of a loop: a little more than a million instructions, as many as a transaction may run. */
const ROUNDS = 120_000;

/** A loop that counts r6 down, and the instructions that it executes. */
export type Loop = { readonly file: Uint8Array; readonly instructions: number };

function loop(start: readonly Slot[], body: readonly Slot[]): Loop {
  const before: readonly Slot[] = [[0xb7, 6, 0, 0, ROUNDS], ...start];
  const after: readonly Slot[] = [
    [0x07, 6, 0, 0, -1],
    [0x55, 6, 0, -(body.length + 2), 0],
    [0xb7, 0, 0, 0, 0],
    [0x95, 0, 0, 0, 0],
  ];
  const round = body.length + 2;
  return {
    file: codeFile([...before, ...body, ...after]),
    instructions: before.length + ROUNDS * round + after.length - 2,
  };
}

/** Arithmetic in registers where each result is the next one's operand: what the processor's latencies allow. */
export const chainLoop = (): Loop =>
  loop(
    [[0xb7, 7, 0, 0, 1]],
    [
      [0x0f, 7, 6, 0, 0],
      [0x2f, 7, 6, 0, 0],
      [0xaf, 7, 6, 0, 0],
      [0x67, 7, 0, 0, 3],
      [0x77, 7, 0, 0, 1],
      [0x47, 7, 0, 0, 5],
      [0x1f, 7, 6, 0, 0],
    ],
  );

/** Four chains beside each other, add, xor, multiply and shift, and a comparison that never holds. */
export const mixedLoop = (): Loop =>
  loop(
    [
      [0xb7, 7, 0, 0, 1],
      [0xb7, 8, 0, 0, 3],
      [0xb7, 9, 0, 0, 5],
      [0xb7, 1, 0, 0, 7],
    ],
    [
      [0x0f, 7, 6, 0, 0],
      [0xaf, 8, 6, 0, 0],
      [0x2f, 9, 6, 0, 0],
      [0x77, 1, 0, 0, 1],
      [0x0f, 1, 8, 0, 0],
      [0xa7, 7, 0, 0, 0x5555],
      [0x1d, 6, 10, 1, 0],
      [0x0f, 8, 9, 0, 0],
    ],
  );

/** Stores and loads of eight, four and one bytes behind r1. */
const STORES_AND_LOADS: Parameters<typeof loop>[1] = [
  [0x7b, 1, 6, 0, 0],
  [0x79, 2, 1, 0, 0],
  [0x63, 1, 2, 8, 0],
  [0x61, 3, 1, 8, 0],
  [0x73, 1, 3, 16, 0],
  [0x71, 4, 1, 16, 0],
  [0x0f, 5, 4, 0, 0],
];

/** {@link STORES_AND_LOADS} on the stack. */
export const memoryLoop = (): Loop =>
  loop(
    [
      [0xbf, 1, 10, 0, 0],
      [0x07, 1, 0, 0, -64],
    ],
    STORES_AND_LOADS,
  );

/** As {@link memoryLoop}, but in the program's input, whose place is known at run time alone. */
export const inputLoop = (): Loop => loop([], STORES_AND_LOADS);
