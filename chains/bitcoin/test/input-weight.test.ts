import { seededRng } from '@ninefold/base';
import { hexToHash, type TxOutput, weightOf } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDescriptor } from '../src/descriptor/descriptor.ts';
import { KeyRing } from '../src/wallet/key-ring.ts';
import { signTransaction } from '../src/wallet/sign.ts';
import { feeFor, fundTransaction } from '../src/wallet/spend.ts';
import { overheadWeight } from '../src/wallet/input-weight.ts';
import type { WalletCoin } from '../src/wallet/wallet.ts';
import { P2TR, TPRV } from './support.ts';

/** A key whose public half is written in 65 bytes. */
const UNCOMPRESSED = '92Pg46rUhgTT7romnV7iGW6W1gbGdeezqdbJCzShkCsYNzyyNcc';
const key = (n: number): string => `${TPRV}/${n}/*`;
const keys = (count: number): string => Array.from({ length: count }, (_, i) => key(i)).join(',');

const FORMS = [
  `pk(${key(0)})`,
  `pkh(${key(0)})`,
  `pkh(${UNCOMPRESSED})`,
  `wpkh(${key(0)})`,
  `sh(wpkh(${key(0)}))`,
  `sh(pkh(${key(0)}))`,
  `tr(${key(0)})`,
  `multi(1,${keys(3)})`,
  `sh(multi(1,${key(0)}))`,
  `sh(multi(2,${keys(3)}))`,
  `sh(sortedmulti(8,${keys(15)}))`,
  `wsh(pk(${key(0)}))`,
  `wsh(pkh(${key(0)}))`,
  `wsh(multi(3,${keys(5)}))`,
  `wsh(multi(20,${keys(20)}))`,
  `sh(wsh(sortedmulti(2,${keys(3)})))`,
  // Four signatures behind two branches.
  `wsh(and_v(v:and_v(v:pk(${key(0)}),pk(${key(1)})),and_v(v:pk(${key(2)}),pk(${key(3)}))))`,
  `wsh(thresh(3,pk(${key(0)}),s:pk(${key(1)}),s:pk(${key(2)}),s:pk(${key(3)})))`,
  `wsh(or_i(pkh(${key(0)}),and_v(v:pkh(${key(1)}),older(1))))`,
  `wsh(andor(pk(${key(0)}),older(1),pk(${key(1)})))`,
  `wsh(or_d(multi(2,${keys(3)}),and_v(v:pkh(${key(4)}),older(1))))`,
  `sh(wsh(and_b(pk(${key(0)}),a:pk(${key(1)}))))`,
] as const;

type Own = { readonly coin: WalletCoin; readonly ring: KeyRing };

function ownCoin(text: string, index: number, value: bigint, n: number): Own {
  const descriptor = parseDescriptor(text);
  const ring = new KeyRing();
  const [output] = ring.addDescriptor(descriptor, index);
  const source = {
    descriptor,
    active: false,
    internal: false,
    next: 0,
    end: 1,
    timestamp: 0,
    label: undefined,
  };
  const coin: WalletCoin = {
    id: (n + 1).toString(16).padStart(64, '0'),
    vout: 0,
    output: { value, scriptPubKey: output!.scriptPubKey },
    own: { source, index },
    confirmations: 9,
    coinbase: false,
    trusted: true,
    safe: true,
    mature: true,
  };
  return { coin, ring };
}

/** Funds, signs, and gives the fee with what the whole turned out to weigh. */
function pay(
  owns: readonly Own[],
  outputs: readonly TxOutput[],
  feeRate: bigint,
): { fee: bigint; weight: number } {
  const { tx, coins, fee } = fundTransaction({
    preset: owns.map(({ coin }) => coin),
    available: [],
    outputs,
    feeRate,
    changeScript: P2TR,
    locktime: 0,
    sequence: 1,
    dustRate: 3000,
  });
  const spent = coins.map(({ output }) => output);
  const inputs = tx.inputs.map((input, i) => {
    const { tx: signed, unsolved } = signTransaction(tx, spent, { ring: owns[i]!.ring });
    expect(unsolved).not.toContain(i);
    return { ...input, ...signed.inputs[i]! };
  });
  return { fee, weight: weightOf({ ...tx, inputs }) };
}

const payment = (value: bigint): TxOutput => ({ value, scriptPubKey: P2TR });

