import type { Executable } from '../../src/code/executable.ts';
import { OPCODES } from '../../src/spec/opcodes.ts';
import type { SbpfVersion } from '../../src/spec/versions.ts';

export type Fields = { dst?: number; src?: number; off?: number; imm?: number | bigint };

export const PROGRAM_START = 2n ** 32n;
export const STACK = 2n * PROGRAM_START;
export const HEAP = 3n * PROGRAM_START;
export const INPUT = 4n * PROGRAM_START;

/** An instruction of eight bytes; `lddw` of sixteen. */
export function encode(code: number, { dst = 0, src = 0, off = 0, imm = 0 }: Fields = {}): number[] {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  bytes[0] = code;
  bytes[1] = dst | (src << 4);
  view.setInt16(2, off, true);
  view.setInt32(4, Number(BigInt.asIntN(32, BigInt(imm))), true);
  return [...bytes];
}

/** By mnemonic and form, out of the table: `ins(0, 'add64', 'aluImm', { dst: 1, imm: 5 })`. */
export function ins(version: SbpfVersion, mnemonic: string, form: string, fields: Fields = {}): number[] {
  const spec = OPCODES.find(
    (row) => row.mnemonic === mnemonic && row.form === form && row.versions.includes(version),
  );
  if (spec === undefined) throw new Error(`no ${mnemonic} ${form} in version ${version}`);
  const first = encode(spec.code, fields);
  if (form !== 'lddw') return first;
  return [...first, ...encode(0, { imm: BigInt(fields.imm ?? 0) >> 32n })];
}

export const EXIT: number[] = encode(0x95);

/** A program without a file around it. */
export function programOf(
  version: SbpfVersion,
  instructions: readonly number[][],
  more: Partial<Executable> = {},
): Executable {
  const text = Uint8Array.from(instructions.flat());
  return {
    version,
    text,
    textAddress: PROGRAM_START,
    entryPc: 0,
    readOnly: version === 3 ? new Uint8Array(0) : text,
    readOnlyAddress: version === 3 ? 0n : PROGRAM_START,
    functions: new Map(),
    ...more,
  };
}
