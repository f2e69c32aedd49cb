import { bytesToHex, concatBytes } from '@ninefold/base';
import {
  blockWeight,
  encodePush,
  MAX_BLOCK_WEIGHT,
  type Transaction,
  txidOf,
} from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { isReject } from '../src/pool/accept.ts';
import { ancestorsOf, descendantsOf } from '../src/pool/mempool.ts';
import { rejectText } from '../src/pool/reject.ts';
import { dustThreshold } from '../src/pool/standard.ts';
import { DEFAULT_POLICY } from '../src/spec/policy.ts';
import { nodeScene, outputOf, P2A, P2TR, reasonOf, signed, spend, type Spendable } from './support.ts';

const dataOutput = (size: number) => ({
  value: 0n,
  scriptPubKey: concatBytes(Uint8Array.of(0x6a), encodePush(new Uint8Array(size))),
});

describe('a transaction comes in', () => {
  it('and is mined, its fee in the coinbase', () => {
    const { node, coinbase } = nodeScene();
    const entry = node.send(spend([coinbase(1)], { fee: 5000n }));
    expect(entry.vsize).toBe(111);
    expect(node.pool.fees).toBe(5000n);
    const [hash] = node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
    expect(node.find(entry.id)?.place?.block.hash).toBe(hash);
    expect(node.chain.tip.block.transactions[0]?.outputs[0]?.value).toBe(5_000_005_000n);
    expect(reasonOf(() => node.send(entry.tx))).toBe('txn-already-known');
  });

  it('and stands there once', () => {
    const { node, coinbase } = nodeScene();
    const tx = spend([coinbase(1)]);
    node.send(tx);
    expect(reasonOf(() => node.send(tx))).toBe('txn-already-in-mempool');
    const other = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) };
    expect(reasonOf(() => node.send(other))).toBe('txn-same-nonwitness-data-in-mempool');
  });

  it('or not, for the reasons nodes give', () => {
    const { node, coinbase } = nodeScene();
    const from = coinbase(1);
    const good = spend([from]);
    const change = (part: Partial<Transaction>): Transaction => signed({ ...good, ...part }, [from]);
    const output = good.outputs[0]!;
    const cases: readonly (readonly [Transaction, string])[] = [
      [change({ outputs: [] }), 'bad-txns-vout-empty'],
      [node.chain.tip.block.transactions[0]!, 'coinbase'],
      [change({ version: 4 }), 'version'],
      [change({ outputs: [{ ...output, scriptPubKey: Uint8Array.of(0x51) }] }), 'scriptpubkey'],
      [change({ outputs: [output, dataOutput(80)] }), 'mempool ok'],
      [change({ outputs: [output, dataOutput(81)] }), 'scriptpubkey'],
      [change({ outputs: [output, dataOutput(1), dataOutput(1)] }), 'multi-op-return'],
      [change({ outputs: [{ value: 329n, scriptPubKey: P2TR }] }), 'dust'],
      [change({ outputs: [output, { ...output, value: 0n }, { ...output, value: 0n }] }), 'dust'],
      [spend([from], { locktime: 111 }), 'non-final'],
      [spend([from], { sequence: 111 }), 'non-BIP68-final'],
      [spend([coinbase(30)]), 'bad-txns-premature-spend-of-coinbase'],
      [spend([from], { fee: -1n }), 'bad-txns-in-belowout'],
      [spend([from], { fee: 110n }), 'min relay fee not met'],
      [spend([{ ...from, txid: new Uint8Array(32).fill(1) }]), 'bad-txns-inputs-missingorspent'],
      [spend([{ ...from, vout: 7 }]), 'bad-txns-inputs-missingorspent'],
      [
        { ...good, outputs: [{ ...output, value: output.value - 1n }] },
        'mempool-script-verify-flag-failed (Invalid Schnorr signature)',
      ],
    ];
    for (const [tx, reason] of cases) {
      const [result] = node.testAccept([tx]).results;
      expect(isReject(result!) ? result.reason : 'mempool ok', reason).toBe(reason);
    }
    expect(node.pool.size).toBe(0);
  });

  it('not when it could pass for a node of a Merkle tree, or has stuffed witnesses', () => {
    const { node, coinbase } = nodeScene();
    const parent = node.send(spend([coinbase(1)], { extra: [{ value: 1000n, scriptPubKey: P2A }] }));
    const anchor = outputOf(parent, 1);
    const tiny = spend([anchor], {
      fee: 1000n,
      count: 0,
      extra: [{ value: 0n, scriptPubKey: Uint8Array.of(0x6a) }],
    });
    expect(reasonOf(() => node.send(tiny))).toBe('tx-size-small');
    const stuffed = spend([anchor], { fee: 500n });
    const witness = [Uint8Array.of(1)];
    const inputs = stuffed.inputs.map((input) => ({ ...input, witness }));
    expect(reasonOf(() => node.send({ ...stuffed, inputs }))).toBe('bad-witness-nonstandard');
    const annexed = spend([coinbase(2)]);
    const withAnnex = annexed.inputs.map((input) => ({
      ...input,
      witness: [...input.witness, Uint8Array.of(0x50, 1)],
    }));
    expect(reasonOf(() => node.send({ ...annexed, inputs: withAnnex }))).toBe('bad-witness-nonstandard');
  });

  it('thresholds of dust', () => {
    const of = (hex: string): bigint =>
      dustThreshold(
        { scriptPubKey: Uint8Array.from(hex.match(/../g)!, (x) => Number.parseInt(x, 16)) },
        3000,
      );
    expect(of(bytesToHex(P2TR).slice(2))).toBe(330n);
    expect(of(`0014${'00'.repeat(20)}`)).toBe(294n);
    expect(of(`76a914${'00'.repeat(20)}88ac`)).toBe(546n);
    expect(of('6a')).toBe(0n);
    expect(of('51024e73')).toBe(240n);
  });
});

