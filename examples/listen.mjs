// The same chain in process and over HTTP: any client in any language can join.
import { createNode } from 'ninefold';

const node = await createNode({ chains: { ethereum: { chainId: 7, accounts: 1 } } });
const { ethereum } = await node.listen({ port: 0 });

const response = await fetch(ethereum.http, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' }),
});
console.log('over HTTP:', (await response.json()).result);
console.log('in process:', await node.ethereum.request({ method: 'eth_chainId' }));
await node.close();
