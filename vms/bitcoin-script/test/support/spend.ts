import { type Bytes, isNinefoldError } from '@ninefold/base';
import { encodeDer, schnorr, secp256k1 } from '@ninefold/crypto';
import { concatBytes, bigintToBytes } from '@ninefold/base';
import { assembleScript } from '../../src/code/assembler.ts';
import { SignatureHasher } from '../../src/engine/signature-hash.ts';
import { verifyInput } from '../../src/run.ts';
import { CONSENSUS_FLAGS } from '../../src/spec/flags.ts';
import type { Transaction, TxOutput } from '../../src/tx/transaction.ts';

/** What a test spends, and with what. */
export type Spend = {
  readonly scriptPubKey: Bytes;
  readonly scriptSig?: Bytes;
  readonly witness?: readonly Bytes[];
  readonly flags?: number;
  readonly version?: number;
  readonly locktime?: number;
  readonly sequence?: number;
};

export const EMPTY: Bytes = new Uint8Array(0);
export const script = assembleScript;
export const VALUE = 1000n;

/** The transaction that spends one output, and what it spends. */
export function spending(spend: Spend): { readonly tx: Transaction; readonly spent: readonly TxOutput[] } {
  const { scriptPubKey, scriptSig = EMPTY, witness = [] } = spend;
  return {
    tx: {
      version: spend.version ?? 2,
      inputs: [
        {
          prevout: { txid: new Uint8Array(32).fill(7), vout: 1 },
          scriptSig,
          sequence: spend.sequence ?? 0xffffffff,
          witness,
        },
      ],
      outputs: [{ value: VALUE, scriptPubKey: EMPTY }],
      locktime: spend.locktime ?? 0,
    },
    spent: [{ value: VALUE, scriptPubKey }],
  };
}

/** The failure's name, or `OK`. */
export function outcome(spend: Spend): string {
  const { tx, spent } = spending(spend);
  return verifyInput(tx, spent, 0, spend.flags ?? CONSENSUS_FLAGS) ?? 'OK';
}

/** What a bare script says, its arguments pushed by the scriptSig. */
export function evaluate(text: string, flags = 0, argumentsText = ''): string {
  return outcome({ scriptPubKey: script(text), scriptSig: script(argumentsText), flags });
}

export const SECRET: Bytes = new Uint8Array(32).fill(0x11);
export const OTHER_SECRET: Bytes = new Uint8Array(32).fill(0x22);

export const publicKeyOf = (secret: Bytes): Bytes => secp256k1.compress(secp256k1.publicKey(secret));

/** A DER signature with its hash type. */
export function ecdsaSignature(hash: Bytes, secret: Bytes, hashType: number): Bytes {
  const { r, s } = secp256k1.sign(hash, secret);
  const compact = concatBytes(bigintToBytes(r, 32), bigintToBytes(s, 32));
  return concatBytes(encodeDer(compact), Uint8Array.of(hashType));
}

export function schnorrSignature(hash: Bytes | undefined, secret: Bytes, hashType = 0): Bytes {
  const signature = schnorr.sign(hash!, secret);
  return hashType === 0 ? signature : concatBytes(signature, Uint8Array.of(hashType));
}

export function hasherOf(spend: Spend): SignatureHasher {
  const { tx, spent } = spending(spend);
  return new SignatureHasher(tx, spent);
}

/** The code of the error that `action` throws. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isNinefoldError(error) ? error.code : String(error);
  }
  return undefined;
}
