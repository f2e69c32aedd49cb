import { bytesToHex, hexToBytes, seededRng } from '@ninefold/base';
import { hashToHex } from '@ninefold/vm-bitcoin-script';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { Wallet, type WalletCoin } from '../src/wallet/wallet.ts';
import { ELSEWHERE, refusal, type Rpc, twoWallets } from './rpc-scene.ts';
import type { Answer } from './support.ts';

/** Outpoints and values, in an order of their own. */
const shown = (coins: readonly Pick<WalletCoin, 'id' | 'vout' | 'output'>[]): string[] =>
  coins.map(({ id, vout, output }) => `${id}:${vout} ${output.value}`).sort();

/** What nobody has spent of a wallet's scripts, counted without the wallet. */
function unspentOf({ node }: BitcoinChainHandle, wallet: Wallet): string[] {
  const found: string[] = [];
  const take = (id: string, vout: number, value: bigint, script: Uint8Array): void => {
    if (wallet.ownScript(script) === undefined || node.coin(id, vout) === undefined) return;
    found.push(`${id}:${vout} ${value}`);
  };
  for (const [key, { value, scriptPubKey }] of node.chain.coins.entries()) {
    const [txid, vout] = key.split(':') as [string, string];
    take(hashToHex(hexToBytes(txid)), Number(vout), value, scriptPubKey);
  }
  for (const { id, tx } of node.pool.entries()) {
    tx.outputs.forEach(({ value, scriptPubKey }, vout) => take(id, vout, value, scriptPubKey));
  }
  return found.sort();
}

/** What has to hold of a wallet at any time. */
function checkWallet(bitcoin: BitcoinChainHandle, wallet: Wallet): void {
  const coins = wallet.coins();
  expect(shown(coins)).toEqual(unspentOf(bitcoin, wallet));
  const { trusted, pending, immature } = wallet.balances();
  expect(trusted + pending + immature).toBe(coins.reduce((sum, { output }) => sum + output.value, 0n));
  for (const { safe, trusted: isTrusted, confirmations } of coins) {
    expect(!safe || isTrusted).toBe(true);
    expect(confirmations === 0 || isTrusted).toBe(true);
  }
  for (const entry of wallet.history.transactions()) {
    const depth = wallet.history.depthOf(entry);
    expect(entry.block === undefined || depth > 0).toBe(true);
    // What a block is in conflict with waits nowhere.
    if (depth < 0) expect(wallet.history.isInMempool(entry)).toBe(false);
    for (const other of wallet.history.conflictsOf(entry)) {
      expect(wallet.history.conflictsOf(other)).toContain(entry);
      expect(depth > 0 && wallet.history.depthOf(other) > 0).toBe(false);
    }
  }
}

/** A wallet made again from what is kept knows the same money. */
function checkRestored(bitcoin: BitcoinChainHandle, wallet: Wallet): void {
  const again = Wallet.fromJSON(
    JSON.parse(JSON.stringify(wallet.toJSON())) as ReturnType<Wallet['toJSON']>,
    bitcoin.node,
    bitcoin.format,
  );
  expect(shown(again.coins())).toEqual(shown(wallet.coins()));
  expect(again.balances()).toEqual(wallet.balances());
  expect(again.descriptors.map(({ next }) => next)).toEqual(wallet.descriptors.map(({ next }) => next));
  again.close();
}

