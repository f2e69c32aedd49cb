import type { Xlen } from '../spec/opcodes.ts';

/** A machine word as limbs of 16 bits, the lowest first. */
export type Limbs = readonly number[];

/** Sizes that follow from the width of a machine's words. */
export type Shape = {
  readonly xlen: Xlen;
  /** Limbs of 16 bits in a word. */
  readonly limbs: number;
  /** Bytes in a word. */
  readonly bytes: number;
};

export const SHAPES: Readonly<Record<Xlen, Shape>> = {
  32: { xlen: 32, limbs: 2, bytes: 4 },
  64: { xlen: 64, limbs: 4, bytes: 8 },
};

/** Values of a limb. */
export const LIMB = 65_536;

/** The limbs of an unsigned word. */
export function toLimbs(value: bigint, { limbs }: Shape): Limbs {
  if (limbs === 2) {
    const low = Number(value & 0xffff_ffffn);
    return [low & 0xffff, low >>> 16];
  }
  const low = Number(value & 0xffff_ffffn);
  const high = Number((value >> 32n) & 0xffff_ffffn);
  return [low & 0xffff, low >>> 16, high & 0xffff, high >>> 16];
}

/** Bytes of limbs, the lowest first. */
export function bytesOf(limbs: Limbs): readonly number[] {
  const bytes: number[] = [];
  for (let i = 0; i < limbs.length; i++) {
    const limb = limbs[i] as number;
    bytes.push(limb & 255, limb >> 8);
  }
  return bytes;
}

/** The limbs that bytes make, the lowest first. */
export function limbsFromBytes(bytes: ArrayLike<number>): Limbs {
  return Array.from(
    { length: bytes.length / 2 },
    (_, i) => (bytes[2 * i] as number) + 256 * (bytes[2 * i + 1] as number),
  );
}

/** Writes the bytes of limbs into `bytes` from `at` on, as many as there is room for. */
export function writeBytes(limbs: Limbs, bytes: number[], at = 0): void {
  const count = Math.min(limbs.length, (bytes.length - at) >> 1);
  for (let i = 0; i < count; i++) {
    const limb = limbs[i] as number;
    bytes[at + 2 * i] = limb & 255;
    bytes[at + 2 * i + 1] = limb >> 8;
  }
}

/** Room for that many bytes or limbs, to be written row after row. */
export function scratch(length: number): number[] {
  return new Array<number>(length).fill(0);
}

/** The unsigned number that limbs stand for. */
export function fromLimbs(limbs: Limbs): bigint {
  return limbs.reduceRight((value, limb) => (value << 16n) | BigInt(limb), 0n);
}

/** The highest bit. */
export function signOf(limbs: Limbs): number {
  return (limbs.at(-1) as number) >> 15;
}

/** The word of memory an instruction lies in, and whether it is the upper half of a word of 64 bits. */
export function codePlace(pc: number, { limbs }: Shape): { readonly index: number; readonly upper: 0 | 1 } {
  return limbs === 2 ? { index: pc, upper: 0 } : { index: pc >>> 1, upper: (pc & 1) as 0 | 1 };
}
