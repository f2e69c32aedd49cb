import { equalBytes } from '@ninefold/base';
import { musig, schnorr } from '@ninefold/crypto';
import {
  SEQUENCE_LOCKTIME_DISABLE_FLAG,
  type Transaction,
  txidOf,
  virtualSize,
} from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { CircuitBuilder } from '../src/code/builder.ts';
import { ANCHOR_OUTPUT, createDispute, preSignatures, spentOutputs } from '../src/game/dispute.ts';
import { proverLocks, verifierLocks } from '../src/game/party.ts';
import { checkSignatures, JointSigning } from '../src/game/signing.ts';
import { type Terms } from '../src/game/terms.ts';
import { claimValues } from '../src/game/prover.ts';
import { askMove, showMove } from '../src/game/moves.ts';
import { codeOf } from './support/code-of.ts';
import { faultOf } from './support/spend.ts';
import { adder, disputeFor, partyOf, PROVER, tableFor, termsFor, VERIFIER } from './support/table.ts';

const CIRCUIT = adder(3);

describe('the graph of a dispute', () => {
  it('has the moves of the search, in turn', () => {
    const { stages, states, cuts } = disputeFor(CIRCUIT);
    const rounds = Math.ceil(Math.log2(cuts.count));
    expect(stages.map(({ kind }) => kind)).toEqual([
      'claim',
      ...Array.from({ length: rounds }, () => ['ask-cut', 'show-cut']).flat(),
      'ask-block',
      'show-block',
      'ask-gate',
      'show-gate',
    ]);
    expect(states).toHaveLength(stages.length + 1);
    stages.forEach(({ player, index }) => expect(player).toBe(index % 2 === 0 ? 'prover' : 'verifier'));
    expect(states.at(-1)!.player).toBe('verifier');
  });

  it('chains transactions that both parties can name before any is made', () => {
    const { states, stages } = disputeFor(CIRCUIT);
    const again = disputeFor(CIRCUIT);
    states.forEach(({ tx, txid }, i) => {
      expect(equalBytes(txid, again.states[i]!.txid)).toBe(true);
      expect(txidOf(tx)).toEqual(txid);
      if (i === 0) return;
      const before = states[i - 1]!;
      expect(tx.inputs.every(({ prevout }) => equalBytes(prevout.txid, before.txid))).toBe(true);
      expect(tx.inputs).toHaveLength(1 + stages[i - 1]!.lanes.length);
      expect(tx.inputs.every(({ sequence }) => (sequence & SEQUENCE_LOCKTIME_DISABLE_FLAG) !== 0)).toBe(true);
    });
  });

  it('conserves money: what a move does not hand on is its fee', () => {
    const dispute = disputeFor(CIRCUIT, { feeRate: 3 });
    const { states, totalFees } = dispute;
    const total = (values: readonly { readonly value: bigint }[]): bigint =>
      values.reduce((sum, { value }) => sum + value, 0n);
    for (let i = 1; i < states.length; i++) {
      const { tx } = states[i]!;
      const fee = total(spentOutputs(dispute, tx, i - 1)) - total(tx.outputs);
      expect(fee).toBeGreaterThan(0n);
      expect(tx.outputs.at(-1)).toEqual(ANCHOR_OUTPUT);
    }
    expect(states[0]!.pot.value - states.at(-1)!.pot.value).toBe(totalFees);
  });

  it('pays at least the agreed rate, whatever is chosen', () => {
    const table = tableFor(CIRCUIT, { feeRate: 2 });
    const { dispute, signatures } = table;
    const values = claimValues(dispute, [1, 0, 1, 1, 1, 0]);
    const total = (outputs: readonly { readonly value: bigint }[]): bigint =>
      outputs.reduce((sum, { value }) => sum + value, 0n);
    for (const stage of dispute.stages) {
      for (let choice = 0; choice < stage.choices.length; choice++) {
        const askedIn = dispute.stages[stage.index - 1];
        const asked =
          stage.player === 'prover' && askedIn
            ? askMove(dispute, signatures, VERIFIER, askedIn, choice).inputs[1]!.witness[1]
            : undefined;
        const tx =
          stage.player === 'prover'
            ? showMove(dispute, signatures, PROVER, stage, { choice, asked, values })
            : askMove(dispute, signatures, VERIFIER, stage, choice);
        const spent = spentOutputs(dispute, tx, stage.index);
        expect(faultOf(tx, spent)).toBeUndefined();
        const fee = Number(total(spent) - total(tx.outputs));
        expect(fee).toBeGreaterThanOrEqual(2 * virtualSize(tx));
      }
    }
  });

  it('spreads wide cuts over several inputs', () => {
    const builder = new CircuitBuilder();
    const wires = builder.input(1000);
    builder.output(wires.map((wire) => builder.not(wire)));
    const circuit = builder.build();
    const dispute = disputeFor(circuit, {
      blockGates: 700,
      feeRate: 1,
      proverDeposit: 900_000n,
      verifierDeposit: 900_000n,
      prover: partyOf(PROVER, 2_000_000n),
      verifier: partyOf(VERIFIER, 2_000_000n),
    });
    expect(dispute.stages.map(({ lanes }) => lanes.length)).toEqual([4, 1, 2, 1, 2, 1, 1, 1, 1]);
    const [claim] = dispute.stages;
    expect(claim!.lanes.map(({ wires: of }) => of(0).length)).toEqual([900, 100, 900, 100]);
  });

  it('pins what was agreed on in the claim', () => {
    const free = disputeFor(CIRCUIT);
    const pinned = disputeFor(CIRCUIT, { outputPins: '**1*' });
    const scripts = (d: typeof free, lane: number): number => d.stages[0]!.lanes[lane]!.tree.script(0).length;
    expect(scripts(pinned, 0)).toBe(scripts(free, 0));
    // 4 + 23 bytes instead of 53.
    expect(scripts(free, 1) - scripts(pinned, 1)).toBe(26);
  });
});

