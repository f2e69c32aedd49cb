import { mainnetFeatures } from '@ninefold/vm-svm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activationOf,
  type ActivationRules,
  activationRulesOf,
  allowance,
  sumOf,
} from '../../src/stake/activation.ts';
import { type Activation, MAX_STAKE_HISTORY, StakeHistory } from '../../src/stake/history.ts';
import { type Delegation, NO_EPOCH } from '../../src/stake/stake-account.ts';
import { delegation } from './support.ts';

const RULES: ActivationRules = { rate: 900n, isExact: true };
const FLOATS: ActivationRules = { rate: 900n, isExact: false };

const states = (effective: bigint, activating: bigint, deactivating: bigint): Activation => ({
  effective,
  activating,
  deactivating,
});

/** The history of a cluster of these delegations, up to the epoch before `epochs`. */
function historyOf(all: readonly Delegation[], epochs: number, rules: ActivationRules): StakeHistory {
  let history = StakeHistory.empty();
  for (let epoch = 0n; epoch < BigInt(epochs); epoch++)
    history = history.with(epoch, sumOf(all.map((each) => activationOf(each, epoch, history, rules))));
  return history;
}

describe('a delegation', () => {
  it('of the begin is effective at once and for ever', () => {
    const history = StakeHistory.empty();
    for (const epoch of [0n, 1n, 500n])
      expect(activationOf(delegation(), epoch, history, RULES)).toEqual(states(1000n, 0n, 0n));
  });

  it('is activating in its epoch, and as effective as the cluster allows afterwards', () => {
    // 9 % of 10,000 are 900: the two want 2000 in all, and share the 900 by 3 : 1.
    const mine = delegation({ stake: 1500n, activationEpoch: 5n });
    const history = StakeHistory.empty()
      .with(5n, states(10_000n, 2000n, 0n))
      .with(6n, states(10_900n, 1100n, 0n))
      .with(7n, states(11_881n, 119n, 0n));
    expect(activationOf(mine, 4n, history, RULES)).toEqual(states(0n, 0n, 0n));
    expect(activationOf(mine, 5n, history, RULES)).toEqual(states(0n, 1500n, 0n));
    // 1500 * 10,000 * 9 % / 2000
    expect(activationOf(mine, 6n, history, RULES)).toEqual(states(675n, 825n, 0n));
    // 675 and 825 * 10,900 * 9 % / 1100, which are 735.75
    expect(activationOf(mine, 7n, history, RULES)).toEqual(states(1410n, 90n, 0n));
    // 90 * 11,881 * 9 % / 119 are 808: more than is left.
    expect(activationOf(mine, 8n, history, RULES)).toEqual(states(1500n, 0n, 0n));
  });

  it('cools down as it warmed up', () => {
    const mine = delegation({ stake: 1500n, deactivationEpoch: 5n });
    const history = StakeHistory.empty()
      .with(5n, states(10_000n, 0n, 2000n))
      .with(6n, states(9100n, 0n, 1100n))
      .with(7n, states(8281n, 0n, 281n));
    expect(activationOf(mine, 4n, history, RULES)).toEqual(states(1500n, 0n, 0n));
    expect(activationOf(mine, 5n, history, RULES)).toEqual(states(1500n, 0n, 1500n));
    expect(activationOf(mine, 6n, history, RULES)).toEqual(states(825n, 0n, 825n));
    // 825 * 9100 * 9 % / 1100 are 614.25
    expect(activationOf(mine, 7n, history, RULES)).toEqual(states(211n, 0n, 211n));
    expect(activationOf(mine, 8n, history, RULES)).toEqual(states(0n, 0n, 0n));
  });

  it('that is asked back in its first epoch was never there', () => {
    const mine = delegation({ activationEpoch: 5n, deactivationEpoch: 5n });
    const history = StakeHistory.empty().with(5n, states(10_000n, 0n, 0n));
    for (const epoch of [4n, 5n, 6n, 100n])
      expect(activationOf(mine, epoch, history, RULES)).toEqual(states(0n, 0n, 0n));
  });

  it('stops to warm up when it is asked back', () => {
    const mine = delegation({ stake: 5000n, activationEpoch: 5n, deactivationEpoch: 6n });
    const history = StakeHistory.empty()
      .with(5n, states(10_000n, 5000n, 0n))
      .with(6n, states(10_900n, 0n, 900n));
    expect(activationOf(mine, 6n, history, RULES)).toEqual(states(900n, 0n, 900n));
    expect(activationOf(mine, 7n, history, RULES)).toEqual(states(0n, 0n, 0n));
  });

  it('changes by a lamport at least', () => {
    const mine = delegation({ stake: 3n, activationEpoch: 0n });
    const history = StakeHistory.empty()
      .with(0n, states(1n, 1000n, 0n))
      .with(1n, states(2n, 998n, 0n));
    expect(activationOf(mine, 1n, history, RULES)).toEqual(states(1n, 2n, 0n));
    expect(activationOf(mine, 2n, history, RULES)).toEqual(states(2n, 1n, 0n));
  });

  it('of an epoch that nobody remembers has arrived, or gone', () => {
    const history = StakeHistory.empty().with(600n, states(10_000n, 0n, 0n));
    expect(activationOf(delegation({ activationEpoch: 5n }), 600n, history, RULES).effective).toBe(1000n);
    expect(
      activationOf(delegation({ activationEpoch: 5n, deactivationEpoch: 6n }), 600n, history, RULES),
    ).toEqual(states(0n, 0n, 0n));
  });
});