describe('a chain of transactions', () => {
  it('is 25 long at most, with one small child more', () => {
    const { node, coinbase } = nodeScene();
    let last = node.send(spend([coinbase(1)], { count: 2 }));
    const first = last;
    for (let i = 1; i < 25; i++) last = node.send(spend([outputOf(last)]));
    expect(ancestorsOf([last]).size).toBe(25);
    expect(descendantsOf([first]).size).toBe(25);
    const result = node.accept(spend([outputOf(last)]));
    expect(isReject(result) && rejectText(result)).toMatch(/^too-long-mempool-chain, too many/);
    // The carve-out: one child of the first alone.
    node.send(spend([outputOf(first, 1)]));
    expect(node.pool.size).toBe(26);
  });

  it('is mined in order, the best rate with its parents first', () => {
    const { node, coinbase } = nodeScene({ policy: { blockMinFeeRate: 1000 } });
    const poor = node.send(spend([coinbase(1)], { fee: 200n }));
    const rich = node.send(spend([outputOf(poor)], { fee: 9000n }));
    const middle = node.send(spend([coinbase(2)], { fee: 2000n }));
    expect(node.template().map(({ id }) => id)).toEqual([poor.id, rich.id, middle.id]);
    node.pool.prioritise(middle.id, 100_000n);
    expect(node.template().map(({ id }) => id)).toEqual([middle.id, poor.id, rich.id]);
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
  });

  it('leaves what pays less than blocks ask', () => {
    const { node, coinbase } = nodeScene({ policy: { blockMinFeeRate: 5000 } });
    node.send(spend([coinbase(1)], { fee: 500n }));
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(1);
  });
});

