import { bytesToHex } from '@ninefold/base';
import { encodeBlock, encodeTransaction, type Transaction } from '@ninefold/vm-bitcoin-script';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BitcoinChainHandle } from '../src/chain.ts';
import { BitcoinNode } from '../src/node.ts';
import { ELSEWHERE, type Rpc, rpcScene } from './rpc-scene.ts';
import { type Answer, outputOf, P2TR, spend, type Spendable } from './support.ts';

let rpc: Rpc;
let bitcoin: BitcoinChainHandle;
let clock: Awaited<ReturnType<typeof rpcScene>>['clock'];
beforeEach(async () => {
  ({ rpc, bitcoin, clock } = await rpcScene());
  bitcoin.generate(105, P2TR);
});

const coinbase = (height: number): Spendable =>
  outputOf(bitcoin.node.chain.at(height)!.block.transactions[0]!);
const hexOf = (tx: Transaction): string => bytesToHex(encodeTransaction(tx)).slice(2);
const other = (): BitcoinNode => new BitcoinNode({ clock, parent: bitcoin.node });
const submit = async (node: BitcoinNode, height: number): Promise<Answer> =>
  rpc('submitblock', bytesToHex(encodeBlock(node.chain.at(height)!.block)).slice(2));
const tips = async (): Promise<string[]> =>
  (await rpc('getchaintips')).map(
    ({ height, branchlen, status }: Answer) => `${height} ${branchlen} ${status}`,
  );

describe('the ends of branches', () => {
  it('tell how well they are known', async () => {
    expect(await tips()).toEqual(['105 0 active']);
    const elsewhere = other();
    const further = other();
    elsewhere.generateBlock(P2TR, [spend([coinbase(1)])]);
    bitcoin.generate(2, P2TR);
    // Beside the chain, nobody has looked at its transactions.
    expect(await submit(elsewhere, 106)).toBe('inconclusive');
    expect(await tips()).toEqual(['107 0 active', '106 1 valid-headers']);
    further.generateBlock(P2TR, [spend([coinbase(2)])]);
    further.generate(2, P2TR);
    for (let height = 106; height <= 107; height++)
      expect(await submit(further, height)).toBe('inconclusive');
    expect(await submit(further, 108)).toBeNull();
    // What was the chain is valid all the same.
    expect(await tips()).toEqual(['108 0 active', '107 2 valid-fork', '106 1 valid-headers']);
    const hash = await rpc('getblockhash', 107);
    await rpc('invalidateblock', hash);
    expect(await tips()).toEqual(['108 3 invalid', '107 0 active', '106 1 valid-headers']);
    await rpc('reconsiderblock', hash);
    expect(await tips()).toEqual(['108 0 active', '107 2 valid-fork', '106 1 valid-headers']);
  });

  it('keep what their blocks have spent', async () => {
    const tx = spend([coinbase(1)], { fee: 1234n });
    await rpc('sendrawtransaction', hexOf(tx));
    const [hash] = await rpc('generatetoaddress', 1, ELSEWHERE);
    const before = await rpc('getblock', hash, 3);
    expect(before.tx[1].fee).toBe(0.00001234);
    const stats = await rpc('getblockstats', hash);
    await rpc('invalidateblock', hash);
    const after = await rpc('getblock', hash, 3);
    expect(after).toEqual({ ...before, confirmations: -1 });
    expect(await rpc('getblockstats', hash)).toEqual(stats);
    const { txid } = await rpc('decoderawtransaction', hexOf(tx));
    expect(await rpc('getrawtransaction', txid, 2, hash)).toMatchObject({
      in_active_chain: false,
      confirmations: 0,
      fee: 0.00001234,
      vin: [{ prevout: { value: 50, generated: true, height: 1 } }],
    });
  });
});

describe('the list of the mempool', () => {
  it('has what depends on fewer first, then what pays best by itself', async () => {
    const ids = new Map<string, string>();
    const send = async (name: string, tx: Transaction): Promise<Transaction> => {
      ids.set(await rpc('sendrawtransaction', hexOf(tx)), name);
      return tx;
    };
    const poor = await send('poor', spend([coinbase(1)], { fee: 200n, count: 2 }));
    const rich = await send('rich', spend([coinbase(2)], { fee: 9000n }));
    await send('child of rich', spend([outputOf(rich)], { fee: 300n }));
    const child = await send('child of poor', spend([outputOf(poor)], { fee: 5000n }));
    await send('grandchild', spend([outputOf(child)], { fee: 90_000n }));
    await send('middle', spend([coinbase(3)], { fee: 1000n }));
    expect((await rpc('getrawmempool')).map((id: string) => ids.get(id))).toEqual([
      'rich',
      'middle',
      'poor',
      'child of poor',
      'child of rich',
      'grandchild',
    ]);
    expect(Object.keys(await rpc('getrawmempool', true))).toEqual(await rpc('getrawmempool'));
    const { txids, mempool_sequence: sequence } = await rpc('getrawmempool', false, true);
    expect([txids.length, sequence]).toEqual([6, 7]);
  });
});
