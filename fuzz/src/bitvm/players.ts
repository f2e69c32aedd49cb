import type { Rng } from '@ninefold/base';
import type { Transaction } from '@ninefold/vm-bitcoin-script';
import {
  askMove,
  type ChainView,
  claimValues,
  collectByTimeout,
  decideProver,
  decideVerifier,
  evaluateFrom,
  Evidence,
  gateHolds,
  outputCount,
  positionOf,
  proverMove,
  type Stage,
} from '@ninefold/vm-bitvm';
import type { Table } from './setup.ts';

/** Someone at the table: what it wants broadcast in view of the chain. */
export type Player = {
  readonly name: string;
  readonly isHonest: boolean;
  readonly act: (view: ChainView) => readonly Transaction[];
  /** Forgets all that a process keeps in memory only. */
  readonly crash: () => void;
};

export const PROVER_FAULTS = ['wrong-output', 'wrong-gate', 'equivocation', 'silence', 'thief'] as const;
export const VERIFIER_FAULTS = ['false-challenge', 'silence', 'thief'] as const;

export type ProverFault = (typeof PROVER_FAULTS)[number];
export type VerifierFault = (typeof VERIFIER_FAULTS)[number];

const FEE_RATE = 1;

/** A prover with a fault or without one. */
export function createProver(table: Table, fault: ProverFault | undefined, rng: Rng): Player {
  const { dispute, signatures, funding, input } = table;
  const honest = { dispute, signatures, funding, secrets: table.prover, input, feeRate: FEE_RATE };
  const values = claimValues(dispute, input);
  if (fault === undefined) {
    return {
      name: 'honest prover',
      isHonest: true,
      act: (view) => decideProver(honest, view, values).transactions,
      crash: () => {},
    };
  }
  const lie = liesOf(table, values, fault, rng);
  const lastStage = fault === 'silence' ? 2 * rng.below(dispute.stages.length / 2) : Number.POSITIVE_INFINITY;
  return {
    name: `prover (${fault})`,
    isHonest: false,
    act(view) {
      const { state } = positionOf(dispute, view);
      const stage = state === undefined ? undefined : dispute.stages[state];
      if (fault === 'thief' && state !== undefined) return theft(table, 'prover', state);
      if (stage?.player !== 'prover') return decideProver(honest, view, values).transactions;
      if (stage.index >= lastStage) return [];
      const move = proverMove(honest, view, stage, lie(stage));
      if (stage.kind !== 'show-gate') return move === undefined ? [] : [move];
      // Of a gate only values that fit can be shown: try which lie gets through.
      return [0, 1, 2, 3, 4, 5, 6, 7].flatMap(
        (bits) => proverMove(honest, view, stage, bent(lie(stage), table, view, stage, bits)) ?? [],
      );
    },
    crash: () => {},
  };
}

/** What a lying prover shows at each move. */
function liesOf(
  { dispute }: Table,
  values: Uint8Array,
  fault: ProverFault,
  rng: Rng,
): (stage: Stage) => Uint8Array {
  const { circuit } = dispute;
  const lie = values.slice();
  const firstOutput = circuit.wireCount - outputCount(circuit);
  if (fault === 'wrong-output') {
    const wire = firstOutput + rng.below(outputCount(circuit));
    lie[wire] = 1 - (lie[wire] as number);
  }
  if (fault === 'wrong-gate') {
    const gate = rng.below(circuit.kinds.length);
    const wire = circuit.out[gate] as number;
    lie[wire] = 1 - (lie[wire] as number);
    evaluateFrom(circuit, lie, gate + 1);
  }
  if (fault !== 'equivocation') return () => lie;
  const byStage = dispute.stages.map(() => {
    const shown = values.slice();
    for (let i = rng.below(4); i >= 0; i--) {
      const wire = rng.below(circuit.wireCount);
      shown[wire] = 1 - (shown[wire] as number);
    }
    return shown;
  });
  return ({ index }) => byStage[index] as Uint8Array;
}

/** The values with the wires of the asked gate set to some bits. */
function bent(
  values: Uint8Array,
  { dispute }: Table,
  view: ChainView,
  stage: Stage,
  bits: number,
): Uint8Array {
  const { circuit } = dispute;
  const shown = values.slice();
  const evidence = new Evidence(dispute);
  evidence.observe(view);
  for (let gate = 0; gate < circuit.kinds.length; gate++) {
    if (gateHolds(circuit, gate, shown)) continue;
    shown[circuit.left[gate] as number] = bits & 1;
    shown[circuit.right[gate] as number] = (bits >> 1) & 1;
    shown[circuit.out[gate] as number] = (bits >> 2) & 1;
  }
  return stage.kind === 'show-gate' ? shown : values;
}

/** A verifier with a fault or without one. */
export function createVerifier(table: Table, fault: VerifierFault | undefined, rng: Rng): Player {
  const { dispute, signatures, funding } = table;
  const honest = { dispute, signatures, funding, secrets: table.verifier, feeRate: FEE_RATE };
  let evidence = new Evidence(dispute);
  if (fault === undefined) {
    return {
      name: 'honest verifier',
      isHonest: true,
      act(view) {
        evidence.observe(view);
        return decideVerifier(honest, view, evidence).transactions;
      },
      crash() {
        const kept = [...evidence.entries()];
        evidence = new Evidence(dispute);
        for (const [lock, secret] of kept) evidence.add(lock, secret);
      },
    };
  }
  const lastStage =
    fault === 'silence' ? 1 + 2 * rng.below(dispute.stages.length / 2) : Number.POSITIVE_INFINITY;
  return {
    name: `verifier (${fault})`,
    isHonest: false,
    act(view) {
      const { state } = positionOf(dispute, view);
      if (state === undefined) return [funding];
      if (fault === 'thief') return theft(table, 'verifier', state);
      const stage = dispute.stages[state];
      if (stage === undefined || stage.player !== 'verifier') {
        evidence.observe(view);
        return decideVerifier(honest, view, evidence).transactions;
      }
      if (stage.index >= lastStage) return [];
      return [askMove(dispute, signatures, table.verifier, stage, rng.below(stage.choices.length))];
    },
    crash: () => {},
  };
}

/** Takes of every pot whatever the party's own key could take, due or not. */
function theft(
  { dispute, prover, verifier }: Table,
  role: 'prover' | 'verifier',
  state: number,
): Transaction[] {
  const { privateKey } = role === 'prover' ? prover : verifier;
  const { payout } = dispute.terms[role];
  const taken = collectByTimeout(dispute, state, privateKey, { payout, feeRate: FEE_RATE });
  if (taken === undefined) return [];
  const [input] = taken.inputs as [Transaction['inputs'][number]];
  return [taken, { ...taken, inputs: [{ ...input, sequence: 1 }] }];
}
