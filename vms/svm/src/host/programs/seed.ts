import { type Bytes, concatBytes, equalBytes, utf8ToBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { customFailure } from '../failure.ts';
import { MAX_SEED_BYTES } from '../program-address.ts';

const PDA_MARKER: Bytes = utf8ToBytes('ProgramDerivedAddress');

// Numbers of errors in deriving addresses, which come out as the program's own.
const MAX_SEED_LENGTH_EXCEEDED = 0;
const ILLEGAL_OWNER = 2;

/** The address that `base` derives from a seed for `owner`. */
export function withSeed(base: Bytes, seed: Bytes, owner: Bytes): Bytes {
  if (seed.length > MAX_SEED_BYTES) throw customFailure(MAX_SEED_LENGTH_EXCEEDED);
  if (equalBytes(owner.subarray(owner.length - PDA_MARKER.length), PDA_MARKER))
    throw customFailure(ILLEGAL_OWNER);
  return sha256(concatBytes(base, seed, owner));
}
