import type { Transaction } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateFrom, gateHolds, outputCount } from '../src/code/circuit.ts';
import { bumpTransaction } from '../src/game/bump.ts';
import { ANCHOR_OUTPUT, spentOutputs } from '../src/game/dispute.ts';
import { Evidence } from '../src/game/evidence.ts';
import { askMove, collectByTimeout, readMove, settlementMove, showMove } from '../src/game/moves.ts';
import { claimValues, decideProver, type Prover, proverMove } from '../src/game/prover.ts';
import { claimOf, formatTranscript, parseTranscript, transcriptOf } from '../src/game/transcript.ts';
import { decideVerifier, type Verifier } from '../src/game/verifier.ts';
import { DisputeWatch, movesAfter, positionOf } from '../src/game/view.ts';
import { codeOf } from './support/code-of.ts';
import { faultOf } from './support/spend.ts';
import { adder, FIRST_HEIGHT, idOf, partyOf, tableFor, type Table, viewOf } from './support/table.ts';

const CIRCUIT = adder(3);
const TABLE = tableFor(CIRCUIT);
const INPUT = [1, 1, 0, 1, 0, 1];
const { dispute } = TABLE;
const VALUES = claimValues(dispute, INPUT);

const proverOf = (table: Table): Prover => ({ ...table, secrets: table.prover, input: INPUT, feeRate: 1 });
const verifierOf = (table: Table): Verifier => ({ ...table, secrets: table.verifier, feeRate: 1 });

/** Both sides' transactions until the pot is taken; the prover shows what it is told to. */
function playOut(shown: (values: Uint8Array, stage: number) => Uint8Array): {
  readonly chain: readonly Transaction[];
  readonly end: Transaction;
} {
  const chain: Transaction[] = [TABLE.funding];
  const evidence = new Evidence(dispute);
  for (;;) {
    const view = viewOf(chain);
    evidence.observe(view);
    const state = chain.length - 1;
    const stage = dispute.stages[state];
    const decision = decideVerifier(verifierOf(TABLE), view, evidence);
    const [next] = decision.transactions;
    const move =
      stage?.player === 'prover' ? proverMove(proverOf(TABLE), view, stage, shown(VALUES, state)) : next;
    const tx = evidence.equivocation === undefined ? move : next;
    if (tx === undefined) throw new Error(`nobody moves in state ${state}`);
    expect(faultOf(tx, spentOutputs(dispute, tx, state))).toBeUndefined();
    if (idOf(tx) !== idOf(dispute.states[state + 1]?.tx ?? TABLE.funding)) return { chain, end: tx };
    chain.push(tx);
  }
}

/** A gate whose output, changed, changes the result. */
function wrongValues(): Uint8Array {
  const lie = VALUES.slice();
  const wire = CIRCUIT.out[2]!;
  lie[wire] = 1 - lie[wire]!;
  evaluateFrom(CIRCUIT, lie, 3);
  return lie;
}

