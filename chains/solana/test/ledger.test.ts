import { toBase58 } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGenesis } from '../src/bank/genesis.ts';
import { rentOf } from '../src/bank/rent.ts';
import { Ledger } from '../src/ledger/ledger.ts';
import { addressKey } from '../src/tx/address-key.ts';
import {
  account,
  at,
  LEADER,
  PAYER,
  payerTransaction,
  rich,
  rulesOf,
  SOL,
  transfer,
} from './support/world.ts';

const GENESIS_SECONDS = 1_700_000_000;

function open(finalityDepth = 3): { readonly ledger: Ledger; readonly clock: { now: number } } {
  const rules = rulesOf();
  const clock = { now: GENESIS_SECONDS };
  const genesis = createGenesis({
    features: rules.features,
    epochSchedule: rules.epochSchedule,
    unixTimestamp: GENESIS_SECONDS,
    rent: rentOf(rules.features),
    programs: [],
    accounts: [rich(PAYER.address), rich(LEADER, SOL)],
  });
  const ledger = Ledger.start({ rules, genesis, finalityDepth, hashesPerTick: 1, now: () => clock.now });
  return { ledger, clock };
}

/** Pays in the slot that goes on; gives the signature. */
function pay(ledger: Ledger, to: number, lamports: bigint = SOL): string {
  const sent = payerTransaction([transfer(PAYER.address, at(to), lamports)], ledger.bank.blockhash);
  expect(ledger.process(sent).error).toBeUndefined();
  return toBase58(sent.signatures[0]!);
}

const slotsOf = (ledger: Ledger, first: number, last: number): readonly number[] =>
  Array.from(ledger.blocks(first, last), ({ slot }) => slot);

describe('slots', () => {
  it('go on, end, and become final', () => {
    const { ledger } = open();
    expect([ledger.bank.slot, ledger.head.slot, ledger.root.slot, ledger.firstSlot]).toEqual([1, 0, 0, 0]);
    for (let i = 0; i < 5; i++) ledger.endSlot();
    expect([ledger.bank.slot, ledger.head.slot, ledger.root.slot]).toEqual([6, 5, 2]);
    expect([1, 2, 3, 5, 6].map((slot) => ledger.commitmentOf(slot))).toEqual([
      'finalized',
      'finalized',
      'confirmed',
      'confirmed',
      'processed',
    ]);
    expect(ledger.view('processed').slot).toBe(6);
    expect(ledger.view('confirmed').slot).toBe(5);
    expect(ledger.view('finalized').slot).toBe(2);
  });

  it('show accounts as they were at each commitment', () => {
    const { ledger } = open(2);
    const seen = () =>
      (['processed', 'confirmed', 'finalized'] as const).map(
        (level) => ledger.view(level).accounts.get(addressKey(at(5)))?.lamports,
      );
    pay(ledger, 5);
    expect(seen()).toEqual([SOL, undefined, undefined]);
    ledger.endSlot();
    expect(seen()).toEqual([SOL, SOL, undefined]);
    ledger.endSlot();
    ledger.endSlot();
    expect(seen()).toEqual([SOL, SOL, SOL]);
  });

  it('chain their hashes and times', () => {
    const { ledger, clock } = open();
    clock.now += 5;
    const first = ledger.endSlot();
    clock.now += 7;
    const second = ledger.endSlot();
    expect(second.previousBlockhash).toEqual(first.blockhash);
    expect([first.parentSlot, second.parentSlot, second.height]).toEqual([0, 1, 2]);
    // A slot's time is that of its begin.
    expect([first.time, second.time]).toEqual([GENESIS_SECONDS, GENESIS_SECONDS + 5]);
  });
});