describe('replacing', () => {
  it('takes more than all that leaves, and pays for its own relay', () => {
    const { node, coinbase } = nodeScene();
    const first = node.send(spend([coinbase(1)], { fee: 1000n }));
    const child = node.send(spend([outputOf(first)], { fee: 1000n }));
    const replace = (fee: bigint): string | undefined =>
      reasonOf(() => node.send(spend([coinbase(1)], { fee })));
    expect(replace(900n)).toBe('insufficient fee');
    expect(replace(1999n)).toBe('insufficient fee');
    expect(replace(2110n)).toBe('insufficient fee');
    expect(replace(2111n)).toBeUndefined();
    expect(node.pool.get(first.id)).toBeUndefined();
    expect(node.pool.get(child.id)).toBeUndefined();
    expect(node.pool.size).toBe(1);
  });

  it('says why not in the words of nodes', () => {
    const { node, coinbase } = nodeScene();
    const first = node.send(spend([coinbase(1)], { fee: 1000n }));
    const tell = (tx: Transaction): string => {
      const result = node.accept(tx);
      return isReject(result) ? rejectText(result).replaceAll(/[\da-f]{64}/g, 'id') : 'accepted';
    };
    expect(tell(spend([coinbase(1)], { fee: 500n }))).toBe(
      'insufficient fee, rejecting replacement id; new feerate 0.00004504 BTC/kvB <= old feerate 0.00009009 BTC/kvB',
    );
    expect(tell(spend([coinbase(1)], { fee: 1050n }))).toBe(
      'insufficient fee, rejecting replacement id, not enough additional fees to relay; 0.0000005 < 0.00000111',
    );
    node.send(spend([outputOf(first)], { fee: 200n }));
    expect(tell(spend([coinbase(1)], { fee: 1150n }))).toMatch(
      /less fees than conflicting txs; 0.0000115 < 0.000012$/,
    );
    const other = node.send(spend([coinbase(2)], { fee: 1000n }));
    expect(tell(spend([coinbase(1), outputOf(other)], { fee: 99_000n }))).toBe(
      'replacement-adds-unconfirmed, replacement id adds unconfirmed input, idx 1',
    );
    expect(tell(spend([coinbase(1), outputOf(first)], { fee: 99_000n }))).toBe(
      'bad-txns-spends-conflicting-tx, id spends conflicting transaction id',
    );
  });

  it('pushes a hundred out at the most', () => {
    const { node, coinbase } = nodeScene();
    const roots = [1, 2, 3, 4, 5].map((height) => {
      let last = node.send(spend([coinbase(height)]));
      const root = last;
      for (let i = 1; i < 20; i++) last = node.send(spend([outputOf(last)]));
      return root;
    });
    const from = roots.map((_, i) => coinbase(i + 1));
    expect(node.pool.size).toBe(100);
    const replacement = (extra: readonly Spendable[]): Transaction =>
      spend([...from, ...extra], { fee: 1_000_000n });
    const [result] = node.testAccept([replacement([])]).results;
    expect(isReject(result!)).toBe(false);
    // One more hangs on what would leave.
    node.send(spend([coinbase(6)]));
    expect(reasonOf(() => node.send(replacement([coinbase(6)])))).toBe('too many potential replacements');
    node.send(replacement([]));
    expect(node.pool.size).toBe(2);
  });
});

describe('version 3', () => {
  const v3 = { version: 3 } as const;

  it('has one small child, and no relatives of other versions', () => {
    const { node, coinbase } = nodeScene();
    const parent = node.send(spend([coinbase(1)], { ...v3, count: 3 }));
    expect(reasonOf(() => node.send(spend([outputOf(parent)])))).toBe('TRUC-violation');
    const plain = node.send(spend([coinbase(2)]));
    expect(reasonOf(() => node.send(spend([outputOf(plain)], v3)))).toBe('TRUC-violation');
    expect(reasonOf(() => node.send(spend([outputOf(parent)], { ...v3, count: 30, fee: 9000n })))).toBe(
      'TRUC-violation',
    );
    const child = node.send(spend([outputOf(parent)], v3));
    expect(reasonOf(() => node.send(spend([outputOf(child)], v3)))).toBe('TRUC-violation');
    expect(reasonOf(() => node.send(spend([coinbase(3)], { ...v3, count: 240, fee: 99_000n })))).toBe(
      'TRUC-violation',
    );
  });

  it('gives its place to a better sibling', () => {
    const { node, coinbase } = nodeScene();
    const parent = node.send(spend([coinbase(1)], { ...v3, count: 2 }));
    const child = node.send(spend([outputOf(parent)], { ...v3, fee: 1000n }));
    expect(reasonOf(() => node.send(spend([outputOf(parent, 1)], { ...v3, fee: 1000n })))).toBe(
      'insufficient fee (including sibling eviction)',
    );
    const better = node.send(spend([outputOf(parent, 1)], { ...v3, fee: 3000n }));
    expect(node.pool.get(child.id)).toBeUndefined();
    expect(parent.children.has(better)).toBe(true);
  });
});

