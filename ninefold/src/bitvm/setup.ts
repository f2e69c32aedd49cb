import { randomBytes } from 'node:crypto';
import { type Bytes, bytesToHex, concatBytes, defineErrors, equalBytes } from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import {
  checkSignatures,
  circuitDigest,
  compressedKey,
  createDispute,
  type Dispute,
  type FundingInput,
  JointSigning,
  keyScript,
  LOCK_BYTES,
  parseBristol,
  partySecrets,
  type PartyTerms,
  preSignatures,
  proverLocks,
  type Role,
  signedFunding,
  signFunding,
  type Terms,
  verifierLocks,
  cutCircuit,
} from '@ninefold/vm-bitvm';
import type { Transaction } from '@ninefold/vm-bitcoin-script';
import {
  bytesMember,
  objectMember,
  partyFromJson,
  partyToJson,
  type Stakes,
  stakesFromJson,
  stakesToJson,
} from './contract-json.ts';
import type { Channel } from './channel.ts';
import type { DisputeStore } from './dispute-store.ts';

const NONCE_BYTES = 66;
const PARTIAL_BYTES = 32;
const SIGNATURE_BYTES = 64;

const fail = defineErrors({
  SETUP_OTHER_CIRCUIT: (_context: Readonly<Record<string, never>>) =>
    'The other party has another circuit: compare the files',
  SETUP_OTHER_TERMS: (c: { readonly field: string; readonly own: string; readonly theirs: string }) =>
    `The other party's terms are others: ${c.field} is ${c.own} here and ${c.theirs} there`,
  SETUP_OTHER_GRAPH: (_context: Readonly<Record<string, never>>) =>
    'The other party has come to other transactions',
  SETUP_WRONG_SIZE: (c: { readonly what: string; readonly length: number; readonly unit: number }) =>
    `The other party's ${c.what} take ${c.length} bytes, which are no multiple of ${c.unit}`,
});

/** What a party comes to the table with. */
export type SetupOptions = {
  readonly role: Role;
  readonly privateKey: Bytes;
  readonly circuitText: string;
  readonly stakes: Stakes;
  /** Its coins, all of them outputs of its own key. */
  readonly coins: readonly FundingInput[];
  /** Of the chain now. */
  readonly height: number;
  readonly progress: (step: string) => void;
};

/** The output script of a party's key: where its coins are, and where its money goes. */
export function partyScript(privateKey: Bytes): Bytes {
  return keyScript(compressedKey(privateKey).slice(1));
}

/**
 * Sets a dispute up with the other party: terms, locks, the graph built by both and compared, all
 * signatures of both for all of it, and only then those of the funding. What is needed to play is on the
 * disk before this party signs the funding.
 *
 * @returns the signed funding
 * @throws `SETUP_…`, `CHANNEL_…`, `TERMS_INVALID`, `LOCKS_…`, `SIGNING_…`
 */
