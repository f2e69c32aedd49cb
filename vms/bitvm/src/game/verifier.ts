import type { Bytes } from '@ninefold/base';
import type { Transaction } from '@ninefold/vm-bitcoin-script';
import { evaluateCircuit, gateHolds, inputCount, outputCount } from '../code/circuit.ts';
import { cutWires, middleOf } from '../code/cuts.ts';
import type { Dispute, DisputeState } from './dispute.ts';
import type { Evidence } from './evidence.ts';
import {
  askMove,
  collectByEquivocation,
  collectByTimeout,
  type PartySecrets,
  settlementMove,
} from './moves.ts';
import type { Decision } from './prover.ts';
import type { Stage } from './stages.ts';
import { type ChainView, positionOf } from './view.ts';

/** Everything a verifier acts by, besides what it has seen. */
export type Verifier = {
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  /** The funding with all signatures. */
  readonly funding: Transaction;
  readonly secrets: PartySecrets;
  /** Satoshi a virtual byte for taking the pot. */
  readonly feeRate: number;
};

/**
 * What an honest verifier does in view of a chain: leaves a right claim alone, searches a wrong one for
 * its faulty gate, and takes what is due.
 *
 * @param evidence has observed the view and all before
 */
export function decideVerifier(verifier: Verifier, view: ChainView, evidence: Evidence): Decision {
  const { dispute, signatures, funding, secrets, feeRate } = verifier;
  const { state, height, outcome } = positionOf(dispute, view);
  if (state === undefined) return { state, outcome, transactions: [funding] };
  if (outcome !== undefined) return { state, outcome, transactions: [] };
  const collection = { payout: dispute.terms.verifier.payout, feeRate };
  const decide = (...transactions: readonly Transaction[]): Decision => ({ state, outcome, transactions });
  if (evidence.equivocation !== undefined) {
    return decide(
      collectByEquivocation(dispute, state, secrets.privateKey, evidence.equivocation, collection),
    );
  }
  const { player } = dispute.states[state] as DisputeState;
  const isDue = view.tip + 1 >= height + dispute.terms.timeoutBlocks;
  if (player === 'prover') {
    const taken = isDue && collectByTimeout(dispute, state, secrets.privateKey, collection);
    return taken ? decide(taken) : decide();
  }
  const values = correctValues(dispute, evidence);
  const stage = dispute.stages[state];
  if (values === undefined || stage === undefined) return decide();
  if (stage.index === 1 && claimIsRight(dispute, evidence, values)) {
    return isDue ? decide(settlementMove(dispute, signatures)) : decide();
  }
  const choice = nextQuestion(dispute, stage, evidence, values);
  return decide(askMove(dispute, signatures, secrets, stage, choice));
}

/** What all wires have to be, given the input the prover has shown; undefined before it has. */
export function correctValues({ circuit }: Dispute, evidence: Evidence): Uint8Array | undefined {
  const bits = new Uint8Array(inputCount(circuit));
  for (let wire = 0; wire < bits.length; wire++) {
    const bit = evidence.bit(wire);
    if (bit === undefined) return undefined;
    bits[wire] = bit;
  }
  return evaluateCircuit(circuit, bits);
}

/** Whether the outputs shown are those of the input shown. */
export function claimIsRight({ circuit }: Dispute, evidence: Evidence, values: Uint8Array): boolean {
  for (let wire = circuit.wireCount - outputCount(circuit); wire < circuit.wireCount; wire++) {
    if (evidence.bit(wire) !== values[wire]) return false;
  }
  return true;
}

/**
 * The choice to ask for. All values left of the search's range have been shown right, some on its right
 * wrong: in the end one block lies between, and in it the first gate that does not hold.
 */
export function nextQuestion(dispute: Dispute, stage: Stage, evidence: Evidence, values: Uint8Array): number {
  const { cuts, circuit } = dispute;
  let low = 0;
  let high = cuts.count;
  const rounds = stage.kind === 'ask-cut' ? stage.round : Number.MAX_SAFE_INTEGER;
  for (let round = 0; round < rounds && high - low > 1; round++) {
    const middle = middleOf(low, high);
    if (cutWires(cuts, middle).every((wire) => evidence.bit(wire) === values[wire])) low = middle;
    else high = middle;
  }
  if (stage.kind === 'ask-cut') {
    // A range of odd size may be down to one block a round early: then any question will do.
    const choice = Array.from(stage.choices).indexOf(middleOf(low, high));
    return Math.max(choice, 0);
  }
  if (stage.kind === 'ask-block') return low;
  const shown = values.map((_, wire) => evidence.bit(wire) ?? 0);
  for (let gate = cuts.starts[low] as number; gate < (cuts.starts[low + 1] as number); gate++) {
    if (!gateHolds(circuit, gate, shown)) return gate;
  }
  // Not reached against a claim that is wrong: a block whose gates all hold leads to right values.
  return cuts.starts[low] as number;
}
