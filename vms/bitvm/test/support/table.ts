import { type Bytes, seededRng } from '@ninefold/base';
import { type Transaction, txidOf } from '@ninefold/vm-bitcoin-script';
import { CircuitBuilder } from '../../src/code/builder.ts';
import type { Circuit } from '../../src/code/circuit.ts';
import { inputCount, outputCount } from '../../src/code/circuit.ts';
import { keyScript } from '../../src/engine/tree.ts';
import {
  createDispute,
  type Dispute,
  preSignatures,
  signedFunding,
  signFunding,
} from '../../src/game/dispute.ts';
import type { PartySecrets } from '../../src/game/moves.ts';
import { partySecrets, proverLocks, verifierLocks } from '../../src/game/party.ts';
import { compressedKey, JointSigning } from '../../src/game/signing.ts';
import type { PartyTerms, Terms } from '../../src/game/terms.ts';
import type { ChainView } from '../../src/game/view.ts';

/** Two numbers of some bits: their sum, and whether they are equal. */
export function adder(bits: number): Circuit {
  const builder = new CircuitBuilder();
  const a = builder.input(bits);
  const b = builder.input(bits);
  builder.output(builder.add(a, b));
  builder.output([builder.equals(a, b)]);
  return builder.build();
}

export type Table = {
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  readonly funding: Transaction;
  readonly prover: PartySecrets;
  readonly verifier: PartySecrets;
};

export const PROVER = partySecrets(new Uint8Array(32).fill(11), new Uint8Array(32).fill(1));
export const VERIFIER = partySecrets(new Uint8Array(32).fill(22), new Uint8Array(32).fill(1));

/** A party with one coin. */
export function partyOf({ privateKey }: PartySecrets, value = 1_000_000n): PartyTerms {
  const key = compressedKey(privateKey);
  const payout = keyScript(key.slice(1));
  return { key, payout, inputs: [{ txid: key.slice(1), vout: 0, value, scriptPubKey: payout }] };
}

export function termsFor(circuit: Circuit, changes: Partial<Terms> = {}): Terms {
  return {
    session: new Uint8Array(32).fill(1),
    prover: partyOf(PROVER),
    verifier: partyOf(VERIFIER),
    prize: 50_000n,
    proverDeposit: 100_000n,
    verifierDeposit: 100_000n,
    timeoutBlocks: 10,
    feeRate: 1,
    blockGates: 4,
    inputPins: '*'.repeat(inputCount(circuit)),
    outputPins: '*'.repeat(outputCount(circuit)),
    ...changes,
  };
}

export function disputeFor(circuit: Circuit, changes: Partial<Terms> = {}): Dispute {
  const terms = termsFor(circuit, changes);
  return createDispute(terms, circuit, {
    ...proverLocks(PROVER, circuit),
    ...verifierLocks(VERIFIER, circuit, terms.blockGates),
  });
}

/** A dispute with all signatures. */
export function tableFor(circuit: Circuit, changes: Partial<Terms> = {}): Table {
  const dispute = disputeFor(circuit, changes);
  const messages = preSignatures(dispute);
  const rng = seededRng(5);
  const mine = new JointSigning(messages, PROVER.privateKey, rng.bytes);
  const theirs = new JointSigning(messages, VERIFIER.privateKey, rng.bytes);
  const partials = theirs.sign(mine.nonces);
  mine.sign(theirs.nonces);
  const funding = signedFunding(
    dispute,
    signFunding(dispute, 'prover', () => PROVER.privateKey),
    signFunding(dispute, 'verifier', () => VERIFIER.privateKey),
  );
  return { dispute, signatures: mine.finish(partials), funding, prover: PROVER, verifier: VERIFIER };
}

export const FIRST_HEIGHT = 100;

/** A chain with these transactions in a block each, and some blocks on top. */
export function viewOf(transactions: readonly Transaction[], more = 0): ChainView {
  return {
    tip: FIRST_HEIGHT + transactions.length - 1 + more,
    sightings: transactions.map((tx, i) => ({ tx, height: FIRST_HEIGHT + i })),
  };
}

export const idOf = (tx: Transaction): string => txidOf(tx).join();