describe('an honest prover', () => {
  it('funds, claims and settles', () => {
    const prover = proverOf(TABLE);
    expect(decideProver(prover, viewOf([]), VALUES).transactions).toEqual([TABLE.funding]);
    const [claim] = decideProver(prover, viewOf([TABLE.funding]), VALUES).transactions;
    expect(faultOf(claim!, spentOutputs(dispute, claim!, 0))).toBeUndefined();
    const chain = [TABLE.funding, claim!];
    const wait = dispute.terms.timeoutBlocks;
    expect(decideProver(prover, viewOf(chain, wait - 2), VALUES).transactions).toEqual([]);
    const [settled] = decideProver(prover, viewOf(chain, wait - 1), VALUES).transactions;
    expect(faultOf(settled!, spentOutputs(dispute, settled!, 1))).toBeUndefined();
    expect(settled!.outputs[1]!.value).toBe(dispute.terms.verifierDeposit);
    const { outcome, transactions } = decideProver(prover, viewOf([...chain, settled!]), VALUES);
    expect(outcome).toMatchObject({ kind: 'settled', winner: undefined, height: FIRST_HEIGHT + 2 });
    expect(transactions).toEqual([]);
  });

  it('answers every question, and collects from who asks no more', () => {
    const chain: Transaction[] = [TABLE.funding];
    const prover = proverOf(TABLE);
    for (const stage of dispute.stages) {
      const choice = stage.index % stage.choices.length;
      const [answer] = decideProver(prover, viewOf(chain), VALUES).transactions;
      const tx =
        stage.player === 'prover'
          ? answer!
          : askMove(dispute, TABLE.signatures, TABLE.verifier, stage, choice);
      expect(faultOf(tx, spentOutputs(dispute, tx, stage.index))).toBeUndefined();
      if (stage.player === 'verifier') expect(answer).toBeUndefined();
      if (stage.player === 'verifier' && stage.index > 1) {
        const late = decideProver(prover, viewOf(chain, 20), VALUES).transactions[0]!;
        expect(faultOf(late, spentOutputs(dispute, late, stage.index))).toBeUndefined();
      }
      chain.push(tx);
    }
    const [taken] = decideProver(prover, viewOf(chain, 20), VALUES).transactions;
    expect(faultOf(taken!, spentOutputs(dispute, taken!, chain.length - 1))).toBeUndefined();
    expect(positionOf(dispute, viewOf([...chain, taken!])).outcome).toMatchObject({ winner: 'prover' });
    const evidence = new Evidence(dispute);
    evidence.observe(viewOf(chain));
    expect(evidence.equivocation).toBeUndefined();
  });

  it('makes no claim that was ruled out', () => {
    const pinned = tableFor(CIRCUIT, { outputPins: '***1', inputPins: '1*****' });
    expect(codeOf(() => claimValues(pinned.dispute, INPUT))).toBe('PROVER_CLAIM_IMPOSSIBLE');
    expect(codeOf(() => claimValues(pinned.dispute, [0, 1, 0, 0, 1, 0]))).toBe('PROVER_CLAIM_IMPOSSIBLE');
    expect(codeOf(() => claimValues(pinned.dispute, [1, 1, 0, 1, 1, 0]))).toBeUndefined();
    expect(codeOf(() => claimValues(dispute, [1]))).toBe('CIRCUIT_INPUT_COUNT');
    const values = claimValues(pinned.dispute, [1, 1, 0, 1, 1, 0]);
    const [stage] = pinned.dispute.stages;
    const choice = { choice: 0, asked: undefined };
    const good = showMove(pinned.dispute, pinned.signatures, pinned.prover, stage!, { ...choice, values });
    expect(faultOf(good, spentOutputs(pinned.dispute, good, 0))).toBeUndefined();
    const other = values.slice();
    other[CIRCUIT.wireCount - 1] = 0;
    const bad = showMove(pinned.dispute, pinned.signatures, pinned.prover, stage!, {
      ...choice,
      values: other,
    });
    expect(faultOf(bad, spentOutputs(pinned.dispute, bad, 0))).toBe('2: EQUALVERIFY');
  });
});

