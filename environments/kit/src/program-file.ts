import { syscallKey } from 'ninefold/svm';

// Program files of sBPF version 3, made here so that the tests need no toolchain.

/** An instruction: opcode, destination and source register, offset, immediate. */
type Instruction = readonly [opcode: number, dst: number, src: number, offset: number, immediate: number];

const CODE_ADDRESS = 1n << 32n;
const TEXT_AT = 120;

/** A file of nothing but code. */
export function programFile(code: readonly Instruction[]): Uint8Array {
  const file = new Uint8Array(TEXT_AT + 8 * code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 247, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, CODE_ADDRESS, true);
  view.setBigUint64(32, 64n, true);
  view.setUint32(48, 3, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, 64, true);
  // One loadable, executable segment.
  view.setUint32(64, 1, true);
  view.setUint32(68, 1, true);
  view.setBigUint64(72, BigInt(TEXT_AT), true);
  view.setBigUint64(80, CODE_ADDRESS, true);
  view.setBigUint64(88, CODE_ADDRESS, true);
  view.setBigUint64(96, BigInt(8 * code.length), true);
  view.setBigUint64(104, BigInt(8 * code.length), true);
  code.forEach(([opcode, dst, src, offset, immediate], i) => {
    const at = TEXT_AT + 8 * i;
    file[at] = opcode;
    file[at + 1] = dst | (src << 4);
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, immediate, true);
  });
  return file;
}

const RETURN = [0x95, 0, 0, 0, 0] as const;

/** Logs its instruction data, as events are logged. */
export const ECHO: Uint8Array = programFile([
  [0x79, 3, 2, -8, 0],
  [0x7b, 10, 2, -16, 0],
  [0x7b, 10, 3, -8, 0],
  [0xbf, 1, 10, 0, 0],
  [0x07, 1, 0, 0, -16],
  [0xb7, 2, 0, 0, 1],
  [0x85, 0, 0, 0, syscallKey('sol_log_data') | 0],
  [0xb7, 0, 0, 0, 0],
  RETURN,
]);

/** Fails with a number of its own. */
export const refusing = (number: number): Uint8Array => programFile([[0xb7, 0, 0, 0, number], RETURN]);
