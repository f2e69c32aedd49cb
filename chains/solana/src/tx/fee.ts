import { addressBytes, PROGRAM } from '@ninefold/vm-svm';
import { LAMPORTS_PER_SIGNATURE } from '../spec/fees.ts';
import { addressKey, type AddressKey } from './address-key.ts';
import type { Message } from './message.ts';

/** Signatures that a transaction has checked, by who checks them. */
export type SignatureCounts = {
  readonly own: number;
  readonly ed25519: number;
  readonly secp256k1: number;
  readonly secp256r1: number;
};

/** What a transaction pays, in lamports. */
export type Fee = { readonly signatures: bigint; readonly priority: bigint };

type Program = Exclude<keyof SignatureCounts, 'own'>;

const PROGRAMS: ReadonlyMap<AddressKey, Program> = new Map(
  (['ed25519', 'secp256k1', 'secp256r1'] as const).map((name) => [
    addressKey(addressBytes(PROGRAM[name])),
    name,
  ]),
);

/** Counts signatures; instructions of signature programs say in their first byte how many they hold. */
export function countSignatures(message: Message, keys: readonly AddressKey[]): SignatureCounts {
  const counts = { own: message.header.signatures, ed25519: 0, secp256k1: 0, secp256r1: 0 };
  for (const { program, data } of message.instructions) {
    const name = PROGRAMS.get(keys[program] as AddressKey);
    if (name !== undefined) counts[name] += data[0] ?? 0;
  }
  return counts;
}

/** The fee for all signatures. */
export function signatureFee({ own, ed25519, secp256k1, secp256r1 }: SignatureCounts): bigint {
  return LAMPORTS_PER_SIGNATURE * BigInt(own + ed25519 + secp256k1 + secp256r1);
}
