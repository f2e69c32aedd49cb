import { type Bytes, defineErrors, equalBytes } from '@ninefold/base';
import { musig, schnorr, secp256k1 } from '@ninefold/crypto';

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

/** A message and the joint key, tweaked, that signs it. */
export type JointMessage = { readonly message: Bytes; readonly key: musig.MusigKey };

/** The compressed public key of a private key, 33 bytes. */
export function compressedKey(privateKey: Bytes): Bytes {
  return secp256k1.compress(secp256k1.publicKey(privateKey));
}

/**
 * One party's side of the joint signing. Its nonces live as long as the object and sign once: after a
 * crash the signing starts anew, with others.
 *
 * @example
 * const mine = new JointSigning(preSignatures(dispute), privateKey, randomBytes);
 * send(mine.nonces);
 * send(mine.sign(theirNonces));
 * const signatures = mine.finish(theirPartials);
 */
export class JointSigning {
  readonly nonces: readonly Bytes[];
  readonly #messages: readonly JointMessage[];
  readonly #secretNonces: readonly Bytes[];
  readonly #privateKey: Bytes;
  readonly #publicKey: Bytes;
  #sessions: readonly musig.MusigSession[] = [];
  #theirNonces: readonly Bytes[] = [];
  #partials: readonly Bytes[] = [];

  constructor(messages: readonly JointMessage[], privateKey: Bytes, randomness: Randomness) {
    const publicKey = compressedKey(privateKey);
    this.#publicKey = publicKey;
    this.#privateKey = privateKey;
    this.#messages = messages;
    const nonces = messages.map(({ message, key }) =>
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
    requireCount('nonces', theirNonces, this.#messages.length);
    this.#theirNonces = theirNonces;
    this.#sessions = this.#messages.map(({ message, key }, i) => {
      const nonces = musig.aggregateNonces([this.nonces[i] as Bytes, theirNonces[i] as Bytes]);
      return musig.createSession(nonces, key, message);
    });
    this.#partials = this.#sessions.map((session, i) =>
      musig.signPartial(session, this.#secretNonces[i] as Bytes, this.#privateKey),
    );
    return this.#partials;
  }

  /**
   * The signatures of both, in the order of the messages.
   *
   * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_PARTIAL`
   */
  finish(theirPartials: readonly Bytes[]): readonly Bytes[] {
    requireCount('parts of signatures', theirPartials, this.#sessions.length);
    return this.#sessions.map((session, index) => {
      const partial = theirPartials[index] as Bytes;
      const nonce = this.#theirNonces[index] as Bytes;
      const other = session.key.keys.findIndex((key) => !equalBytes(key, this.#publicKey));
      if (!musig.verifyPartial(session, partial, nonce, other))
        throw fail('SIGNING_WRONG_PARTIAL', { index });
      return musig.aggregatePartials(session, [this.#partials[index] as Bytes, partial]);
    });
  }
}

/** @throws `SIGNING_WRONG_COUNT` */
export function requireCount(what: string, list: readonly Bytes[], expected: number): void {
  if (list.length !== expected) throw fail('SIGNING_WRONG_COUNT', { what, count: list.length, expected });
}

/** The error of a signature that does not verify. */
export function wrongSignature(index: number): Error {
  return fail('SIGNING_WRONG_SIGNATURE', { index });
}

/**
 * Checks signatures that come from a file or a peer.
 *
 * @throws `SIGNING_WRONG_COUNT`, `SIGNING_WRONG_SIGNATURE`
 */
export function checkSignatures(messages: readonly JointMessage[], signatures: readonly Bytes[]): void {
  requireCount('signatures', signatures, messages.length);
  messages.forEach(({ message, key }, index) => {
    const signature = signatures[index] as Bytes;
    if (signature.length !== 64 || !schnorr.verify(message, signature, musig.xOnlyKey(key))) {
      throw wrongSignature(index);
    }
  });
}
