import { invM31 } from '@ninefold/stark';

/** Inverses that have been computed are kept in this many places. */
const PLACES = 4096;

/** Inverses modulo 2^31 - 1, of which most rows ask for a few again and again. */
export type Inverses = { readonly of: (value: number) => number };

/** Remembers the inverses that were asked for last, each at the place of its low bits. */
export function createInverses(): Inverses {
  const values = new Uint32Array(PLACES);
  const inverses = new Uint32Array(PLACES);
  return {
    of: (value) => {
      const place = value % PLACES;
      if (values[place] !== value) {
        values[place] = value;
        inverses[place] = invM31(value);
      }
      return inverses[place] as number;
    },
  };
}
