import { sha256 } from '@ninefold/kernels';
import { encodeInstruction, instructionBytes, writeElf, type Xlen } from '@ninefold/vm-riscv';

const TEXT = 0x1_0000;

/** Where calls find a schedule or a state, and the state of a compression. */
const DATA = 0x2_0000;
const STATE = 0x2_1000;

/** Registers by their names in the calling convention. */
const [s0, a0, a1, t0] = [8, 10, 11, 5];

const COMMIT = 0x10;

type Line = readonly [mnemonic: string, operands?: Parameters<typeof encodeInstruction>[1]];

/** A constant of 32 bits, sign-extended. */
function constant(xlen: Xlen, rd: number, value: number): readonly Line[] {
  const low = (value << 20) >> 20;
  return [
    ['lui', { rd, imm: ((value | 0) - low) | 0 }],
    [xlen === 64 ? 'addiw' : 'addi', { rd, rs1: rd, imm: low }],
  ];
}

const call = (xlen: Xlen, code: number, first: number, second: number): readonly Line[] => [
  ...constant(xlen, a0, first),
  ...constant(xlen, a1, second),
  ...constant(xlen, t0, code),
  ['ecall'],
];

/** A call of SP1 by its code; whether it has a second address. */
export type HashCall = { readonly code: number; readonly hasState: boolean };

/** A guest of SP1 that makes these calls `turns` times, over whatever is in memory, and publishes nothing. */
export function hashGuest(xlen: Xlen, calls: readonly HashCall[], turns: number): Uint8Array {
  const digest = new DataView(sha256(new Uint8Array(0)).slice().buffer);
  const body = calls.flatMap(({ code, hasState }) => call(xlen, code, DATA, hasState ? STATE : 0));
  const lines: readonly Line[] = [
    ...constant(xlen, s0, turns),
    ...body,
    ['addi', { rd: s0, rs1: s0, imm: -1 }],
    ['bne', { rs1: s0, imm: -4 * (body.length + 1) }],
    ...Array.from({ length: 8 }, (_, i) => call(xlen, COMMIT, i, digest.getUint32(4 * i, true))).flat(),
    ...call(xlen, 0, 0, 0),
  ];
  const words = lines.map(([mnemonic, operands = {}]) => encodeInstruction(mnemonic, operands, xlen));
  return writeElf(xlen, [{ address: TEXT, bytes: instructionBytes(words), flags: 5 }], TEXT);
}