describe('a package', () => {
  it('pays as a whole: a parent without a fee, its anchor spent by the child', () => {
    const { node, coinbase } = nodeScene();
    const parent = spend([coinbase(1)], { version: 3, fee: 0n, extra: [{ value: 0n, scriptPubKey: P2A }] });
    expect(reasonOf(() => node.send(parent))).toBe('min relay fee not met');
    const childless = spend([outputOf(parent)], { version: 3, fee: 2000n });
    expect(node.submitPackage([parent, childless])).toMatchObject({ message: 'transaction failed' });
    const child = spend([outputOf(parent, 1), coinbase(2)], { version: 3, fee: 2000n });
    const result = node.submitPackage([parent, child]);
    expect(result.message).toBe('success');
    expect(result.members.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
    expect(node.pool.size).toBe(2);
    expect(node.submitPackage([parent, child]).members.map(({ status }) => status)).toEqual([
      'known',
      'known',
    ]);
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
  });

  it('may replace another package', () => {
    const { node, coinbase } = nodeScene();
    const parent = (fee: bigint, extra: bigint) =>
      spend([coinbase(1)], { version: 3, fee, extra: [{ value: extra, scriptPubKey: P2A }] });
    const pair = (fee: bigint, marker: bigint) => {
      const first = parent(0n, marker);
      return [first, spend([outputOf(first, 1), coinbase(2)], { version: 3, fee })];
    };
    expect(node.submitPackage(pair(1000n, 0n)).message).toBe('success');
    const weak = node.submitPackage(pair(1100n, 240n).map((tx, i) => (i === 0 ? parent(0n, 240n) : tx)));
    expect(weak.message).toMatch(/transaction failed|package RBF failed/);
    expect(node.submitPackage(pair(5000n, 240n)).message).toBe('success');
    expect(node.pool.size).toBe(2);
  });

  it('has a form', () => {
    const { node, coinbase } = nodeScene();
    const parent = spend([coinbase(1)]);
    const child = spend([outputOf(parent)]);
    const double = spend([coinbase(1)], { fee: 5000n });
    expect(node.submitPackage([child, parent]).message).toBe('package-not-sorted');
    expect(node.submitPackage([parent, parent]).message).toBe('package-contains-duplicates');
    expect(node.submitPackage([parent, double]).message).toBe('conflict-in-package');
    expect(node.submitPackage(Array.from({ length: 26 }, () => parent)).message).toBe(
      'package-too-many-transactions',
    );
    expect(node.testAccept([parent, child]).results.every((result) => result && !isReject(result))).toBe(
      true,
    );
    expect(node.testAccept([child, parent]).fault).toBe('package-not-sorted');
    expect(node.pool.size).toBe(0);
  });
});

describe('blocks and the mempool', () => {
  it('a block with a double spend drops what depends on the other', () => {
    const { node, coinbase } = nodeScene();
    const first = node.send(spend([coinbase(1)]));
    node.send(spend([outputOf(first)]));
    const reasons: string[] = [];
    node.pool.events.on('removed', ({ reason }) => reasons.push(reason));
    node.generateBlock(P2TR, [spend([coinbase(1)], { fee: 7n })]);
    expect(reasons).toEqual(['conflict', 'conflict']);
  });

  it('a reorganisation brings transactions back, and drops what is no longer ripe', () => {
    const { node, coinbase } = nodeScene();
    const first = node.send(spend([coinbase(1)]));
    const second = node.send(spend([outputOf(first)]));
    node.generate(2, P2TR);
    const ripe = node.send(spend([coinbase(12)]));
    node.chain.invalidate(node.chain.at(111)!.hash);
    expect(node.chain.tip.height).toBe(110);
    expect([...node.pool.entries()].map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    expect(node.pool.get(ripe.id)).toBeUndefined();
    expect(node.pool.get(second.id)?.parents.has(node.pool.get(first.id)!)).toBe(true);
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
  });

  it('time passes: what is old leaves, and clocks can be stopped', () => {
    const { node, clock, coinbase } = nodeScene();
    node.send(spend([coinbase(1)]));
    clock.advance(15 * 86_400_000);
    node.send(spend([coinbase(2)]));
    expect(node.pool.size).toBe(1);
    node.setMockTime(5);
    expect(node.now()).toBe(5);
    node.setMockTime(0);
    expect(node.now()).toBeGreaterThan(1_700_000_000);
  });

  it('a full mempool keeps what pays best', () => {
    const { node, coinbase } = nodeScene({ policy: { maxMempoolBytes: 250 } });
    const poor = node.send(spend([coinbase(1)], { fee: 200n }));
    node.send(spend([coinbase(2)], { fee: 900n }));
    node.send(spend([coinbase(3)], { fee: 800n }));
    expect(node.pool.get(poor.id)).toBeUndefined();
    expect(reasonOf(() => node.send(spend([coinbase(4)], { fee: 150n })))).toBe('mempool min fee not met');
  });

  it('knows coins, spent and unspent', () => {
    const { node, coinbase } = nodeScene();
    const entry = node.send(spend([coinbase(1)]));
    const [id] = [node.find(entry.id)!].map(({ entry: found }) => found!.id);
    expect(node.coin(id!, 0)?.value).toBe(4_999_999_000n);
    expect(node.coin(id!, 0, true)).toBeUndefined();
    expect(node.coin(id!, 1)).toBeUndefined();
    const spentId = bytesToHex(coinbase(1).txid.slice().reverse()).slice(2);
    expect(node.coin(spentId, 0)).toBeUndefined();
    expect(node.coin(spentId, 0, true)).toBeDefined();
    expect(node.index.spenderOf(spentId, 0)).toBeUndefined();
    node.generate(1, P2TR);
    expect(bytesToHex(txidOf(node.index.spenderOf(spentId, 0)!.tx))).toBe(bytesToHex(entry.txid));
  });
});

describe('a template', () => {
  it('holds what pays best of what fits, and is a block', () => {
    const { node, coinbase } = nodeScene({ blocks: 115 });
    const large = Array.from({ length: 12 }, (_, i) =>
      node.send(spend([coinbase(i + 1)], { fee: BigInt(200_000 + 5000 * i), count: 2300 })),
    );
    const weights = large.map(({ weight }) => weight);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeGreaterThan(MAX_BLOCK_WEIGHT);
    const chosen = node.template();
    expect(chosen.length).toBe(Math.floor((MAX_BLOCK_WEIGHT - 8000) / weights[0]!));
    // The best first; those that pay least are left over.
    expect(chosen).toEqual(large.toReversed().slice(0, chosen.length));
    node.generate(1, P2TR);
    expect(blockWeight(node.chain.tip.block)).toBeLessThanOrEqual(MAX_BLOCK_WEIGHT);
    expect([...node.pool.entries()]).toEqual(large.slice(0, 12 - chosen.length));
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
  });
});

describe('mined blocks', () => {
  it('may hold what is not relayed, but nothing against the rules', () => {
    const { node, coinbase } = nodeScene();
    const odd = spend([coinbase(1)], { count: 0, extra: [{ value: 1n, scriptPubKey: Uint8Array.of(0x51) }] });
    expect(reasonOf(() => node.send(odd))).toBeDefined();
    expect(node.generateBlock(P2TR, [odd])).toBe(node.chain.tip.hash);
    expect(() => node.generateBlock(P2TR, [odd])).toThrow(/refused/);
    expect(DEFAULT_POLICY.minRelayFeeRate).toBe(1000);
  });
});