describe('an honest verifier', () => {
  it('leaves a right claim alone, and settles', () => {
    const chain = [
      TABLE.funding,
      decideProver(proverOf(TABLE), viewOf([TABLE.funding]), VALUES).transactions[0]!,
    ];
    const evidence = new Evidence(dispute);
    evidence.observe(viewOf(chain));
    expect(decideVerifier(verifierOf(TABLE), viewOf(chain), evidence).transactions).toEqual([]);
    const due = decideVerifier(verifierOf(TABLE), viewOf(chain, 20), evidence).transactions;
    expect(due).toEqual([settlementMove(dispute, TABLE.signatures)]);
  });

  it('collects from a prover that does not claim', () => {
    const evidence = new Evidence(dispute);
    const view = viewOf([TABLE.funding], 20);
    const [taken] = decideVerifier(verifierOf(TABLE), view, evidence).transactions;
    expect(faultOf(taken!, spentOutputs(dispute, taken!, 0))).toBeUndefined();
    expect(positionOf(dispute, viewOf([TABLE.funding, taken!])).outcome).toMatchObject({
      winner: 'verifier',
    });
    expect(decideVerifier(verifierOf(TABLE), viewOf([]), evidence).transactions).toEqual([TABLE.funding]);
  });

  it('finds the gate of every wrong output, and the lie that covers it', () => {
    const first = CIRCUIT.wireCount - outputCount(CIRCUIT);
    for (let wire = first; wire < CIRCUIT.wireCount; wire++) {
      const lie = VALUES.slice();
      lie[wire] = 1 - lie[wire]!;
      const { chain, end } = playOut((_, state) =>
        dispute.stages[state]!.kind === 'show-gate' ? VALUES : lie,
      );
      expect(positionOf(dispute, viewOf([...chain, end])).outcome).toMatchObject({ winner: 'verifier' });
      expect(chain).toHaveLength(dispute.states.length);
    }
  });

  it('finds a wrong gate in the middle', () => {
    const lie = wrongValues();
    expect(lie.subarray(-4)).not.toEqual(VALUES.subarray(-4));
    const { chain } = playOut((_, state) => (dispute.stages[state]!.kind === 'show-gate' ? VALUES : lie));
    const stage = dispute.stages[dispute.stages.length - 2]!;
    const asked = readMove(dispute, stage, chain[stage.index + 1]!);
    expect(asked!.choice).toBe(2);
    expect(gateHolds(CIRCUIT, 2, lie)).toBe(false);
  });

  it('punishes bits that were opened both ways at once', () => {
    const lie = wrongValues();
    const { chain, end } = playOut((_, state) => (state === 0 ? lie : VALUES));
    expect(end.inputs[0]!.witness).toHaveLength(5);
    expect(chain.length).toBeLessThan(dispute.states.length);
  });

  it('remembers what was in blocks that are none any more', () => {
    const lie = wrongValues();
    const evidence = new Evidence(dispute);
    const [stage] = dispute.stages;
    const show = (values: Uint8Array): Transaction =>
      showMove(dispute, TABLE.signatures, TABLE.prover, stage!, { choice: 0, asked: undefined, values });
    evidence.observe(viewOf([TABLE.funding, show(lie)]));
    expect(evidence.equivocation).toBeUndefined();
    const kept = [...evidence.entries()];
    const after = new Evidence(dispute);
    for (const [lock, secret] of kept) after.add(lock, secret);
    after.observe({ tip: 100, sightings: [{ tx: show(VALUES), height: undefined }] });
    expect(after.equivocation).toBeDefined();
    const [taken] = decideVerifier(verifierOf(TABLE), viewOf([TABLE.funding]), after).transactions;
    expect(faultOf(taken!, spentOutputs(dispute, taken!, 0))).toBeUndefined();
  });
});