describe('terms', () => {
  const faultOfTerms = (changes: Partial<Terms>): unknown => {
    try {
      disputeFor(CIRCUIT, changes);
    } catch (error) {
      const { code, context } = error as { code: string; context: { field?: string } };
      return [code, context.field];
    }
    return undefined;
  };

  it('that cannot be kept are refused by name', () => {
    const { prover } = termsFor(CIRCUIT);
    expect(faultOfTerms({})).toBeUndefined();
    expect(faultOfTerms({ session: new Uint8Array(31) })).toEqual(['TERMS_INVALID', 'session']);
    expect(faultOfTerms({ prize: -1n })).toEqual(['TERMS_INVALID', 'prize']);
    expect(faultOfTerms({ timeoutBlocks: 1 })).toEqual(['TERMS_INVALID', 'timeoutBlocks']);
    expect(faultOfTerms({ timeoutBlocks: 65_536 })).toEqual(['TERMS_INVALID', 'timeoutBlocks']);
    expect(faultOfTerms({ feeRate: 0 })).toEqual(['TERMS_INVALID', 'feeRate']);
    expect(faultOfTerms({ feeRate: 1.5 })).toEqual(['TERMS_INVALID', 'feeRate']);
    expect(faultOfTerms({ inputPins: '***' })).toEqual(['TERMS_INVALID', 'inputPins']);
    expect(faultOfTerms({ outputPins: '01x*' })).toEqual(['TERMS_INVALID', 'outputPins']);
    expect(faultOfTerms({ prover: { ...prover, key: new Uint8Array(32) } })).toEqual([
      'TERMS_INVALID',
      'prover.key',
    ]);
    expect(faultOfTerms({ prover: { ...prover, payout: new Uint8Array(0) } })).toEqual([
      'TERMS_INVALID',
      'prover.payout',
    ]);
    expect(faultOfTerms({ prover: { ...prover, inputs: [{ ...prover.inputs[0]!, value: 0n }] } })).toEqual([
      'TERMS_INVALID',
      'prover.inputs',
    ]);
    expect(faultOfTerms({ prover: { ...prover, key: new Uint8Array(33) } })).toEqual([
      'MUSIG_INVALID_CONTRIBUTION',
      undefined,
    ]);
  });

  it('take coins and payouts of keys alone', () => {
    const { prover, verifier } = termsFor(CIRCUIT);
    const withInput = (scriptPubKey: Uint8Array) => ({
      ...prover,
      inputs: [{ ...prover.inputs[0]!, scriptPubKey }],
    });
    const key = prover.payout.slice(2);
    // Before SegWit, the scriptSig would be free, and with it the funding's id.
    const scripts = [
      Uint8Array.of(0x75, 0x51),
      Uint8Array.of(0x51),
      new Uint8Array(0),
      Uint8Array.of(0x00, 0x20, ...key),
      Uint8Array.of(0x75, 0x20, ...key),
      Uint8Array.of(0x51, 0x21, ...key, 0),
    ];
    for (const script of scripts) {
      expect(faultOfTerms({ prover: withInput(script) })).toEqual(['TERMS_INVALID', 'prover.inputs']);
      // Nor must a settlement have an output that no node relays.
      expect(faultOfTerms({ verifier: { ...verifier, payout: script } })).toEqual([
        'TERMS_INVALID',
        'verifier.payout',
      ]);
    }
  });

  it('need deposits that make up for the fees of a dispute', () => {
    expect(faultOfTerms({ verifierDeposit: 5000n })).toEqual(['TERMS_INVALID', 'verifierDeposit']);
    expect(faultOfTerms({ proverDeposit: 5000n })).toEqual(['TERMS_INVALID', 'proverDeposit']);
    expect(faultOfTerms({ feeRate: 100 })).toEqual(['TERMS_INVALID', 'proverDeposit']);
  });

  it('need coins that suffice and leave no dust', () => {
    expect(faultOfTerms({ prover: partyOf(PROVER, 100_000n) })).toEqual(['TERMS_INVALID', 'prover.inputs']);
    expect(faultOfTerms({ verifier: partyOf(VERIFIER, 149_999n) })).toEqual([
      'TERMS_INVALID',
      'verifier.inputs',
    ]);
    expect(faultOfTerms({ verifier: partyOf(VERIFIER, 150_000n) })).toBeUndefined();
    expect(faultOfTerms({ verifier: partyOf(VERIFIER, 150_100n) })).toEqual([
      'TERMS_INVALID',
      'verifier.inputs',
    ]);
  });

  it('refuse circuits whose moves no node would relay', () => {
    const builder = new CircuitBuilder();
    const wires = builder.input(6000);
    builder.output([builder.not(wires[0]!)]);
    const circuit = builder.build();
    expect(codeOf(() => disputeFor(circuit, { blockGates: 1 }))).toBe('TERMS_INVALID');
  });

  it('refuse locks that are not theirs', () => {
    const locks = { ...proverLocks(PROVER, CIRCUIT), ...verifierLocks(VERIFIER, CIRCUIT, 4) };
    const terms = termsFor(CIRCUIT);
    const make = (changes: Partial<typeof locks>) => () =>
      createDispute(terms, CIRCUIT, { ...locks, ...changes });
    expect(codeOf(make({}))).toBeUndefined();
    for (const name of ['wires', 'askCut', 'askBlock', 'askGate'] as const) {
      expect(codeOf(make({ [name]: locks[name].slice(1) }))).toBe('LOCKS_WRONG_SIZE');
    }
    expect(codeOf(make({ wires: new Uint8Array(locks.wires.length) }))).toBe('LOCKS_AMBIGUOUS');
  });
});

