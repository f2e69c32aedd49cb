// A Solana chain in process: SOL for free, a block per transaction, copies for tests, JSON-RPC for SDKs.
import { createNode } from 'ninefold';

const node = await createNode({ chains: { solana: { slotMs: 0 } } });
const { solana } = node;
const alice = 'A1iceoooooooooooooooooooooooooooooooooooooo';
const balanceOf = async ({ solana }) =>
  `${(await solana.request({ method: 'getBalance', params: [alice] })).value}`;

solana.airdrop(alice, 2_000_000_000n);
const child = node.fork();
child.solana.airdrop(alice, 5_000_000_000n);
console.log('lamports here:', await balanceOf(node), 'in the copy:', await balanceOf(child));
await child.close();

const urls = await node.listen({ port: 0 });
const response = await fetch(urls.solana.http, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'getSignaturesForAddress',
    params: [alice, { limit: 1 }],
  }),
});
const [{ slot, err }] = (await response.json()).result;
console.log('the last transaction of hers is in slot', slot, 'with error', err);
await node.close();
