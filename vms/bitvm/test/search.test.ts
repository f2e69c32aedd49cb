import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tapBranchHash, tapLeafHash, verifyTaprootCommitment } from '@ninefold/vm-bitcoin-script';
import { checkCircuit, type Circuit, evaluateCircuit, gateHolds, gateWires } from '../src/code/circuit.ts';
import { blockWires, cutsOfRound, cutWires } from '../src/code/cuts.ts';
import { wirePreimage } from '../src/engine/locks.ts';
import { controlBlock } from '../src/engine/tree.ts';
import { Evidence } from '../src/game/evidence.ts';
import { claimIsRight, correctValues, nextQuestion } from '../src/game/verifier.ts';
import { GATES } from '../src/spec/gates.ts';
import { adder, disputeFor, PROVER } from './support/table.ts';

/** Random circuits, what a prover says of their wires, and how large blocks are. */
const lies = fc
  .record({
    inputs: fc.integer({ min: 1, max: 4 }),
    list: fc.array(fc.tuple(fc.nat(GATES.length - 1), fc.nat(999), fc.nat(999)), {
      minLength: 2,
      maxLength: 24,
    }),
    bits: fc.nat(),
    flips: fc.array(fc.nat(999), { minLength: 1, maxLength: 4 }),
    blockGates: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ inputs, list, bits, flips, blockGates }) => {
    const column = (at: 1 | 2): Uint32Array => Uint32Array.from(list, (gate, i) => gate[at] % (inputs + i));
    const circuit: Circuit = checkCircuit({
      wireCount: inputs + list.length,
      inputs: [inputs],
      outputs: [Math.min(2, list.length)],
      kinds: Uint8Array.from(list, ([kind]) => kind),
      left: column(1),
      right: column(2),
      out: Uint32Array.from(list, (_, i) => inputs + i),
    });
    const values = evaluateCircuit(
      circuit,
      Array.from({ length: inputs }, (_, i) => (bits >> i) & 1),
    );
    const shown = values.slice();
    // Anything but the input: that is what the claim is about.
    for (const flip of flips) {
      const wire = inputs + (flip % list.length);
      shown[wire] = 1 - shown[wire]!;
    }
    return { circuit, shown, blockGates: Math.min(blockGates, list.length) };
  });

describe('the search', () => {
  it('ends at a gate that does not hold, whatever consistent lie is told', () => {
    fc.assert(
      fc.property(lies, ({ circuit, shown, blockGates }) => {
        const dispute = disputeFor(circuit, { blockGates });
        const evidence = new Evidence(dispute);
        const show = (wires: Iterable<number>): void => {
          for (const wire of wires) {
            const bit = shown[wire]!;
            evidence.add(2 * wire + bit, wirePreimage(PROVER.seed, wire, bit));
          }
        };
        expect(correctValues(dispute, evidence)).toBeUndefined();
        show(cutWires(dispute.cuts, 0));
        show(cutWires(dispute.cuts, dispute.cuts.count));
        const values = correctValues(dispute, evidence)!;
        if (claimIsRight(dispute, evidence, values)) return;
        for (const stage of dispute.stages.filter(({ player }) => player === 'verifier')) {
          const choice = nextQuestion(dispute, stage, evidence, values);
          expect(choice).toBeGreaterThanOrEqual(0);
          expect(choice).toBeLessThan(stage.choices.length);
          const asked = stage.choices[choice]!;
          if (stage.kind === 'ask-cut') show(cutWires(dispute.cuts, asked));
          if (stage.kind === 'ask-block') show(blockWires(circuit, dispute.cuts, asked));
          if (stage.kind === 'ask-gate') {
            expect(gateHolds(circuit, asked, shown)).toBe(false);
            // All that the gate's leaf opens was shown before: any other bit is an equivocation.
            for (const wire of gateWires(circuit, asked)) expect(evidence.bit(wire)).toBe(shown[wire]);
          }
        }
        expect(evidence.equivocation).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('asks the same again after everything was forgotten but what is on the chain', () => {
    fc.assert(
      fc.property(lies, ({ circuit, shown, blockGates }) => {
        const dispute = disputeFor(circuit, { blockGates });
        const evidence = new Evidence(dispute);
        for (let wire = 0; wire < circuit.wireCount; wire++) {
          evidence.add(2 * wire + shown[wire]!, wirePreimage(PROVER.seed, wire, shown[wire]!));
        }
        const again = new Evidence(dispute);
        for (const [lock, secret] of [...evidence.entries()].reverse()) again.add(lock, secret);
        const values = correctValues(dispute, evidence)!;
        for (const stage of dispute.stages.filter(({ player }) => player === 'verifier')) {
          expect(nextQuestion(dispute, stage, again, values)).toBe(
            nextQuestion(dispute, stage, evidence, values),
          );
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('outputs', () => {
  const dispute = disputeFor(adder(4));

  it('commit to every choice of every move', () => {
    for (const { lanes, choices, kind, round } of dispute.stages) {
      if (kind === 'show-cut') expect(Array.from(choices)).toEqual(cutsOfRound(dispute.cuts.count, round));
      for (const { tree, output } of lanes) {
        expect(tree.source.count).toBe(choices.length);
        for (let choice = 0; choice < choices.length; choice++) {
          const script = tree.script(choice);
          expect(script.length).toBeLessThanOrEqual(tree.source.size);
          const control = controlBlock(output, tree.path(choice));
          expect(verifyTaprootCommitment(control, output.key, tapLeafHash(0xc0, script))).toBe(true);
        }
      }
    }
  });

  it('let every wire’s equivocation out of every pot', () => {
    const { equivocations, states, circuit } = dispute;
    for (const { pot } of states) {
      const above = pot.timeout === undefined ? [] : [pot.timeout.leafHash];
      for (let wire = 0; wire < circuit.wireCount; wire++) {
        const control = controlBlock(pot.output, [...equivocations.path(wire), ...above]);
        const leaf = tapLeafHash(0xc0, equivocations.script(wire));
        expect(verifyTaprootCommitment(control, pot.output.key, leaf)).toBe(true);
      }
    }
  });

  it('give the time to whoever waits, and to nobody behind a claim', () => {
    const winners = dispute.states.map(({ pot }) => pot.timeout?.winner);
    expect(winners[0]).toBe('verifier');
    expect(winners[1]).toBeUndefined();
    dispute.states.slice(2).forEach(({ player, pot }) => {
      expect(pot.timeout!.winner).toBe(player === 'prover' ? 'verifier' : 'prover');
      const root = tapBranchHash(pot.timeout!.leafHash, dispute.equivocations.root);
      const control = controlBlock(pot.output, [dispute.equivocations.root]);
      expect(verifyTaprootCommitment(control, pot.output.key, pot.timeout!.leafHash)).toBe(true);
      expect(root).toHaveLength(32);
    });
  });
});
