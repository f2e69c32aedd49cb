import { bytesToHex } from '@ninefold/base';
import { encodeTransaction, type Transaction } from '@ninefold/vm-bitcoin-script';
import { describe, expect, it } from 'vitest';
import { isReject } from '../src/pool/accept.ts';
import { ancestorsOf } from '../src/pool/mempool.ts';
import { checkPackage, isChildWithParentsTree, type PackageMember } from '../src/pool/package.ts';
import { rejectText } from '../src/pool/reject.ts';
import { feeRateOf } from '../src/tx/amount.ts';
import { refusal, rpcScene } from './rpc-scene.ts';
import { nodeScene, outputOf, P2A, P2TR, spend } from './support.ts';

const told = (member: PackageMember): string =>
  member.status === 'rejected' ? rejectText(member.reject).split(',')[0]! : member.status;
const hexOf = (tx: Transaction): string => bytesToHex(encodeTransaction(tx)).slice(2);

describe('a package', () => {
  it('is looked at as a whole first', () => {
    const { coinbase } = nodeScene();
    const parent = spend([coinbase(1)], { count: 2 });
    const child = spend([outputOf(parent)]);
    const same = spend([outputOf(parent)], { fee: 2000n });
    expect(checkPackage([parent, child])).toBeUndefined();
    expect(checkPackage([child, parent])).toBe('package-not-sorted');
    expect(checkPackage([parent, parent])).toBe('package-contains-duplicates');
    expect(checkPackage([parent, child, same])).toBe('conflict-in-package');
    expect(checkPackage(Array.from({ length: 26 }, () => parent))).toBe('package-too-many-transactions');
    const heavy = [1, 2].map((i) => spend([coinbase(i)], { count: 1200 }));
    expect(checkPackage(heavy)).toBe('package-too-large');
    expect(checkPackage(heavy.slice(1))).toBeUndefined();
    const joined = spend([outputOf(parent, 0), outputOf(child)], { fee: 3000n });
    expect(isChildWithParentsTree([parent, child])).toBe(true);
    expect(isChildWithParentsTree([parent, child, joined])).toBe(false);
    expect(isChildWithParentsTree([parent])).toBe(false);
  });

  it('has members that come in though others cannot', () => {
    const { node, coinbase } = nodeScene();
    const [bad, good] = [spend([coinbase(1)], { version: 9 }), spend([coinbase(2)])];
    const child = spend([outputOf(bad), outputOf(good)]);
    const { message, members } = node.submitPackage([bad, good, child]);
    expect(message).toBe('transaction failed');
    expect(members.map(told)).toEqual(['version', 'accepted', 'bad-txns-inputs-missingorspent']);
    expect([...node.pool.entries()].map(({ tx }) => tx)).toEqual([good]);
  });

  it('pays together, each for the other, and is mined together', () => {
    const { node, coinbase } = nodeScene();
    const poor = spend([coinbase(1)], { fee: 0n, version: 3 });
    const rich = spend([outputOf(poor)], { fee: 1000n, version: 3 });
    expect(node.submitPackage([poor]).members.map(told)).toEqual(['min relay fee not met']);
    const { message, members } = node.submitPackage([poor, rich]);
    expect([message, ...members.map(told)]).toEqual(['success', 'accepted', 'accepted']);
    for (const member of members) {
      if (member.status !== 'accepted') continue;
      const { effective, includes } = member.acceptance;
      expect(feeRateOf(effective.fee, effective.vsize)).toBe(feeRateOf(1000n, 222));
      expect(includes).toHaveLength(2);
    }
    expect(node.submitPackage([poor, rich]).members.map(told)).toEqual(['known', 'known']);
    node.generate(1, P2TR);
    expect(node.pool.size).toBe(0);
  });

  it('helps no member of versions below 3 under what is relayed', () => {
    const { node, coinbase } = nodeScene();
    const poor = spend([coinbase(1)], { fee: 110n });
    const { members } = node.submitPackage([poor, spend([outputOf(poor)], { fee: 9000n })]);
    expect(members.map(told)).toEqual(['min relay fee not met', 'bad-txns-inputs-missingorspent']);
  });

  it('that pays too little as a whole leaves nothing', () => {
    const { node, coinbase } = nodeScene();
    const poor = spend([coinbase(1)], { fee: 0n, version: 3 });
    const paying = (fee: bigint): Transaction => spend([outputOf(poor)], { fee, version: 3 });
    const { message, members } = node.submitPackage([poor, paying(221n)]);
    expect(message).toBe('transaction failed');
    expect(told(members[1]!)).toBe('min relay fee not met');
    expect(node.pool.size).toBe(0);
    expect(node.submitPackage([poor, paying(222n)]).message).toBe('success');
  });

  it('pushes another parent and child out when it pays for both', () => {
    const { node, coinbase } = nodeScene();
    const old = node.send(spend([coinbase(1)], { fee: 500n }));
    node.send(spend([outputOf(old)], { fee: 500n }));
    const parent = spend([coinbase(1)], { fee: 0n, count: 2, version: 3 });
    const child = (fee: bigint): Transaction => spend([outputOf(parent)], { fee, version: 3 });
    const attempt = (fee: bigint): string => node.submitPackage([parent, child(fee)]).message;
    expect(attempt(900n)).toBe('package RBF failed: insufficient anti-DoS fees');
    expect(node.pool.get(old.id)).toBeDefined();
    // 1000 for what leaves, and 265 virtual bytes of their own.
    expect(attempt(1264n)).toBe('package RBF failed: insufficient anti-DoS fees');
    expect(attempt(1265n)).toBe('success');
    expect(node.pool.get(old.id)).toBeUndefined();
    expect(node.pool.size).toBe(2);
    expect(node.pool.fees).toBe(1265n);
  });

  it('may spend dust that its parent leaves at no fee, and has to', () => {
    const { node, coinbase } = nodeScene();
    const dust = { value: 0n, scriptPubKey: P2A };
    const parent = spend([coinbase(1)], { fee: 0n, version: 3, extra: [dust] });
    const without = spend([outputOf(parent)], { fee: 2000n, version: 3 });
    const { members } = node.submitPackage([parent, without]);
    expect(members.map(told)).toEqual(['min relay fee not met', 'missing-ephemeral-spends']);
    const along = spend([outputOf(parent), outputOf(parent, 1)], { fee: 2000n, version: 3 });
    expect(node.submitPackage([parent, along]).message).toBe('success');
    const paying = spend([coinbase(2)], { fee: 500n, extra: [dust] });
    const [result] = node.testAccept([paying]).results;
    expect(isReject(result!) && rejectText(result)).toBe('dust, tx with dust output must be 0-fee');
  });
});

