import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Bytes, bytesToHex, equalBytes, seededRng } from '@ninefold/base';
import { type SignedMessage, verifyAllEd25519, verifyEd25519 } from '@ninefold/crypto';
import { createSignatureMaker, hasSmallOrder, type SignatureKind } from './signatures.ts';

export type SignatureFinding = {
  readonly seed: number;
  readonly kind: SignatureKind;
  readonly expected: boolean;
  /** What was answered to the first and to later sightings of the key. */
  readonly answers: readonly boolean[];
  /** Signature, message and key. */
  readonly bytes: readonly [signature: string, message: string, key: string];
};

export type SignatureReport = {
  readonly signatures: number;
  /** How many are right, of each kind. */
  readonly right: Readonly<Record<string, number>>;
  readonly findings: readonly SignatureFinding[];
};

/** Signatures by a key that come one after the other: fewer than make its table. */
const BY_ONE_KEY = 3;

/** Keys that follow from one seed. */
const KEYS = 200;

// What comes before a key in its DER form.
const KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function openKey(key: Bytes): KeyObject {
  return createPublicKey({ key: Buffer.concat([KEY_PREFIX, key]), format: 'der', type: 'spki' });
}

/** The strict rule by OpenSSL, which has no rule for points of small order. */
function isRightByOpenssl({ signature, message, key }: SignedMessage, opened: KeyObject): boolean {
  if (hasSmallOrder(key) || hasSmallOrder(signature.subarray(0, 32))) return false;
  return verify(null, message, opened, signature);
}

/**
 * Has random and adversarial signatures checked in all the ways there are, and by OpenSSL. At the first
 * sightings of a key its equation is multiplied until all scalars are short; at later ones, with a table of the key,
 * the point that it asks for is computed and compared with R as bytes.
 *
 * @param options.goOn whether to go on after so many signatures
 */
export function runSignatureCampaign(options: {
  readonly firstSeed: number;
  readonly goOn: (signatures: number) => boolean;
  readonly onFinding: (finding: SignatureFinding) => void;
}): SignatureReport {
  const findings: SignatureFinding[] = [];
  const right: Record<string, number> = {};
  let signatures = 0;
  for (let seed = options.firstSeed; options.goOn(signatures); seed++) {
    const maker = createSignatureMaker(seededRng(seed));
    for (let i = 0; i < KEYS && options.goOn(signatures); i++) {
      maker.nextKey();
      const made = Array.from({ length: BY_ONE_KEY }, () => maker.next());
      const signed = made.map((each) => each.signed);
      const key = (signed[0] as SignedMessage).key;
      const opened = openKey(key);
      const expected = signed.map((each) =>
        isRightByOpenssl(each, equalBytes(each.key, key) ? opened : openKey(each.key)),
      );
      const sightings = [
        signed.map((each) => verifyEd25519(each.signature, each.message, each.key)),
        verifyAllEd25519(signed),
        signed.map((each) => verifyEd25519(each.signature, each.message, each.key)),
      ];
      for (const [j, { kind }] of made.entries()) {
        const answers = sightings.map((all) => all[j] as boolean);
        const isRight = expected[j] as boolean;
        if (isRight) right[kind] = (right[kind] ?? 0) + 1;
        if (answers.every((answer) => answer === isRight)) continue;
        const { signature, message } = signed[j] as SignedMessage;
        const bytes = [bytesToHex(signature), bytesToHex(message), bytesToHex(signed[j]!.key)] as const;
        const finding = { seed, kind, expected: isRight, answers, bytes };
        findings.push(finding);
        options.onFinding(finding);
      }
      signatures += made.length;
    }
  }
  return { signatures, right, findings };
}
