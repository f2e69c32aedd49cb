import type { Bytes } from '@ninefold/base';
import { parseDerLax, schnorr, secp256k1 } from '@ninefold/crypto';
import type { ScriptError } from '../spec/errors.ts';
import {
  LOCKTIME_THRESHOLD,
  SEQUENCE_FINAL,
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  SEQUENCE_LOCKTIME_MASK,
  SEQUENCE_LOCKTIME_TYPE_FLAG,
} from '../spec/limits.ts';
import type { TxInput } from '../tx/transaction.ts';
import { publicKeyLength } from './signature-encoding.ts';
import { SIGHASH_DEFAULT, type SignatureHasher, type TapscriptExtension } from './signature-hash.ts';

/** BIP 68's lock of version 1 transactions means nothing. */
const MIN_RELATIVE_LOCK_VERSION = 2;

/** What a script may ask of the transaction that spends the output. */
export type SignatureChecker = {
  /** Whether an ECDSA signature with its hash type is one of the transaction. */
  readonly checkEcdsa: (signature: Bytes, key: Bytes, scriptCode: Bytes, isWitnessV0: boolean) => boolean;
  /** What is wrong with a Schnorr signature, its hash type behind it or not. */
  readonly checkSchnorr: (
    signature: Bytes,
    key: Bytes,
    annexHash: Bytes | undefined,
    extension: TapscriptExtension | undefined,
  ) => ScriptError | undefined;
  /** Whether the transaction's own lock holds back at least as long (BIP 65). */
  readonly checkLockTime: (lockTime: number) => boolean;
  /** The same of the input's relative lock (BIP 112). */
  readonly checkSequence: (sequence: number) => boolean;
};

/** Answers from one input of a transaction. */
export function createTransactionChecker(hasher: SignatureHasher, index: number): SignatureChecker {
  const { tx } = hasher;
  const input = tx.inputs[index] as TxInput;
  return {
    checkEcdsa(signature, key, scriptCode, isWitnessV0) {
      const size = publicKeyLength(key[0]);
      if (size === 0 || key.length !== size || signature.length === 0) return false;
      const hashType = signature[signature.length - 1] as number;
      const compact = parseDerLax(signature.subarray(0, -1));
      if (compact === undefined) return false;
      const hash = isWitnessV0
        ? hasher.witnessV0(index, scriptCode, hashType)
        : hasher.legacy(index, scriptCode, hashType);
      return secp256k1.verifySec1(hash, compact, key);
    },

    checkSchnorr(signature, key, annexHash, extension) {
      const size = signature.length;
      if (size !== 64 && size !== 65) return 'SCHNORR_SIG_SIZE';
      const hashType = size === 65 ? (signature[64] as number) : SIGHASH_DEFAULT;
      if (size === 65 && hashType === SIGHASH_DEFAULT) return 'SCHNORR_SIG_HASHTYPE';
      const hash = hasher.taproot(index, hashType, annexHash, extension);
      if (hash === undefined) return 'SCHNORR_SIG_HASHTYPE';
      return schnorr.verify(hash, signature.subarray(0, 64), key) ? undefined : 'SCHNORR_SIG';
    },

    checkLockTime(lockTime) {
      // Heights and times cannot be compared.
      if (tx.locktime < LOCKTIME_THRESHOLD !== lockTime < LOCKTIME_THRESHOLD) return false;
      // A final input would take the transaction's lock off.
      return lockTime <= tx.locktime && input.sequence !== SEQUENCE_FINAL;
    },

    checkSequence(sequence) {
      if (tx.version < MIN_RELATIVE_LOCK_VERSION) return false;
      if ((input.sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0) return false;
      const mask = SEQUENCE_LOCKTIME_TYPE_FLAG | SEQUENCE_LOCKTIME_MASK;
      const own = input.sequence & mask;
      // The operand may have 33 bits and more; those above the mask say nothing.
      const asked = lowWord(sequence) & mask;
      if ((own & SEQUENCE_LOCKTIME_TYPE_FLAG) !== (asked & SEQUENCE_LOCKTIME_TYPE_FLAG)) return false;
      return asked <= own;
    },
  };
}

/** The low 32 bits of a number of up to 40. */
export function lowWord(value: number): number {
  return (value % 0x100000000) | 0;
}