describe('moves', () => {
  it('are read back as they were made', () => {
    const stage = dispute.stages[1]!;
    const asked = askMove(dispute, TABLE.signatures, TABLE.verifier, stage, 0);
    const read = readMove(dispute, stage, asked)!;
    expect(read).toMatchObject({ choice: 0, opened: [] });
    const answer = showMove(dispute, TABLE.signatures, TABLE.prover, dispute.stages[2]!, {
      choice: 0,
      asked: read.asked,
      values: VALUES,
    });
    const { opened } = readMove(dispute, dispute.stages[2]!, answer)!;
    for (const { wire, bit } of opened) expect(bit).toBe(VALUES[wire]);
  });

  it('are read with an annex, and not read when they are none', () => {
    const stage = dispute.stages[0]!;
    const claim = showMove(dispute, TABLE.signatures, TABLE.prover, stage, {
      choice: 0,
      asked: undefined,
      values: VALUES,
    });
    const withAnnex = {
      ...claim,
      inputs: claim.inputs.map((input) => ({
        ...input,
        witness: [...input.witness, Uint8Array.of(0x50, 1)],
      })),
    };
    expect(readMove(dispute, stage, withAnnex)).toEqual(readMove(dispute, stage, claim));
    const cut = (keep: number): Transaction => ({
      ...claim,
      inputs: claim.inputs.map((input) => ({ ...input, witness: input.witness.slice(0, keep) })),
    });
    for (const keep of [0, 1, 2, 3, 5]) expect(readMove(dispute, stage, cut(keep))).toBeUndefined();
    expect(readMove(dispute, dispute.stages[1]!, claim)).toBeUndefined();
  });

  it('have to be one of the choices', () => {
    const stage = dispute.stages[1]!;
    for (const choice of [-1, stage.choices.length, 0.5]) {
      expect(codeOf(() => askMove(dispute, TABLE.signatures, TABLE.verifier, stage, choice))).toBe(
        'MOVE_NOT_A_CHOICE',
      );
    }
  });

  it('cannot be made by the other player, or without its question', () => {
    const stage = dispute.stages[2]!;
    const wrong = showMove(dispute, TABLE.signatures, TABLE.prover, stage, {
      choice: 0,
      asked: new Uint8Array(20),
      values: VALUES,
    });
    expect(faultOf(wrong, spentOutputs(dispute, wrong, 2))).toBe('1: EQUALVERIFY');
    const stolen = askMove(
      dispute,
      TABLE.signatures,
      { ...TABLE.verifier, privateKey: TABLE.prover.privateKey },
      dispute.stages[1]!,
      0,
    );
    expect(faultOf(stolen, spentOutputs(dispute, stolen, 1))).toBe('1: SCHNORR_SIG');
  });

  it('are not due for the wrong party', () => {
    expect(
      collectByTimeout(dispute, 1, TABLE.prover.privateKey, {
        payout: TABLE.funding.outputs[0]!.scriptPubKey,
        feeRate: 1,
      }),
    ).toBeUndefined();
    const theft = collectByTimeout(dispute, 0, TABLE.prover.privateKey, {
      payout: dispute.terms.prover.payout,
      feeRate: 1,
    })!;
    expect(faultOf(theft, spentOutputs(dispute, theft, 0))).toBe('0: SCHNORR_SIG');
    const hurried = { ...theft, inputs: [{ ...theft.inputs[0]!, sequence: 9 }] };
    expect(faultOf(hurried, spentOutputs(dispute, hurried, 0))).toBe('0: UNSATISFIED_LOCKTIME');
  });
});

describe('views', () => {
  it('tell what concerns a dispute', () => {
    const watch = new DisputeWatch(dispute);
    expect(watch.concerns(TABLE.funding)).toBe(true);
    expect(watch.concerns(dispute.settlement)).toBe(true);
    expect(watch.stateOf(dispute.states[2]!.tx)).toBe(2);
    const stranger = { ...TABLE.funding, locktime: 7 };
    expect(watch.concerns(stranger)).toBe(false);
  });

  it('go by blocks, and look at what waits behind them', () => {
    const claim = decideProver(proverOf(TABLE), viewOf([TABLE.funding]), VALUES).transactions[0]!;
    const waiting = {
      tip: 100,
      sightings: [
        { tx: claim, height: undefined },
        { tx: TABLE.funding, height: 100 },
      ],
    };
    expect(positionOf(dispute, waiting).state).toBe(0);
    expect(movesAfter(dispute, waiting, 0)).toEqual([claim]);
    expect(movesAfter(dispute, waiting, dispute.states.length - 1)).toEqual([]);
  });
});

