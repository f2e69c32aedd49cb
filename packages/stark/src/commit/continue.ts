import { doubleX } from '../circle/point.ts';
import { addM31, invM31, mulM31, subM31 } from '../field/m31.ts';
import type { PlacedRows, VerifierMemory } from '../kernel/verifier.ts';
import { addressOf } from '../protocol/prover-columns.ts';

// The first 2^k places of a domain determine a column of 2^k coefficients. Bit j of a place takes factor j of the
// FFT's basis (y, x, pi(x), …) to its negative, so that the Lagrange polynomial of place i is a product over the bits:
//   L_i(P) = prod_j (1 + t_j(P) / t_j(P_i)) / 2

/**
 * Rows at the places of a layer, from the rows at the first places of its domain.
 *
 * @param from the first `sent` rows, a power of 2 that is at least the columns' coefficients
 * @param log log2 of the domain
 * @returns where the rows stand, one after the other
 */
export function continueRows(
  memory: VerifierMemory,
  from: number,
  width: number,
  sent: number,
  level: PlacedRows,
  log: number,
): number {
  const { rows } = level;
  const known = rows.findIndex((row) => row >= sent);
  const count = known < 0 ? rows.length : known;
  // The kernel writes whole vectors.
  const to = memory.allocate(4 * width * rows.length + 16);
  for (let i = 0; i < count; i++) {
    const source = from / 4 + width * (rows[i] as number);
    memory.words().copyWithin(to / 4 + width * i, source, source + width);
  }
  const others = rows.length - count;
  if (others > 0) {
    const matrix = memory.place(lagrange(memory, sent, level, count, log));
    memory.kernel.continueRows(to + 4 * width * count, from, width, sent, matrix, others);
  }
  return to;
}

/**
 * The Lagrange polynomials of the first `sent` places at those of a layer from index `first` on, row by row.
 *
 * PERF: a product for bits j and above is that of two places which differ in bit j - 1: it is continued for both.
 */
function lagrange(
  memory: VerifierMemory,
  sent: number,
  level: PlacedRows,
  first: number,
  log: number,
): Uint32Array {
  const bits = Math.log2(sent);
  const bases = Uint32Array.from({ length: sent }, (_, place) => place);
  const baseFactors = basisFactors(memory, { rows: bases, address: memory.place(bases) }, bits, log);
  // Of the pairs of places that bit j tells apart, the inverse at the first one.
  const inverses = baseFactors.map((column, bit) =>
    Uint32Array.from({ length: sent >> (bit + 1) }, (_, pair) => invM31(column[pair << (bit + 1)] as number)),
  );
  const factors = basisFactors(memory, level, bits, log);
  const others = level.rows.length - first;
  const matrix = new Uint32Array(others * sent);
  const share = invM31(sent);
  for (let row = 0; row < others; row++) {
    const at = row * sent;
    matrix[at] = share;
    for (let bit = bits - 1, size = 1; bit >= 0; bit--, size *= 2) {
      const factor = factors[bit]?.[first + row] as number;
      const own = inverses[bit] as Uint32Array;
      for (let pair = size - 1; pair >= 0; pair--) {
        const known = matrix[at + pair] as number;
        const odd = mulM31(known, mulM31(factor, own[pair] as number));
        matrix[at + 2 * pair + 1] = subM31(known, odd);
        matrix[at + 2 * pair] = addM31(known, odd);
      }
    }
  }
  return matrix;
}

/** The first factors of the FFT's basis at the places of a layer: y, x, pi(x), … */
function basisFactors(memory: VerifierMemory, level: PlacedRows, bits: number, log: number): Uint32Array[] {
  const points = memory.pointsAt(level, 0, 0, log);
  const column = (index: number): Uint32Array => {
    const from = addressOf(points, index) / 4;
    return memory.words().slice(from, from + level.rows.length);
  };
  const factors = [column(1), column(0)];
  while (factors.length < bits) factors.push((factors.at(-1) as Uint32Array).map(doubleX));
  return factors.slice(0, bits);
}
