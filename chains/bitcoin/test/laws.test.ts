import { bytesToHex, seededRng } from '@ninefold/base';
import { hashToHex, type Transaction, txidOf, weightOf } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDescriptor } from '../src/descriptor/descriptor.ts';
import { Coins, CoinsOverlay, hashCoins } from '../src/ledger/coins.ts';
import { sizeOnDisk } from '../src/ledger/disk-size.ts';
import { muHashCoins } from '../src/ledger/muhash.ts';
import { TransactionIndex } from '../src/ledger/transaction-index.ts';
import { isReject } from '../src/pool/accept.ts';
import { FeeEstimator } from '../src/pool/estimator.ts';
import { ancestorsOf, descendantsOf, type Mempool, type PoolEntry } from '../src/pool/mempool.ts';
import { createPsbt, getField, psbtSpent, setField } from '../src/psbt/edit.ts';
import {
  combinePsbts,
  describeScript,
  extractPsbt,
  finalizePsbt,
  signPsbt,
  updateUtxo,
  withInput,
} from '../src/psbt/roles.ts';
import { decodePsbt, encodePsbt, type PsbtMap, psbtTransaction } from '../src/psbt/psbt.ts';
import { KeyRing } from '../src/wallet/key-ring.ts';
import { signTransaction } from '../src/wallet/sign.ts';
import { inputWeight } from '../src/wallet/input-weight.ts';
import { fundTransaction } from '../src/wallet/spend.ts';
import type { OwnScript, WalletCoin } from '../src/wallet/wallet.ts';
import { codeOf, nodeScene, outputOf, P2TR, spend, type Spendable } from './support.ts';

/** What every mempool has to be, whatever has happened to it. */
function checkPool(pool: Mempool): void {
  const entries = [...pool.entries()];
  expect(pool.size).toBe(entries.length);
  expect(pool.vsize).toBe(entries.reduce((sum, { vsize }) => sum + vsize, 0));
  expect(pool.fees).toBe(entries.reduce((sum, { fee }) => sum + fee, 0n));
  for (const entry of entries) {
    expect(pool.getByWtxid(entry.wtxid)).toBe(entry);
    for (const { prevout } of entry.tx.inputs) {
      expect(pool.spenderOf(prevout)).toBe(entry);
      const parent = pool.get(hashToHex(prevout.txid));
      expect(parent === undefined || entry.parents.has(parent)).toBe(true);
    }
    for (const parent of entry.parents) {
      expect(pool.get(parent.id)).toBe(parent);
      expect(parent.children.has(entry)).toBe(true);
    }
    for (const child of entry.children) expect(child.parents.has(entry)).toBe(true);
  }
}

/** Random payments, replacements, blocks and reorganisations. */
function play(seed: number, steps: number): void {
  const rng = seededRng(seed);
  const { node } = nodeScene({ blocks: 108 });
  const known: Transaction[] = [];
  for (let step = 0; step < steps; step++) {
    const sources: Spendable[] = [
      ...Array.from({ length: 8 }, (_, i) => outputOf(node.chain.at(i + 1)!.block.transactions[0]!)),
      ...[...node.pool.entries()].flatMap((entry) =>
        entry.tx.outputs.map((_, vout) => outputOf(entry, vout)),
      ),
    ];
    const dice = rng.below(20);
    if (dice < 15) {
      const from = new Map<string, Spendable>();
      for (let i = 0; i <= rng.below(3); i++) {
        const one = rng.pick(sources);
        from.set(`${bytesToHex(one.txid)}:${one.vout}`, one);
      }
      const tx = spend([...from.values()], {
        fee: BigInt(100 + rng.below(20_000)),
        count: 1 + rng.below(3),
        version: rng.below(5) === 0 ? 3 : 2,
      });
      node.accept(tx);
      known.push(tx);
    } else if (dice === 15 && known.length > 0) node.accept(rng.pick(known));
    else if (dice === 16 && node.chain.tip.height > 110)
      node.chain.invalidate(node.chain.at(node.chain.tip.height - rng.below(2))!.hash);
    else if (dice === 17) node.submitPackage(known.slice(-2));
    else {
      const template = node.template();
      const seen = new Set<PoolEntry>();
      for (const entry of template) {
        for (const parent of entry.parents)
          expect(seen.has(parent), 'a parent stands before its child').toBe(true);
        seen.add(entry);
      }
      // A block of the template is always valid.
      node.generate(1, P2TR);
    }
    checkPool(node.pool);
  }
  const again = new TransactionIndex(node.chain);
  expect(again.size).toBe(node.index.size);
}

describe('a mempool', () => {
  it('is whole after anything, and its blocks are valid', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => play(seed, 60)),
      { numRuns: 8 },
    );
  });

  it('holds no more than its limits allow', () => {
    const { node, coinbase } = nodeScene();
    const rng = seededRng(9);
    const open: PoolEntry[] = [node.send(spend([coinbase(1)], { count: 10 }))];
    for (let i = 0; i < 60; i++) {
      const result = node.accept(
        spend([outputOf(rng.pick(open), 0)], { fee: BigInt(500 + i * 50), count: 2 }),
      );
      if (!isReject(result)) open.push(result.entry);
    }
    for (const entry of node.pool.entries()) {
      expect(ancestorsOf([entry]).size).toBeLessThanOrEqual(26);
      expect(descendantsOf([entry]).size).toBeLessThanOrEqual(26);
    }
  });
});