export async function setUpDispute(
  channel: Channel,
  store: DisputeStore,
  options: SetupOptions,
): Promise<{ readonly dispute: Dispute; readonly funding: Transaction }> {
  try {
    return await negotiate(channel, store, options);
  } catch (error) {
    channel.refuse(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function negotiate(
  channel: Channel,
  store: DisputeStore,
  options: SetupOptions,
): Promise<{ readonly dispute: Dispute; readonly funding: Transaction }> {
  const { role, privateKey, circuitText, progress } = options;
  const circuit = parseBristol(circuitText);
  const digest = circuitDigest(circuit);
  const { session } = channel;
  const terms = await agree(channel, options, digest);

  progress('hash locks');
  const secrets = partySecrets(privateKey, session);
  const { blockGates } = terms;
  const { count } = cutCircuit(circuit, blockGates);
  const own = role === 'prover' ? proverLocks(secrets, circuit) : verifierLocks(secrets, circuit, blockGates);
  // The signature over the message proves that who brings the locks in has the key as well.
  channel.send('locks', {}, concatBytes(...Object.values(own)));
  const { blob } = await channel.receive('locks');
  const part = (first: number, locks: number): Bytes =>
    blob.slice(LOCK_BYTES * first, LOCK_BYTES * (first + locks));
  const theirs =
    role === 'prover'
      ? {
          askCut: part(0, count + 1),
          askBlock: part(count + 1, count),
          askGate: blob.slice(LOCK_BYTES * (2 * count + 1)),
        }
      : { wires: blob };

  progress('trees and transactions');
  const dispute = createDispute(terms, circuit, { ...own, ...theirs } as Dispute['locks']);
  const graph = sha256(concatBytes(...dispute.states.map(({ txid }) => txid)));
  channel.send('graph', { digest: bytesToHex(graph) });
  const reply = await channel.receive('graph');
  if (!equalBytes(bytesMember(reply.body, 'graph', 'digest', 32), graph)) throw fail('SETUP_OTHER_GRAPH', {});

  progress('signatures');
  const messages = preSignatures(dispute);
  const signing = new JointSigning(messages, privateKey, (bytes) => new Uint8Array(randomBytes(bytes)));
  channel.send('nonces', {}, concatBytes(...signing.nonces));
  const nonces = split('nonces', (await channel.receive('nonces')).blob, NONCE_BYTES);
  channel.send('partials', {}, concatBytes(...signing.sign(nonces)));
  const partials = split('parts of signatures', (await channel.receive('partials')).blob, PARTIAL_BYTES);
  const signatures = signing.finish(partials);
  checkSignatures(messages, signatures);
  await store.saveContract({ role, dispute, signatures, height: options.height }, circuitText);

  progress('funding');
  const mine = signFunding(dispute, role, () => privateKey);
  channel.send('funding', {}, concatBytes(...mine));
  const other = split('funding signatures', (await channel.receive('funding')).blob, SIGNATURE_BYTES);
  const funding =
    role === 'prover' ? signedFunding(dispute, mine, other) : signedFunding(dispute, other, mine);
  await store.saveFunding(funding);
  channel.send('done', {});
  await channel.receive('done');
  channel.close();
  return { dispute, funding };
}

/** Each side says what it wants, and goes on only if the other wants the same. */
async function agree(channel: Channel, options: SetupOptions, circuit: Bytes): Promise<Terms> {
  const { role, privateKey, stakes, coins } = options;
  const key = compressedKey(privateKey);
  const party: PartyTerms = { key, payout: partyScript(privateKey), inputs: coins };
  options.progress('terms');
  channel.send('terms', {
    circuit: bytesToHex(circuit),
    stakes: stakesToJson(stakes),
    party: partyToJson(party),
  });
  const { body } = await channel.receive('terms');
  if (!equalBytes(bytesMember(body, 'terms', 'circuit', 32), circuit)) throw fail('SETUP_OTHER_CIRCUIT', {});
  const theirStakes = stakesFromJson(objectMember(body, 'terms', 'stakes'), 'terms.stakes');
  for (const field of Object.keys(stakes) as (keyof Stakes)[]) {
    const [own, theirs] = [String(stakes[field]), String(theirStakes[field])];
    if (own !== theirs) throw fail('SETUP_OTHER_TERMS', { field, own, theirs });
  }
  const other = partyFromJson(objectMember(body, 'terms', 'party'), 'terms.party');
  if (!equalBytes(other.key, channel.peerKey)) {
    throw fail('SETUP_OTHER_TERMS', {
      field: 'key',
      own: bytesToHex(channel.peerKey),
      theirs: bytesToHex(other.key),
    });
  }
  const [prover, verifier] = role === 'prover' ? [party, other] : [other, party];
  return { session: channel.session, prover, verifier, ...stakes };
}

function split(what: string, blob: Bytes, unit: number): readonly Bytes[] {
  if (blob.length % unit !== 0) throw fail('SETUP_WRONG_SIZE', { what, length: blob.length, unit });
  return Array.from({ length: blob.length / unit }, (_, i) => blob.slice(unit * i, unit * (i + 1)));
}
