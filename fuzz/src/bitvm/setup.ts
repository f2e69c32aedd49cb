import type { Bytes, Rng } from '@ninefold/base';
import { schnorr } from '@ninefold/crypto';
import { txidOf, type Transaction } from '@ninefold/vm-bitcoin-script';
import {
  type Circuit,
  compressedKey,
  createDispute,
  type Dispute,
  evaluateCircuit,
  type FundingInput,
  inputCount,
  JointSigning,
  keyScript,
  outputCount,
  type PartySecrets,
  partySecrets,
  preSignatures,
  proverLocks,
  signedFunding,
  signFunding,
  type Terms,
  verifierLocks,
} from '@ninefold/vm-bitvm';
import type { World } from './world.ts';

/** A dispute that is ready to be funded, with both sides' secrets. */
export type Table = {
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  readonly funding: Transaction;
  readonly prover: PartySecrets;
  readonly verifier: PartySecrets;
  /** What an honest prover claims: it keeps to all that was agreed on. */
  readonly input: Uint8Array;
};

export const PRIZE = 100_000n;
export const DEPOSIT = 300_000n;
const COIN = 1_000_000n;
/** Longer than all the bad luck of a world together: see `game.ts`. */
export const TIMEOUT_BLOCKS = 16;

/** Sets a dispute up between two parties of a world, as their processes would over a socket. */
export function setTable(world: World, circuit: Circuit, rng: Rng): Table {
  const session = rng.bytes(32);
  const prover = partySecrets(rng.bytes(32), session);
  const verifier = partySecrets(rng.bytes(32), session);
  const payoutOf = ({ privateKey }: PartySecrets): Bytes => keyScript(schnorr.publicKey(privateKey));
  const paid = world.pay([prover, verifier].map((party) => ({ value: COIN, scriptPubKey: payoutOf(party) })));
  const coin = (vout: number, party: PartySecrets): FundingInput => ({
    txid: txidOf(paid),
    vout,
    value: COIN,
    scriptPubKey: payoutOf(party),
  });
  const sides = {
    prover: { key: compressedKey(prover.privateKey), payout: payoutOf(prover), inputs: [coin(0, prover)] },
    verifier: {
      key: compressedKey(verifier.privateKey),
      payout: payoutOf(verifier),
      inputs: [coin(1, verifier)],
    },
  };
  const input = Uint8Array.from({ length: inputCount(circuit) }, () => rng.below(2));
  const values = evaluateCircuit(circuit, input);
  // Some games agree on some bits beforehand.
  const isPinned = rng.below(3) === 0;
  const pinsOf = (bits: Uint8Array): string =>
    Array.from(bits, (bit) => (isPinned && rng.below(3) === 0 ? String(bit) : '*')).join('');
  const terms: Terms = {
    session,
    ...sides,
    prize: PRIZE,
    proverDeposit: DEPOSIT,
    verifierDeposit: DEPOSIT,
    timeoutBlocks: TIMEOUT_BLOCKS,
    feeRate: 1,
    blockGates: 1 + rng.below(Math.min(circuit.kinds.length, 8)),
    inputPins: pinsOf(input),
    outputPins: pinsOf(values.subarray(circuit.wireCount - outputCount(circuit))),
  };
  const locks = {
    ...proverLocks(prover, circuit),
    ...verifierLocks(verifier, circuit, terms.blockGates),
  };
  const dispute = createDispute(terms, circuit, locks);
  const signers = [
    new JointSigning(preSignatures(dispute), prover.privateKey, rng.bytes),
    new JointSigning(preSignatures(dispute), verifier.privateKey, rng.bytes),
  ] as const;
  const partial = signers[1].sign(signers[0].nonces);
  signers[0].sign(signers[1].nonces);
  const signatures = signers[0].finish(partial);
  const funding = signedFunding(
    dispute,
    signFunding(dispute, 'prover', () => prover.privateKey),
    signFunding(dispute, 'verifier', () => verifier.privateKey),
  );
  return { dispute, signatures, funding, prover, verifier, input };
}