describe('what an input will weigh', () => {
  it.each(FORMS)('is never less than what it turns out to be: %s', (text) => {
    const rate = 1000n;
    for (let index = 0; index < 3; index++) {
      const { fee, weight } = pay([ownCoin(text, index, 1_000_000n, 0)], [payment(600_000n)], rate);
      expect(fee).toBeGreaterThanOrEqual(feeFor(rate, weight));
      // Nor is anybody asked for much more: a byte or two a signature, a branch that was not taken.
      expect(fee).toBeLessThanOrEqual(feeFor(rate, weight) + 40n);
    }
  });

  it('holds for any of them together', () => {
    const simple = FORMS.slice(0, 7);
    fc.assert(
      fc.property(
        fc.array(fc.nat(simple.length - 1), { minLength: 1, maxLength: 6 }),
        fc.bigInt({ min: 1000n, max: 50_000n }),
        (forms, rate) => {
          const owns = forms.map((form, n) => ownCoin(simple[form]!, n, 1_000_000n, n));
          const { fee, weight } = pay(owns, [payment(200_000n)], rate);
          expect(fee).toBeGreaterThanOrEqual(feeFor(rate, weight));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('counts inputs and outputs by the bytes their number takes', () => {
    expect(overheadWeight(1, 1)).toBe(4 * 10 + 2);
    expect(overheadWeight(253, 1) - overheadWeight(252, 1)).toBe(8);
    expect(overheadWeight(1, 253) - overheadWeight(1, 252)).toBe(8);
    // The 252 payments fit in a byte, with change they do not.
    const own = ownCoin(`tr(${key(0)})`, 0, 100_000_000n, 0);
    for (const count of [251, 252, 253]) {
      const { fee, weight } = pay(
        [own],
        Array.from({ length: count }, () => payment(1000n)),
        1000n,
      );
      expect(fee).toBe(feeFor(1000n, weight));
    }
  });
});

describe('funding', () => {
  const codeOf = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
    return 'funded';
  };
  const own = (value: bigint, n = 0): WalletCoin => ownCoin(`wpkh(${key(0)})`, n, value, n).coin;
  const base = { preset: [], feeRate: 1000n, changeScript: P2TR, locktime: 0, sequence: 1, dustRate: 3000 };

  it('needs a place for change only where there is change', () => {
    const options = { ...base, changeScript: undefined };
    const outputs = [payment(50_000n)];
    expect(codeOf(() => fundTransaction({ ...options, available: [own(100_000n)], outputs }))).toBe(
      'FUND_NO_CHANGE',
    );
    const { tx, fee } = fundTransaction({ ...options, available: [own(50_200n)], outputs });
    expect(tx.outputs).toHaveLength(1);
    expect(fee).toBe(200n);
  });

  it('refuses what nobody would spend, before and after the fee', () => {
    const available = [own(100_000n)];
    expect(codeOf(() => fundTransaction({ ...base, available, outputs: [payment(329n)] }))).toBe('FUND_DUST');
    expect(codeOf(() => fundTransaction({ ...base, available, outputs: [payment(330n)] }))).toBe('funded');
    const subtracted = (value: bigint): string =>
      codeOf(() => fundTransaction({ ...base, available, outputs: [payment(value)], subtractFrom: [0] }));
    // 165 virtual bytes with change.
    expect(subtracted(330n + 164n)).toBe('FUND_DUST_LEFT');
    expect(subtracted(330n + 165n)).toBe('funded');
    expect(
      codeOf(() =>
        fundTransaction({
          ...base,
          feeRate: 10_000n,
          available,
          outputs: [payment(1000n)],
          subtractFrom: [0],
        }),
      ),
    ).toBe('FUND_TOO_SMALL');
  });

  it('takes the fee in equal parts, the first pays what does not divide', () => {
    const outputs = [payment(10_000n), payment(20_000n), payment(30_000n)];
    const { tx, fee } = fundTransaction({
      ...base,
      feeRate: 1001n,
      available: [own(60_000n)],
      outputs,
      subtractFrom: [2, 0],
    });
    expect(tx.outputs.map(({ value }, i) => outputs[i]!.value - value)).toEqual([
      fee / 2n,
      0n,
      fee - fee / 2n,
    ]);
  });

  it('puts change where it is told, and spends no coin that costs more than it holds', () => {
    const rng = seededRng(3);
    for (let n = 0; n < 20; n++) {
      const outputs = Array.from({ length: 1 + rng.below(3) }, () =>
        payment(BigInt(1000 + rng.below(50_000))),
      );
      const changePosition = rng.below(outputs.length + 1);
      const available = Array.from({ length: 8 }, (_, i) => own(BigInt(60 + rng.below(100_000)), i));
      const options = {
        ...base,
        available,
        outputs,
        changePosition,
        feeRate: BigInt(1000 + rng.below(9000)),
      };
      let funded: ReturnType<typeof fundTransaction> | undefined;
      if (codeOf(() => (funded = fundTransaction(options))) !== 'funded') continue;
      const { tx, coins, changePosition: at } = funded!;
      if (at >= 0) expect(at).toBe(changePosition);
      expect(tx.outputs.filter((_, i) => i !== at)).toEqual(outputs);
      for (const { output } of coins) expect(output.value).toBeGreaterThan((options.feeRate * 68n) / 1000n);
      expect(tx.inputs.map(({ prevout }) => prevout.txid)).toEqual(coins.map(({ id }) => hexToHash(id)));
    }
  });
});
