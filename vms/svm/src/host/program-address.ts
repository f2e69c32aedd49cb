import { type Bytes, concatBytes, utf8ToBytes } from '@ninefold/base';
import { isEd25519Point, sha256 } from '@ninefold/crypto';

export const MAX_SEEDS = 16;
export const MAX_SEED_BYTES = 32;

const MARKER: Bytes = utf8ToBytes('ProgramDerivedAddress');

/** Hashes of which it is remembered that no key has them: programs derive the same few again and again. */
const REMEMBERED_ADDRESSES = 4096;

// PERF: looking for a point takes 9 µs.
const offCurve = new Set<string>();

function isDerivable(hash: Bytes): boolean {
  const key = String.fromCharCode.apply(null, hash as unknown as number[]);
  if (offCurve.has(key)) return true;
  if (isEd25519Point(hash)) return false;
  if (offCurve.size >= REMEMBERED_ADDRESSES) offCurve.clear();
  offCurve.add(key);
  return true;
}

/**
 * The address that a program derives from seeds; `undefined` when there are too many or too long
 * ones, or when the hash is a point of the curve and so could have a private key.
 */
export function createProgramAddress(seeds: readonly Bytes[], program: Bytes): Bytes | undefined {
  if (seeds.length > MAX_SEEDS || seeds.some((seed) => seed.length > MAX_SEED_BYTES)) return undefined;
  const hash = sha256(concatBytes(...seeds, program, MARKER));
  return isDerivable(hash) ? hash : undefined;
}

/** The first address with a bump seed from 255 down, and that seed. */
export function findProgramAddress(
  seeds: readonly Bytes[],
  program: Bytes,
): { readonly address: Bytes; readonly bump: number } | undefined {
  for (let bump = 255; bump > 0; bump--) {
    const address = createProgramAddress([...seeds, Uint8Array.of(bump)], program);
    if (address !== undefined) return { address, bump };
  }
  return undefined;
}