describe('the joint signing', () => {
  const dispute = disputeFor(CIRCUIT);
  const messages = preSignatures(dispute);
  const random = (size: number) => Uint8Array.from({ length: size }, () => Math.random() * 256);
  const pair = (): readonly [JointSigning, JointSigning] => [
    new JointSigning(messages, PROVER.privateKey, random),
    new JointSigning(messages, VERIFIER.privateKey, random),
  ];

  it('gives both parties the same valid signatures of every move', () => {
    const [a, b] = pair();
    const fromA = a.sign(b.nonces);
    const fromB = b.sign(a.nonces);
    const signatures = a.finish(fromB);
    expect(b.finish(fromA)).toEqual(signatures);
    expect(signatures).toHaveLength(dispute.stages.length + 1);
    messages.forEach(({ message, key }, i) => {
      expect(schnorr.verify(message, signatures[i]!, musig.xOnlyKey(key))).toBe(true);
    });
    expect(codeOf(() => checkSignatures(messages, signatures))).toBeUndefined();
  });

  it('names what the other party did wrong', () => {
    const [a, b] = pair();
    a.sign(b.nonces);
    const fromB = b.sign(a.nonces);
    const broken = fromB.map((part, i) => (i === 3 ? fromB[4]! : part));
    expect(codeOf(() => a.finish(broken))).toBe('SIGNING_WRONG_PARTIAL');
    expect(codeOf(() => a.finish(fromB.slice(1)))).toBe('SIGNING_WRONG_COUNT');
    expect(codeOf(() => pair()[0].sign(b.nonces.slice(1)))).toBe('SIGNING_WRONG_COUNT');
    expect(codeOf(() => pair()[0].sign(b.nonces.map(() => new Uint8Array(66))))).toBe(
      'MUSIG_INVALID_CONTRIBUTION',
    );
  });

  it('uses nonces once', () => {
    const [a, b] = pair();
    a.sign(b.nonces);
    expect(codeOf(() => a.sign(b.nonces))).toBe('MUSIG_NONCE_USED');
  });

  it('refuses signatures that are not of this dispute', () => {
    const { signatures } = tableFor(CIRCUIT);
    const other = preSignatures(disputeFor(CIRCUIT, { prize: 50_001n }));
    expect(codeOf(() => checkSignatures(other, signatures))).toBe('SIGNING_WRONG_SIGNATURE');
    expect(codeOf(() => checkSignatures(messages, signatures.slice(1)))).toBe('SIGNING_WRONG_COUNT');
  });

  it('covers what the funding pays to', () => {
    const { funding } = tableFor(CIRCUIT);
    const spent = [...termsFor(CIRCUIT).prover.inputs, ...termsFor(CIRCUIT).verifier.inputs];
    expect(faultOf(funding, spent)).toBeUndefined();
    const [pot, ...rest] = funding.outputs;
    const stolen: Transaction = { ...funding, outputs: [{ ...pot!, value: pot!.value - 1n }, ...rest] };
    expect(faultOf(stolen, spent)).toBe('0: SCHNORR_SIG');
  });
});
