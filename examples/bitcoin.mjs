import { createNode } from 'ninefold';

const node = await createNode({ chains: { bitcoin: {} } });
const { bitcoin } = node;

// The methods are bitcoind's. No port is open: `node.listen()` serves them on 18443.
await bitcoin.request('createwallet', ['alice']);
await bitcoin.request('generatetoaddress', [101, await bitcoin.request('getnewaddress')]);
console.log('balance', await bitcoin.request('getbalance'));

const txid = await bitcoin.request('sendtoaddress', ['bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa', 1.5]);
const { vsize, fees } = await bitcoin.request('getmempoolentry', [txid]);
console.log('satoshi a byte', Math.round((fees.base * 1e8) / vsize));

await bitcoin.request('generatetoaddress', [1, 'bcrt1qdsd4f5hjvemfz79thz0mh36rxffua9hx9p42wa']);
const { amount, confirmations } = await bitcoin.request('gettransaction', [txid]);
console.log('sent', amount, 'confirmations', confirmations);

await node.close();