describe('rules', () => {
  it('follow the features', () => {
    expect(activationRulesOf(mainnetFeatures())).toEqual({ rate: 900n, isExact: true });
    expect(activationRulesOf(new Set())).toEqual({ rate: 2500n, isExact: false });
  });

  it('allow nobody anything where there is nothing', () => {
    for (const rules of [RULES, FLOATS]) {
      expect(allowance(0n, 5n, 5n, rules)).toBe(0n);
      expect(allowance(5n, 0n, 5n, rules)).toBe(0n);
      expect(allowance(5n, 5n, 0n, rules)).toBe(0n);
    }
  });

  it('never allow more than is left, however large the numbers', () => {
    const most = 2n ** 64n - 1n;
    expect(allowance(most, most, most, RULES)).toBeLessThanOrEqual(most);
    expect(allowance(most, 1n, most, RULES)).toBe(most);
    expect(allowance(most, 1n, most, FLOATS)).toBe(most);
  });

  it('come to the same with integers and with floating-point numbers, but for rounding', () => {
    const lamports = fc.bigInt({ min: 1n, max: 2n ** 50n });
    fc.assert(
      fc.property(lamports, lamports, lamports, (own, more, effective) => {
        const exact = allowance(own, own + more, effective, RULES);
        const float = allowance(own, own + more, effective, FLOATS);
        const least = float < own ? float : own;
        const distance = exact > least ? exact - least : least - exact;
        expect(distance).toBeLessThanOrEqual(1n + exact / 2n ** 40n);
      }),
    );
  });
});

const EPOCHS = 12;
const epoch = fc.bigInt({ min: 0n, max: BigInt(EPOCHS) });
const some: fc.Arbitrary<Delegation> = fc
  .record({
    stake: fc.bigInt({ min: 1n, max: 1_000_000_000_000n }),
    activationEpoch: fc.oneof(epoch, fc.constant(NO_EPOCH)),
    deactivationEpoch: fc.oneof(epoch, fc.constant(NO_EPOCH)),
  })
  .filter(({ activationEpoch: from, deactivationEpoch: until }) => from === NO_EPOCH || until >= from)
  .map((more) => delegation(more));

