// Parameters of Keccak-f[1600] (FIPS 202, section 3.2). A lane is named by its place in the state: x + 5y.

export const ROUNDS = 24;
export const LANES = 25;
export const LANE_BITS = 64;

/** Limbs of 16 bits in a lane, and in the whole state. */
export const LANE_LIMBS = 4;
export const STATE_LIMBS: number = LANES * LANE_LIMBS;

/** Lanes of one plane: those of the same y. */
export const PLANE_LANES = 5;
export const PLANES = 5;
export const PLANE_LIMBS: number = PLANE_LANES * LANE_LIMBS;

/** The lane at (x, y), both modulo 5. */
export function laneAt(x: number, y: number): number {
  return ((x + 5) % 5) + 5 * (y % 5);
}

/** What rho rotates each lane by (section 3.2.2). */
export const ROTATIONS: readonly number[] = rotations();

function rotations(): number[] {
  const offsets = new Array<number>(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < LANES - 1; t++) {
    offsets[laneAt(x, y)] = (((t + 1) * (t + 2)) / 2) % LANE_BITS;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

/** The lane that pi moves to (x, y) (section 3.2.3). */
export function laneBeforePi(x: number, y: number): number {
  return laneAt(x + 3 * y, x);
}

/** Bits of the first lane that iota may change: the others are 0 in every round constant. */
export const IOTA_BITS: readonly number[] = [0, 1, 3, 7, 15, 31, 63];

/** Whether iota changes `IOTA_BITS[j]` in a round: `IOTA[round][j]` is bit 7 round + j of a register (section 3.2.5). */
export const IOTA: readonly (readonly number[])[] = iota();

function iota(): number[][] {
  let register = 1;
  return Array.from({ length: ROUNDS }, () =>
    IOTA_BITS.map(() => {
      const bit = register & 1;
      // x^8 = x^6 + x^5 + x^4 + 1
      register <<= 1;
      if (register > 255) register ^= 0b1_0111_0001;
      return bit;
    }),
  );
}
