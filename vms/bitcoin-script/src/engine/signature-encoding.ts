import type { Bytes } from '@ninefold/base';
import { parseDerLax } from '@ninefold/crypto';
import type { ScriptError } from '../spec/errors.ts';
import { SCRIPT_FLAGS } from '../spec/flags.ts';
import { SIGHASH_ALL, SIGHASH_ANYONECANPAY, SIGHASH_SINGLE } from './signature-hash.ts';

/** Whether a signature with its hash type is strict DER (BIP 66). */
export function isStrictDer(signature: Bytes): boolean {
  // 30 [total] 02 [r] r 02 [s] s [hash type]; r and s are positive and as short as they can be.
  const size = signature.length;
  if (size < 9 || size > 73) return false;
  if (signature[0] !== 0x30 || signature[1] !== size - 3) return false;
  const rLength = signature[3] as number;
  if (5 + rLength >= size) return false;
  const sLength = signature[5 + rLength] as number;
  if (rLength + sLength + 7 !== size) return false;
  return isPositiveInteger(signature, 2, rLength) && isPositiveInteger(signature, 4 + rLength, sLength);
}

function isPositiveInteger(signature: Bytes, at: number, length: number): boolean {
  if (signature[at] !== 0x02 || length === 0) return false;
  const first = signature[at + 2] as number;
  if ((first & 0x80) !== 0) return false;
  return !(length > 1 && first === 0 && ((signature[at + 3] as number) & 0x80) === 0);
}

/** Order n of the group and n/2, as bytes. */
const ORDER: Bytes = Uint8Array.from(
  'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'.match(/../g) as string[],
  (pair) => Number.parseInt(pair, 16),
);
const HALF_ORDER: Bytes = Uint8Array.from(
  '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'.match(/../g) as string[],
  (pair) => Number.parseInt(pair, 16),
);

function isAbove(bytes: Bytes, at: number, bound: Bytes): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = (bytes[at + i] as number) - (bound[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Whether s is at most n/2. Numbers beyond the order count as zero, as libsecp256k1 reads them. */
function hasLowS(signature: Bytes): boolean {
  const compact = parseDerLax(signature.subarray(0, -1));
  if (compact === undefined) return false;
  if (!isAbove(compact, 32, HALF_ORDER)) return true;
  const overflows = (at: number): boolean =>
    isAbove(compact, at, ORDER) || ORDER.every((byte, i) => byte === compact[at + i]);
  return overflows(0) || overflows(32);
}

function hasDefinedHashType(signature: Bytes): boolean {
  const type = (signature[signature.length - 1] as number) & ~SIGHASH_ANYONECANPAY;
  return type >= SIGHASH_ALL && type <= SIGHASH_SINGLE;
}

const { DERSIG, LOW_S, STRICTENC, WITNESS_PUBKEYTYPE } = SCRIPT_FLAGS;

/** What the flags find wrong with an ECDSA signature's form; the empty signature is always fine. */
export function checkSignatureEncoding(signature: Bytes, flags: number): ScriptError | undefined {
  if (signature.length === 0) return undefined;
  if ((flags & (DERSIG | LOW_S | STRICTENC)) !== 0 && !isStrictDer(signature)) return 'SIG_DER';
  if ((flags & LOW_S) !== 0 && !hasLowS(signature)) return 'SIG_HIGH_S';
  if ((flags & STRICTENC) !== 0 && !hasDefinedHashType(signature)) return 'SIG_HASHTYPE';
  return undefined;
}

/** Bytes of a key whose first byte is `first`; 0 where no key begins so. */
export function publicKeyLength(first: number | undefined): number {
  if (first === 2 || first === 3) return 33;
  return first === 4 || first === 6 || first === 7 ? 65 : 0;
}

/** What the flags find wrong with a key's form. */
export function checkPublicKeyEncoding(
  key: Bytes,
  flags: number,
  isWitnessV0: boolean,
): ScriptError | undefined {
  const [first] = key;
  const compressed = key.length === 33 && (first === 2 || first === 3);
  if ((flags & STRICTENC) !== 0 && !compressed && !(key.length === 65 && first === 4)) return 'PUBKEYTYPE';
  if ((flags & WITNESS_PUBKEYTYPE) !== 0 && isWitnessV0 && !compressed) return 'WITNESS_PUBKEYTYPE';
  return undefined;
}
