// One chain is set up once; every test gets a copy of its own.
import { createNode } from 'ninefold';

const node = await createNode();
const { accounts } = node.ethereum;
const [alice, bob] = accounts.map(({ address }) => address);
node.ethereum.setBalance(bob, 0n);

/** Sends one wei, as a test would. */
async function pay(chain) {
  await chain.request({ method: 'eth_sendTransaction', params: [{ from: alice, to: bob, value: '0x1' }] });
  return chain.request({ method: 'eth_getBalance', params: [bob, 'latest'] });
}

const results = [];
for (let test = 0; test < 3; test++) {
  const child = node.fork();
  results.push(await pay(child.ethereum));
  await child.close();
}
console.log('each test saw', results.join(' '));
console.log(
  'the first node has',
  await node.ethereum.request({ method: 'eth_getBalance', params: [bob, 'latest'] }),
);
await node.close();
