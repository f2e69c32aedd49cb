import { type Bytes, defineErrors } from '@ninefold/base';
import type { Transaction } from '@ninefold/vm-bitcoin-script';
import { evaluateCircuit, inputCount, outputCount } from '../code/circuit.ts';
import type { Dispute, DisputeState } from './dispute.ts';
import { collectByTimeout, type PartySecrets, readMove, settlementMove, showMove } from './moves.ts';
import type { Stage } from './stages.ts';
import { type ChainView, movesAfter, type Outcome, positionOf } from './view.ts';

/** What a party wants to be in the next blocks, and where it sees the dispute. */
export type Decision = {
  readonly state: number | undefined;
  readonly outcome: Outcome | undefined;
  /** To be broadcast until they are in a block; nodes that have them already do not mind. */
  readonly transactions: readonly Transaction[];
};

const fail = defineErrors({
  PROVER_CLAIM_IMPOSSIBLE: (c: { readonly wire: number; readonly agreed: string; readonly value: number }) =>
    `The claim cannot be made: wire ${c.wire} is ${c.value} with this input, and ${c.agreed} is agreed on`,
});

/** Everything a prover acts by. Without state of its own: what it did is on the chain. */
export type Prover = {
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  /** The funding with all signatures. */
  readonly funding: Transaction;
  readonly secrets: PartySecrets;
  /** The input bits of the claim. Never to be changed once the claim may have been seen by anybody. */
  readonly input: ArrayLike<number>;
  /** Satoshi a virtual byte for taking the pot. */
  readonly feeRate: number;
};

/**
 * The values of all wires for a claim.
 *
 * @throws `PROVER_CLAIM_IMPOSSIBLE` when it does not keep to what was agreed on, `CIRCUIT_INPUT_COUNT`
 */
export function claimValues({ circuit, terms }: Dispute, input: ArrayLike<number>): Uint8Array {
  const values = evaluateCircuit(circuit, input);
  const firstOutput = circuit.wireCount - outputCount(circuit);
  const check = (pins: string, first: number): void => {
    for (let i = 0; i < pins.length; i++) {
      const [agreed, value] = [pins[i] as string, values[first + i] as number];
      if (agreed !== '*' && Number(agreed) !== value) {
        throw fail('PROVER_CLAIM_IMPOSSIBLE', { wire: first + i, agreed, value });
      }
    }
  };
  check(terms.inputPins.slice(0, inputCount(circuit)), 0);
  check(terms.outputPins, firstOutput);
  return values;
}

/**
 * What an honest prover does in view of a chain: claims, shows what is asked for, and takes what is due.
 *
 * @param values of `claimValues`, kept from call to call
 */
export function decideProver(prover: Prover, view: ChainView, values: Uint8Array): Decision {
  const { dispute, signatures, funding, secrets } = prover;
  const { state, height, outcome } = positionOf(dispute, view);
  if (state === undefined) return { state, outcome, transactions: [funding] };
  if (outcome !== undefined) return { state, outcome, transactions: [] };
  const { player } = dispute.states[state] as DisputeState;
  const stage = dispute.stages[state];
  if (player === 'prover' && stage !== undefined) {
    const move = proverMove(prover, view, stage, values);
    return { state, outcome, transactions: move === undefined ? [] : [move] };
  }
  const isDue = view.tip + 1 >= height + dispute.terms.timeoutBlocks;
  if (!isDue) return { state, outcome, transactions: [] };
  const { payout } = dispute.terms.prover;
  const due =
    state === 1
      ? settlementMove(dispute, signatures)
      : collectByTimeout(dispute, state, secrets.privateKey, { payout, feeRate: prover.feeRate });
  return { state, outcome, transactions: due === undefined ? [] : [due] };
}

/** The move of a stage: what the verifier's last move asks for, with the given values. */
export function proverMove(
  { dispute, signatures, secrets }: Pick<Prover, 'dispute' | 'signatures' | 'secrets'>,
  view: ChainView,
  stage: Stage,
  values: Uint8Array,
): Transaction | undefined {
  if (stage.asked === undefined) {
    return showMove(dispute, signatures, secrets, stage, { choice: 0, asked: undefined, values });
  }
  const asking = dispute.stages[stage.index - 1] as Stage;
  const [question] = movesAfter(dispute, view, asking.index);
  const content = question && readMove(dispute, asking, question);
  if (content === undefined) return undefined;
  const { choice, asked } = content;
  return showMove(dispute, signatures, secrets, stage, { choice, asked, values });
}