describe('fees', () => {
  it('are learned from what was mined, lower for those who wait longer', () => {
    const { node, coinbase } = nodeScene({ blocks: 170 });
    const estimator = new FeeEstimator(node.pool, () => node.chain.tip.height);
    expect(estimator.estimate(1)).toBeUndefined();
    for (let i = 1; i <= 60; i++) {
      node.send(spend([coinbase(i)], { fee: 1110n + BigInt(i) * 10n }));
      if (i % 10 === 0) node.generate(1, P2TR);
    }
    const [soon, late] = [estimator.estimate(1)!, estimator.estimate(100)!];
    expect(soon).toBeGreaterThanOrEqual(10_000n);
    expect(late).toBeLessThanOrEqual(soon);
  });

  it('of a wallet: what goes in comes out, at the rate asked for', () => {
    const descriptor = parseDescriptor(
      'wpkh(02a8d67198e5ea8e37c772c26bd1ce53af6459822fca52a01de2b79e01010d9ad8)',
    );
    const own: OwnScript = {
      source: { descriptor, active: true, internal: false, next: 0, end: 1, timestamp: 0, label: undefined },
      index: 0,
    };
    const scriptPubKey = descriptor.outputs(0)[0]!.scriptPubKey;
    const coin = (value: bigint, i: number): WalletCoin => ({
      id: i.toString(16).padStart(64, '0'),
      vout: 0,
      output: { value, scriptPubKey },
      own,
      confirmations: 1,
      coinbase: false,
      trusted: true,
      safe: true,
      mature: true,
    });
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 300n, max: 10_000_000n }), { minLength: 1, maxLength: 20 }),
        fc.bigInt({ min: 1000n, max: 20_000_000n }),
        fc.bigInt({ min: 1000n, max: 200_000n }),
        fc.boolean(),
        (values, target, feeRate, subtract) => {
          let funded: ReturnType<typeof fundTransaction>;
          try {
            funded = fundTransaction({
              preset: [],
              available: values.map(coin),
              outputs: [{ value: target, scriptPubKey }],
              feeRate,
              changeScript: P2TR,
              subtractFrom: subtract ? [0] : [],
              locktime: 0,
              sequence: 0xfffffffd,
              dustRate: 3000,
            });
          } catch (error) {
            expect(['FUND_INSUFFICIENT', 'FUND_TOO_SMALL', 'FUND_DUST_LEFT']).toContain(
              (error as { readonly code: string }).code,
            );
            return;
          }
          const { tx, coins, fee, changePosition } = funded;
          const spent = coins.reduce((sum, { output }) => sum + output.value, 0n);
          const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
          expect(spent - paid).toBe(fee);
          expect(tx.outputs.every(({ value }) => value > 0n)).toBe(true);
          const weight = weightOf(tx) + 2 + coins.length * (inputWeight(descriptor.node, 0) - 4 * 41);
          const needed = (feeRate * BigInt(Math.ceil(weight / 4))) / 1000n;
          expect(fee).toBeGreaterThanOrEqual(needed - 1n);
          // Without change, what would be dust is given away; with it, nothing is.
          if (changePosition >= 0) expect(fee).toBeLessThanOrEqual(needed + feeRate / 1000n + 2n);
          if (!subtract) expect(tx.outputs.some(({ value }) => value === target)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('coins', () => {
  it('have a hash that does not depend on the order, and is of all of them', () => {
    const rng = seededRng(4);
    const txs = Array.from({ length: 12 }, (): Transaction => ({
      version: 2,
      inputs: [],
      outputs: [{ value: BigInt(rng.below(1e9)), scriptPubKey: rng.bytes(1 + rng.below(30)) }],
      locktime: rng.u32(),
    }));
    const coinsOf = (list: readonly Transaction[]): Coins => {
      const coins = new Coins();
      const overlay = new CoinsOverlay(coins);
      for (const tx of list) overlay.add(tx, txidOf(tx), 5);
      coins.apply(overlay);
      return coins;
    };
    const hash = bytesToHex(muHashCoins(coinsOf(txs)));
    expect(bytesToHex(muHashCoins(coinsOf([...txs].reverse())))).toBe(hash);
    expect(bytesToHex(muHashCoins(coinsOf(txs).copy()))).toBe(hash);
    expect(bytesToHex(muHashCoins(coinsOf(txs.slice(1))))).not.toBe(hash);
    expect(bytesToHex(hashCoins(coinsOf(txs).copy()))).toBe(bytesToHex(hashCoins(coinsOf(txs))));
  });

  it('take room on disk that grows by each block', () => {
    const { node } = nodeScene({ blocks: 1 });
    const before = sizeOnDisk(node.chain);
    node.generate(1, P2TR);
    expect(sizeOnDisk(node.chain)).toBeGreaterThan(before + 80);
  });
});

describe('PSBTs', () => {
  const key =
    'tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK';
  const forms = [
    `pkh(${key}/0/*)`,
    `wpkh(${key}/0/*)`,
    `sh(wpkh(${key}/0/*))`,
    `tr(${key}/0/*)`,
    `wsh(sortedmulti(2,${key}/1/*,${key}/2/*))`,
    `sh(multi(2,${key}/1/*,${key}/2/*))`,
    `tr(50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0,{pk(${key}/3/*),multi_a(2,${key}/4/*,${key}/5/*)})`,
    `wsh(or_d(pk(${key}/6/*),and_v(v:pkh(${key}/7/*),older(10))))`,
  ];

  it.each([0, 2] as const)('of version %i go through all roles, for every form of output', (version) => {
    const { node, coinbase } = nodeScene();
    forms.forEach((text, n) => {
      const descriptor = parseDescriptor(text);
      const ring = new KeyRing();
      const [output] = ring.addDescriptor(descriptor, 3);
      const value = 100_000n;
      const funding = spend([coinbase(n + 1)], { extra: [{ value, scriptPubKey: output!.scriptPubKey }] });
      node.send(funding);
      const source = outputOf(funding, 1);
      const unsigned = {
        ...spend([source], { fee: 2000n }),
        inputs: spend([source]).inputs.map((input) => ({ ...input, witness: [] })),
      };
      const isSegwit = !text.startsWith('pkh') && !text.startsWith('sh(multi');
      let psbt = updateUtxo(
        createPsbt(unsigned, version),
        0,
        source,
        isSegwit ? undefined : funding,
        isSegwit,
      );
      psbt = withInput(
        psbt,
        0,
        describeScript(psbt.inputs[0] as PsbtMap, 'input', source.scriptPubKey, ring),
      );
      expect(psbtSpent(psbt, 0)?.value).toBe(value);
      const wire = (one: typeof psbt): typeof psbt => decodePsbt(encodePsbt(one));
      const signed = wire(signPsbt(wire(psbt), ring));
      expect(finalizePsbt(psbt).complete).toBe(false);
      // Miniscript is finished by who knows the expression.
      const final = finalizePsbt(combinePsbts([wire(psbt), signed]), ring.withoutSecrets());
      expect(final.complete, text).toBe(true);
      const tx = extractPsbt(wire(final.psbt));
      expect(bytesToHex(txidOf(tx)).length).toBe(66);
      const result = node.accept(tx);
      expect(isReject(result) ? result.reason : 'accepted', text).toBe('accepted');
      expect(codeOf(() => extractPsbt(psbt))).toBe('PSBT_NOT_FINAL');
    });
  });

  it('are signed the same as the transactions in them', () => {
    const { coinbase } = nodeScene();
    const descriptor = parseDescriptor(forms[3]!);
    const ring = new KeyRing();
    const [output] = ring.addDescriptor(descriptor, 0);
    const source = { ...coinbase(1), scriptPubKey: output!.scriptPubKey };
    const tx = {
      ...spend([source]),
      inputs: spend([source]).inputs.map((input) => ({ ...input, witness: [] })),
    };
    const direct = signTransaction(tx, [source], { ring });
    expect(direct.unsolved).toEqual([]);
    const psbt = finalizePsbt(signPsbt(updateUtxo(createPsbt(tx), 0, source, undefined, true), ring), ring);
    expect(extractPsbt(psbt.psbt)).toEqual(direct.tx);
  });

  it('believe no transaction of another hash', () => {
    const { coinbase } = nodeScene();
    const [a, b] = [spend([coinbase(1)]), spend([coinbase(2)])];
    const tx = {
      ...spend([outputOf(a)]),
      inputs: spend([outputOf(a)]).inputs.map((input) => ({ ...input, witness: [] })),
    };
    const lying = updateUtxo(createPsbt(tx), 0, { value: 1n, scriptPubKey: new Uint8Array(1) }, b, false);
    expect(psbtSpent(lying, 0)).toBeUndefined();
    const told = updateUtxo(createPsbt(tx), 0, { value: 1n, scriptPubKey: new Uint8Array(1) }, a, false);
    expect(psbtSpent(told, 0)).toEqual(a.outputs[0]);
    const other = createPsbt({ ...tx, locktime: 9 });
    expect(codeOf(() => combinePsbts([told, other]))).toBe('PSBT_DIFFERENT_TRANSACTIONS');
    expect(psbtTransaction(other).locktime).toBe(9);
    const map = setField([], 'input', 'SIGHASH_TYPE', Uint8Array.of(1, 0, 0, 0));
    expect(
      getField(
        setField(map, 'input', 'SIGHASH_TYPE', Uint8Array.of(2, 0, 0, 0)),
        'input',
        'SIGHASH_TYPE',
      )?.[0],
    ).toBe(2);
  });
});
