import type { Miniscript } from './miniscript.ts';

/** Bytes of an ECDSA signature at its longest: DER with a low S, and the hash type. */
export const MAX_ECDSA_SIGNATURE_BYTES: number = 72;
const KEY_BYTES = 33;
const PREIMAGE_BYTES = 32;

/** Of an element with its length in front; all are shorter than 253 bytes. */
const element = (bytes: number): number => 1 + bytes;
const SIGNATURE = element(MAX_ECDSA_SIGNATURE_BYTES);
const EMPTY = element(0);
const TRUE = element(1);

/** Bytes of elements at most; -Infinity where there is no such way. */
type Sizes = { readonly sat: number; readonly dsat: number };
const NEVER = -Infinity;

/**
 * Bytes of the longest witness that satisfies an expression of `wsh()`, lengths of elements included
 * and the script not: which way will be taken is known only when it is signed.
 *
 * @example maxSatisfactionSize(pk) // 73
 */
export function maxSatisfactionSize(node: Miniscript): number {
  return Math.max(0, sizesOf(node).sat);
}

function sizesOf(node: Miniscript): Sizes {
  const { fragment, number, keys } = node;
  const subs = node.subs.map(sizesOf);
  const [x, y, z] = subs as [Sizes, Sizes, Sizes];
  switch (fragment) {
    case '0':
      return { sat: NEVER, dsat: 0 };
    case '1':
    case 'older':
    case 'after':
      return { sat: 0, dsat: NEVER };
    case 'pk_k':
      return { sat: SIGNATURE, dsat: EMPTY };
    case 'pk_h':
      return { sat: SIGNATURE + element(KEY_BYTES), dsat: EMPTY + element(KEY_BYTES) };
    case 'sha256':
    case 'hash256':
    case 'ripemd160':
    case 'hash160':
      return { sat: element(PREIMAGE_BYTES), dsat: element(PREIMAGE_BYTES) };
    case 'multi':
      return { sat: EMPTY + number * SIGNATURE, dsat: (number + 1) * EMPTY };
    case 'multi_a':
      return { sat: number * SIGNATURE + (keys.length - number) * EMPTY, dsat: keys.length * EMPTY };
    case 'andor':
      return { sat: Math.max(y.sat + x.sat, z.sat + x.dsat), dsat: z.dsat + x.dsat };
    case 'and_v':
      return { sat: y.sat + x.sat, dsat: NEVER };
    case 'and_b':
      return { sat: y.sat + x.sat, dsat: y.dsat + x.dsat };
    case 'or_b':
      return { sat: Math.max(y.dsat + x.sat, y.sat + x.dsat), dsat: y.dsat + x.dsat };
    case 'or_c':
      return { sat: Math.max(x.sat, y.sat + x.dsat), dsat: NEVER };
    case 'or_d':
      return { sat: Math.max(x.sat, y.sat + x.dsat), dsat: y.dsat + x.dsat };
    case 'or_i':
      return {
        sat: Math.max(x.sat + TRUE, y.sat + EMPTY),
        dsat: Math.max(x.dsat + TRUE, y.dsat + EMPTY),
      };
    case 'thresh':
      return { sat: threshSize(subs, number), dsat: subs.reduce((sum, { dsat }) => sum + dsat, 0) };
    case 'wrap_d':
      return { sat: x.sat + TRUE, dsat: EMPTY };
    case 'wrap_j':
      return { sat: x.sat, dsat: EMPTY };
    case 'wrap_v':
      return { sat: x.sat, dsat: NEVER };
    default:
      return x;
  }
}

/** The longest way to satisfy exactly so many. */
function threshSize(subs: readonly Sizes[], k: number): number {
  // Index is how many are satisfied so far.
  let longest = [0, ...Array.from({ length: k }, () => NEVER)];
  for (const { sat, dsat } of subs) {
    longest = longest.map((size, i) =>
      Math.max(size + dsat, i === 0 ? NEVER : (longest[i - 1] as number) + sat),
    );
  }
  return longest[k] as number;
}