async function play(seed: number, steps: number): Promise<void> {
  const rng = seededRng(seed);
  const { bitcoin, rpc, wallets, models } = await twoWallets();
  const sent: string[] = [];
  const any = (): Rpc => rng.pick(wallets);
  const mine = (count: number): Promise<Answer> => rpc('generatetoaddress', count, ELSEWHERE);
  for (let step = 0; step < steps; step++) {
    const dice = rng.below(12);
    if (dice < 5) {
      const from = any();
      const to = dice === 0 ? ELSEWHERE : await any()('getnewaddress');
      const amount = Number((0.001 + rng.below(1000) / 100).toFixed(3));
      const options = { include_unsafe: rng.below(2) === 0 };
      const call = from('send', { [to]: amount }, null, 'unset', 1 + rng.below(20), options);
      await call.then(
        ({ txid }) => sent.push(txid),
        () => {},
      );
    } else if (dice === 5) await refusal(any()('sendall', [await any()('getnewaddress')], null, null, 2));
    else if (dice === 6 && sent.length > 0) {
      const call = any()('bumpfee', rng.pick(sent));
      await call.then(
        ({ txid }) => sent.push(txid),
        () => {},
      );
    } else if (dice === 7) {
      const { tip } = bitcoin.node.chain;
      await rpc('invalidateblock', await rpc('getblockhash', tip.height - rng.below(3)));
      await mine(1 + rng.below(3));
    } else if (dice === 8) {
      // A block that leaves the mempool where it is, but for what it spends otherwise.
      const [wallet] = models;
      const coin = wallet!.coins().find(({ mature, confirmations }) => mature && confirmations > 0);
      if (coin === undefined) continue;
      const raw = await rpc('createrawtransaction', [{ txid: coin.id, vout: coin.vout }], {
        [ELSEWHERE]: Number(coin.output.value - 500n) / 1e8,
      });
      const { hex } = await wallets[0]!('signrawtransactionwithwallet', raw);
      await refusal(rpc('generateblock', ELSEWHERE, [hex]));
    } else await mine(1);
    for (const wallet of models) checkWallet(bitcoin, wallet);
  }
  for (const wallet of models) checkRestored(bitcoin, wallet);
}

describe('wallets', () => {
  it('know their money, whatever has happened to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) => play(seed, 40)),
      { numRuns: 4 },
    );
  });

  it('lose and win nothing by a reorganisation and its reverse', async () => {
    const { bitcoin, rpc, wallets, models } = await twoWallets();
    const [alice, bob] = wallets as [Rpc, Rpc];
    const state = (): string[][] => models.map((wallet) => shown(wallet.coins()));
    const start = bitcoin.node.chain.tip.height;
    for (let i = 0; i < 4; i++) {
      await alice('sendtoaddress', await bob('getnewaddress'), 1 + i);
      await bob('sendtoaddress', await alice('getnewaddress'), 0.5);
      await rpc('generatetoaddress', 1, ELSEWHERE);
    }
    const before = state();
    const total = async (): Promise<number> =>
      (await alice('getbalances')).mine.trusted + (await bob('getbalances')).mine.trusted;
    const money = await total();
    for (let depth = 1; depth <= 4; depth++) {
      const hash = await rpc('getblockhash', start + 5 - depth);
      await rpc('invalidateblock', hash);
      for (const wallet of models) checkWallet(bitcoin, wallet);
      await rpc('reconsiderblock', hash);
      expect(state()).toEqual(before);
      expect(await total()).toBe(money);
    }
  });

  it('give no script twice, and find what was paid to any of them', async () => {
    const { bitcoin, rpc, wallets, models } = await twoWallets();
    const [alice] = wallets as [Rpc, Rpc];
    const [wallet] = models as [Wallet, Wallet];
    const given = new Set<string>();
    for (let i = 0; i < 30; i++) {
      for (const internal of [false, true]) {
        const peeked = wallet.peekScript('bech32', internal)!;
        const script = wallet.nextScript('bech32', internal);
        expect(script).toEqual(peeked);
        expect(given.has(bytesToHex(script))).toBe(false);
        given.add(bytesToHex(script));
      }
    }
    const { next } = wallet.descriptors.find(({ internal }) => !internal)!;
    // Far ahead of what was given, but not beyond what is watched.
    const ahead = wallet.descriptors.find(({ internal }) => !internal)!.descriptor.outputs(next + 19)[0]!;
    bitcoin.generate(1, ahead.scriptPubKey);
    await rpc('generatetoaddress', 100, ELSEWHERE);
    expect(await alice('getbalance')).toBe(100);
    expect(wallet.peekScript('bech32', false)).not.toEqual(ahead.scriptPubKey);
    expect(wallet.descriptors.find(({ internal }) => !internal)!.next).toBe(next + 20);
    checkRestored(bitcoin, wallet);
  });
});
