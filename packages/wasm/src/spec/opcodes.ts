import { ATOMICS } from './atomics.ts';
import { SCALAR } from './scalar.ts';
import { SIMD } from './simd.ts';

/**
 * All instructions by their name in the text format. The builder's methods and their types, the
 * encoder and the disassembler are made from this table alone.
 */
export const OPCODES: typeof SCALAR & typeof SIMD & typeof ATOMICS = { ...SCALAR, ...SIMD, ...ATOMICS };

/** `'i32.add' | 'local.get' | …` */
export type OpName = keyof typeof OPCODES;

/**
 * What stands behind an instruction's code:
 * - `memoryN`: alignment and offset, naturally aligned to 2^N bytes; `memoryLaneN` with a lane
 * - `laneN`: a lane below N; `shuffle`: 16 of them
 * - `i32 i64 f32 f64 v128`: a constant
 * - the others: indexes, types and labels
 */
export type ImmediateKind = (typeof OPCODES)[OpName][1];

/** The values behind an instruction's code. */
export type OpRow = readonly [code: number, immediates: ImmediateKind, effect: string];

/** Code -> name and immediates. */
export const OPCODE_BY_CODE: ReadonlyMap<number, readonly [name: OpName, immediates: ImmediateKind]> =
  new Map(
    (Object.entries(OPCODES) as [OpName, OpRow][]).map(([name, [code, immediates]]) => [
      code,
      [name, immediates],
    ]),
  );