describe('transcripts', () => {
  const lie = wrongValues();
  const { chain, end } = playOut((_, state) => (dispute.stages[state]!.kind === 'show-gate' ? VALUES : lie));
  const events = transcriptOf(dispute, viewOf([...chain, end]));

  it('tell all that the chain shows', () => {
    expect(events.map(({ event }) => event)).toEqual([
      'funded',
      ...dispute.stages.map(({ kind }) => kind),
      'collected',
    ]);
    expect(claimOf(dispute, events[1]!)).toEqual({
      input: INPUT.join(''),
      output: [...lie.subarray(-4)].join(''),
    });
    expect(claimOf(dispute, events[0]!)).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ player: 'verifier', state: dispute.stages.length });
    expect(transcriptOf(dispute, viewOf([]))).toEqual([]);
  });

  it('come back from their text', () => {
    const text = formatTranscript(events);
    expect(parseTranscript(text)).toEqual(events);
    expect(parseTranscript('')).toEqual([]);
  });

  it('say in which line they are wrong', () => {
    const lines = formatTranscript(events).trimEnd().split('\n');
    const faultAt = (line: number, edit: (text: string) => string): unknown => {
      const text = lines.map((source, i) => (i === line ? edit(source) : source)).join('\n');
      try {
        parseTranscript(text);
      } catch (error) {
        const { code, context } = error as { code: string; context: { line: number } };
        return [code, context.line];
      }
      return undefined;
    };
    expect(faultAt(2, (text) => text)).toBeUndefined();
    expect(faultAt(2, () => '{')).toEqual(['TRANSCRIPT_INVALID', 3]);
    expect(faultAt(2, () => '7')).toEqual(['TRANSCRIPT_INVALID', 3]);
    expect(faultAt(1, (text) => text.replace('claim', 'clam'))).toEqual(['TRANSCRIPT_INVALID', 2]);
    expect(faultAt(1, (text) => text.replace('"bits":"1', '"bits":"2'))).toEqual(['TRANSCRIPT_INVALID', 2]);
    expect(faultAt(3, (text) => text.replace('"state":3', '"state":5'))).toEqual(['TRANSCRIPT_INVALID', 4]);
    expect(faultAt(0, () => lines.at(-1)!)).toEqual(['TRANSCRIPT_INVALID', 1]);
    expect(codeOf(() => parseTranscript([...lines, lines.at(-1)!].join('\n')))).toBe('TRANSCRIPT_INVALID');
    // Funding comes first and only then; blocks follow on blocks.
    expect(faultAt(0, (text) => text.replace('"funded"', '"claim"'))).toEqual(['TRANSCRIPT_INVALID', 1]);
    expect(faultAt(1, (text) => text.replace('"claim"', '"funded"'))).toEqual(['TRANSCRIPT_INVALID', 2]);
    expect(faultAt(2, (text) => text.replace(/"height":\d+/, '"height":0'))).toEqual([
      'TRANSCRIPT_INVALID',
      3,
    ]);
  });

  it('are read or refused, whatever they are', () => {
    const text = formatTranscript(events);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(3), (at, put, cut) => {
        const damaged = text.slice(0, at) + put + text.slice(at + cut);
        const code = codeOf(() => {
          const read = parseTranscript(damaged);
          expect(parseTranscript(formatTranscript(read))).toEqual(read);
        });
        expect([undefined, 'TRANSCRIPT_INVALID']).toContain(code);
      }),
      { numRuns: 300 },
    );
  });
});

describe('paying a higher fee', () => {
  const purse = {
    coin: partyOf(TABLE.prover).inputs[0]!,
    secret: TABLE.prover.privateKey,
    payout: partyOf(TABLE.prover).payout,
  };

  it('takes the anchor and a coin', () => {
    const claim = dispute.states[1]!.tx;
    const child = bumpTransaction(claim, 500n, 10, purse);
    expect(faultOf(child, [ANCHOR_OUTPUT, purse.coin])).toBeUndefined();
    expect(child.outputs[0]!.value).toBeLessThan(purse.coin.value);
  });

  it('needs an anchor, and a coin that is large enough', () => {
    const claim = dispute.states[1]!.tx;
    const small = { ...purse, coin: { ...purse.coin, value: 400n } };
    expect(codeOf(() => bumpTransaction(claim, 500n, 100, small))).toBe('TERMS_INVALID');
    expect(codeOf(() => bumpTransaction({ ...claim, outputs: [] }, 500n, 1, purse))).toBe('TERMS_INVALID');
    // A parent that pays enough by itself costs its child nothing.
    const child = bumpTransaction(claim, 1_000_000n, 1, purse);
    expect(child.outputs[0]!.value).toBe(purse.coin.value + ANCHOR_OUTPUT.value);
  });
});