describe('a cluster', () => {
  it('loses and gains nothing: what is effective and what is to be are what was delegated', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 6 }), (all) => {
        const history = historyOf(all, EPOCHS, RULES);
        for (const each of all) {
          for (let at = 0n; at < BigInt(EPOCHS); at++) {
            const { effective, activating, deactivating } = activationOf(each, at, history, RULES);
            expect(effective + activating).toBeLessThanOrEqual(each.stake);
            expect(deactivating).toBeLessThanOrEqual(effective);
            const hasBegun = each.activationEpoch === NO_EPOCH || at >= each.activationEpoch;
            const isAsked = at >= each.deactivationEpoch;
            if (hasBegun && !isAsked) expect(effective + activating).toBe(each.stake);
            if (isAsked) expect([activating, deactivating]).toEqual([0n, effective]);
          }
        }
      }),
    );
  });

  it('never takes in or lets go more of its stake than the rate in an epoch, but for a lamport each', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 6 }), (all) => {
        const history = historyOf(all, EPOCHS, RULES);
        for (let at = 1n; at < BigInt(EPOCHS); at++) {
          const before = history.get(at - 1n)!;
          const most = (before.effective * 900n) / 10_000n + BigInt(all.length);
          let [gained, lost] = [0n, 0n];
          for (const each of all) {
            const was = activationOf(each, at - 1n, history, RULES).effective;
            const is = activationOf(each, at, history, RULES).effective;
            if (is > was) gained += is - was;
            else lost += was - is;
          }
          expect(gained).toBeLessThanOrEqual(most);
          expect(lost).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('warms up and cools down, and never the other way round', () => {
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 5 }), (all) => {
        const history = historyOf(all, EPOCHS, RULES);
        for (const each of all) {
          const curve = Array.from(
            { length: EPOCHS },
            (_, at) => activationOf(each, BigInt(at), history, RULES).effective,
          );
          const turn = each.deactivationEpoch < BigInt(EPOCHS) ? Number(each.deactivationEpoch) : EPOCHS;
          for (let i = 1; i < EPOCHS; i++) {
            if (i <= turn) expect(curve[i]).toBeGreaterThanOrEqual(curve[i - 1]!);
            else expect(curve[i]).toBeLessThanOrEqual(curve[i - 1]!);
          }
        }
      }),
    );
  });
});

describe('the history', () => {
  const entry = (epochs: number) =>
    Array.from({ length: epochs }, (_, i) => i).reduce(
      (history, i) => history.with(BigInt(i), states(BigInt(i), 1n, 2n)),
      StakeHistory.empty(),
    );

  it('is the sysvar, newest first', () => {
    const data = entry(3).encode();
    expect(data).toHaveLength(16_392);
    const view = new DataView(data.buffer);
    expect(view.getBigUint64(0, true)).toBe(3n);
    expect([0, 1, 2, 3].map((i) => view.getBigUint64(8 + 8 * i, true))).toEqual([2n, 2n, 1n, 2n]);
    expect(StakeHistory.decode(data).entries).toEqual(entry(3).entries);
  });

  it('remembers 512 epochs', () => {
    const long = entry(MAX_STAKE_HISTORY + 10);
    expect(long.entries).toHaveLength(MAX_STAKE_HISTORY);
    expect(long.get(9n)).toBeUndefined();
    expect(long.get(10n)?.effective).toBe(10n);
    expect(long.get(BigInt(MAX_STAKE_HISTORY + 10))).toBeUndefined();
    expect(StakeHistory.decode(long.encode()).entries).toEqual(long.entries);
  });

  it('finds an epoch behind a gap', () => {
    const gap = StakeHistory.empty()
      .with(1n, states(1n, 0n, 0n))
      .with(9n, states(9n, 0n, 0n));
    expect(gap.get(1n)?.effective).toBe(1n);
    expect(gap.get(5n)).toBeUndefined();
  });

  it('of any bytes is some history', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const { entries } = StakeHistory.decode(data);
        expect(entries.length).toBeLessThanOrEqual(6);
      }),
    );
  });
});
