import { type Bytes, defineErrors, equalBytes } from '@ninefold/base';
import { musig, schnorr, secp256k1 } from '@ninefold/crypto';
import { SIGHASH_DEFAULT, SignatureHasher, type Transaction } from '@ninefold/vm-bitcoin-script';
import { type Dispute, fundingOutputs, type PreSignature, preSignatures } from './dispute.ts';
import type { Role } from './terms.ts';

/*
 * The signatures before the funding: both parties together sign every move of both (MuSig2, BIP 327). Only
 * with all of them in hand does a party sign the funding, so that no money is ever without a way out.
 */

const fail = defineErrors({
  SIGNING_WRONG_COUNT: (c: { readonly what: string; readonly count: number; readonly expected: number }) =>
    `${c.count} ${c.what} came instead of ${c.expected}`,
  SIGNING_WRONG_PARTIAL: (c: { readonly index: number }) =>
    `The other party's part of signature ${c.index} is wrong: it may not go on`,
  SIGNING_WRONG_SIGNATURE: (c: { readonly index: number }) => `Signature ${c.index} does not verify`,
});

/** Random bytes, fit for keys. */
export type Randomness = (bytes: number) => Bytes;

/** The compressed public key of a private key, 33 bytes. */
export function compressedKey(privateKey: Bytes): Bytes {
  return secp256k1.compress(secp256k1.publicKey(privateKey));
}

/**
 * One party's side of the joint signing. Its nonces live as long as the object and sign once: after a
 * crash the signing starts anew, with others.
 *
 * @example
 * const mine = new JointSigning(dispute, 'prover', privateKey, randomBytes);
 * send(mine.nonces);
 * send(mine.sign(theirNonces));
 * const signatures = mine.finish(theirPartials);
 */
export class JointSigning {
  readonly nonces: readonly Bytes[];
  readonly #signatures: readonly PreSignature[];
  readonly #secretNonces: readonly Bytes[];
  readonly #privateKey: Bytes;
  readonly #other: number;
  #sessions: readonly musig.MusigSession[] = [];
  #theirNonces: readonly Bytes[] = [];
  #partials: readonly Bytes[] = [];

  constructor(dispute: Dispute, role: Role, privateKey: Bytes, randomness: Randomness) {
    const { terms, jointKey } = dispute;
    const publicKey = terms[role].key;
    const own = jointKey.keys.findIndex((key) => equalBytes(key, publicKey));
    this.#other = 1 - own;
    this.#privateKey = privateKey;
    this.#signatures = preSignatures(dispute);
    const nonces = this.#signatures.map(({ message, key }) =>
      musig.generateNonce({
        random: randomness(32),
        publicKey,
        privateKey,
        aggregateKey: musig.xOnlyKey(key),
        message,
      }),
    );
    this.nonces = nonces.map(({ publicNonce }) => publicNonce);
    this.#secretNonces = nonces.map(({ secretNonce }) => secretNonce);
  }

  /**
   * This party's part of each signature. Its nonces are used up.
   *
   * @throws `SIGNING_WRONG_COUNT`, `MUSIG_…`
   */
  sign(theirNonces: readonly Bytes[]): readonly Bytes[] {
    requireCount('nonces', theirNonces, this.#signatures.length);
    this.#theirNonces = theirNonces;
    this.#sessions = this.#signatures.map(({ message, key }, i) => {
      const nonces = musig.aggregateNonces([this.nonces[i] as Bytes, theirNonces[i] as Bytes]);
      return musig.createSession(nonces, key, message);
    });
    this.#partials = this.#sessions.map((session, i) =>
      musig.signPartial(session, this.#secretNonces[i] as Bytes, this.#privateKey),
    );
    return this.#partials;
  }

  /**
   * The signatures of both, in the order of `preSignatures`.
   *
   * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_PARTIAL`
   */
  finish(theirPartials: readonly Bytes[]): readonly Bytes[] {
    requireCount('parts of signatures', theirPartials, this.#sessions.length);
    return this.#sessions.map((session, index) => {
      const partial = theirPartials[index] as Bytes;
      const nonce = this.#theirNonces[index] as Bytes;
      if (!musig.verifyPartial(session, partial, nonce, this.#other)) {
        throw fail('SIGNING_WRONG_PARTIAL', { index });
      }
      return musig.aggregatePartials(session, [this.#partials[index] as Bytes, partial]);
    });
  }
}

function requireCount(what: string, list: readonly Bytes[], expected: number): void {
  if (list.length !== expected) throw fail('SIGNING_WRONG_COUNT', { what, count: list.length, expected });
}

/**
 * Checks signatures that come from a file or a peer against the graph.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE`
 */
export function checkSignatures(dispute: Dispute, signatures: readonly Bytes[]): void {
  const expected = preSignatures(dispute);
  requireCount('signatures', signatures, expected.length);
  expected.forEach(({ message, key }, index) => {
    const signature = signatures[index] as Bytes;
    if (signature.length !== 64 || !schnorr.verify(message, signature, musig.xOnlyKey(key))) {
      throw fail('SIGNING_WRONG_SIGNATURE', { index });
    }
  });
}

/** What signs each of a party's coins in the funding, by key path. */
export function signFunding(
  dispute: Dispute,
  role: Role,
  outputSecret: (input: number) => Bytes,
): readonly Bytes[] {
  const { terms, states } = dispute;
  const tx = states[0]?.tx as Transaction;
  const hasher = new SignatureHasher(tx, fundingOutputs(terms));
  const first = role === 'prover' ? 0 : terms.prover.inputs.length;
  return terms[role].inputs.map((_, i) => {
    const hash = hasher.taproot(first + i, SIGHASH_DEFAULT, undefined, undefined) as Bytes;
    return schnorr.sign(hash, outputSecret(i));
  });
}

/**
 * The funding with the signatures of both.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE` for a coin's signature that is not by its key
 */
export function signedFunding(
  dispute: Dispute,
  prover: readonly Bytes[],
  verifier: readonly Bytes[],
): Transaction {
  const { terms, states } = dispute;
  requireCount("signatures of the prover's coins", prover, terms.prover.inputs.length);
  requireCount("signatures of the verifier's coins", verifier, terms.verifier.inputs.length);
  const tx = states[0]?.tx as Transaction;
  const spent = fundingOutputs(terms);
  const hasher = new SignatureHasher(tx, spent);
  const signatures = [...prover, ...verifier];
  signatures.forEach((signature, index) => {
    const hash = hasher.taproot(index, SIGHASH_DEFAULT, undefined, undefined) as Bytes;
    const key = spent[index]?.scriptPubKey.slice(2) as Bytes;
    if (signature.length !== 64 || key.length !== 32 || !schnorr.verify(hash, signature, key)) {
      throw fail('SIGNING_WRONG_SIGNATURE', { index });
    }
  });
  const inputs = tx.inputs.map((input, i) => ({ ...input, witness: [signatures[i] as Bytes] }));
  return { ...tx, inputs };
}