describe('a rate that nobody means to pay', () => {
  it('is refused of each member by itself, nothing said of the others', async () => {
    const { bitcoin, rpc } = await rpcScene();
    bitcoin.generate(103, P2TR);
    const coinbase = (height: number) => outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);
    const parent = spend([coinbase(1)], { fee: 200n });
    const child = spend([outputOf(parent)], { fee: 2_000_000n });
    const answer = await rpc('submitpackage', [hexOf(parent), hexOf(child)]);
    expect(answer.package_msg).toBe('transaction failed');
    const results = Object.values(answer['tx-results']) as { readonly error?: string }[];
    expect(results.map(({ error }) => error)).toEqual([undefined, 'max feerate exceeded']);
    expect(bitcoin.node.pool.size).toBe(1);
    const generous = await rpc('submitpackage', [hexOf(parent), hexOf(child)], 0);
    expect(generous.package_msg).toBe('success');
    expect(await refusal(rpc('submitpackage', [hexOf(parent), hexOf(child)], 1))).toBe(
      '-8 Fee rates larger than or equal to 1BTC/kvB are not accepted',
    );
  });

  it('is rounded up to whole satoshi as nodes do', async () => {
    const { bitcoin, rpc } = await rpcScene();
    bitcoin.generate(103, P2TR);
    const from = outputOf(bitcoin.node.chain.at(1)!.block.transactions[0]!);
    // 111 virtual bytes at 1.001 satoshi come to 111.111.
    const [fits, exceeds] = [spend([from], { fee: 112n }), spend([from], { fee: 113n })];
    const test = async (tx: Transaction): Promise<unknown> =>
      (await rpc('testmempoolaccept', [hexOf(tx)], 0.00001001))[0]['reject-reason'];
    expect([await test(fits), await test(exceeds)]).toEqual([undefined, 'max-fee-exceeded']);
    expect(await refusal(rpc('sendrawtransaction', hexOf(exceeds), 0.00001001))).toMatch(/^-25 Fee exceeds/);
    expect(await refusal(rpc('sendrawtransaction', hexOf(fits), 0.00001001))).toBe('accepted');
  });
});

describe('room in a chain of transactions', () => {
  it('is made by what a replacement pushes out, with all that hangs on it', () => {
    const { node, coinbase } = nodeScene();
    const root = node.send(spend([coinbase(1)]));
    const small = node.send(spend([outputOf(root)], { fee: 20_000n, count: 200 }));
    const large = node.send(spend([outputOf(small)], { fee: 100_000n, count: 1800 }));
    expect(small.vsize + large.vsize).toBeGreaterThan(80_000);
    // Beside them it would be too much under one root; they leave.
    const replacement = spend([outputOf(root)], { fee: 400_000n, count: 1400 });
    const result = node.accept(replacement);
    expect(isReject(result) ? rejectText(result) : 'accepted').toBe('accepted');
    expect(node.pool.size).toBe(2);
    expect(ancestorsOf([node.pool.get(root.id)!]).size).toBe(1);
  });

  it('is not made twice over', () => {
    const { node, coinbase } = nodeScene();
    const root = node.send(spend([coinbase(1)], { count: 3 }));
    node.send(spend([outputOf(root, 0)], { fee: 60_000n, count: 1100 }));
    node.send(spend([outputOf(root, 1)], { fee: 60_000n, count: 1100 }));
    const result = node.accept(spend([outputOf(root, 2)], { fee: 60_000n, count: 300 }));
    expect(isReject(result) && rejectText(result)).toBe(
      `too-long-mempool-chain, exceeds descendant size limit for tx ${root.id} [limit: 101000]`,
    );
  });
});
