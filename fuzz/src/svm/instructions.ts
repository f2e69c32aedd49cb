import type { Rng } from '@ninefold/base';
import type { InstructionFields, OpSpec } from '@ninefold/vm-svm';

// What random programs are made of, whatever their purpose.

export const ADD_64_IMM = 0x07;
export const LDDW = 0x18;
export const CALL = 0x85;
export const CALLX = 0x8d;
export const EXIT = 0x95;
export const MOV_64_IMM = 0xb7;
export const MOV_64_REG = 0xbf;
export const HOR_64 = 0xf7;

export const FRAME_POINTER = 10;

const EDGES: readonly number[] = [0, 1, -1, 2, 7, 8, 16, 64, 0x7f, 0x80, 0xffff, 0x7fff_ffff, -0x8000_0000];

/** An immediate, as often as not one at an edge. */
export const anyImmediate = (rng: Rng): number => (rng.below(2) === 0 ? rng.pick(EDGES) : rng.u32() | 0);

/** An immediate that the verifier lets an operation have. */
export function immediateFor(rng: Rng, { check }: OpSpec): number {
  switch (check) {
    case 'nonzero':
      return anyImmediate(rng) || 1;
    case 'shift32':
      return rng.below(32);
    case 'shift64':
      return rng.below(64);
    case 'endian':
      return rng.pick([16, 32, 64]);
    case undefined:
      return anyImmediate(rng);
  }
}

/** A base register and an offset from it. */
export type Place = readonly [register: number, offset: number];

/** A load or store at a place; undefined for operations that do not access memory. */
export function memoryAccess(
  rng: Rng,
  { code, form }: OpSpec,
  dst: number,
  src: number,
  place: (rng: Rng) => Place,
): InstructionFields | undefined {
  if (form !== 'load' && form !== 'storeImm' && form !== 'storeReg') return undefined;
  const [base, offset] = place(rng);
  if (form === 'load') return [code, dst, base, offset, 0];
  return form === 'storeReg' ? [code, base, src, offset, 0] : [code, base, 0, offset, anyImmediate(rng)];
}