describe('blocks', () => {
  it('are found between slots, whatever was skipped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 8 }),
        fc.nat(),
        fc.nat(),
        (gaps, a, b) => {
          const { ledger } = open();
          const slots = [0, 1];
          for (const gap of gaps) {
            const next = ledger.bank.slot + gap;
            ledger.endSlot(next);
            slots.push(next);
          }
          // The last one goes on.
          slots.pop();
          const [first, last] = [a, b].map((each) => each % (slots.at(-1)! + 3)).toSorted((x, y) => x - y);
          const expected = slots.filter((slot) => slot >= first! && slot <= last!);
          expect(slotsOf(ledger, first!, last!)).toEqual(expected);
          expect(ledger.countBlocks(first!, last!)).toBe(expected.length);
          expect(slotsOf(ledger, 0, Infinity)).toEqual(slots);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('are none between slots that are the wrong way round', () => {
    const { ledger } = open();
    ledger.endSlot();
    expect(slotsOf(ledger, 2, 0)).toEqual([]);
    expect(ledger.countBlocks(5, 1)).toBe(0);
  });

  it('know what they changed and who was paid', () => {
    const { ledger } = open();
    pay(ledger, 5);
    ledger.setAccount(at(6), account({ lamports: 3n }));
    const block = ledger.endSlot();
    expect(block.changed).toContain(addressKey(at(5)));
    expect(block.changed).toContain(addressKey(at(6)));
    expect(block.changed).not.toContain(addressKey(at(7)));
    // Half of a signature's fee, and all that the leader has.
    expect(block.rewards).toEqual([
      { address: LEADER, lamports: 2500n, balance: SOL + 2500n, kind: 'Fee', commission: undefined },
    ]);
    expect(ledger.endSlot().rewards).toEqual([]);
  });
});

describe('transactions', () => {
  it('are known by their signature from the slot that goes on', () => {
    const { ledger } = open();
    const first = pay(ledger, 5);
    const second = pay(ledger, 6);
    expect(ledger.record(first)).toMatchObject({ slot: 1, index: 0, signature: first });
    expect(ledger.record(second)).toMatchObject({ slot: 1, index: 1 });
    ledger.endSlot();
    expect(ledger.record(second)).toMatchObject({ slot: 1, index: 1 });
    expect(ledger.record('nothing')).toBeUndefined();
  });

  it('leave no trace when they are refused', () => {
    const { ledger } = open();
    const stale = payerTransaction([transfer(PAYER.address, at(5), 1n)], at(44));
    expect(ledger.process(stale)).toMatchObject({ stage: 'refused', error: 'BlockhashNotFound' });
    expect(ledger.record(toBase58(stale.signatures[0]!))).toBeUndefined();
    expect(ledger.endSlot().transactions).toEqual([]);
  });

  it('are told by the accounts they name, newest first', () => {
    const { ledger } = open();
    const sent = [pay(ledger, 5), pay(ledger, 6), pay(ledger, 5, 2n * SOL)];
    ledger.endSlot();
    sent.push(pay(ledger, 5, 3n * SOL));
    ledger.endSlot();
    const named = (to: Uint8Array) =>
      Array.from(ledger.mentionsOf(addressKey(to)), ({ signature }) => signature);
    expect(named(at(5))).toEqual([sent[3], sent[2], sent[0]]);
    expect(named(PAYER.address)).toEqual(sent.toReversed());
    expect(named(at(9))).toEqual([]);
  });

  it('of the newest slots are told newest first, over slots that were skipped', () => {
    const { ledger } = open();
    const sent: string[] = [];
    for (const next of [10, 11, 2 ** 45, 2 ** 45 + 1]) {
      sent.push(pay(ledger, 5, SOL), pay(ledger, 6, SOL / 2n));
      ledger.endSlot(next);
    }
    const recent = (slots: number) => Array.from(ledger.recent(slots), ({ signature }) => signature);
    expect(recent(1)).toEqual([sent[7], sent[6]]);
    expect(recent(2 ** 44)).toEqual([sent[7], sent[6]]);
    expect(recent(ledger.head.slot)).toEqual(sent.toReversed());
    expect(recent(0)).toEqual([]);
  });

  it('are simulated at each commitment, and nothing stays', () => {
    const { ledger } = open(2);
    pay(ledger, 5);
    const sent = payerTransaction([transfer(at(5), at(6), 1n)], ledger.bank.blockhash);
    const message = { ...sent.message, header: { ...sent.message.header } };
    const whatIf = (level: 'processed' | 'confirmed') =>
      ledger.simulate({ ...sent, message }, level, {}).before.map(({ lamports }) => lamports);
    expect(whatIf('processed')[1]).toBe(SOL);
    expect(whatIf('confirmed')[1]).toBe(0n);
    expect(ledger.endSlot().transactions).toHaveLength(1);
  });
});

describe('forks', () => {
  it('begin with what there is and go their own ways', () => {
    const { ledger } = open();
    const before = pay(ledger, 5);
    const fork = ledger.fork();
    const here = pay(ledger, 6);
    const there = pay(fork, 7);
    expect(fork.record(before)).toBeDefined();
    expect([ledger.record(there), fork.record(here)]).toEqual([undefined, undefined]);
    ledger.endSlot(20);
    fork.endSlot();
    expect([ledger.bank.slot, fork.bank.slot]).toEqual([20, 2]);
    expect(slotsOf(fork, 0, 30)).toEqual([0, 1]);
    expect(ledger.head.hash).not.toEqual(fork.head.hash);
  });

  it('come to the same hash by the same way', () => {
    const { ledger } = open();
    pay(ledger, 5);
    const fork = ledger.fork();
    expect(fork.endSlot().blockhash).toEqual(ledger.endSlot().blockhash);
    expect(fork.head.hash).toEqual(ledger.head.hash);
  });
});
